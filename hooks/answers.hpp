// Answers that several endpoints give alike: an OperationOutcome with a status, and whether a body is JSON.
#pragma once

#include "fhir/issue.hpp"
#include "hooks/http.hpp"

#include <string_view>

namespace hooks {

/// The issue as an OperationOutcome (S-6).
Response outcome(unsigned status, const fhir::Issue& issue);

/// The figures of the process (metrics.hpp).
Response metrics_answer();

/// What the body should be and by its Content-Type is not, as a sentence; "" if every Content-Type is a JSON
/// media type, or there is none. JSON is UTF-8 (RFC 8259 8.1), so another charset is refused; any
/// other parameter is passed over.
std::string_view content_type_problem(const Request& request);

}  // namespace hooks
