// Answers that several endpoints give alike: an OperationOutcome with a status, and whether a body is JSON.
#pragma once

#include "fhir/issue.hpp"
#include "hooks/http.hpp"

#include <string_view>

namespace hooks {

/// The issue as an OperationOutcome (S-6).
Response outcome(unsigned status, const fhir::Issue& issue);

/// A JSON media type with any parameters, or none given.
bool is_json(std::string_view content_type);

}  // namespace hooks
