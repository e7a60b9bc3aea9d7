// Jwt: what a client's token says (RFC 7519 as CDS Hooks wants it), and which of its claims hold. No keys, no
// I/O.
#pragma once

#include "hooks/jwk.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace hooks {

/// Why a token is refused; for the log and for metrics, never for the caller (W-16).
enum class TokenFault : std::uint8_t {
    missing,    ///< no Authorization: Bearer, or several
    malformed,  ///< not three parts of base64url, over 8 kB, header or claims no JSON object with the members
    algorithm,  ///< none, HS..., unknown, or not among the client's
    critical,   ///< `crit` asks for what we do not know (RFC 7515 4.1.11)
    unknown_issuer,
    jku,  ///< not the address registered for the issuer
    unknown_key,
    no_keys,  ///< the issuer's keys could not be had
    signature,
    audience,
    expired,
    not_yet,   ///< nbf or iat lies ahead
    lifetime,  ///< exp is too far from iat
    subject,
    tenant,
    replayed,
    busy  ///< too many tokens wait to be verified: 503, not 401
};
std::string_view to_string(TokenFault fault);

/// The parts of a token. Nothing in it is true before its signature is verified.
struct Token {
    std::string signed_text, signature;
    Algorithm algorithm = Algorithm::ES384;
    std::string kid;
    std::string jku;  ///< "" if there is none
    std::string issuer, jti;
    std::vector<std::string> audiences;
    double expires = 0, issued = 0;  ///< seconds since 1970
    std::optional<double> not_before;
    std::string subject, tenant;  ///< "" if there is none
};

/// The token in `text` (W-1, W-2, W-6, W-15, W-18, W-20). Unknown members are let through; `jwk`, `x5c` and
/// `x5u` are not looked at.
std::variant<Token, TokenFault> read_token(std::string_view text);

/// The token of an Authorization field: scheme Bearer in any case, one token (W-20); "" if it is anything
/// else.
std::string_view bearer_token(std::string_view field);

/// A claim of a token that nobody has vouched for, as the log may show it: its printable ASCII, other bytes
/// as
/// `?`, and of a long one the first 96.
std::string shown_claim(std::string_view claim);

/// What a client's claims are held against.
struct ClaimPolicy {
    std::vector<std::string> audiences;  ///< one must be among the token's (W-9)
    std::vector<std::string> subjects;   ///< empty: any or none
    std::vector<std::string> tenants;    ///< empty: any or none (W-12)
    std::int64_t most_lifetime = 3'600;  ///< seconds from iat to exp (W-13)
    std::int64_t leeway = 60;            ///< seconds, both ways (W-14)
};

/// The first claim that does not hold at `now` (seconds since 1970), or nothing.
std::optional<TokenFault> check_claims(const Token& token, const ClaimPolicy& policy, double now);

/// True if both are the same URL but for a default port, the case of scheme and host, and one slash at the
/// end (W-9).
bool same_audience(std::string_view a, std::string_view b);

}  // namespace hooks
