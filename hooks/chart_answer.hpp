// ChartAnswer: from the text of a request or a Bundle to the cards, for the commands that need no server.
#pragma once

#include "cards/apply.hpp"
#include "cards/chart.hpp"
#include "fhir/issue.hpp"

#include <memory_resource>
#include <string>
#include <string_view>

namespace hooks {

/// What is evaluated, and how: the same for every text.
struct EvaluationPlan {
    const cards::Knowledge& knowledge;
    std::string service;  ///< id; "": that of the request's hook, asps-patient-view for a Bundle
    fhirpath::Now now;
    /// A resource that comes alone counts as the Bundle of a patient of whom nothing else is known. Not so
    /// among many: there it is a bulk export, and each line would be a patient without a disease.
    bool takes_lone_resource = true;
};

struct ChartAnswer {
    const cards::Service* service = nullptr;
    cards::Chart chart;
    cards::Evaluation evaluation;
};

/// The answer to `text`, or what is wrong with it and where; views and nodes live as long as `text` and
/// `arena`.
fhir::Result<ChartAnswer> answer_to(const EvaluationPlan& plan, std::string_view text,
                                    std::pmr::memory_resource& arena);

}  // namespace hooks
