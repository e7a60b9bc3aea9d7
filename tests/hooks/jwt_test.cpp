// Tokens of clients: the specification's sample is taken, and everything that is not quite a token is
// refused, with the reason that the log gets. W-1 to W-20.
#include "hooks/jwt.hpp"

#include "hooks/base64url.hpp"
#include "hooks/signing_key.hpp"

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

namespace {

using hooks::Algorithm;
using hooks::base64url;
using hooks::ClaimPolicy;
using hooks::Jwk;
using hooks::SigningKey;
using hooks::Token;
using hooks::TokenFault;

// cds-hooks.md 14.2: from the specification's own example section, checked there with another implementation.
const std::string sample_token =
    "eyJhbGciOiJFUzM4NCIsInR5cCI6IkpXVCIsImtpZCI6ImV4YW1wbGUta2lkIiwiamt1IjoiaHR0cHM6Ly9maGlyLWVoci5leGFtcGxl"
    "LmNvbS9"
    "qd2tfdXJpIn0."
    "eyJpc3MiOiJodHRwczovL2ZoaXItZWhyLmV4YW1wbGUuY29tLyIsImF1ZCI6Imh0dHBzOi8vY2RzLmV4YW1wbGUub3JnL2Nkcy1z"
    "ZXJ2aWNlcy9zb21lLXNlcnZpY2UiLCJleHAiOjE0MjI1Njg4NjAsImlhdCI6MTMxMTI4MDk3MCwianRpIjoiZWUyMmIwMjEtZTFiNy00"
    "NjExLWJh"
    "NWItOGVlYzZhMzNhYzFlIiwidGVuYW50IjoiMmRkZDZjM2EtOGU5YS00NGM2LWEzMDUtNTIxMTFhZDMwMmEyIn0."
    "d1WfLjGRKlcWB94l9do4cM8R"
    "EXeYJLL6SGUBO8VHZhfM8mwKYP70EMxJ67War4TQblEpaQrp11wx5p7oPFm2ETYgCicS84vXWEIYTdjooZdooCSDf2L8-"
    "i4awdoUwiEb";
const std::string sample_keys =
    R"({"keys":[{"kty":"EC","crv":"P-384","kid":"example-kid","use":"sig",)"
    R"("x":"46SDH7Znh821wblCBglA61sNE9ZrHYKKt3qRtRTmSXyOI_FIGBLWrWa0GPUkDCEk",)"
    R"("y":"XMcRuuoGW7CXjQdy-F5i3FeBE0x9hPLdeFdSoDd3ELmx404tLX0VRRcqzAsPhXcI"}]})";

const std::string header = R"({"alg":"ES384","typ":"JWT","kid":"k1"})";
const std::string claims =
    R"({"iss":"https://ehr.example.org","aud":"https://cds.example.org/cds-services/s",)"
    R"("exp":1300,"iat":1000,"jti":"j1"})";

std::string unsigned_token(const std::string& head, const std::string& body) {
    return base64url(head) + "." + base64url(body) + "." + base64url("signature");
}

std::string signed_token(const SigningKey& key, const std::string& head, const std::string& body) {
    const std::string text = base64url(head) + "." + base64url(body);
    return text + "." + base64url(sign(key, text));
}

Token read(const std::string& text) {
    auto token = hooks::read_token(text);
    if (const auto* fault = std::get_if<TokenFault>(&token)) {
        ADD_FAILURE() << "refused as " << to_string(*fault) << ": " << text;
        return {};
    }
    return std::get<Token>(std::move(token));
}

std::vector<Jwk> keys_of(const std::string& text) {
    auto keys = hooks::read_jwks(text);
    EXPECT_TRUE(keys) << keys.error().expression << ": " << keys.error().diagnostics;
    return keys ? *keys : std::vector<Jwk>();
}

bool verifies(const Jwk& key, const Token& token) {
    return hooks::verify(key, token.algorithm, token.signed_text, token.signature);
}

std::string with(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

// ---- what is a token

TEST(Jwt, ReadsTheSpecificationsSampleAndVerifiesIt) {
    const Token token = read(sample_token);
    const std::vector<Jwk> keys = keys_of(sample_keys);
    ASSERT_EQ(keys.size(), 1U);

    EXPECT_EQ(token.issuer, "https://fhir-ehr.example.com/");
    EXPECT_EQ(token.audiences, std::vector<std::string>{"https://cds.example.org/cds-services/some-service"});
    EXPECT_EQ(token.jku, "https://fhir-ehr.example.com/jwk_uri");
    EXPECT_EQ(token.kid, keys[0].kid);
    EXPECT_EQ(token.expires, 1422568860);
    EXPECT_TRUE(verifies(keys[0], token));
}

TEST(Jwt, TakesTheSampleAtItsTimeWithoutALifetimeCapAndRefusesItToday) {
    ClaimPolicy policy;
    policy.audiences = {"https://cds.example.org/cds-services/some-service"};
    policy.most_lifetime = 200'000'000;
    const Token token = read(sample_token);

    EXPECT_EQ(check_claims(token, policy, 1'400'000'000), std::nullopt);
    EXPECT_EQ(check_claims(token, policy, 1'795'000'000), TokenFault::expired);
    policy.most_lifetime = 3'600;
    EXPECT_EQ(check_claims(token, policy, 1'400'000'000), TokenFault::lifetime);  // W-13: it lives 1288 days
}

TEST(Jwt, RefusesTheSampleWithAnyBitOfItsSignatureOrTextFlipped) {
    const Jwk key = keys_of(sample_keys).at(0);
    const Token token = read(sample_token);
    for (std::size_t bit = 0; bit < token.signature.size() * 8; bit += 41) {
        Token changed = token;
        changed.signature[bit / 8] = static_cast<char>(changed.signature[bit / 8] ^ (1 << (bit % 8)));
        EXPECT_FALSE(verifies(key, changed)) << "bit " << bit;
    }
    for (std::size_t byte = 0; byte < token.signed_text.size(); byte += 97) {
        Token changed = token;
        changed.signed_text[byte] = static_cast<char>(changed.signed_text[byte] ^ 1);
        EXPECT_FALSE(verifies(key, changed)) << "byte " << byte;
    }
}

/// A header or claims that make a text no token, and the reason.
struct BadToken {
    std::string name, header, claims;
    TokenFault fault = TokenFault::malformed;
};

class RefusedToken : public testing::TestWithParam<BadToken> {};

TEST_P(RefusedToken, SaysWhy) {
    const auto token = hooks::read_token(unsigned_token(GetParam().header, GetParam().claims));
    ASSERT_TRUE(std::holds_alternative<TokenFault>(token));
    EXPECT_EQ(to_string(std::get<TokenFault>(token)), to_string(GetParam().fault));
}

std::vector<BadToken> bad_tokens() {
    std::vector<BadToken> bad;
    // W-3: no unsigned and no symmetric token, however it is spelled; W-5: nor what we do not know.
    for (const char* algorithm : {"none",       "None",
                                  "NONE",       "nOnE",
                                  "HS256",      "HS384",
                                  "HS512",      "hs256",
                                  "es384",      "Es384",
                                  "ES384 ",     " ES384",
                                  "ES256K",     "EdDSA",
                                  "Ed25519",    "RS1",
                                  "RS384x",     "dir",
                                  "RSA-OAEP",   "A128KW",
                                  "ECDH-ES",    "PBES2-HS256+A128KW",
                                  "ES385",      "RS",
                                  "ES384,RS384"}) {
        bad.push_back({std::string("alg_") + algorithm, with(header, "ES384", algorithm), claims,
                       TokenFault::algorithm});
    }
    for (const char* value :
         {"null", "384", "true", "[]", R"(["ES384"])", "{}", R"("")", R"({"name":"ES384"})"}) {
        bad.push_back({std::string("alg_is_") + value, with(header, R"("ES384")", value), claims});
        bad.push_back({std::string("kid_is_") + value, with(header, R"("k1")", value), claims});
        bad.push_back({std::string("typ_is_") + value, with(header, R"("JWT")", value), claims});
    }
    for (const char* type : {"JWE", "JOSE", "at+jwt", "JWT2", "application/jwt "})
        bad.push_back(
            {std::string("typ_") + type, with(header, R"("JWT")", '"' + std::string(type) + '"'), claims});
    bad.push_back({"no_alg", R"({"typ":"JWT","kid":"k1"})", claims});
    bad.push_back({"no_kid", R"({"typ":"JWT","alg":"ES384"})", claims});
    bad.push_back({"long_kid", with(header, "k1", std::string(257, 'k')), claims});
    bad.push_back({"alg_twice", R"({"alg":"ES384","alg":"none","kid":"k1"})", claims});
    bad.push_back({"kid_twice", R"({"alg":"ES384","kid":"k1","kid":"k2"})", claims});
    bad.push_back(
        {"crit", R"({"alg":"ES384","kid":"k1","crit":["b64"],"b64":false})", claims, TokenFault::critical});
    bad.push_back({"crit_empty", R"({"alg":"ES384","kid":"k1","crit":[]})", claims, TokenFault::critical});
    bad.push_back({"crit_null", R"({"alg":"ES384","kid":"k1","crit":null})", claims, TokenFault::critical});
    for (const char* value : {"5", "null", "[]", R"("")"}) {
        bad.push_back({std::string("jku_is_") + value,
                       R"({"alg":"ES384","kid":"k1","jku":)" + std::string(value) + "}", claims});
    }
    for (const char* text :
         {"", "null", "[]", R"("text")", "{", R"({"alg":"ES384",})", "{}{}", "\xff", "// {}"}) {
        bad.push_back({std::string("header_is_") + text, text, claims});
        bad.push_back({std::string("claims_are_") + text, header, text});
    }
    for (const char* name : {"iss", "aud", "exp", "iat", "jti"}) {  // W-6
        bad.push_back(
            {std::string("no_") + name, header, with(claims, '"' + std::string(name) + '"', R"("x")")});
    }
    for (const char* value : {"null", "5", "true", "[]", "{}", R"("")"}) {
        bad.push_back(
            {std::string("iss_is_") + value, header, with(claims, R"("https://ehr.example.org")", value)});
        bad.push_back({std::string("jti_is_") + value, header, with(claims, R"("j1")", value)});
        bad.push_back({std::string("aud_is_") + value, header,
                       with(claims, R"("https://cds.example.org/cds-services/s")", value)});
        bad.push_back({std::string("sub_is_") + value, header,
                       with(claims, R"("jti")", R"("sub":)" + std::string(value) + R"(,"jti")")});
        bad.push_back({std::string("tenant_is_") + value, header,
                       with(claims, R"("jti")", R"("tenant":)" + std::string(value) + R"(,"jti")")});
    }
    for (const char* value : {"null", R"("1300")", "true", "[1300]", "{}", "-1", "1e400", "-0.5", "1e13"}) {
        bad.push_back({std::string("exp_is_") + value, header, with(claims, "1300", value)});
        bad.push_back({std::string("iat_is_") + value, header, with(claims, "1000", value)});
        bad.push_back({std::string("nbf_is_") + value, header,
                       with(claims, R"("jti")", R"("nbf":)" + std::string(value) + R"(,"jti")")});
    }
    bad.push_back(
        {"aud_of_numbers", header, with(claims, R"("https://cds.example.org/cds-services/s")", "[1]")});
    bad.push_back({"aud_with_an_empty_text", header,
                   with(claims, R"("https://cds.example.org/cds-services/s")", R"(["a",""])")});
    bad.push_back({"exp_twice", header, with(claims, R"("exp":1300)", R"("exp":1300,"exp":9999999999)")});
    bad.push_back({"iss_twice", header, with(claims, R"("exp")", R"("iss":"https://evil.example","exp")")});
    bad.push_back({"long_jti", header, with(claims, "j1", std::string(257, 'j'))});
    bad.push_back({"long_token", header,
                   with(claims, R"("jti")", R"("x":")" + std::string(9'000, 'x') + R"(","jti")")});
    bad.push_back(
        {"deep_claims", header,
         with(claims, R"("jti")", R"("x":)" + std::string(200, '[') + std::string(200, ']') + R"(,"jti")")});
    return bad;
}

INSTANTIATE_TEST_SUITE_P(Tokens, RefusedToken, testing::ValuesIn(bad_tokens()));

/// Texts that are not header.claims.signature in base64url (W-1, W-18).
TEST(Jwt, RefusesWhatIsNotThreePartsOfBase64url) {
    const std::string good = unsigned_token(header, claims);
    const std::size_t first = good.find('.'), second = good.rfind('.');
    std::vector<std::string> bad = {"",
                                    ".",
                                    "..",
                                    "...",
                                    "a.b.c",
                                    "null",
                                    "undefined",
                                    "Bearer",
                                    good.substr(0, second),
                                    good.substr(0, second + 1),
                                    good + ".",
                                    "." + good,
                                    good + "." + base64url("more"),
                                    good.substr(first),
                                    good + " ",
                                    " " + good,
                                    good + "\n",
                                    good + "=",
                                    good + "==",
                                    good + "%3D"};
    for (const char* inside : {"=", "+", "/", " ", "\n", "%", "*", "é"}) {
        bad.push_back(std::string(good).insert(second, inside));
        bad.push_back(std::string(good).insert(first, inside));
        bad.push_back(good + inside);
    }
    for (const std::string& text : bad) {
        const auto token = hooks::read_token(text);
        EXPECT_TRUE(std::holds_alternative<TokenFault>(token)) << text;
    }
}

TEST(Jwt, HasOneSpellingOfItsBytes) {  // "QQ" and "QR" would both give one byte
    EXPECT_EQ(hooks::bytes_of_base64url("QQ"), "A");
    EXPECT_EQ(hooks::bytes_of_base64url("QR"), std::nullopt);
    EXPECT_EQ(hooks::bytes_of_base64url("QUI"), "AB");
    EXPECT_EQ(hooks::bytes_of_base64url("QUJ"), std::nullopt);
    EXPECT_EQ(hooks::bytes_of_base64url("Q"), std::nullopt);
    for (std::size_t size = 0; size < 70; ++size) {
        std::string bytes;
        for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * 37 + size);
        EXPECT_EQ(hooks::bytes_of_base64url(base64url(bytes)), bytes);
    }
}

TEST(Jwt, LetsUnknownMembersAndKeysInTheHeaderPassUnread) {  // W-15, J-7; Epic's sub and nbf
    const std::string foreign = R"({"kty":"EC","crv":"P-384","x":"a","y":"b"})";
    const Token token = read(
        unsigned_token(R"({"alg":"ES384","kid":"k1","typ":"jwt","jwk":)" + foreign +
                           R"(,"x5u":"https://evil.example","x5c":["a"]})",
                       with(claims, R"("jti")", R"("sub":"client","nbf":700,"azp":{"deep":[1]},"jti")")));
    EXPECT_EQ(token.kid, "k1");
    EXPECT_EQ(token.subject, "client");
    EXPECT_EQ(token.not_before, 700);
}

TEST(Jwt, TakesTheAuthorizationFieldsOfRealClients) {  // W-20
    EXPECT_EQ(hooks::bearer_token("Bearer a.b.c"), "a.b.c");
    EXPECT_EQ(hooks::bearer_token("bearer a.b.c"), "a.b.c");
    EXPECT_EQ(hooks::bearer_token("BEARER  a.b.c"), "a.b.c");
    for (const char* field : {"", "null", "Bearer", "Bearer ", "Basic a.b.c", "Bearera.b.c", "Bearer a b",
                              "Bearer a,b", "a.b.c", "Bearer\ta.b.c"}) {
        EXPECT_EQ(hooks::bearer_token(field), "") << field;
    }
}

// ---- claims

TEST(Jwt, ComparesAudiencesAsTheSameAddressOnly) {  // W-9
    const std::string ours = "https://cds.example.org/cds-services/s";
    for (const char* same :
         {"https://cds.example.org/cds-services/s", "https://cds.example.org/cds-services/s/",
          "https://cds.example.org:443/cds-services/s", "HTTPS://CDS.Example.org/cds-services/s"}) {
        EXPECT_TRUE(hooks::same_audience(same, ours)) << same;
    }
    for (const char* other :
         {"http://cds.example.org/cds-services/s", "https://cds.example.org/cds-services",
          "https://cds.example.org", "https://cds.example.org/cds-services/s2",
          "https://cds.example.org/cds-services/S", "https://cds.example.org:8443/cds-services/s",
          "https://cds.example.org/cds-services/s?x", "https://cds.example.org/cds-services/s//",
          "https://cds.example.org.evil.example/cds-services/s",
          "https://evil.example/https://cds.example.org/cds-services/s", "cds.example.org/cds-services/s",
          "s", "", "https://cds.example.org:80/cds-services/s", "https://cds.example.org/cds-services/s#x"}) {
        EXPECT_FALSE(hooks::same_audience(other, ours)) << other;
    }
}

struct ClaimCase {
    std::string name;
    std::string from, to;  ///< a change of the claims
    double now = 1'100;
    std::optional<TokenFault> fault;
};

class Claims : public testing::TestWithParam<ClaimCase> {};

TEST_P(Claims, AreHeldAgainstThePolicy) {
    const ClaimCase& given = GetParam();
    ClaimPolicy policy;
    policy.audiences = {"https://cds.example.org/cds-services/s",
                        "https://cds.example.org/cds-services/s/feedback"};
    policy.subjects = {"", "client"};
    policy.tenants = {"", "north"};
    const std::string changed = given.from.empty() ? claims : with(claims, given.from, given.to);

    const auto fault = check_claims(read(unsigned_token(header, changed)), policy, given.now);

    EXPECT_EQ(fault ? to_string(*fault) : "none", given.fault ? to_string(*given.fault) : "none");
}

INSTANTIATE_TEST_SUITE_P(
    Tokens, Claims,
    testing::Values(
        ClaimCase{"good", "", "", 1'100, std::nullopt},
        ClaimCase{"audience_in_a_list", R"("https://cds.example.org/cds-services/s")",
                  R"(["https://other.example","https://cds.example.org/cds-services/s"])", 1'100,
                  std::nullopt},
        ClaimCase{"feedback_audience", "services/s", "services/s/feedback", 1'100, std::nullopt},
        ClaimCase{"other_audience", "services/s", "services/t", 1'100, TokenFault::audience},
        ClaimCase{"expired_within_leeway", "", "", 1'359, std::nullopt},
        ClaimCase{"expired", "", "", 1'360, TokenFault::expired},
        ClaimCase{"issued_half_a_second_ahead", "1000", "1100.5", 1'100, std::nullopt},  // the sandbox, W-14
        ClaimCase{"issued_ahead_within_leeway", "1000", "1160", 1'100, std::nullopt},
        ClaimCase{"issued_ahead", "1000", "1161", 1'100, TokenFault::not_yet},
        ClaimCase{"not_before_passed", R"("jti")", R"("nbf":700,"jti")", 1'100, std::nullopt},
        ClaimCase{"not_before_ahead", R"("jti")", R"("nbf":1161,"jti")", 1'100, TokenFault::not_yet},
        ClaimCase{"fifteen_minutes", "1300", "1900", 1'100, std::nullopt},  // Epic, W-13
        ClaimCase{"an_hour", "1300", "4600", 1'100, std::nullopt},
        ClaimCase{"over_an_hour", "1300", "4601", 1'100, TokenFault::lifetime},
        ClaimCase{"a_day", "1300", "87400", 1'100, TokenFault::lifetime},
        ClaimCase{"ends_before_it_begins", "1300", "999", 1'000, TokenFault::lifetime},
        ClaimCase{"known_subject", R"("jti")", R"("sub":"client","jti")", 1'100, std::nullopt},
        ClaimCase{"other_subject", R"("jti")", R"("sub":"thief","jti")", 1'100, TokenFault::subject},
        ClaimCase{"known_tenant", R"("jti")", R"("tenant":"north","jti")", 1'100, std::nullopt},
        ClaimCase{"other_tenant", R"("jti")", R"("tenant":"south","jti")", 1'100, TokenFault::tenant}),
    [](const auto& test) { return test.param.name; });

// ---- keys and signatures

class EveryAlgorithm : public testing::TestWithParam<Algorithm> {};

TEST_P(EveryAlgorithm, SignsAndVerifies) {
    const SigningKey key = hooks::new_signing_key(GetParam());
    const Token token =
        read(signed_token(key, with(header, "ES384", std::string(to_string(GetParam()))), claims));
    const Jwk published = keys_of(jwks_of(key)).at(0);

    EXPECT_EQ(published.kid, key.kid);
    EXPECT_TRUE(verifies(published, token));
    Token changed = token;
    changed.signed_text += "x";
    EXPECT_FALSE(verifies(published, changed));
}

INSTANTIATE_TEST_SUITE_P(Jwk, EveryAlgorithm,
                         testing::Values(Algorithm::ES256, Algorithm::ES384, Algorithm::ES512,
                                         Algorithm::RS256, Algorithm::RS384, Algorithm::RS512,
                                         Algorithm::PS256, Algorithm::PS384, Algorithm::PS512),
                         [](const auto& test) { return std::string(to_string(test.param)); });

TEST(Jwk, KeepsAPrivateKeyThroughPem) {
    const SigningKey key = hooks::new_signing_key(Algorithm::ES384);
    const auto again = hooks::read_signing_key(pem_of(key));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->kid, key.kid);
    EXPECT_EQ(again->algorithm, Algorithm::ES384);
    EXPECT_FALSE(hooks::read_signing_key("no key"));
    EXPECT_FALSE(hooks::read_signing_key(jwks_of(key)));
}

TEST(Jwk, TakesRawEcdsaSignaturesOfTheExactSizeOnly) {  // W-18
    const SigningKey key = hooks::new_signing_key(Algorithm::ES384);
    const Jwk published = keys_of(jwks_of(key)).at(0);
    const std::string raw = sign(key, "text");
    ASSERT_EQ(raw.size(), 96U);
    ASSERT_TRUE(verify(published, Algorithm::ES384, "text", raw));

    const std::string zeros(48, '\0');
    const std::string order =  // n of P-384: R and S lie below it
        std::string(24, '\xff') +
        "\xc7\x63\x4d\x81\xf4\x37\x2d\xdf\x58\x1a\x0d\xb2\x48\xb0\xa7\x7a\xec\xec\x19\x6a\xcc\xc5\x29\x73";
    const std::string der =
        std::string("\x30\x64\x02\x30", 4) + raw.substr(0, 48) + "\x02\x30" + raw.substr(48);
    for (const std::string& bad :
         {raw.substr(0, 95), raw + std::string(1, '\0'), std::string(1, '\0') + raw, std::string(),
          std::string(96, '\0'), zeros + raw.substr(48), raw.substr(0, 48) + zeros, order + raw.substr(48),
          raw.substr(0, 48) + order, raw.substr(48) + raw.substr(0, 48), der, std::string(96, '\xff')}) {
        EXPECT_FALSE(verify(published, Algorithm::ES384, "text", bad)) << bad.size();
    }
}

TEST(Jwk, VerifiesOnlyWhatTheKeyIsFor) {  // W-5: no algorithm confusion
    const SigningKey elliptic = hooks::new_signing_key(Algorithm::ES384);
    const SigningKey rsa = hooks::new_signing_key(Algorithm::RS384);
    const Jwk ec_key = keys_of(jwks_of(elliptic)).at(0), rsa_key = keys_of(jwks_of(rsa)).at(0);

    EXPECT_EQ(ec_key.algorithms, std::vector<Algorithm>{Algorithm::ES384});
    EXPECT_FALSE(verify(rsa_key, Algorithm::ES384, "text", sign(elliptic, "text")));
    EXPECT_FALSE(verify(ec_key, Algorithm::ES256, "text", sign(elliptic, "text")));
    EXPECT_FALSE(verify(ec_key, Algorithm::RS384, "text", sign(rsa, "text")));
    EXPECT_FALSE(verify(rsa_key, Algorithm::PS384, "text", sign(rsa, "text")));  // the key says RS384
    EXPECT_FALSE(verify(rsa_key, Algorithm::RS256, "text", sign(rsa, "text")));
    EXPECT_TRUE(verify(rsa_key, Algorithm::RS384, "text", sign(rsa, "text")));
}

std::string without_algorithm(const SigningKey& key) {
    return with(jwks_of(key), "\"alg\":\"" + std::string(to_string(key.algorithm)) + "\",", "");
}

TEST(Jwk, WithoutAlgorithmIsForAllOfItsKind) {
    const SigningKey rsa = hooks::new_signing_key(Algorithm::PS256);
    EXPECT_EQ(keys_of(without_algorithm(rsa)).at(0).algorithms.size(), 6U);
    const SigningKey elliptic = hooks::new_signing_key(Algorithm::ES512);
    EXPECT_EQ(keys_of(without_algorithm(elliptic)).at(0).algorithms,
              std::vector<Algorithm>{Algorithm::ES512});
}

TEST(Jwk, LeavesOutKeysThatAreForNothingHere) {
    const std::string good = sample_keys.substr(9, sample_keys.size() - 11);
    const std::string weak(171, 'w');  // 1026 bits
    const std::string set =
        R"({"keys":[{"kty":"oct","kid":"s","k":"c2VjcmV0"},{"kty":"OKP","crv":"Ed25519","kid":"o","x":"AA"},)"
        R"({"kty":"EC","crv":"secp256k1","kid":"c","x":"AA","y":"AA"},{"kid":"nothing"},)"
        R"({"kty":"RSA","kid":"weak","e":"AQAB","n":")" +
        weak + R"("},)" + with(good, R"("use":"sig")", R"("use":"enc")") + "," +
        with(good, R"("use":"sig")", R"("key_ops":["sign"])") + "," +
        with(good, R"("kid":"example-kid",)", "") + "," + with(good, R"("use":"sig")", R"("alg":"RS384")") +
        "," + good + "]}";
    const std::vector<Jwk> keys = keys_of(set);
    ASSERT_EQ(keys.size(), 1U);
    EXPECT_EQ(keys[0].kid, "example-kid");
}

TEST(Jwk, SaysWhereASetIsBroken) {
    struct Case {
        std::string text, expression;
    };
    const std::string point = R"("kty":"EC","crv":"P-384","kid":"k","x":)";
    for (const Case& given : std::vector<Case>{
             {"", ""},
             {"[]", "keys"},
             {"{}", "keys"},
             {R"({"keys":{}})", "keys"},
             {R"({"keys":[1]})", "keys[0]"},
             {R"({"keys":[{)" + point + R"("AA","y":"AA"}]})", "keys[0].x"},
             {R"({"keys":[{)" + point + R"("A=","y":"AA"}]})", "keys[0].x"},
             {R"({"keys":[{)" + point + '"' + std::string(64, 'A') + R"(","y":")" + std::string(64, 'A') +
                  R"("}]})",
              "keys[0]"},  // no point of the curve
             {R"({"keys":[{"kty":"RSA","kid":"k","n":")" + std::string(512, 'x') + R"("}]})", "keys[0].e"},
             {R"({"keys":[{"kty":"RSA","kid":"k","e":"Ag","n":")" + std::string(512, 'x') + R"("}]})",
              "keys[0].e"},
             {R"({"keys":[{"kty":"RSA","kid":"k","e":"AQAB","n":")" + std::string(2'000, 'x') + R"("}]})",
              "keys[0].n"},
         }) {
        const auto keys = hooks::read_jwks(given.text);
        ASSERT_FALSE(keys) << given.text;
        EXPECT_EQ(keys.error().expression, given.expression) << given.text << keys.error().diagnostics;
    }
}

TEST(Jwk, LeavesBrokenKeysOutForThoseWhoAskWhichTheyWere) {  // RFC 7517 5
    std::vector<fhir::Issue> broken;
    const auto keys =
        hooks::read_jwks(R"({"keys":[{"kty":"RSA","kid":"k"},1,{"kty":"odd","kid":"k"}]})", &broken);

    ASSERT_TRUE(keys);
    EXPECT_TRUE(keys->empty());
    ASSERT_EQ(broken.size(), 2U) << "a kind that is not known is not broken";
    EXPECT_EQ(broken[0].expression, "keys[0].n");
    EXPECT_EQ(broken[1].expression, "keys[1]");
}

TEST(Jwk, ReadsNoMoreThanSixtyFourKeys) {
    std::string set = R"({"keys":[)";
    for (int i = 0; i < 65; ++i) set += i > 0 ? ",{}" : "{}";
    const auto keys = hooks::read_jwks(set + "]}");
    ASSERT_FALSE(keys);
    EXPECT_EQ(keys.error().expression, "keys[64]");
    EXPECT_FALSE(hooks::read_jwks(R"({"keys":[],"x":")" + std::string(262'144, 'x') + R"("})"));
}

}  // namespace
