// OpenSSL's EVP for the digest, its one-call HMAC for the other.
#include "hooks/digest.hpp"

#include "hooks/openssl.hpp"

#include <openssl/hmac.h>

#include <array>
#include <span>
#include <stdexcept>

namespace hooks {

namespace {

std::string hex(std::span<const unsigned char> digest) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(digest.size() * 2);
    for (const unsigned char byte : digest) {
        text += digits[byte >> 4U];
        text += digits[byte & 15U];
    }
    return text;
}

}  // namespace

std::string sha256_hex(std::initializer_list<std::string_view> pieces) {
    thread_local const openssl::DigestContext context(EVP_MD_CTX_new());
    static const EVP_MD* const algorithm = EVP_sha256();
    bool well = context && EVP_DigestInit_ex(context.get(), algorithm, nullptr) == 1;
    for (const std::string_view piece : pieces) {
        well = well && EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1;
    }
    std::array<unsigned char, 32> digest{};
    if (!well || EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1) {
        throw std::runtime_error("SHA-256 is not to be had from OpenSSL");
    }
    return hex(digest);
}

std::string hmac_sha256_hex(std::string_view key, std::string_view text) {
    std::array<unsigned char, 32> digest{};
    unsigned size = 0;
    if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), openssl::bytes(text), text.size(),
              digest.data(), &size)) {
        throw std::runtime_error("HMAC-SHA-256 is not to be had from OpenSSL");
    }
    return hex(digest);
}

std::string Pseudonyms::of(std::string_view kind, std::string_view issuer, std::string_view id) const {
    if (id.empty()) return {};
    std::string text;
    // No issuer and no kind holds a zero byte, so that no two ids give the same text.
    text.append(kind).append(1, '\0').append(issuer).append(1, '\0').append(id);
    return hmac_sha256_hex(key_, text).substr(0, 32);
}

}  // namespace hooks
