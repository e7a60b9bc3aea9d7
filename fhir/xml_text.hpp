// XML text: characters, references, and where an element ends.
#pragma once

#include <cstddef>
#include <string_view>

namespace fhir {

/// XML 1.0 §2.2.
bool is_xml_character(char32_t c);

/// A character and how many bytes of the text it takes; size 0 if there is none.
struct XmlCharacter {
    char32_t character = 0;
    std::size_t size = 0;
};

/// The character at the start of `text`, which is not empty; size 0 if that is no UTF-8 (RFC 3629).
XmlCharacter read_utf8(std::string_view text);

/// That of a reference such as `&lt;` or `&#xE9;` at the start of `text`; size 0 if it is none that XML 1.0
/// knows without a DTD (§4.1, §4.6).
XmlCharacter read_xml_reference(std::string_view text);

/// The element whose `<` is at the start of `text`, up to and with its closing tag; `text` is well-formed.
std::string_view xml_element(std::string_view text);

}  // namespace fhir
