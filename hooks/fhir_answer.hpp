// FhirAnswer: what a FHIR server's HTTP answer is worth: a resource or Bundle to use, or the kind of failure.
#pragma once

#include "hooks/fetched_page.hpp"
#include "hooks/http_client.hpp"

#include <memory>
#include <string_view>

namespace hooks {

struct FhirAnswer {
    /// A Bundle or a resource of the type asked for; null: `fault` says why.
    std::unique_ptr<const FetchedPage> page;
    /// A ClientFault's name, or: unauthorized (401), forbidden (403), not-found (404, 410), throttled (429),
    /// rejected (other 4xx), redirect, server-error (5xx), no-fhir (no FHIR media type, or no such text),
    /// operation-outcome, wrong-type, no-room (those of all calls take too much). Of static storage, and
    /// nothing of the answer in it.
    std::string_view fault;
    /// The server is in trouble, not the question: for its circuit.
    bool is_trouble = false;
};

/// `answer` to a question for resources of `type`, in JSON or XML as its Content-Type says (P-7, P-13, A-12).
/// `part` is that of its body.
FhirAnswer read_fhir_answer(ClientAnswer answer, fhir::TypeId type, FetchedPart part);

}  // namespace hooks
