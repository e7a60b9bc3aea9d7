// token decode: every check of a token with its result. token make: key pairs and tokens to test with.
#include "fhir/json_writer.hpp"
#include "hooks/base64url.hpp"
#include "hooks/command_knowledge.hpp"
#include "hooks/commands.hpp"
#include "hooks/input_text.hpp"
#include "hooks/jwt.hpp"
#include "hooks/knowledge_folder.hpp"
#include "hooks/settings.hpp"
#include "hooks/signing_key.hpp"
#include "hooks/uuid.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>

namespace hooks {

namespace {

/// `2026-11-27T10:00:00Z (1795773600)`
std::string shown_time(double seconds) {
    const auto whole = static_cast<std::time_t>(seconds);
    std::tm utc{};
    gmtime_r(&whole, &utc);
    std::array<char, 40> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
    return std::string(text.data()) + " (" + std::to_string(whole) + ")";
}

/// Text as a terminal may get it: what is not printable ASCII as `\xNN`, for others write the tokens.
std::string shown(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string safe;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7F)
            safe += c;
        else
            safe.append("\\x").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
    }
    return safe;
}

/// Prints a line a check and remembers whether one failed.
class Checks {
  public:
    void say(bool holds, const std::string& name, const std::string& what) {
        std::printf("%-11s %-10s %s\n", holds ? "ok" : "FAILED", name.c_str(), shown(what).c_str());
        if (!holds) failed_ = true;
    }
    static void skip(const std::string& name, const std::string& why) {
        std::printf("%-11s %-10s %s\n", "not checked", name.c_str(), shown(why).c_str());
    }
    ExitCode code() const { return failed_ ? faults : well; }

  private:
    bool failed_ = false;
};

/// What a member says, in brackets behind what it should be.
std::string listed(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts)
        all.append(all.empty() ? "" : ", ").append(text.empty() ? "(none)" : text);
    return all;
}

bool is_among(const std::vector<std::string>& allowed, const std::string& text) {
    return allowed.empty() || std::find(allowed.begin(), allowed.end(), text) != allowed.end();
}

void check_times(const Token& token, const ClaimPolicy& policy, double now, Checks& checks) {
    const auto leeway = static_cast<double>(policy.leeway);
    checks.say(token.expires + leeway > now, "exp", shown_time(token.expires) + ", now " + shown_time(now));
    checks.say(token.issued <= now + leeway, "iat", shown_time(token.issued));
    if (token.not_before) checks.say(*token.not_before <= now + leeway, "nbf", shown_time(*token.not_before));
    const double lifetime = token.expires - token.issued;
    checks.say(lifetime >= 0 && lifetime <= static_cast<double>(policy.most_lifetime), "lifetime",
               std::to_string(std::llround(lifetime)) + " s, at most " +
                   std::to_string(policy.most_lifetime) + " s");
}

void check_audience(const Token& token, const std::vector<std::string>& ours, Checks& checks) {
    if (ours.empty())
        return Checks::skip("aud", listed(token.audiences) + ": no --audience given to compare with");
    const bool is_ours =
        std::any_of(token.audiences.begin(), token.audiences.end(), [&ours](const std::string& theirs) {
            return std::any_of(ours.begin(), ours.end(),
                               [&theirs](const std::string& url) { return same_audience(theirs, url); });
        });
    checks.say(is_ours, "aud", listed(token.audiences) + ", expected one of: " + listed(ours));
}

