// Encoding: text as hex, base64, HTML and JSON write it, and back.
#include "fhir/encoding.hpp"

#include "fhir/json_writer.hpp"
#include "fhir/xml_text.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace fhir {

std::string to_base64(std::string_view text, std::string_view letters) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, text.size() - i);
        std::uint32_t bits = 0;
        for (std::size_t j = 0; j < 3; ++j)
            bits = bits << 8 | (j < count ? static_cast<unsigned char>(text[i + j]) : 0u);
        for (std::size_t j = 0; j < 4; ++j)
            result.push_back(j <= count ? letters[bits >> (18 - 6 * j) & 63] : '=');
    }
    return result;
}

std::optional<std::string> from_base64(std::string_view text, std::string_view letters) {
    while (!text.empty() && text.back() == '=') text.remove_suffix(1);
    if (text.size() % 4 == 1) return std::nullopt;
    std::string result;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        const std::size_t value = letters.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        result.push_back(static_cast<char>(static_cast<unsigned char>(bits >> count & 0xFF)));
    }
    return result;
}

std::string to_hex(std::string_view text) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string result;
    result.reserve(2 * text.size());
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        result.push_back(digits[byte >> 4]);
        result.push_back(digits[byte & 15]);
    }
    return result;
}

std::optional<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::string result;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        unsigned value = 0;
        const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, value, 16);
        if (error != std::errc() || end != text.data() + i + 2) return std::nullopt;
        result.push_back(static_cast<char>(static_cast<unsigned char>(value)));
    }
    return result;
}

std::string escaped_html(std::string_view text) {
    static constexpr std::string_view characters = "&<>\"\'";
    static constexpr std::string_view entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    std::string result;
    for (const char c : text) {
        const std::size_t i = characters.find(c);
        result += i == std::string_view::npos ? std::string_view(&c, 1) : entities[i];
    }
    return result;
}

std::string unescaped_html(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const auto [character, size] = read_xml_reference(text);
        if (size == 0)
            result.push_back(text.front());
        else
            append_utf8(result, character);
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return result;
}

std::string escaped_json(std::string_view text) {
    std::string result;
    write_json_string(result, text);
    return result.substr(1, result.size() - 2);
}

std::optional<std::string> unescaped_json(std::string_view text) {
    boost::json::error_code error;
    const boost::json::value value = boost::json::parse('"' + std::string(text) + '"', error);
    if (error) return std::nullopt;
    return std::string(value.as_string());
}

}  // namespace fhir
