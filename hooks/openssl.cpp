// The table of RFC 7518 3.1, and the padding that RSASSA-PSS wants.
#include "hooks/openssl.hpp"

#include <algorithm>
#include <array>

namespace hooks::openssl {

namespace {

constexpr std::array schemes = {
    Scheme{Algorithm::ES256, "ES256", EVP_sha256, "P-256", "P-256", 32},
    Scheme{Algorithm::ES384, "ES384", EVP_sha384, "P-384", "P-384", 48},
    Scheme{Algorithm::ES512, "ES512", EVP_sha512, "P-521", "P-521", 66},
    Scheme{Algorithm::RS256, "RS256", EVP_sha256, nullptr, ""},
    Scheme{Algorithm::RS384, "RS384", EVP_sha384, nullptr, ""},
    Scheme{Algorithm::RS512, "RS512", EVP_sha512, nullptr, ""},
    Scheme{Algorithm::PS256, "PS256", EVP_sha256, nullptr, "", 0, true},
    Scheme{Algorithm::PS384, "PS384", EVP_sha384, nullptr, "", 0, true},
    Scheme{Algorithm::PS512, "PS512", EVP_sha512, nullptr, "", 0, true},
};

}  // namespace

const Scheme& scheme_of(Algorithm algorithm) { return schemes[static_cast<std::size_t>(algorithm)]; }

bool start(EVP_MD_CTX& context, const Scheme& scheme, EVP_PKEY& key, bool signing) {
    EVP_PKEY_CTX* padding = nullptr;  // owned by context
    const auto init = signing ? EVP_DigestSignInit : EVP_DigestVerifyInit;
    if (init(&context, &padding, scheme.digest(), nullptr, &key) != 1) return false;
    if (!scheme.pss) return true;
    return EVP_PKEY_CTX_set_rsa_padding(padding, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(padding, RSA_PSS_SALTLEN_DIGEST) == 1;
}

}  // namespace hooks::openssl

namespace hooks {

std::string_view to_string(Algorithm algorithm) { return openssl::scheme_of(algorithm).name; }

std::optional<Algorithm> algorithm_of(std::string_view name) {
    const auto* found = std::find_if(openssl::schemes.begin(), openssl::schemes.end(),
                                     [name](const openssl::Scheme& scheme) { return scheme.name == name; });
    if (found == openssl::schemes.end()) return std::nullopt;
    return found->algorithm;
}

}  // namespace hooks
