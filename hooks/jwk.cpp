// JSON Web Keys to OpenSSL's keys, and signatures from JOSE's form to OpenSSL's.
#include "hooks/jwk.hpp"

#include "fhir/parse.hpp"
#include "hooks/base64url.hpp"
#include "hooks/openssl.hpp"

#include <algorithm>
#include <array>
#include <memory_resource>

namespace hooks {

namespace {

using fhir::Issue;
using fhir::IssueCode;
using fhir::Node;
using openssl::Scheme;

constexpr std::size_t most_jwks_bytes = 262'144;
constexpr int least_rsa_bits = 2'048, most_rsa_bits = 8'192;
constexpr std::array all = {Algorithm::ES256, Algorithm::ES384, Algorithm::ES512,
                            Algorithm::RS256, Algorithm::RS384, Algorithm::RS512,
                            Algorithm::PS256, Algorithm::PS384, Algorithm::PS512};

std::shared_ptr<EVP_PKEY> from_parameters(const char* kind, OSSL_PARAM_BLD& builder) {
    const openssl::Parameters parameters(OSSL_PARAM_BLD_to_param(&builder));
    const openssl::KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
    EVP_PKEY* key = nullptr;
    if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
        return nullptr;
    }
    return {key, EVP_PKEY_free};
}

/// Null if (x, y) is no point of the curve.
std::shared_ptr<EVP_PKEY> elliptic_key(const Scheme& scheme, std::string_view x, std::string_view y) {
    const std::string point = std::string("\x04").append(x).append(y);  // uncompressed (SEC 1, 2.3.3)
    const openssl::ParameterBuilder builder(OSSL_PARAM_BLD_new());
    if (!builder ||
        OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, scheme.group, 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                         point.size()) != 1) {
        return nullptr;
    }
    auto key = from_parameters("EC", *builder);
    if (!key) return nullptr;
    const openssl::KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
    return context && EVP_PKEY_public_check(context.get()) == 1 ? key : nullptr;
}

std::shared_ptr<EVP_PKEY> rsa_key(std::string_view n, std::string_view e) {
    const openssl::Number modulus = openssl::number(n), exponent = openssl::number(e);
    const openssl::ParameterBuilder builder(OSSL_PARAM_BLD_new());
    if (!builder || !modulus || !exponent ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
        return nullptr;
    }
    return from_parameters("RSA", *builder);
}

/// Reads one key of a set; `key` stays null for one that is to be left out.
class KeyReader {
  public:
    KeyReader(const Node& node, std::string place) : node_(node), place_(std::move(place)) {}

    fhir::Result<Jwk> read() {
        if (!node_.is_object()) return broken("", "expected an object");
        Jwk jwk;
        jwk.kid = node_.text_of("kid");
        if (jwk.kid.empty() || jwk.kid.size() > 256 || !is_for_signatures()) return jwk;
        const std::string_view kind = node_.text_of("kty");
        if (kind == "EC") {
            if (!read_elliptic(jwk)) return problem_;
        } else if (kind == "RSA") {
            if (!read_rsa(jwk)) return problem_;
        }
        if (jwk.algorithms.empty()) jwk.key = nullptr;
        return jwk;
    }

  private:
    Issue broken(std::string_view member, std::string what) const {
        std::string at = place_;
        if (!member.empty()) at.append(".").append(member);
        return {IssueCode::value, std::move(what), std::move(at)};
    }
    bool fail(std::string_view member, std::string what) {
        problem_ = broken(member, std::move(what));
        return false;
    }

    /// RFC 7517 4.2, 4.3: a key that says what it is for is for nothing else.
    bool is_for_signatures() const {
        if (const Node* use = node_.find("use"); use != nullptr && use->text() != "sig") return false;
        const Node* operations = node_.find("key_ops");
        if (operations == nullptr) return true;
        return std::any_of(operations->children().begin(), operations->children().end(),
                           [](const Node& item) { return item.text() == "verify"; });
    }

    std::optional<std::string> octets(std::string_view member) {
        auto read = bytes_of_base64url(node_.text_of(member));
        if (read && !read->empty()) return read;
        fail(member, "expected base64url without padding");
        return std::nullopt;
    }

    void allow(Jwk& jwk, bool (*fits)(const Scheme&, std::string_view), std::string_view curve) const {
        const std::string_view only = node_.text_of("alg");
        for (const Algorithm algorithm : all) {
            const Scheme& scheme = openssl::scheme_of(algorithm);
            if (fits(scheme, curve) && (only.empty() || only == scheme.name)) {
                jwk.algorithms.push_back(algorithm);
            }
        }
    }

