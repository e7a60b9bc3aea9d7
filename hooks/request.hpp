// HookRequest: what a CDS Hooks service call says, with every member it must have checked and named.
#pragma once

#include "fhir/document.hpp"
#include "fhir/issue.hpp"

#include <optional>
#include <string_view>

namespace hooks {

/// A service call. Views and nodes live as long as the parsed body.
struct HookRequest {
    std::string_view hook;
    std::string_view hook_instance;  ///< mostly a UUID; any other text is taken too and never logged (R-13)
    std::string_view user_id, patient_id;
    std::string_view encounter_id;         ///< "" if there is none
    std::string_view fhir_server;          ///< "" if there is none
    const fhir::Node* context = nullptr;   ///< never null
    const fhir::Node* prefetch = nullptr;  ///< null: no prefetch at all
    const fhir::Node* authorization =
        nullptr;  ///< fhirAuthorization; its token may be missing (reference EHR)
};

/// The call in a parsed body, or what is wrong and at which path (R-11, R-14, R-16, J-8). An optional member
/// that is null or "" counts as absent, unknown members and extensions are not looked at (J-7, E-4). What the
/// hook's own context must hold is checked for the hooks that HL7 publishes (spec 12): a Bundle must be none
/// of another type, the resources in it are not validated.
///
/// One leniency: order-select with neither `selections` nor `draftOrders` is taken as "nothing selected",
/// because the public sandbox sends it.
fhir::Result<HookRequest> read_request(const fhir::Node& body);

/// What shows that the context's resources are those of an older FHIR than R4, the only one we read (H-1);
/// nothing, mostly. Told to the caller, for orders that are not understood would otherwise pass in silence.
std::optional<fhir::Issue> older_fhir(const HookRequest& request);

}  // namespace hooks
