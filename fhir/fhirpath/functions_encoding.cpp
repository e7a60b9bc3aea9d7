// Functions that encode and escape text: encode, decode, escape, unescape (FHIRPath 5.6, STU).
#include "fhir/fhirpath/plain_function.hpp"
#include "fhir/json_writer.hpp"
#include "fhir/utf8.hpp"
#include "fhir/xml_text.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <charconv>

namespace fhirpath {

namespace {

constexpr std::string_view base64_letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

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

// Text that came out of decoding must be UTF-8 like all other text.
bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t size = fhir::read_utf8(text).size;
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

std::optional<std::string> encode(std::string_view text, std::string_view format) {
    if (format == "hex") return to_hex(text);
    if (format == "base64") return to_base64(text, base64_letters);
    if (format == "urlbase64") return to_base64(text, url_letters);
    return std::nullopt;
}

std::optional<std::string> decode(std::string_view text, std::string_view format) {
    std::optional<std::string> result;
    if (format == "hex") result = from_hex(text);
    if (format == "base64") result = from_base64(text, base64_letters);
    if (format == "urlbase64") result = from_base64(text, url_letters);
    return result && is_utf8(*result) ? result : std::nullopt;
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
        const auto [character, size] = fhir::read_xml_reference(text);
        if (size == 0)
            result.push_back(text.front());
        else
            fhir::append_utf8(result, character);
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return result;
}

std::string escaped_json(std::string_view text) {
    std::string result;
    fhir::write_json_string(result, text);
    return result.substr(1, result.size() - 2);
}

// None if the text is not what stands between the quotes of a JSON string.
std::optional<std::string> unescaped_json(std::string_view text) {
    boost::json::error_code error;
    const boost::json::value value = boost::json::parse('"' + std::string(text) + '"', error);
    if (error) return std::nullopt;
    return std::string(value.as_string());
}

std::optional<std::string> escape(std::string_view text, std::string_view target) {
    if (target == "html") return escaped_html(text);
    if (target == "json") return escaped_json(text);
    return std::nullopt;
}

std::optional<std::string> unescape(std::string_view text, std::string_view target) {
    if (target == "html") return unescaped_html(text);
    if (target == "json") return unescaped_json(text);
    return std::nullopt;
}

constexpr Function rows[] = {
    row<encode>("encode"),
    row<decode>("decode"),
    row<escape>("escape"),
    row<unescape>("unescape"),
};

}  // namespace

std::span<const Function> encoding_functions() { return rows; }

}  // namespace fhirpath
