// Digests: SHA-256 of texts, and ids made unreadable with a key.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace hooks {

/// SHA-256 of the pieces one after the other, in 64 lower-case hex digits.
std::string sha256_hex(std::initializer_list<std::string_view> pieces);

/// HMAC-SHA-256 (RFC 2104), likewise.
std::string hmac_sha256_hex(std::string_view key, std::string_view text);

/// Makes ids of patients and users into names that are the same every time and tell nothing without the key.
class Pseudonyms {
  public:
    explicit Pseudonyms(std::string key) : key_(std::move(key)) {}

    /// 32 hex digits for the id that `issuer` (a client; "" if nobody known) calls `id`; `kind` keeps
    /// patients and users apart. "" for "".
    std::string of(std::string_view kind, std::string_view issuer, std::string_view id) const;

  private:
    std::string key_;
};

}  // namespace hooks
