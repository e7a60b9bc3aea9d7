// ChartAnswer: parse, read the chart, find its service, evaluate; the first step that fails is the answer.
#include "hooks/chart_answer.hpp"

#include "fhir/format.hpp"
#include "hooks/command_input.hpp"
#include "hooks/uuid.hpp"

#include <utility>

namespace hooks {

namespace {

using fhir::Issue;
using fhir::IssueCode;

/// The service of that hook which is on by default, else the first.
const cards::Service* service_of_hook(const cards::Knowledge& knowledge, std::string_view hook) {
    const cards::Service* found = nullptr;
    for (const cards::Service& service : knowledge.services()) {
        if (service.hook == hook && (!found || (service.enabled && !found->enabled))) found = &service;
    }
    return found;
}

fhir::Result<const cards::Service*> service_for(const EvaluationPlan& plan, std::string_view hook) {
    const cards::Knowledge& knowledge = plan.knowledge;
    if (hook.empty()) {
        if (const auto* found = knowledge.service(plan.service.empty() ? "asps-patient-view" : plan.service))
            return found;
        return Issue{IssueCode::not_found, "no service of this id in the knowledge", {}};
    }
    const auto* found =
        plan.service.empty() ? service_of_hook(knowledge, hook) : knowledge.service(plan.service, hook);
    if (found) return found;
    return Issue{
        IssueCode::not_found,
        plan.service.empty() ? "no service for this hook" : "the service is not offered for this hook",
        "hook"};
}

/// What bulk export gives line by line: one resource, without the rest of the patient.
bool is_alone(const fhir::Node& root) {
    return root.resource_type != 0 && root.resource_type != fhir::Model::r4().type_id("Bundle");
}

}  // namespace

fhir::Result<ChartAnswer> answer_to(const EvaluationPlan& plan, std::string_view text,
                                    std::pmr::memory_resource& arena) {
    const auto root = fhir::parse_text(text, arena);
    if (!root) return root.error();
    if (!plan.takes_lone_resource && is_alone(**root)) {
        const std::string type(fhir::Model::r4().type_name((*root)->resource_type));
        return Issue{IssueCode::invalid,
                     "expected a CDS Hooks request or a Bundle with all resources of one patient, got a " +
                         type + " alone (a bulk export? gather each patient's resources in one Bundle)",
                     "resourceType"};
    }
    auto read = read_chart(plan.knowledge, **root, arena);
    if (!read) return read.error();
    const auto service = service_for(plan, read->hook);
    if (!service) return service.error();
    const cards::UuidSource uuid = new_uuid;
    auto evaluation = cards::evaluate(plan.knowledge, **service, read->chart, plan.now, uuid, arena);
    return ChartAnswer{*service, std::move(read->chart), std::move(evaluation)};
}

}  // namespace hooks
