// Every member of a token read strictly: what two readers could take differently is refused.
#include "hooks/jwt.hpp"

#include "fhir/parse.hpp"
#include "hooks/base64url.hpp"
#include "hooks/http.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory_resource>
#include <utility>

namespace hooks {

namespace {

using fhir::Kind;
using fhir::Node;

constexpr std::size_t most_token_bytes = 8'192, most_text_bytes = 256, most_audiences = 16;
constexpr double latest_time = 253'402'300'800.0;  // the year 10000

/// Reads members of the header or the claims; the first that is wrong makes it fail.
class Members {
  public:
    explicit Members(const Node& object) : object_(object) {}

    std::string required_text(std::string_view name, std::size_t most = most_text_bytes) {
        std::string text = optional_text(name, most);
        if (text.empty()) failed = true;
        return text;
    }
    std::string optional_text(std::string_view name, std::size_t most = most_text_bytes) {
        const Node* node = object_.find(name);
        if (node == nullptr) return {};
        if (!node->is_string() || node->text().empty() || node->text().size() > most) failed = true;
        return std::string(node->text());
    }
    /// A NumericDate: seconds, fractions allowed (RFC 7519 2).
    std::optional<double> time(std::string_view name) {
        const Node* node = object_.find(name);
        if (node == nullptr) return std::nullopt;
        double seconds = 0;
        const std::string_view text = node->text();
        const char* end = text.data() + text.size();
        const bool is_time = node->kind == Kind::number &&
                             std::from_chars(text.data(), end, seconds).ptr == end && seconds >= 0 &&
                             seconds < latest_time;
        if (!is_time) failed = true;
        return seconds;
    }
    double required_time(std::string_view name) {
        const auto seconds = time(name);
        if (!seconds) failed = true;
        return seconds.value_or(0);
    }
    std::vector<std::string> texts(std::string_view name) {
        const Node* node = object_.find(name);
        std::vector<std::string> read;
        if (node != nullptr && node->is_string()) {
            read.emplace_back(node->text());
        } else if (node != nullptr && node->is_array()) {
            for (const Node& item : node->children()) {
                if (!item.is_string() || read.size() == most_audiences) failed = true;
                read.emplace_back(item.text());
            }
        }
        const auto is_wrong = [](const std::string& text) { return text.empty() || text.size() > 2'048; };
        if (read.empty() || std::any_of(read.begin(), read.end(), is_wrong)) failed = true;
        return read;
    }

    bool failed = false;

  private:
    const Node& object_;
};

const Node* object_of(std::string_view text, std::pmr::memory_resource& arena) {
    const auto root = fhir::parse_json(text, arena, {.depth = 16, .bytes = most_token_bytes});
    return root && (*root)->is_object() ? *root : nullptr;
}

std::optional<TokenFault> read_header(const Node& header, Token& token) {
    if (header.find("crit") != nullptr) return TokenFault::critical;
    Members members(header);
    const std::string type = members.optional_text("typ");
    const std::string algorithm = members.required_text("alg");
    token.kid = members.required_text("kid");
    token.jku = members.optional_text("jku", 2'048);
    if (members.failed || !(type.empty() || equal_ignoring_case(type, "JWT"))) return TokenFault::malformed;
    const auto known = algorithm_of(algorithm);
    if (!known) return TokenFault::algorithm;
    token.algorithm = *known;
    return std::nullopt;
}

std::optional<TokenFault> read_claims(const Node& claims, Token& token) {
    Members members(claims);
    token.issuer = members.required_text("iss", 2'048);
    token.audiences = members.texts("aud");
    token.expires = members.required_time("exp");
    token.issued = members.required_time("iat");
    token.not_before = members.time("nbf");
    token.jti = members.required_text("jti");
    token.subject = members.optional_text("sub");
    token.tenant = members.optional_text("tenant");
    if (members.failed) return TokenFault::malformed;
    return std::nullopt;
}

bool holds(const std::vector<std::string>& allowed, const std::string& value) {
    return allowed.empty() || std::find(allowed.begin(), allowed.end(), value) != allowed.end();
}

/// A URL with what may be spelled in two ways spelled in one.
std::string normal_audience(std::string_view url) {
    std::string normal(url);
    const std::size_t scheme = normal.find("://");
    if (scheme == std::string::npos) return normal;
    const std::size_t host_end = std::min(normal.find_first_of("/?#", scheme + 3), normal.size());
    for (std::size_t i = 0; i < host_end; ++i) {
        if (normal[i] >= 'A' && normal[i] <= 'Z') normal[i] = static_cast<char>(normal[i] + 32);
    }
    if (normal.ends_with('/')) normal.pop_back();
    for (const auto& [start, port] : {std::pair{"https://", ":443"}, std::pair{"http://", ":80"}}) {
        const std::string_view suffix(port);
        const std::size_t at = std::min(host_end, normal.size()) - suffix.size();
        if (normal.starts_with(start) && std::min(host_end, normal.size()) > suffix.size() &&
            std::string_view(normal).substr(at, suffix.size()) == suffix) {
            normal.erase(at, suffix.size());
            break;
        }
    }
    return normal;
}

}  // namespace

std::string_view to_string(TokenFault fault) {
    switch (fault) {
        case TokenFault::missing:
            return "missing";
        case TokenFault::malformed:
            return "malformed";
        case TokenFault::algorithm:
            return "algorithm";
        case TokenFault::critical:
            return "critical";
        case TokenFault::unknown_issuer:
            return "unknown-issuer";
        case TokenFault::jku:
            return "jku";
        case TokenFault::unknown_key:
            return "unknown-key";
        case TokenFault::no_keys:
            return "no-keys";
        case TokenFault::signature:
            return "signature";
        case TokenFault::audience:
            return "audience";
        case TokenFault::expired:
            return "expired";
        case TokenFault::not_yet:
            return "not-yet";
        case TokenFault::lifetime:
            return "lifetime";
        case TokenFault::subject:
            return "subject";
        case TokenFault::tenant:
            return "tenant";
        case TokenFault::replayed:
            return "replayed";
        case TokenFault::busy:
            return "busy";
    }
    return "malformed";
}

std::variant<Token, TokenFault> read_token(std::string_view text) {
    const std::size_t first = text.find('.');
    const std::size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
    if (text.size() > most_token_bytes || second == std::string_view::npos) return TokenFault::malformed;
    const auto header_text = bytes_of_base64url(text.substr(0, first));
    const auto claims_text = bytes_of_base64url(text.substr(first + 1, second - first - 1));
    auto signature = bytes_of_base64url(text.substr(second + 1));
    if (!header_text || !claims_text || !signature) return TokenFault::malformed;

    std::pmr::monotonic_buffer_resource arena;
    const Node* header = object_of(*header_text, arena);
    const Node* claims = object_of(*claims_text, arena);
    if (header == nullptr || claims == nullptr) return TokenFault::malformed;
    Token token;
    if (const auto fault = read_header(*header, token)) return *fault;
    if (const auto fault = read_claims(*claims, token)) return *fault;
    if (signature->empty()) return TokenFault::malformed;
    token.signed_text = text.substr(0, second);
    token.signature = std::move(*signature);
    return token;
}

std::string_view bearer_token(std::string_view field) {
    constexpr std::string_view scheme = "Bearer ";
    if (!equal_ignoring_case(field.substr(0, scheme.size()), scheme)) return {};
    field.remove_prefix(scheme.size());
    while (field.starts_with(' ')) field.remove_prefix(1);
    return field.find_first_of(" \t,") == std::string_view::npos ? field : std::string_view();
}

std::string shown_claim(std::string_view claim) {
    constexpr std::size_t most = 96;  // shorter than any token
    std::string shown(claim.substr(0, most));
    std::replace_if(
        shown.begin(), shown.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    if (claim.size() > most) shown += "...";
    return shown;
}

std::optional<TokenFault> check_claims(const Token& token, const ClaimPolicy& policy, double now) {
    const auto leeway = static_cast<double>(policy.leeway);
    const bool is_ours =
        std::any_of(token.audiences.begin(), token.audiences.end(), [&](const std::string& theirs) {
            return std::any_of(policy.audiences.begin(), policy.audiences.end(),
                               [&](const std::string& ours) { return same_audience(theirs, ours); });
        });
    if (!is_ours) return TokenFault::audience;
    if (token.expires + leeway <= now) return TokenFault::expired;
    if (token.issued > now + leeway || token.not_before.value_or(0) > now + leeway)
        return TokenFault::not_yet;
    if (token.expires - token.issued > static_cast<double>(policy.most_lifetime) ||
        token.expires < token.issued) {
        return TokenFault::lifetime;
    }
    if (!holds(policy.subjects, token.subject)) return TokenFault::subject;
    if (!holds(policy.tenants, token.tenant)) return TokenFault::tenant;
    return std::nullopt;
}

bool same_audience(std::string_view a, std::string_view b) {
    return normal_audience(a) == normal_audience(b);
}

}  // namespace hooks
