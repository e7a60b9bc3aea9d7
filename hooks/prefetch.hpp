// Prefetch: which inputs a request did not bring, whether its FHIR server may be asked for them, and what
// came.
#pragma once

#include "cards/chart.hpp"
#include "hooks/fhir_access.hpp"
#include "hooks/request.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hooks {

/// Whether the call's FHIR server is asked, and what.
struct FetchPlan {
    /// For the log: asked, or why not: not-listed, no-token, token-expired, nothing-to-ask; "": the call
    /// names no server. Of static storage.
    std::string_view decision;
    /// Nothing of the request's text or nodes is in it.
    std::optional<FhirQuestions> questions;
};

/// What to ask for the inputs of `service` that `chart` has not, or only in part (P-4 to P-10, table of spec
/// 6): required ones first. A page link of another server is not followed: the search is then made anew.
/// Without a token, with an expired one, or a server that is not on the list for `caller`: nothing (A-8,
/// An input whose resources the token's scopes plainly leave out is not asked for; scopes of
/// another form than SMART's say nothing.
FetchPlan fetch_plan(const cards::Knowledge& knowledge, const cards::Service& service,
                     const cards::Chart& chart, const HookRequest& request, const FhirServers& servers,
                     std::string_view caller, bool without_token);

/// What the replies hold, for a chart; the nodes are the replies'.
std::vector<cards::FetchedInput> fetched_inputs(const FhirReplies& replies);

/// `conditions timeout, patient not-found`: the inputs that could not be had, and why; "" if there is none.
std::string faults_of(const FhirReplies& replies, const cards::Knowledge& knowledge);

/// What the log says of them: counts and kinds, nothing of what was asked or answered.
void note(const FhirReplies& replies, RequestEvent& event);

}  // namespace hooks
