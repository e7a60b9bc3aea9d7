// The body of POST /cds-services/{id}/feedback: every element checked and put into the form that is kept.
#pragma once

#include "fhir/document.hpp"
#include "fhir/issue.hpp"
#include "hooks/feedback.hpp"

#include <cstddef>
#include <vector>

namespace hooks {

/// What one body may hold (F-15); beyond it is 400.
struct FeedbackLimits {
    std::size_t elements = 200;     ///< of `feedback`
    std::size_t suggestions = 100;  ///< of acceptedSuggestions
    std::size_t text = 200;         ///< bytes of an id, and of a reason's code or display
    std::size_t uri = 1'000;        ///< bytes of a reason's system
    std::size_t comment = 4'000;    ///< characters of userComment
};

/// The feedback in a parsed body, or the first thing that is wrong and where (F-2 to F-9); one bad element
/// refuses all (F-16). Optional members that are null count as absent, unknown ones are not looked at (J-7).
/// UUIDs become lower case and lose `urn:uuid:`, timestamps become UTC. Other ids than UUIDs are taken as
/// they are: they can only be unknown (F-15).
fhir::Result<std::vector<Feedback>> read_feedback(const fhir::Node& body, const FeedbackLimits& limits = {});

}  // namespace hooks
