// AuditEvent: a decision record as the FHIR R4 resource that hospitals' audit repositories take (IHE BALP).
#pragma once

#include "fhir/document.hpp"

#include <string>

namespace hooks {

/// `record` (decision.hpp) as one line of JSON with a line feed: type rest, action E, the client and the user
/// as agents, this service as the observer, and the patient, the request and the decision as entities.
/// Patient and user are named by their keyed names, with a system of ours.
void append_audit_event(std::string& out, const fhir::Node& record);

}  // namespace hooks
