// UTF-8: code points to bytes and back.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace fhir {

/// A code point and how many bytes of the text it takes; size 0 if there is none.
struct CodePoint {
    char32_t character = 0;
    std::size_t size = 0;
};

/// The code point at the start of `text`, which is not empty; size 0 if that is no UTF-8 (RFC 3629).
CodePoint read_utf8(std::string_view text);

void append_utf8(std::string& out, char32_t code_point);

/// A byte that goes on with a code point.
inline bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// How many there are.
inline std::size_t code_points(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

}  // namespace fhir
