// Functions that encode and escape text: encode, decode, escape, unescape (FHIRPath 5.6, STU).
#include "fhir/fhirpath/lexer.hpp"
#include "fhir/fhirpath/plain_function.hpp"
#include "fhir/xml_text.hpp"

#include <array>
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

struct Entity {
    char character;
    std::string_view text;
};
constexpr std::array html = {Entity{'&', "&amp;"}, Entity{'<', "&lt;"}, Entity{'>', "&gt;"},
                             Entity{'"', "&quot;"}, Entity{'\'', "&#39;"}};
constexpr std::array json = {Entity{'"', "\\\""}, Entity{'\\', "\\\\"}, Entity{'\b', "\\b"},
                             Entity{'\f', "\\f"}, Entity{'\n', "\\n"},  Entity{'\r', "\\r"},
                             Entity{'\t', "\\t"}};

template <std::size_t size>
std::string escaped(std::string_view text, const std::array<Entity, size>& table, bool controls) {
    std::string result;
    for (const char c : text) {
        const auto found = std::find_if(table.begin(), table.end(),
                                        [c](const Entity& entity) { return entity.character == c; });
        if (found != table.end())
            result += found->text;
        else if (controls && static_cast<unsigned char>(c) < 0x20)
            result += "\\u00" + to_hex(std::string_view(&c, 1));
        else
            result.push_back(c);
    }
    return result;
}

// A numeric reference (`&#39;`, `&#x27;`, `\u0027`) at the start of `text` appended to `out`; its length, 0
// if none.
std::size_t numeric(std::string_view text, bool in_html, std::string& out) {
    const bool hex = !in_html || text.starts_with("&#x") || text.starts_with("&#X");
    const std::size_t start = hex && in_html ? 3 : 2;
    if (!text.starts_with(in_html ? "&#" : "\\u")) return 0;
    const std::string_view digits = text.substr(start, in_html ? 7 : 4);
    std::uint32_t code = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
    const auto length = start + static_cast<std::size_t>(end - digits.data());
    if (error != std::errc() || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return 0;
    if (in_html ? length >= text.size() || text[length] != ';' : length != 6) return 0;
    append_utf8(out, code);
    return length + (in_html ? 1 : 0);
}

template <std::size_t size>
std::string unescaped(std::string_view text, const std::array<Entity, size>& table, bool in_html) {
    std::string result;
    while (!text.empty()) {
        std::size_t length = 0;
        for (const Entity& entity : table) {
            if (!text.starts_with(entity.text)) continue;
            result.push_back(entity.character);
            length = entity.text.size();
            break;
        }
        if (length == 0) length = numeric(text, in_html, result);
        if (length == 0) {
            result.push_back(text.front());
            length = 1;
        }
        text.remove_prefix(length);
    }
    return result;
}

std::optional<std::string> escape(std::string_view text, std::string_view target) {
    if (target == "html") return escaped(text, html, false);
    if (target == "json") return escaped(text, json, true);
    return std::nullopt;
}

std::optional<std::string> unescape(std::string_view text, std::string_view target) {
    if (target == "html") return unescaped(text, html, true);
    if (target == "json") return unescaped(text, json, false);
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
