// OpenSSL: its objects with owners, and what the algorithms of tokens are called there.
#pragma once

#include "hooks/jwk.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <memory>
#include <string>
#include <string_view>

namespace hooks::openssl {

template <auto free>
struct Free {
    template <class T>
    void operator()(T* object) const {
        free(object);
    }
};
using Number = std::unique_ptr<BIGNUM, Free<BN_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;
using ParameterBuilder = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, Free<EVP_MAC_CTX_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;

/// What RFC 7518 3 says of one algorithm.
struct Scheme {
    Algorithm algorithm;
    std::string_view name;
    const EVP_MD* (*digest)();
    const char* group;           // OpenSSL's name of the curve; null: RSA
    std::string_view curve;      // the JWK's crv
    std::size_t coordinate = 0;  // bytes of R, of S and of a coordinate
    bool pss = false;
};
const Scheme& scheme_of(Algorithm algorithm);

inline const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
inline Number number(std::string_view big_endian) {
    return Number(BN_bin2bn(bytes(big_endian), static_cast<int>(big_endian.size()), nullptr));
}

/// Starts verifying or signing with the scheme's digest and padding; false if OpenSSL will not.
bool start(EVP_MD_CTX& context, const Scheme& scheme, EVP_PKEY& key, bool signing);

}  // namespace hooks::openssl
