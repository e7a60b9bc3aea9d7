// Base64url: bytes in the alphabet of tokens and keys (RFC 4648 5), without padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace hooks {

std::string base64url(std::string_view bytes);

/// The bytes, or nullopt for anything that `base64url` would not have written: another alphabet, padding,
/// white space, bits left over at the end (a second spelling of the same bytes).
std::optional<std::string> bytes_of_base64url(std::string_view text);

}  // namespace hooks
