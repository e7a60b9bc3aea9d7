// DecisionKey: the operator's secret that makes ids of patients and users unreadable in decisions.
#pragma once

#include "fhir/issue.hpp"

#include <string>

namespace hooks {

/// The key in `file`: its text without white space at the ends, 32 bytes at least. If there is no such file,
/// one is made with 32 random bytes in hex, for this user alone; its folder too. Else what is wrong with it.
fhir::Result<std::string> decision_key(const std::string& file);

}  // namespace hooks
