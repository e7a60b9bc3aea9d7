// ElementCheck: every member of a resource is an element of R4, in its place, with a value that R4 allows.
#pragma once

#include "fhir/document.hpp"

#include <functional>
#include <string>

namespace cards {

/// Calls `problem` for what is wrong in `resource` (its resourceType is known): an unknown element (the guard
/// against `conditon`, which would make a rule fire always), one value for an array or the reverse, a value
/// that its type does not allow (dates, numbers, codes of required value sets as far as we read them), an
/// extension that nobody reads, a SNOMED CT or LOINC code whose check digit does not fit.
using ReportProblem = std::function<void(const fhir::Node& place, const std::string& message)>;
void check_elements(const fhir::Node& resource, const ReportProblem& problem);

}  // namespace cards
