// Digests: SHA-256 of texts, and ids made unreadable with a key.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace hooks {

/// SHA-256 of the pieces one after the other, in 64 lower-case hex digits.
std::string sha256_hex(std::initializer_list<std::string_view> pieces);

/// HMAC-SHA-256 (RFC 2104) with one key, which is prepared once.
class HmacSha256 {
  public:
    explicit HmacSha256(std::string_view key);

    /// Of the pieces one after the other, in 64 lower-case hex digits.
    std::string hex(std::initializer_list<std::string_view> pieces) const;

  private:
    std::string inner_, outer_;  // the key as RFC 2104 puts it before the text and before its digest
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
