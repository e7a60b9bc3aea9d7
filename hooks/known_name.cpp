// FHIR's names are asked of its model; those of CDS Hooks that it lacks are few.
#include "hooks/known_name.hpp"

#include "fhir/model.hpp"

#include <algorithm>
#include <array>

namespace hooks {

namespace {

constexpr std::array<std::string_view, 33> own = {"hook",
                                                  "hookInstance",
                                                  "context",
                                                  "prefetch",
                                                  "fhirServer",
                                                  "userId",
                                                  "fhirAuthorization",
                                                  "patientId",
                                                  "encounterId",
                                                  "selections",
                                                  "draftOrders",
                                                  "dispatchedOrders",
                                                  "performer",
                                                  "conditions",
                                                  "fulfillmentTasks",
                                                  "allergyIntolerance",
                                                  "medications",
                                                  "appointments",
                                                  "resourceType",
                                                  "feedback",
                                                  "card",
                                                  "outcome",
                                                  "overrideReason",
                                                  "acceptedSuggestions",
                                                  "outcomeTimestamp",
                                                  "userComment",
                                                  "reason",
                                                  "access_token",
                                                  "token_type",
                                                  "expires_in",
                                                  "subject",
                                                  "scope",
                                                  "patient"};

}  // namespace

std::string_view known_name(std::string_view name) {
    const bool is_own = std::find(own.begin(), own.end(), name) != own.end();
    return is_own || fhir::Model::r4().name_id(name) != 0 ? name : "?";
}

}  // namespace hooks
