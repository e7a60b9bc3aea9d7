// XML value: what the attribute of an element says, as text and as a JSON value.
#pragma once

#include "fhir/document.hpp"

#include <string>
#include <string_view>

namespace fhir {

/// The value of an attribute of a well-formed text: references resolved, line ends and tabs as spaces
/// (XML 1.0 §3.3.3). `raw` itself where nothing is to be done, else in the builder's arena.
std::string_view xml_attribute_text(std::string_view raw, TreeBuilder& builder);

/// Makes `node` the JSON form of a primitive of that System type: a boolean, a number as it was written, else
/// a string. What is wrong with `text`, "" if nothing; forms by FHIR R4, "Data Types".
std::string set_primitive(Node& node, std::string_view text, System type);

}  // namespace fhir
