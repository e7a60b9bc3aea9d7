// Values of FHIR primitives in the knowledge: what R4 allows in a date, a number, a code.
#pragma once

#include "fhir/document.hpp"

#include <string>
#include <string_view>

namespace cards {

/// What is wrong with the value of a primitive of type `type`; empty: nothing.
std::string value_fault(const fhir::Node& value, std::string_view type);
/// What is wrong with a code that must come from a value set of R4 (status, intent …), as far as the loader
/// reads it, in an element of type `owner`; empty: nothing.
std::string code_fault(std::string_view owner, const fhir::Node& value);
/// "expected a, b or c, got 'd'", with the nearest; `known` is separated by blanks.
std::string expected_one_of(std::string_view known, std::string_view got);

}  // namespace cards
