// Answers that several endpoints give alike: an OperationOutcome with a status, and whether a body is JSON.
#pragma once

#include "fhir/issue.hpp"
#include "hooks/http.hpp"

namespace hooks {

/// The issue as an OperationOutcome (S-6).
Response outcome(unsigned status, const fhir::Issue& issue);

/// The figures of the process (metrics.hpp).
Response metrics_answer();

/// Every Content-Type that the request has is a JSON media type with any parameters, or it has none.
/// What a named charset makes of other bytes than UTF-8, the parser refuses.
bool is_json(const Request& request);

}  // namespace hooks