    bool read_elliptic(Jwk& jwk) {
        const std::string_view curve = node_.text_of("crv");
        allow(
            jwk, [](const Scheme& scheme, std::string_view name) { return scheme.curve == name; },
            curve.empty() ? "none" : curve);
        if (jwk.algorithms.empty()) return true;
        const Scheme& scheme = openssl::scheme_of(jwk.algorithms.front());
        const auto x = octets("x");
        const auto y = x ? octets("y") : std::nullopt;
        if (!y) return false;
        for (const auto& [name, value] : {std::pair{"x", &*x}, std::pair{"y", &*y}}) {
            if (value->size() != scheme.coordinate)
                return fail(name, "expected " + std::to_string(scheme.coordinate) + " bytes, got " +
                                      std::to_string(value->size()));
        }
        jwk.key = elliptic_key(scheme, *x, *y);
        return jwk.key != nullptr || fail("", "x and y are no point of the curve");
    }

    bool read_rsa(Jwk& jwk) {
        const auto n = octets("n");
        const auto e = n ? octets("e") : std::nullopt;
        if (!e) return false;
        const openssl::Number modulus = openssl::number(*n), exponent = openssl::number(*e);
        const int bits = BN_num_bits(modulus.get());
        if (bits < least_rsa_bits) return true;
        if (bits > most_rsa_bits) return fail("n", "at most " + std::to_string(most_rsa_bits) + " bits");
        const bool sound = BN_is_odd(exponent.get()) == 1 && BN_num_bits(exponent.get()) >= 2 &&
                           BN_num_bits(exponent.get()) <= 64;
        if (!sound) return fail("e", "expected an odd number from 3 to 64 bits");
        allow(
            jwk, [](const Scheme& scheme, std::string_view) { return scheme.group == nullptr; }, "");
        jwk.key = rsa_key(*n, *e);
        return jwk.key != nullptr || fail("", "no RSA key");
    }

    const Node& node_;
    const std::string place_;
    Issue problem_;
};

/// ECDSA from R and S to the DER that OpenSSL wants; nullopt if the size is not the curve's.
std::optional<std::string> der_of(const Scheme& scheme, std::string_view raw) {
    if (raw.size() != 2 * scheme.coordinate) return std::nullopt;
    const openssl::EcdsaSignature signature(ECDSA_SIG_new());
    openssl::Number r = openssl::number(raw.substr(0, scheme.coordinate));
    openssl::Number s = openssl::number(raw.substr(scheme.coordinate));
    if (!signature || !r || !s || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return std::nullopt;
    static_cast<void>(r.release());  // the signature's now
    static_cast<void>(s.release());
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(signature.get(), &der);
    if (size <= 0) return std::nullopt;
    std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return text;
}

}  // namespace

fhir::Result<std::vector<Jwk>> read_jwks(std::string_view text, std::vector<Issue>* broken) {
    std::pmr::monotonic_buffer_resource arena;
    const auto root = fhir::parse_json(text, arena, {.depth = 16, .bytes = most_jwks_bytes});
    if (!root) return root.error();
    const Node* keys = (*root)->find("keys");
    if (keys == nullptr || !keys->is_array()) {
        return Issue{IssueCode::required, "a JWK Set has an array of keys", "keys"};
    }
    std::vector<Jwk> read;
    std::size_t index = 0;
    for (const Node& node : keys->children()) {
        const std::string place = "keys[" + std::to_string(index) + "]";
        if (index++ == most_keys) {
            return Issue{IssueCode::too_long, "at most " + std::to_string(most_keys) + " keys", place};
        }
        auto jwk = KeyReader(node, place).read();
        if (!jwk && broken == nullptr) return jwk.error();
        if (!jwk)
            broken->push_back(jwk.error());
        else if (jwk->key)
            read.push_back(std::move(*jwk));
    }
    return read;
}

bool verify(const Jwk& key, Algorithm algorithm, std::string_view text, std::string_view signature) {
    const auto& able = key.algorithms;
    if (!key.key || std::find(able.begin(), able.end(), algorithm) == able.end()) return false;
    const Scheme& scheme = openssl::scheme_of(algorithm);
    std::string der;
    if (scheme.group != nullptr) {
        auto converted = der_of(scheme, signature);
        if (!converted) return false;
        der = std::move(*converted);
        signature = der;
    }
    const openssl::DigestContext context(EVP_MD_CTX_new());
    return context && openssl::start(*context, scheme, *key.key, false) &&
           EVP_DigestVerify(context.get(), openssl::bytes(signature), signature.size(), openssl::bytes(text),
                            text.size()) == 1;
}

}  // namespace hooks
