// Digests: SHA-256 of texts, and ids made unreadable with a key.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

struct evp_mac_ctx_st;  // OpenSSL's EVP_MAC_CTX

namespace hooks {

/// A text in pieces, one after the other.
using Pieces = std::initializer_list<std::string_view>;

/// SHA-256 of a text, in 64 lower-case hex digits.
std::string sha256_hex(Pieces pieces);

/// HMAC-SHA-256 (RFC 2104) with one key. Preparing the key takes longer than the digest of a name: it is done
/// once, and what is prepared is copied for each.
class HmacSha256 {
  public:
    explicit HmacSha256(std::string_view key);

    /// Of a text, in 64 lower-case hex digits. From any thread.
    std::string hex(Pieces pieces) const;

  private:
    std::shared_ptr<evp_mac_ctx_st> prepared_;
};

/// Makes ids of patients and users into names that are the same every time and tell nothing without the key.
class Pseudonyms {
  public:
    explicit Pseudonyms(std::string_view key) : digest_(key) {}

    /// 32 hex digits for the id that `issuer` (a client; "" if nobody known) calls `id`; `kind` keeps
    /// patients and users apart. "" for "".
    std::string of(std::string_view kind, std::string_view issuer, std::string_view id) const;

  private:
    HmacSha256 digest_;
};

}  // namespace hooks
