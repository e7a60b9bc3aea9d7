// Names of members that an answer may repeat: those of the specifications, for a caller's own may be about a
// patient.
#pragma once

#include <string_view>

namespace hooks {

/// `name` if FHIR R4 or CDS Hooks knows it as a member, else "?".
std::string_view known_name(std::string_view name);

}  // namespace hooks
