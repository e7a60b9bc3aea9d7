// Prometheus' text as a test reads it: each series with its value.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace hooks::testing {

/// The lines that are no comments, by what stands before the value: `cds_db_up`,
/// `cds_feedback_total{outcome="accepted"}`.
using Series = std::map<std::string, double, std::less<>>;
Series series_of(std::string_view text);
/// Those of this process, as they are now.
Series series_now();
/// The value of that series; 0 if it is not there.
double value_of(const Series& series, std::string_view name);

}  // namespace hooks::testing
