// What the commands that take files share: reading a file, a patient's chart in it, and saying what is wrong
// with it.
#pragma once

#include "cards/chart.hpp"
#include "fhir/issue.hpp"

#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>

namespace hooks {

/// The text of a file named by the user, `-` being standard input, or one byte more of it than the parsers
/// take; none (said on stderr) if it cannot be read.
std::optional<std::string> read_input(const std::string& file);

/// Says on stderr that `file` cannot be read; gives `wrong_use`.
int cannot_be_read(const std::string& file);

/// Says on stderr what is wrong with `file`, and where; gives `faults`.
int fail(const std::string& file, const fhir::Issue& issue);

/// A patient's chart, and the hook of the request that it came with ("" for a Bundle). Views live as long as
/// what was read.
struct ChartRead {
    cards::Chart chart;
    std::string_view hook;
};
/// From a CDS Hooks request, a patient's Bundle, or a Patient alone.
fhir::Result<ChartRead> read_chart(const cards::Knowledge& knowledge, const fhir::Node& root,
                                   std::pmr::memory_resource& arena);

}  // namespace hooks
