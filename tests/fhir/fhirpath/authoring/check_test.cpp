// The check of expressions at load: what it refuses, with which words; and what it must let pass.
#include "fhir/fhirpath/authoring/check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fhirpath {
namespace {

using testing::ElementsAre;

fhir::TypeId type(std::string_view name) { return fhir::Model::r4().type_id(name); }

Environment inputs() {
    Environment environment;
    for (const auto& [name, of] :
         {std::pair{"patient", "Patient"}, std::pair{"conditions", "Condition"},
          std::pair{"observations", "Observation"}, std::pair{"orders", "MedicationRequest"},
          std::pair{"reports", "DiagnosticReport"}})
        environment.add(name, {type(of)});
    environment.add("anything");
    environment.context_members = {{"patientId", {type("System.String")}},
                                   {"selections", {type("System.String")}},
                                   {"draftOrders", {type("Bundle")}}};
    return environment;
}

std::vector<std::string> faults(const std::string& expression, const Focus& focus = {{}, true}) {
    const Environment environment = inputs();
    std::vector<std::string> messages;
    for (const Error& fault : check(expression, focus, environment).faults)
        messages.emplace_back(fault.what());
    return messages;
}

struct Wrong {
    const char* expression;
    const char* message;
};

TEST(FhirpathCheck, RefusesOperatorsOnTypesTheyCannotTake) {
    const Wrong table[] = {
        {"%conditions.code > 5 'cm'", "CodeableConcept and Quantity have no common order for >"},
        {"%conditions.code.text > 5 'cm'", "string and Quantity have no common order for >"},
        {"%patient.birthDate < '2000-01-01'", "date and String have no common order for <"},
        {"%patient.birthDate = '2000-01-01'",
         "date and String are never equal, so = has always the same answer"},
        {"%patient.active = 'true'", "boolean and String are never equal, so = has always the same answer"},
        {"%conditions.code = 'C49'",
         "CodeableConcept and String are never equal, so = has always the same answer"},
        {"%conditions.code ~ %conditions.bodySite.coding",
         "CodeableConcept and Coding are never equal, so ~ has always the same answer"},
        {"'a' in %conditions.onset.ofType(dateTime)",
         "String and dateTime are never equal, so in has always the same answer"},
        {"%conditions.subject + 'x'", "Reference and String do not go with +"},
        {"today() - 12", "Date and Integer do not go with -"},
        {"today() + 12 'mo'", "only calendar durations move a date: write months, not 'mo'"},
        {"%patient.birthDate + 2 'a'", "only calendar durations move a date: write years, not 'a'"},
        {"5 'cm' mod 2", "Quantity and Integer do not go with mod"},
        {"'a' & 5", "String and Integer do not go with &"},
        {"-%conditions.code.text", "string has no sign"},
        {"%conditions['first']", "an index must be a number, not String"},
    };
    for (const auto& [expression, message] : table)
        EXPECT_THAT(faults(expression), ElementsAre(message)) << expression;
}

TEST(FhirpathCheck, RefusesFunctionsOnTypesTheyCannotTake) {
    const Wrong table[] = {
        {"%patient.birthDate.lower()", "lower() takes a String, not date"},
        {"%conditions.code.lower()", "lower() takes a String, not CodeableConcept"},
        {"%conditions.code.text.abs()", "abs() takes a number or a Quantity, not string"},
        {"%conditions.code.toString()",
         "toString() takes a Boolean, a number, a String, a date, a time or a Quantity, not CodeableConcept"},
        {"%patient.active.toDate()", "toDate() takes a String or a date, not boolean"},
        {"%conditions.code.text.startsWith(5)", "startsWith() takes here a String, not Integer"},
        {"%conditions.take('one')", "take() takes here a number, not String"},
        {"%conditions.exists(memberOf(code.text))",
         "memberOf() takes a code, Coding or CodeableConcept, not Condition"},
        {"%conditions.code.resolve()", "resolve() takes a Reference, not CodeableConcept"},
        {"%conditions.code.intersect(%patient.name)",
         "CodeableConcept and HumanName are never equal, so intersect() has always the same answer"},
        {"iif(%conditions.code, 1, 2)", "the criterion of iif() must be a Boolean, not CodeableConcept"},
        {"%observations.value.ofType(date)",
         "no item here can be a date, only Quantity, CodeableConcept, string or 8 more"},
    };
    for (const auto& [expression, message] : table)
        EXPECT_THAT(faults(expression), ElementsAre(message)) << expression;
}

TEST(FhirpathCheck, FollowsTypesThroughFunctionsVariablesAndChoices) {
    const Wrong table[] = {
        {"%observations.valueQuantity", "Observation has no element 'valueQuantity'; write 'value'"},
        {"%observations.value.ofType(Quantity).valu",
         "Quantity has no element 'valu'; did you mean 'value'?"},
        {"%conditions.where(code.exists()).first().code.select(coding).first().sytem",
         "Coding has no element 'sytem'; did you mean 'system'?"},
        {"%conditions.subject.resolve().ofType(Patient).birthdate",
         "Patient has no element 'birthdate'; did you mean 'birthDate'?"},
        {"%conditions.extension('u').value.ofType(CodeableConcept).codin",
         "CodeableConcept has no element 'codin'; did you mean 'coding'?"},
        {"%conditions.combine(%observations).cod",
         "Condition or Observation has no element 'cod'; did you mean 'code'?"},
        {"iif(%patient.active, %conditions, %reports).categry",
         "Condition or DiagnosticReport has no element 'categry'; did you mean 'category'?"},
        {"(%conditions as Condition).onst", "Condition has no element 'onst'; did you mean 'onset'?"},
        {"%conditions.code.text.lower().coding", "String has no element 'coding'"},
        {"%context.draftOrder.entry", "no hook has 'draftOrder' in its context; did you mean 'draftOrders'?"},
        {"selection.first()", "no hook has 'selection' in its context; did you mean 'selections'?"},
        {"draftOrders.entrys", "Bundle has no element 'entrys'; did you mean 'entry'?"},
        {"Condition.code.exists()",
         "the hook's context is no Condition; start at an input, as in %conditions"},
        {"%conditions.onset.ofType(Condtion)", "unknown type 'Condtion'; did you mean 'Condition'?"},
        {"%observations.aggregate($total + value.ofType(Quantity).lower(), 0)",
         "lower() takes a String, not Quantity"},
    };
    for (const auto& [expression, message] : table)
        EXPECT_THAT(faults(expression), ElementsAre(message)) << expression;
}

TEST(FhirpathCheck, NoFaultHidesAnother) {
    EXPECT_THAT(faults("%condition.exsts() and %patient.nam.exists() and 'a' > 5"),
                ElementsAre("unknown name %condition; did you mean %conditions?",
                            "unknown function 'exsts'; did you mean 'exists'?",
                            "Patient has no element 'nam'; did you mean 'name'?",
                            "String and Integer have no common order for >"));
}

TEST(FhirpathCheck, AcceptsWhatMayHaveAnAnswer) {
    for (const std::string expression : {
             "%conditions.onset.ofType(dateTime) < today() - 12 months",
             "%conditions.onset < today()",  // a choice: one of its types will do
             "%conditions.onset.ofType(Age) > 5 years",
             "%observations.value > 5 'cm'",
             "%observations.value = 'positive'",
             "%observations.trace('sizes', value).exists()",
             "%observations.value.ofType(Quantity).value * 10 > 5",
             "%observations.value.ofType(Quantity) / 2 > 1 'cm'",
             "%observations.effective.toString().substring(0, 10).toDate() + 1 day",
             "%observations.component.value.ofType(integer) + 1.5 < 7",
             "%observations.issued > @2024-01-01",
             "%patient.birthDate + 18 years <= today()",
             "%patient.deceased.exists() and %patient.deceased != false",
             "%patient.gender in ('male' | 'female')",
             "%patient.name.given.first() & ' ' & %patient.name.family",
             "%patient.contact.name | %patient.name",
             "%conditions.clinicalStatus.coding.code contains 'active'",
             "%conditions.code.coding.exists(system = %sct and code = 'x')",
             "%conditions.code.extension('u').value.ofType(string).upper()",
             "%conditions.bodySite.extension('u').value.coding.code",
             "%conditions.subject.resolve().name.family",
             "%conditions.subject.resolve().ofType(Patient).birthDate",
             "%conditions.evidence.detail.resolve().ofType(Observation).value.ofType(Quantity)",
             "%conditions.contained.ofType(Observation).code",
             "%orders.medication.ofType(CodeableConcept).text.lower()",
             "%orders.medication.ofType(Reference).resolve().ofType(Medication).code",
             "%orders.dosageInstruction.doseAndRate.dose.ofType(Quantity).unit",
             "%context.draftOrders.entry.resource.ofType(ServiceRequest).code.text",
             "%context.draftOrders.entry.resource.where(status = 'draft').id",
             "selections.select(replaceMatches('^.*/', ''))",
             "draftOrders.entry.resource.descendants().ofType(Coding).code",
             "%reports.select(conclusion | conclusionCode.text | code.text).lower()",
             "%reports.where($index = 0).first().effective",
             "%observations.sort(-issued).first().value",
             "%observations.repeat(hasMember.resolve()).code",
             "%observations.repeat(hasMember.resolve().ofType(Observation)).value",
             "%observations.value.ofType(Quantity).value.aggregate(iif($total.empty() or $this > $total, "
             "$this, $total)) > 5",
             "('1' | '2').aggregate($total + $this.toInteger(), 0) = 3",
             "iif(%patient.active, 'a', {}) | 'b'",
             "iif(%patient.exists(), %patient.birthDate, %anything).toString()",
             "%anything.whatever > 5 'cm'",
             "%anything.lower() + 'x'",
             "{} = 5",
             "%conditions.code.text.length() > 3",
             "%conditions.children().ofType(CodeableConcept).text",
             "%conditions.type().name = 'Condition'",
             "%conditions.onset is dateTime",
             "%conditions.recordedDate.lowBoundary() <= now()",
             "%conditions.code.text.split(' ').select(trim().toDecimal() / 10) contains 6.2",
             "1 year > 11 months",
             "5 'cm' > 49 'mm' and 5.0 = 5",
             "@T10:00 < timeOfDay()",
             "%patient.photo.size > 100 or %patient.multipleBirth > 1",
             "%conditions.code.coding.code.intersect(%orders.reasonCode.coding.code)",
         })
        EXPECT_THAT(faults(expression), ElementsAre()) << expression;
}

TEST(FhirpathCheck, EndsSoonOnHostileExpressions) {
    std::string repeats = "id", sums = "$total", unknown = "%a";
    for (int i = 0; i < 60; ++i) {
        repeats = "repeat(" + repeats + ")";
        sums = "aggregate(" + sums + ", 0)";
    }
    for (int i = 0; i < 500; ++i) unknown += " and %nobody.nothing()";

    EXPECT_THAT(faults("%conditions." + repeats), ElementsAre());
    faults("%conditions." + sums);
    EXPECT_EQ(faults(unknown).size(), 20U);
}

TEST(FhirpathCheck, StandsOnTheTypeOfItsFocus) {
    EXPECT_THAT(faults("code.text", {{type("Condition")}}), ElementsAre());
    EXPECT_THAT(faults("cod.text", {{type("Condition")}}),
                ElementsAre("Condition has no element 'cod'; did you mean 'code'?"));
    EXPECT_THAT(faults("whatever", {}), ElementsAre());
}

}  // namespace
}  // namespace fhirpath