void check_signature(const Token& token, const std::string& keys_file, Checks& checks) {
    if (keys_file.empty()) return Checks::skip("signature", "no JWK Set: give --jwks FILE");
    const auto text = read_text(keys_file);
    const auto keys = text ? read_jwks(*text) : fhir::Result<std::vector<Jwk>>(fhir::Issue{});
    if (!text) return checks.say(false, "keys", keys_file + " cannot be read");
    if (!keys) return checks.say(false, "keys", keys.error().expression + ": " + keys.error().diagnostics);
    const auto named = [&token](const Jwk& key) { return key.kid == token.kid; };
    std::vector<std::string> kids;
    for (const Jwk& key : *keys) kids.push_back(key.kid);
    checks.say(std::any_of(keys->begin(), keys->end(), named), "kid",
               token.kid + ", in the set: " + listed(kids));
    const bool is_signed = std::any_of(keys->begin(), keys->end(), [&](const Jwk& key) {
        return named(key) && verify(key, token.algorithm, token.signed_text, token.signature);
    });
    checks.say(is_signed, "signature", std::string(to_string(token.algorithm)));
}

/// The clients that the service trusts by its settings; none without --config.
std::optional<std::vector<TrustedClient>> clients_of(const std::string& config) {
    if (config.empty()) return std::vector<TrustedClient>();
    const auto text = read_text(config);
    if (!text) {
        std::fprintf(stderr, "--config: %s cannot be read\n", config.c_str());
        return std::nullopt;
    }
    LoadedSettings loaded = load_settings(*text, config, process_environment());
    for (const std::string& problem : loaded.problems) std::fprintf(stderr, "%s\n", problem.c_str());
    if (!loaded.problems.empty()) return std::nullopt;
    return loaded.settings.clients;
}

/// Text without white space at its ends and without a `Bearer` before it.
std::string token_in(std::string text) {
    const auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
    while (!text.empty() && is_space(text.back())) text.pop_back();
    while (!text.empty() && is_space(text.front())) text.erase(0, 1);
    const std::string_view bearer = bearer_token(text);
    return bearer.empty() ? text : std::string(bearer);
}

void print_part(const char* name, std::string_view part) {
    const auto text = bytes_of_base64url(part);
    std::printf("%-7s %s\n", name, text ? shown(*text).c_str() : "(no base64url)");
}

bool write_file(const std::string& file, const std::string& text, bool is_secret) {
    std::error_code ec;
    if (is_secret) {
        std::ofstream(file, std::ios::app).close();  // made before it holds anything
        std::filesystem::permissions(
            file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, ec);
    }
    std::ofstream out(file, std::ios::trunc);
    out << text;
    out.close();
    if (out && !ec) return true;
    std::fprintf(stderr, "%s cannot be written\n", file.c_str());
    return false;
}

}  // namespace

int decode_token(const DecodeTokenArguments& arguments) {
    const auto clients = clients_of(arguments.config);
    if (!clients) return wrong_use;
    std::string text = arguments.token;
    std::error_code too_long;  // a token may be longer than any file name
    if (text == "-" || text.find('.') == std::string::npos || std::filesystem::exists(text, too_long)) {
        auto input = InputText::open(text);
        if (!input) {
            std::fprintf(stderr, "%s cannot be read\n", text.c_str());
            return wrong_use;
        }
        text = input->rest();
    }
    text = token_in(std::move(text));
    const std::size_t first = std::min(text.find('.'), text.size());
    const std::size_t second = std::min(text.find('.', std::min(first + 1, text.size())), text.size());
    print_part("header", std::string_view(text).substr(0, first));
    print_part("claims", std::string_view(text).substr(std::min(first + 1, second),
                                                       second - std::min(first + 1, second)));

    Checks checks;
    const auto read = read_token(text);
    if (const auto* fault = std::get_if<TokenFault>(&read)) {
        checks.say(false, "shape", std::string(to_string(*fault)));
        return checks.code();
    }
    const Token& token = std::get<Token>(read);
    checks.say(true, "shape", "three parts, every member that CDS Hooks requires");
    const TrustedClient* client = find_client(*clients, token.issuer, token.tenant);
    TrustedClient policy;
    if (arguments.config.empty()) {
        Checks::skip("iss", token.issuer + ": no --config with clients given");
    } else {
        checks.say(client != nullptr, "iss", token.issuer + (client != nullptr ? "" : ": no such client"));
    }
    if (client != nullptr) policy = *client;
    std::vector<std::string> algorithms;
    for (const Algorithm algorithm : policy.algorithms) algorithms.emplace_back(to_string(algorithm));
    checks.say(is_among(algorithms, std::string(to_string(token.algorithm))), "alg",
               std::string(to_string(token.algorithm)) + ", allowed: " + listed(algorithms));
    if (!policy.jku.empty() && !token.jku.empty()) {
        checks.say(token.jku == policy.jku, "jku", token.jku + ", registered: " + policy.jku);
    }
    check_signature(token, arguments.jwks.empty() ? policy.keys_file : arguments.jwks, checks);
    std::vector<std::string> audiences = policy.claims.audiences;
    audiences.insert(audiences.end(), arguments.audiences.begin(), arguments.audiences.end());
    check_audience(token, audiences, checks);
    check_times(token, policy.claims, arguments.at.value_or(static_cast<double>(std::time(nullptr))), checks);
    if (!policy.claims.subjects.empty()) {
        checks.say(is_among(policy.claims.subjects, token.subject), "sub",
                   token.subject + ", allowed: " + listed(policy.claims.subjects));
    }
    if (!policy.claims.tenants.empty()) {
        checks.say(is_among(policy.claims.tenants, token.tenant), "tenant",
                   token.tenant + ", allowed: " + listed(policy.claims.tenants));
    }
    Checks::skip("jti", token.jti + ": only the service knows what it has seen");
    return checks.code();
}

