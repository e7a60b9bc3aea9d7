// Encoding: text as hex, base64, HTML and JSON write it, and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fhir {

inline constexpr std::string_view base64_letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
inline constexpr std::string_view url_letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// In these 64 letters, filled up with `=`.
std::string to_base64(std::string_view bytes, std::string_view letters);
/// The bytes, with or without `=` at the end; none for any other letter or length.
std::optional<std::string> from_base64(std::string_view text, std::string_view letters);

/// In lower case.
std::string to_hex(std::string_view bytes);
/// The bytes; none for what is no pairs of hexadecimal digits.
std::optional<std::string> from_hex(std::string_view text);

std::string escaped_html(std::string_view text);
/// References that XML 1.0 does not know stay as they are.
std::string unescaped_html(std::string_view text);

/// What stands between the quotes of a JSON string.
std::string escaped_json(std::string_view text);
/// None if the text is not what stands between the quotes of a JSON string.
std::optional<std::string> unescaped_json(std::string_view text);

}  // namespace fhir
