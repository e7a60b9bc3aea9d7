// What a case expects, held against an answer.
#pragma once

#include "tests/support/cards_clinical.hpp"

#include <boost/json.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace clinical {

/// How `answer` differs from what the case of `file` expects, a sentence each; none: as expected. A case
/// expects its `cards` exactly, of the topics that its folder is about; of each, the members that it names.
std::vector<std::string> differences(const std::filesystem::path& file, const boost::json::object& test,
                                     const Answer& answer);

}  // namespace clinical
