// Items for people and scripts: the name of an item's type, and the item as JSON.
#pragma once

#include "fhir/fhirpath/value.hpp"

#include <string>

namespace fhirpath {

/// `HumanName`, `code`; `System.Boolean` for what is no FHIR element; `System.TypeInfo` for what type()
/// gives; `object` or `array` for JSON that is no FHIR.
std::string type_name(const Item& item);

/// Appends the item as JSON, without white space: FHIR elements as they are, numbers as they were written,
/// dates and times as strings, a Quantity as FHIR writes it (a calendar unit as `unit` only), a type as
/// {"namespace", "name"}; `null` for a primitive that has extensions only.
void write_json(std::string& out, const Item& item);

}  // namespace fhirpath