int make_token(const MakeTokenArguments& arguments) {
    const auto algorithm = algorithm_of(arguments.algorithm);
    if (!algorithm) {
        std::fprintf(stderr, "--algorithm: expected ES384, RS384 or another of RFC 7518, got \"%s\"\n",
                     arguments.algorithm.c_str());
        return wrong_use;
    }
    if (!std::filesystem::exists(arguments.key)) {
        if (!write_file(arguments.key, pem_of(new_signing_key(*algorithm)), true)) return faults;
        std::fprintf(stderr, "made a key pair: %s\n", arguments.key.c_str());
    }
    const auto text = read_text(arguments.key);
    if (!text) {
        std::fprintf(stderr, "--key: %s cannot be read\n", arguments.key.c_str());
        return wrong_use;
    }
    const auto key = read_signing_key(*text, *algorithm);
    if (!key) {
        std::fprintf(stderr, "%s: %s\n", arguments.key.c_str(), key.error().diagnostics.c_str());
        return faults;
    }
    if (!arguments.jwks.empty() && !write_file(arguments.jwks, jwks_of(*key) + "\n", false)) return faults;
    if (arguments.issuer.empty() && arguments.audience.empty()) return well;  // only keys were wanted
    if (arguments.issuer.empty() || arguments.audience.empty()) {
        std::fprintf(stderr, "%s: required for a token\n",
                     arguments.issuer.empty() ? "--issuer" : "--audience");
        return wrong_use;
    }

    std::string header, claims;
    fhir::JsonWriter head(header);
    head.begin_object();
    head.member("alg", to_string(key->algorithm));
    head.member("typ", "JWT");
    head.member("kid", std::string_view(key->kid));
    if (!arguments.jku.empty()) head.member("jku", std::string_view(arguments.jku));
    head.end_object();
    const auto now = static_cast<std::int64_t>(std::time(nullptr));
    fhir::JsonWriter body(claims);
    body.begin_object();
    body.member("iss", std::string_view(arguments.issuer));
    body.member("aud", std::string_view(arguments.audience));
    body.member("iat", now);
    body.member("exp", now + arguments.lifetime);
    body.member("jti", std::string_view(new_uuid()));
    if (!arguments.subject.empty()) body.member("sub", std::string_view(arguments.subject));
    if (!arguments.tenant.empty()) body.member("tenant", std::string_view(arguments.tenant));
    body.end_object();
    const std::string signed_text = base64url(header) + "." + base64url(claims);
    std::printf("%s.%s\n", signed_text.c_str(), base64url(sign(*key, signed_text)).c_str());
    return well;
}

}  // namespace hooks
