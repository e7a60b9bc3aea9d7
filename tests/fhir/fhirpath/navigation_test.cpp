// FHIRPath navigation: R4 elements, choices, primitive extensions, contained resources, and plain JSON.
#include "fhir/fhirpath/authoring/check.hpp"
#include "tests/fhir/fhirpath/evaluation.hpp"

namespace {

using fhirpath_test::evaluated;
using fhirpath_test::expect_all;

const std::string condition = R"({
  "resourceType": "Condition", "id": "c1",
  "contained": [{"resourceType": "Practitioner", "id": "p", "name": [{"family": "Rossi"}]},
                {"resourceType": "Encounter", "id": "e", "subject": {"reference": "#p"}}],
  "code": {"coding": [{"system": "http://snomed.info/sct", "code": "88195001", "display": "ASPS"}, {"code": "9581/3"}]},
  "subject": {"reference": "Patient/1"},
  "asserter": {"reference": "#p"},
  "encounter": {"reference": "#e"},
  "onsetDateTime": "2024-03", "_onsetDateTime": {"extension": [{"url": "http://x.org/e", "valueString": "said"}]},
  "_recordedDate": {"extension": [{"url": "http://x.org/unknown", "valueCode": "unknown"}]},
  "note": [{"text": "one"}, {"text": "two"}]
})";

TEST(FhirpathNavigation, PathsFlattenAndMissingIsEmpty) {
    expect_all(condition, {{"Condition.note.text", "one, two"},
                           {"note.text", "one, two"},
                           {"Patient.note.text", "{}"},
                           {"DomainResource.id", "c1"},
                           {"bodySite.coding", "{}"},
                           {"code.coding.code", "88195001, 9581/3"},
                           {"note[1].text", "two"},
                           {"note[2].text", "{}"}});
}

TEST(FhirpathNavigation, AStepOnItemsOfManyTypesTakesEachByItsOwn) {
    expect_all(R"({"resourceType": "Condition", "contained": [
        {"resourceType": "Patient", "name": [{"family": "Rossi"}], "deceasedBoolean": true},
        {"resourceType": "Organization", "name": "Clinic", "deceasedBoolean": true},
        {"resourceType": "Unheard", "name": {"of": "this"}, "deceased": "plain"},
        {"resourceType": "Patient", "name": [{"family": "Bianchi"}], "deceasedDateTime": "2024"}]})",
               {{"contained.name", "[name], Clinic, [name], [name]"},
                {"contained.name.type().name", "HumanName, string, HumanName"},
                {"contained.name.family", "Rossi, Bianchi"},
                {"contained.ofType(Patient).deceased", "true, 2024"},
                {"contained.where(deceased is boolean).name.family", "Rossi"}});
}

TEST(FhirpathNavigation, AChoiceElementHasItsBareName) {
    expect_all(condition, {{"onset", "2024-03"},
                           {"onset is dateTime", "true"},
                           {"onset.ofType(Age)", "{}"},
                           {"onsetDateTime", "semantic"},
                           {"onset.type().name", "dateTime"}});
}

TEST(FhirpathNavigation, APrimitiveMayHaveExtensionsOnly) {
    expect_all(condition, {{"onset.extension('http://x.org/e').value", "said"},
                           {"onset.extension.url", "http://x.org/e"},
                           {"recordedDate.exists()", "true"},
                           {"recordedDate.hasValue()", "false"},
                           {"onset.hasValue()", "true"},
                           {"recordedDate.extension.value", "unknown"},
                           {"recordedDate < today()", "{}"},
                           {"children().extension.value", "said, unknown"}});
}

TEST(FhirpathNavigation, AnExtensionMayCarryAVersionBehindItsUrl) {
    expect_all(
        R"({"resourceType": "Condition",
        "extension": [{"url": "http://x.org/e|4.0.0", "valueString": "a"}, {"url": "http://x.org/e2", "valueString": "b"}]})",
        {{"extension('http://x.org/e').value", "a"}, {"extension('http://x.org/e|4.0.0').value", "a"}});
}

TEST(FhirpathNavigation, NullsInAnArrayKeepTheirExtensions) {
    expect_all(R"({"resourceType": "Patient", "name": [{"given": [null, "Ada", null],
                   "_given": [{"extension": [{"url": "u", "valueString": "v"}]}]}]})",
               {{"name.given", "[no value], Ada"},
                {"name.given.hasValue()", "false"},
                {"name.given[0].extension('u').value", "v"}});
}

TEST(FhirpathNavigation, ObjectsForArraysAndTheReverse) {
    expect_all(
        R"({"resourceType": "Condition", "note": {"text": "one"}, "code": [{"coding": {"code": "a"}}]})",
        {{"note.text", "one"}, {"code.coding.code", "a"}});
}

TEST(FhirpathNavigation, ReferencesResolveInTheContainer) {
    expect_all(condition, {{"asserter.resolve().name.family", "Rossi"},
                           {"asserter.resolve() is Practitioner", "true"},
                           {"encounter.resolve().subject.resolve().name.family", "Rossi"},
                           {"subject.resolve()", "{}"},
                           {"'#p'.resolve().id", "p"}});
}

