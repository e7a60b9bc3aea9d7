// SigningKey: private keys that make tokens: for `asps-cds token make` and whoever tests a client.
#pragma once

#include "fhir/issue.hpp"
#include "hooks/jwk.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace hooks {

/// A private key, and the algorithm it signs with.
struct SigningKey {
    std::string kid;  ///< the RFC 7638 thumbprint of its public half
    std::shared_ptr<evp_pkey_st> key;
    Algorithm algorithm = Algorithm::ES384;
};

/// A new key pair for `algorithm`; RSA has 3072 bits.
SigningKey new_signing_key(Algorithm algorithm);
/// The key in PEM (PKCS #8, SEC 1 or PKCS #1, without a password): P-256 signs ES256, P-384 ES384, P-521
/// ES512, RSA `rsa_algorithm`. An Issue for any other text or key.
fhir::Result<SigningKey> read_signing_key(std::string_view pem, Algorithm rsa_algorithm = Algorithm::RS384);

std::string pem_of(const SigningKey& key);   ///< PKCS #8, readable by whoever has the file
std::string jwks_of(const SigningKey& key);  ///< its public half as a JWK Set
/// The signature over `text` in the form of RFC 7518: ES... is raw R and S.
std::string sign(const SigningKey& key, std::string_view text);

}  // namespace hooks
