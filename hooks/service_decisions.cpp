// What a call leaves in the decision log.
#include "hooks/decision_log.hpp"
#include "hooks/log.hpp"
#include "hooks/request.hpp"
#include "hooks/service.hpp"
#include "hooks/uuid.hpp"

#include "fhir/model.hpp"

namespace hooks {

namespace {

/// `Practitioner` of `Practitioner/1`, if R4 has such a type: of static storage, and nothing of the user.
std::string_view type_of(std::string_view reference) {
    const fhir::Model& model = fhir::Model::r4();
    const fhir::TypeId type = model.type_id(reference.substr(0, reference.find('/')));
    return type == 0 ? std::string_view() : model.type_name(type);
}

}  // namespace

void CdsService::record(const Evaluated& what, const RequestEvent& event, unsigned status) const {
    if (!decisions_) return;
    const Pseudonyms& names = decisions_->names();
    Decision decision;
    decision.time = instant_now();
    decision.request_id = event.request_id;
    decision.hook_instance = event.hook_instance.empty()
                                 ? names.of("hookInstance", event.caller, what.request.hook_instance)
                                 : event.hook_instance;
    decision.issuer = event.caller;
    decision.knowledge = &what.knowledge;
    decision.service = &what.service;
    decision.patient = names.of("patient", event.caller, what.request.patient_id);
    decision.user = names.of("user", event.caller, what.request.user_id);
    decision.user_type = type_of(what.request.user_id);
    decision.input = sha256_hex({what.body});
    decision.date = what.date;
    decision.status = status;
    decision.microseconds = std::chrono::duration_cast<std::chrono::microseconds>(what.time).count();
    decision.rules = what.evaluation.outcomes;
    decision.cards = what.evaluation.cards;
    decision.inputs.reserve(what.service.inputs.size());
    for (const std::size_t index : what.service.inputs) {
        const cards::ChartInput& read = what.chart.inputs()[index];
        decision.inputs.push_back({index, read.state, read.resources.size(), read.dropped});
    }
    decision.fhir = event.fhir;
    decision.fetched = event.fetched;
    decisions_->record(decision);
}

}  // namespace hooks
