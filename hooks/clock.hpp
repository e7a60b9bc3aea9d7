// Clock: the moment that today() and now() mean in the rules; the system's, or a pinned date.
#pragma once

#include "fhir/fhirpath/expression.hpp"

#include <functional>
#include <optional>
#include <string_view>

namespace hooks {

using Clock = std::function<fhirpath::Now()>;

/// The system's time with its local offset.
Clock system_clock();

/// Noon UTC of `date` (YYYY-MM-DD), for ever; nullopt if it is no such date. For tests and demonstrations.
std::optional<Clock> pinned_clock(std::string_view date);

}  // namespace hooks
