// A small invented knowledge, and one evaluation of it.
#include "tests/support/cards_knowledge.hpp"

#include <gtest/gtest.h>

namespace cards {

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const std::size_t place = text.find(from);
    if (place == std::string::npos) {
        ADD_FAILURE() << "nothing to replace: " << from;
        return text;
    }
    return text.replace(place, from.size(), to);
}

SmallKnowledge::SmallKnowledge() {
    plan = R"J({
  "resourceType": "PlanDefinition", "id": "cough", "url": "https://x.example.org/PlanDefinition/cough", "version": "1.2.0",
  "status": "active",
  "contained": [{ "resourceType": "Library", "id": "data", "status": "active", "type": { "text": "data" },
    "dataRequirement": [
      { "id": "patient", "type": "Patient", "extension": [
        { "url": "http://hl7.org/fhir/StructureDefinition/cqf-fhirQueryPattern", "valueString": "Patient/{{context.patientId}}" },
        { "url": "https://asps-cds.example.org/fhir/StructureDefinition/input-required", "valueBoolean": true }] },
      { "id": "conditions", "type": "Condition", "extension": [
        { "url": "http://hl7.org/fhir/StructureDefinition/cqf-fhirQueryPattern", "valueString": "Condition?patient={{context.patientId}}" },
        { "url": "https://asps-cds.example.org/fhir/StructureDefinition/input-accepts", "valueCode": "paged" }] },
      { "id": "reports", "type": "DiagnosticReport", "extension": [
        { "url": "http://hl7.org/fhir/StructureDefinition/cqf-fhirQueryPattern", "valueString": "DiagnosticReport?patient={{context.patientId}}" }] }] }],
  "library": ["#data"],
  "extension": [
    { "url": "http://hl7.org/fhir/StructureDefinition/variable", "valueExpression": { "name": "cough",
      "description": "A recorded cough", "language": "text/fhirpath",
      "expression": "%conditions.where(code.text.lower().contains('cough'))" } },
    { "url": "http://hl7.org/fhir/StructureDefinition/variable", "valueExpression": { "name": "xrays",
      "description": "Chest radiographs", "language": "text/fhirpath", "expression": "%reports.where(status = 'final')" } },
    { "url": "https://asps-cds.example.org/fhir/StructureDefinition/card-line", "extension": [
      { "url": "text",
        "valueMarkdown": "Based on {{%plan.action.first().documentation.first().display}}." }] }],
  "action": [{ "id": "cough-view", "title": "Cough", "description": "Cough advice.",
    "trigger": [{ "type": "named-event", "name": "patient-view" }],
    "action": [{ "definitionCanonical": "https://x.example.org/PlanDefinition/xray" }] }] })J";
    rule = R"J({
  "resourceType": "PlanDefinition", "id": "xray", "url": "https://x.example.org/PlanDefinition/xray", "version": "1.0.0",
  "status": "active", "date": "2026-01-01", "lastReviewDate": "2026-01-02",
  "extension": [{ "url": "https://asps-cds.example.org/fhir/StructureDefinition/override-reasons",
    "valueCanonical": "https://x.example.org/ValueSet/reasons" }],
  "relatedArtifact": [{ "type": "citation", "display": "Cough study", "url": "https://x.example.org/study" }],
  "action": [{ "title": "No radiograph found for the cough", "description": "Seen since {{%cough.onset.first()}}.",
    "priority": "urgent", "selectionBehavior": "any",
    "code": [{ "coding": [{ "system": "https://x.example.org/topic", "code": "xray", "display": "Radiograph" }] }],
    "documentation": [{ "type": "documentation", "display": "Cough guideline", "url": "https://x.example.org/guideline" }],
    "condition": [{ "kind": "applicability", "expression": { "description": "cough without radiograph",
      "language": "text/fhirpath", "expression": "%cough.exists() and %xrays.empty()" } }],
    "action": [
      { "description": "Recorded as {{%cough.code.text.first()}}" },
      { "description": "It lasts.", "condition": [{ "kind": "applicability", "expression": { "description": "since more than 8 weeks",
        "language": "text/fhirpath", "expression": "%cough.exists(onset < today() - 8 weeks)" } }] },
      { "title": "Order a chest radiograph", "type": { "coding": [{ "code": "create" }] }, "description": "Chest radiograph",
        "definitionCanonical": "https://x.example.org/ActivityDefinition/xray" },
      { "title": "Withdraw {{code.text}}", "type": { "coding": [{ "code": "remove" }] }, "description": "Withdraw {{code.text}}",
        "dynamicValue": [{ "path": "%action.resource", "expression": { "language": "text/fhirpath",
          "expression": "%context.draftOrders.entry.resource" } }] }] }] })J";
    activity = R"J({
  "resourceType": "ActivityDefinition", "id": "xray", "url": "https://x.example.org/ActivityDefinition/xray", "status": "active",
  "kind": "ServiceRequest", "code": { "text": "Chest radiograph" }, "topic": [{ "text": "Imaging" }],
  "dynamicValue": [{ "path": "category", "expression": { "language": "text/fhirpath", "expression": "%activity.topic" } },
    { "path": "reasonReference.reference", "expression": { "language": "text/fhirpath", "expression": "'Condition/' + %cough.id.first()" } }] })J";
    reasons = R"J({
  "resourceType": "ValueSet", "id": "reasons", "url": "https://x.example.org/ValueSet/reasons", "status": "active",
  "compose": { "include": [{ "system": "https://x.example.org/reason", "concept": [{ "code": "other", "display": "Other reason" }] }] } })J";
}

std::vector<SourceFile> SmallKnowledge::files() const {
    return {{"cough.json", plan},
            {"rules/xray.json", rule},
            {"activities/xray.json", activity},
            {"valuesets/reasons.json", reasons}};
}

std::unique_ptr<Run> run(std::shared_ptr<const Knowledge> knowledge, std::string request,
                         const Switches& rules) {
    auto made = std::make_unique<Run>();
    made->knowledge = std::move(knowledge);
    made->request = std::move(fhir::Document::parse(std::move(request)).value());
    const fhir::Node& root = made->request->root();
    const Chart chart = Chart::from_request(*made->knowledge, *root.find("context"), root.find("prefetch"));
    int count = 0;
    const UuidSource uuid = [&count] { return "u" + std::to_string(++count); };
    const fhirpath::Now now{*fhirpath::Temporal::parse_date_time("2026-01-15T12:00:00+01:00")};
    made->evaluation =
        evaluate(*made->knowledge, made->knowledge->services().front(), chart, now, uuid, made->arena, rules);
    return made;
}

}  // namespace cards
