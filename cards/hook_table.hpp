// The hooks of the CDS Hooks library, and what their contexts hold.
#pragma once

#include "fhir/model.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cards {

bool is_known_hook(std::string_view hook);
/// "; did you mean 'order-sign'?", or nothing.
std::string nearest_hook(std::string_view hook);
/// Every member that some hook's context has, with the types of its items (none: not known).
std::map<std::string, std::vector<fhir::TypeId>, std::less<>> hook_context_members();

}  // namespace cards
