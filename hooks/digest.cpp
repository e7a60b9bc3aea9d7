// OpenSSL's EVP for the digest; of HMAC only what is left once the key is prepared. OpenSSL's own fetches its
// algorithm and prepares the key anew each time, which takes ten times as long as the digests.
#include "hooks/digest.hpp"

#include "hooks/openssl.hpp"

#include <array>
#include <span>
#include <stdexcept>

namespace hooks {

namespace {

using Pieces = std::initializer_list<std::string_view>;
using Digest = std::array<unsigned char, 32>;
constexpr std::size_t block = 64;  // of SHA-256

std::string hex_of(const Digest& digest) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text(digest.size() * 2, '\0');
    std::size_t at = 0;
    for (const unsigned char byte : digest) {
        text[at++] = digits[byte >> 4U];
        text[at++] = digits[byte & 15U];
    }
    return text;
}

std::string_view text_of(const Digest& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

/// SHA-256 of `first`, then of the pieces.
Digest sha256(std::string_view first, Pieces pieces) {
    thread_local const openssl::DigestContext context(EVP_MD_CTX_new());
    static const EVP_MD* const algorithm = EVP_sha256();
    bool well = context && EVP_DigestInit_ex(context.get(), algorithm, nullptr) == 1 &&
                EVP_DigestUpdate(context.get(), first.data(), first.size()) == 1;
    for (const std::string_view piece : pieces) {
        well = well && EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1;
    }
    Digest digest{};
    if (!well || EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1) {
        throw std::runtime_error("SHA-256 is not to be had from OpenSSL");
    }
    return digest;
}

/// The key, filled up to a block, with all its bytes changed by `mask`.
std::string masked(std::string key, char mask) {
    key.resize(block, '\0');
    for (char& byte : key) byte = static_cast<char>(byte ^ mask);
    return key;
}

}  // namespace

std::string sha256_hex(Pieces pieces) { return hex_of(sha256({}, pieces)); }

HmacSha256::HmacSha256(std::string_view key) {
    const std::string fitting(key.size() > block ? text_of(sha256(key, {})) : key);
    inner_ = masked(fitting, 0x36);
    outer_ = masked(fitting, 0x5c);
}

std::string HmacSha256::hex(Pieces pieces) const {
    const Digest inner = sha256(inner_, pieces);
    return hex_of(sha256(outer_, {text_of(inner)}));
}

std::string Pseudonyms::of(std::string_view kind, std::string_view issuer, std::string_view id) const {
    if (id.empty()) return {};
    // No issuer and no kind holds a zero byte, so that no two ids give the same text.
    constexpr std::string_view zero("\0", 1);
    return digest_.hex({kind, zero, issuer, zero, id}).substr(0, 32);
}

}  // namespace hooks
