// Jwk: public keys as JSON Web Keys (RFC 7517), and the signatures they verify, by OpenSSL.
#pragma once

#include "fhir/issue.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace hooks {

/// A signature algorithm of RFC 7518 for two parties that share no secret. `none` and HS... are not among
/// them (W-3).
enum class Algorithm { ES256, ES384, ES512, RS256, RS384, RS512, PS256, PS384, PS512 };
std::string_view to_string(Algorithm algorithm);
/// Case matters; nullopt for all that is not in the enumeration.
std::optional<Algorithm> algorithm_of(std::string_view name);

/// One public key. Copies share OpenSSL's object, which is never changed.
struct Jwk {
    std::string kid;
    std::shared_ptr<evp_pkey_st> key;
    /// What the key may verify: its kty, crv and alg decide, never a token (W-5).
    std::vector<Algorithm> algorithms;
};

/// At most so many keys of a set are read.
constexpr std::size_t most_keys = 64;

/// The keys of a JWK Set that verify signatures, in order. Left out (RFC 7517 5): keys for encryption, of an
/// unknown kind or curve, symmetric ones, those without a kid, RSA under 2048 bits. Private members are not
/// read. An Issue with its place if `text` is no JWK Set or there are over `most_keys`. So is a broken key of
/// a known kind; given `broken` it is told there and left out too, for the others of a published set are
/// good.
fhir::Result<std::vector<Jwk>> read_jwks(std::string_view text, std::vector<fhir::Issue>* broken = nullptr);

/// True if `signature` is that of `key` over `text`, in the form of RFC 7518: ES... is raw R and S of exactly
/// the curve's size (W-18). False also if the key is not for that algorithm.
bool verify(const Jwk& key, Algorithm algorithm, std::string_view text, std::string_view signature);

}  // namespace hooks
