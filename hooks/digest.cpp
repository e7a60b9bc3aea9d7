// OpenSSL's EVP: its digest and its HMAC.
#include "hooks/digest.hpp"

#include "fhir/encoding.hpp"
#include "hooks/openssl.hpp"

#include <openssl/params.h>

#include <array>
#include <stdexcept>

namespace hooks {

namespace {

using Digest = std::array<unsigned char, 32>;

std::string hex_of(const Digest& digest) {
    return fhir::to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace

std::string sha256_hex(Pieces pieces) {
    thread_local const openssl::DigestContext context(EVP_MD_CTX_new());
    static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);  // as long as we run
    bool well = context && EVP_DigestInit_ex(context.get(), algorithm, nullptr) == 1;
    for (const std::string_view piece : pieces) {
        well = well && EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1;
    }
    Digest digest{};
    if (!well || EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1) {
        throw std::runtime_error("SHA-256 is not to be had from OpenSSL");
    }
    return hex_of(digest);
}

HmacSha256::HmacSha256(std::string_view key) {
    static EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);  // as long as we run
    std::string name = "SHA256";
    const std::array<OSSL_PARAM, 2> digest{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0), OSSL_PARAM_construct_end()};
    prepared_ = {EVP_MAC_CTX_new(algorithm), EVP_MAC_CTX_free};
    if (!prepared_ || EVP_MAC_init(prepared_.get(), openssl::bytes(key), key.size(), digest.data()) != 1) {
        throw std::runtime_error("HMAC-SHA-256 is not to be had from OpenSSL");
    }
}

std::string HmacSha256::hex(Pieces pieces) const {
    const openssl::MacContext context(EVP_MAC_CTX_dup(prepared_.get()));
    bool well = context != nullptr;
    for (const std::string_view piece : pieces) {
        well = well && EVP_MAC_update(context.get(), openssl::bytes(piece), piece.size()) == 1;
    }
    Digest digest{};
    std::size_t size = 0;
    if (!well || EVP_MAC_final(context.get(), digest.data(), &size, digest.size()) != 1) {
        throw std::runtime_error("HMAC-SHA-256 is not to be had from OpenSSL");
    }
    return hex_of(digest);
}

std::string Pseudonyms::of(std::string_view kind, std::string_view issuer, std::string_view id) const {
    if (id.empty()) return {};
    // No issuer and no kind holds a zero byte, so that no two ids give the same text.
    constexpr std::string_view zero("\0", 1);
    return digest_.hex({kind, zero, issuer, zero, id}).substr(0, 32);
}

}  // namespace hooks
