// XML guard: XML 1.0 without a DTD, checked byte by byte before RapidXML, which takes far too much, sees it.
#pragma once

#include "fhir/parse.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace fhir {

/// Elements, attributes, comments and the like in one text: what RapidXML spends memory on (96 bytes each).
inline constexpr std::size_t max_xml_pieces = 1'500'000;

/// Why `text` is not the XML that FHIR is sent in, with line and column; nothing if it is. Well-formed by XML
/// 1.0 (fifth edition) with one root; UTF-8; no DOCTYPE (so only the five predefined entities); names in
/// ASCII, which all of FHIR's and XHTML's are; within `limits` and max_xml_pieces. Linear, no recursion:
/// RapidXML descends into every element, and 11 kB of them break a small stack.
std::optional<Issue> xml_fault(std::string_view text, const ParseLimits& limits);

}  // namespace fhir
