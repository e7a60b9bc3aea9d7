// XML text: characters and references by XML 1.0 (fifth edition).
#include "fhir/xml_text.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace fhir {

bool is_xml_character(char32_t c) {
    if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
    return c < 0xD800 || (c > 0xDFFF && c < 0xFFFE) || (c > 0xFFFF && c <= 0x10FFFF);
}

CodePoint read_xml_reference(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, char32_t>, 5> predefined = {
        {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}}};
    for (const auto& [reference, character] : predefined) {
        if (text.starts_with(reference)) return {character, reference.size()};
    }
    if (!text.starts_with("&#")) return {};
    const bool is_hex = text.substr(2, 1) == "x";
    const char* const first = text.data() + (is_hex ? 3 : 2);
    const char* const last = text.data() + text.size();
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(first, last, number, is_hex ? 16 : 10);
    if (error != std::errc{} || end == last || *end != ';') return {};
    if (!is_xml_character(number)) return {};
    return {number, static_cast<std::size_t>(end - text.data()) + 1};
}

std::string_view xml_element(std::string_view text) {
    std::size_t depth = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::string_view rest = text.substr(at);
        if (rest.starts_with("<!--")) {
            at = text.find("-->", at + 4) + 3;
        } else if (rest.starts_with("<![CDATA[")) {
            at = text.find("]]>", at) + 3;
        } else if (rest.starts_with("<?")) {
            at = text.find("?>", at) + 2;
        } else {
            const bool closes = rest.starts_with("</");
            std::size_t end = at;
            for (char quote = 0; quote != 0 || text[end] != '>'; ++end) {  // a value may hold >
                if (quote == text[end]) {
                    quote = 0;
                } else if (quote == 0 && (text[end] == '"' || text[end] == '\'')) {
                    quote = text[end];
                }
            }
            if (closes) --depth;
            if (!closes && text[end - 1] != '/') ++depth;
            at = end + 1;
            if (depth == 0) return text.substr(0, at);
        }
        at = text.find('<', at);
    }
    return text;
}

}  // namespace fhir
