// The feedback report: per ISO week and topic how many cards were shown, and what clinicians did with them.
#pragma once

#include "hooks/feedback_database.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hooks {

/// `2026-W48` for `2026-11-27`: the ISO 8601 week, whose year may be another than the day's.
std::string iso_week(std::string_view day);

/// A table for people, one line a week and topic and the sums of all weeks; no free text of anybody. What
/// clients sent as a reason's code is shown without control characters.
std::string feedback_report(const std::vector<CardCounts>& counts);

}  // namespace hooks
