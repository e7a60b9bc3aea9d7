// Format: looks at the first character and hands on to the parser for it.
#include "fhir/format.hpp"

#include "fhir/xml.hpp"

namespace fhir {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

}  // namespace

Format format_of(std::string_view text) {
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && text[first] == '<' ? Format::xml : Format::json;
}

Result<const Node*> parse_text(std::string_view text, std::pmr::memory_resource& arena,
                               const ParseLimits& limits) {
    if (format_of(text) == Format::xml) return parse_xml(text, arena, limits);
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    return parse_json(text, arena, limits);
}

}  // namespace fhir
