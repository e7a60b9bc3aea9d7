// XML text: characters, references, and where an element ends.
#pragma once

#include "fhir/utf8.hpp"

#include <string_view>

namespace fhir {

/// XML 1.0 §2.2.
bool is_xml_character(char32_t c);

/// The character of a reference such as `&lt;` or `&#xE9;` at the start of `text`; size 0 if it is none that
/// XML 1.0 knows without a DTD (§4.1, §4.6).
CodePoint read_xml_reference(std::string_view text);

/// The element whose `<` is at the start of `text`, up to and with its closing tag; `text` is well-formed.
std::string_view xml_element(std::string_view text);

}  // namespace fhir