TEST(FhirpathNavigation, OtherReferencesAskTheResolver) {
    const auto document = fhir::Document::parse(condition).value();
    const auto patient =
        std::move(fhir::Document::parse(R"({"resourceType": "Patient", "id": "1"})").value());
    fhirpath::Environment environment;
    std::pmr::monotonic_buffer_resource arena;
    fhirpath::Scope scope(environment, arena, fhirpath_test::moment());
    std::string asked;
    scope.set_resolver([&](std::string_view reference, const fhir::Node& from) {
        asked = std::string(reference) + " from " + std::string(from.name());
        return &patient->root();
    });
    scope.set_context(fhirpath::Item::of_root(document->root()));

    EXPECT_TRUE(fhirpath::Expression::compile("subject.resolve() is Patient", environment).holds(scope));
    EXPECT_EQ(asked, "Patient/1 from subject");
}

TEST(FhirpathNavigation, PlainJsonGoesByLiteralNamesUntilAResourceComes) {
    expect_all(
        R"({"patientId": "1", "count": 2, "ratio": 0.5, "urgent": true, "selections": ["a", "b"], "own name": "x",
                   "draftOrders": {"resourceType": "Bundle", "entry": [
                     {"resource": {"resourceType": "MedicationRequest", "id": "m", "medicationCodeableConcept": {"text": "drug"}}},
                     {"resource": {"resourceType": "Unheard", "onsetDateTime": "2024"}}]}})",
        {{"patientId", "1"},
         {"count + 1", "3"},
         {"ratio * 2", "1.0"},
         {"urgent", "true"},
         {"urgent is System.Boolean", "true"},
         {"selections", "a, b"},
         {"`own name`", "x"},
         {"draftOrders.entry.resource.ofType(MedicationRequest).medication.text", "drug"},
         {"draftOrders.entry.resource.onsetDateTime", "2024"},
         {"draftOrders.entry.resource.type().name", "MedicationRequest, Resource"},
         {"%context.patientId", "1"}});
}

TEST(FhirpathNavigation, ChildrenAndDescendantsComeInSourceOrder) {
    expect_all(R"({"resourceType": "Coding", "system": "s", "code": "c", "display": "d"})",
               {{"children()", "s, c, d"}});
    expect_all(condition, {{"descendants().ofType(Practitioner).id", "p"},
                           {"code.descendants().count()", "6"},
                           {"children().ofType(dateTime).count()", "2"}});
}

TEST(FhirpathNavigation, ResourceAndRootResource) {
    expect_all(condition, {{"contained[0].id | %resource.id | %rootResource.id", "p, c1"}});
    const auto document = fhir::Document::parse(condition).value();
    const fhir::Node& contained = *document->root().find("contained")->first_child;
    EXPECT_EQ(evaluated("%resource.id | %rootResource.id", &contained), "p, c1");
}

TEST(FhirpathNavigation, StrictCheckFindsStepsThatR4DoesNotKnow) {
    struct Step {
        std::string expression, message;
    };
    const Step wrong[] = {
        {"onsetDate", "Condition has no element 'onsetDate'; did you mean 'onset'?"},
        {"onsetDateTime", "Condition has no element 'onsetDateTime'; write 'onset'"},
        {"code.where(coding.cod = 'x').text", "Coding has no element 'cod'; did you mean 'code'?"},
        {"code.select(coding).syst", "Coding has no element 'syst'; did you mean 'system'?"},
        {"evidence.code.first().display", "CodeableConcept has no element 'display'"},
        {"children().first()", "first() needs an order, which children() and descendants() do not have"},
        {"onset.ofType(date)", "no item here can be a date"},
        {"(code as Coding).code", "no item here can be a Coding"},
        {"iif('text', 1, 2)", "the criterion of iif() must be a Boolean"},
        {"Patient.name", "Condition has no element 'Patient'"},
    };
    const fhirpath::Environment environment;
    const fhir::TypeId type = fhir::Model::r4().type_id("Condition");
    for (const Step& step : wrong) {
        const auto faults = fhirpath::check(step.expression, {{type}}, environment).faults;
        ASSERT_FALSE(faults.empty()) << step.expression << " passed";
        EXPECT_TRUE(std::string(faults[0].what()).starts_with(step.message)) << faults[0].what();
    }
    for (const std::string right :
         {"Condition.onset.start", "contained.whatever", "code.coding.exists(system = %sct)",
          "subject.resolve().name", "extension('u').value.coding.code", "onset.ofType(Age).value",
          "onset.ofType(Quantity).value", "contained.ofType(Patient).name", "descendants().x",
          "stage.type.text"})
        EXPECT_TRUE(fhirpath::check(right, {{type}}, environment).faults.empty()) << right;
}

TEST(FhirpathNavigation, StrictCheckKnowsTheTypesOfVariables) {
    fhirpath::Environment environment;
    environment.add("conditions", {fhir::Model::r4().type_id("Condition")});
    environment.add("anything");

    EXPECT_FALSE(fhirpath::check("%conditions.onsetDate", {}, environment).faults.empty());
    EXPECT_TRUE(fhirpath::check("%anything.onsetDate", {}, environment).faults.empty());
}

}  // namespace
