// The demo knowledge as resources in JSON.
#include "tests/support/hooks_knowledge.hpp"

#include <stdexcept>

namespace hooks::testing {

namespace {

constexpr const char* services = R"json({
  "resourceType": "PlanDefinition", "id": "demo", "url": "https://demo.example.org/PlanDefinition/demo",
  "version": "0.0.7", "status": "active",
  "contained": [{ "resourceType": "Library", "id": "data", "status": "active",
    "type": { "coding": [{ "code": "module-definition" }] },
    "dataRequirement": [
      { "id": "patient", "type": "Patient", "extension": [
          { "url": "http://hl7.org/fhir/StructureDefinition/cqf-fhirQueryPattern", "valueString": "Patient/{{context.patientId}}" },
          { "url": "https://asps-cds.example.org/fhir/StructureDefinition/input-required", "valueBoolean": true }] },
      { "id": "conditions", "type": "Condition", "extension": [
          { "url": "http://hl7.org/fhir/StructureDefinition/cqf-fhirQueryPattern", "valueString": "Condition?patient={{context.patientId}}" },
          { "url": "https://asps-cds.example.org/fhir/StructureDefinition/input-required", "valueBoolean": true }] },
      { "id": "observations", "type": "Observation", "extension": [
          { "url": "http://hl7.org/fhir/StructureDefinition/cqf-fhirQueryPattern", "valueString": "Observation?patient={{context.patientId}}" }] }] }],
  "extension": [
    { "url": "http://hl7.org/fhir/StructureDefinition/variable", "valueExpression": {
        "name": "hasPatient", "description": "The patient is known", "language": "text/fhirpath", "expression": "%patient.exists()" } },
    { "url": "http://hl7.org/fhir/StructureDefinition/variable", "valueExpression": {
        "name": "orders", "description": "What is being ordered", "language": "text/fhirpath", "expression": "%context.draftOrders.entry.resource" } }],
  "action": [
    { "id": "demo-view", "title": "Demo", "description": "Says what is on record.",
      "trigger": [{ "type": "named-event", "name": "patient-view" }],
      "action": [{ "definitionCanonical": "https://demo.example.org/PlanDefinition/has-conditions" },
                 { "definitionCanonical": "https://demo.example.org/PlanDefinition/no-observations" }] },
    { "id": "demo-start", "title": "Demo", "description": "Says what is on record.",
      "trigger": [{ "type": "named-event", "name": "encounter-start" }],
      "action": [{ "definitionCanonical": "https://demo.example.org/PlanDefinition/has-conditions" }] },
    { "id": "demo-select", "title": "Demo", "description": "Says what is being ordered.",
      "trigger": [{ "type": "named-event", "name": "order-select" }],
      "action": [{ "definitionCanonical": "https://demo.example.org/PlanDefinition/has-orders" }] },
    { "id": "demo-sign", "title": "Demo", "description": "Says what is being ordered.",
      "trigger": [{ "type": "named-event", "name": "order-sign" }],
      "action": [{ "definitionCanonical": "https://demo.example.org/PlanDefinition/has-orders" }] },
    { "id": "demo-problem", "title": "Demo", "description": "Says what was recorded.",
      "trigger": [{ "type": "named-event", "name": "problem-list-item-create" }],
      "action": [{ "definitionCanonical": "https://demo.example.org/PlanDefinition/new-problem" }] },
    { "id": "demo-off", "title": "Demo", "description": "Says what is on record.",
      "extension": [{ "url": "https://asps-cds.example.org/fhir/StructureDefinition/service-enabled", "valueBoolean": false }],
      "trigger": [{ "type": "named-event", "name": "patient-view" }],
      "action": [{ "definitionCanonical": "https://demo.example.org/PlanDefinition/has-conditions" }] }] })json";

/// A rule with that id, summary, condition and further members of its action.
std::string rule(const std::string& id, const std::string& summary, const std::string& condition,
                 const std::string& more = {}) {
    return R"({"resourceType":"PlanDefinition","id":")" + id +
           R"(","url":"https://demo.example.org/PlanDefinition/)" + id +
           R"(","version":"1.0.0","status":"active","title":")" + id +
           R"(","type":{"coding":[{"code":"eca-rule"}]},"action":[{"title":")" + summary +
           R"(","priority":"routine","code":[{"coding":[{"system":"https://demo.example.org/topic","code":")" +
           id +
           R"("}]}],"documentation":[{"type":"documentation","display":"Demo","url":"https://demo.example.org/source"}],)" +
           R"("condition":[{"kind":"applicability","expression":{"description":"its condition holds",)" +
           R"("language":"text/fhirpath","expression":")" + condition + R"("}}])" + more + "}]}";
}

constexpr const char* activity = R"json({
  "resourceType": "ActivityDefinition", "id": "call", "url": "https://demo.example.org/ActivityDefinition/call",
  "status": "active", "kind": "ServiceRequest", "intent": "proposal", "code": { "text": "Call the patient" } })json";

}  // namespace

std::vector<cards::SourceFile> demo_files() {
    const std::string offer =
        R"(,"selectionBehavior":"any","action":[{"title":"Call the patient","description":"Call the patient",)"
        R"("type":{"coding":[{"code":"create"}]},"definitionCanonical":"https://demo.example.org/ActivityDefinition/call"}])";
    return {
        {"demo/demo.json", services},
        {"demo/call.json", activity},
        {"demo/has-conditions.json",
         rule("has-conditions", "This patient has {{%conditions.count()}} conditions",
              "%hasPatient and %conditions.exists()", offer)},
        {"demo/no-observations.json",
         rule("no-observations", "No observation is on record", "%hasPatient and %observations.empty()")},
        {"demo/has-orders.json", rule("has-orders", "{{%orders.count()}} orders",
                                      "%orders.exists() and %hasPatient and %conditions.exists()")},
        {"demo/new-problem.json",
         rule("new-problem", "{{%context.conditions.entry.count()}} new problems",
              "%context.conditions.entry.exists() and %hasPatient and %conditions.exists()")},
    };
}

std::shared_ptr<const cards::Knowledge> demo_knowledge() {
    static const std::shared_ptr<const cards::Knowledge> knowledge = [] {
        cards::Knowledge::Loaded loaded = cards::Knowledge::load(demo_files());
        std::string problems;
        for (const cards::Problem& problem : loaded.problems) problems += cards::to_string(problem) + "\n";
        if (!loaded.knowledge) throw std::logic_error("the demo knowledge has faults:\n" + problems);
        return loaded.knowledge;
    }();
    return knowledge;
}

std::string patient_view_request() {
    return R"({"hook":"patient-view","hookInstance":"d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context":{"userId":"Practitioner/p","patientId":"1"},
        "prefetch":{"patient":{"resourceType":"Patient","id":"1"},
            "conditions":{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Condition","id":"c1",
                "subject":{"reference":"Patient/1"},"code":{"text":"Cough"}}}]}}})";
}

}  // namespace hooks::testing
