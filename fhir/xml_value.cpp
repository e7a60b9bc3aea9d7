// XML value: references, booleans and numbers.
#include "fhir/xml_value.hpp"

#include "fhir/xml_text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace fhir {

namespace {

/// The value for a message: short ones as they are.
std::string shown_value(std::string_view text) {
    return text.size() <= 40 ? '"' + std::string(text) + '"' : std::to_string(text.size()) + " characters";
}

std::size_t digits(std::string_view text) {
    return std::min(text.find_first_not_of("0123456789"), text.size());
}

/// -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?; without fraction and exponent for an integer.
bool is_number(std::string_view text, bool is_integer) {
    if (text.starts_with('-')) text.remove_prefix(1);
    const std::size_t whole = digits(text);
    if (whole == 0 || (whole > 1 && text[0] == '0')) return false;
    text.remove_prefix(whole);
    if (text.empty() || is_integer) return text.empty();
    if (text[0] == '.') {
        const std::size_t fraction = digits(text.substr(1));
        if (fraction == 0) return false;
        text.remove_prefix(fraction + 1);
    }
    if (text.empty()) return true;
    if (text[0] != 'e' && text[0] != 'E') return false;
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    return !text.empty() && digits(text) == text.size();
}

/// As in parse_json: 1e400 is refused.
bool fits_binary64(std::string_view number) {
    double value = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (error == std::errc{}) return true;
    return std::isfinite(std::strtod(std::string(number).c_str(), nullptr));  // underflow is out of range too
}

}  // namespace

std::string_view xml_attribute_text(std::string_view raw, TreeBuilder& builder) {
    const auto is_plain = [](char c) { return c != '&' && c != '\t' && c != '\n' && c != '\r'; };
    if (std::all_of(raw.begin(), raw.end(), is_plain)) return raw;
    std::string text;
    for (std::size_t i = 0; i < raw.size();) {
        if (raw[i] == '&') {
            const auto [character, size] = read_xml_reference(raw.substr(i));
            append_utf8(text, character);
            i += size;
        } else {
            const char c = raw[i++];
            text += c == '\t' || c == '\n' || c == '\r' ? ' ' : c;
        }
    }
    return builder.keep(text);
}

std::string set_primitive(Node& node, std::string_view text, System type) {
    node.kind = Kind::string;
    node.set_text(text);
    if (type == System::Boolean) {
        if (text != "true" && text != "false") return "expected true or false, got " + shown_value(text);
        node.kind = Kind::boolean;
    } else if (type == System::Integer || type == System::Decimal) {
        const bool is_integer = type == System::Integer;
        if (is_integer && text.starts_with('+')) text.remove_prefix(1);  // positiveInt may have it, JSON not
        if (!is_number(text, is_integer)) {
            return (is_integer ? "expected an integer such as 12, got "
                               : "expected a number such as 5.40, got ") +
                   shown_value(text);
        }
        if (!fits_binary64(text)) return "expected a number that fits binary64, got " + shown_value(text);
        node.kind = Kind::number;
        node.set_text(text);
    }
    return "";
}

}  // namespace fhir
