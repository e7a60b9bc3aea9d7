// Knowledge files: what a correct set becomes, and that every fault is refused with file, line and place.
#include "tests/support/cards_knowledge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cards {
namespace {

using testing::HasSubstr;

TEST(Knowledge, BecomesServicesInputsAndRules) {
    const auto loaded = SmallKnowledge().load();

    ASSERT_TRUE(loaded.problems.empty()) << to_string(loaded.problems[0]);
    const Service& service = *loaded.knowledge->service("cough-view", "patient-view");
    ASSERT_EQ(service.rules.size(), 1U);
    EXPECT_EQ(service.rules[0]->indicator, Indicator::warning);
    EXPECT_EQ(service.rules[0]->override_reasons[0].display, "Other reason");
    EXPECT_EQ(loaded.knowledge->service("cough-view", "order-sign"), nullptr);
    EXPECT_TRUE(loaded.warnings.empty());
}

TEST(Discovery, PublishesTheInputsThatTheRulesUse) {
    SmallKnowledge files;
    files.rule = replaced(files.rule, "%cough.exists() and %xrays.empty()", "%cough.exists()");
    const auto loaded = files.load();

    ASSERT_TRUE(loaded.problems.empty()) << to_string(loaded.problems[0]);
    EXPECT_EQ(
        loaded.knowledge->discovery_json([](const Service&) { return true; }),
        R"({"services":[{"hook":"patient-view","title":"Cough","description":"Cough advice.","id":"cough-view",)"
        R"("version":"2.0.1","prefetch":{"patient":"Patient/{{context.patientId}}",)"
        R"("conditions":"Condition?patient={{context.patientId}}"}}]})");
    EXPECT_EQ(loaded.knowledge->discovery_json([](const Service&) { return false; }),
              R"({"services":[]})");  // D-5
    ASSERT_EQ(loaded.warnings.size(), 2U);
    EXPECT_THAT(loaded.warnings[0].message, HasSubstr("no rule uses the input reports"));
    EXPECT_THAT(loaded.warnings[1].message, HasSubstr("no rule uses the variable xrays"));
}

struct Fault {
    const char* name;
    std::string SmallKnowledge::*file;
    const char* from;
    const char* to;
    const char* message;  ///< part of `file:line: path: what`
};

class FaultyKnowledge : public testing::TestWithParam<Fault> {};

TEST_P(FaultyKnowledge, IsRefusedWithFileAndPlace) {
    SmallKnowledge files;
    files.*GetParam().file = replaced(files.*GetParam().file, GetParam().from, GetParam().to);

    const auto loaded = files.load();

    EXPECT_EQ(loaded.knowledge, nullptr);
    std::string all;
    for (const Problem& problem : loaded.problems) all += to_string(problem) + "\n";
    EXPECT_THAT(all, HasSubstr(GetParam().message));
}

constexpr auto plan = &SmallKnowledge::plan;
constexpr auto rule = &SmallKnowledge::rule;
constexpr auto activity = &SmallKnowledge::activity;
constexpr auto reasons = &SmallKnowledge::reasons;

INSTANTIATE_TEST_SUITE_P(
    Knowledge, FaultyKnowledge,
    testing::Values(
        Fault{"unknownFunction", rule, "%cough.exists()", "%cough.exsts()",
              "rules/xray.json:12: action[0].condition[0]"},
        Fault{"unknownVariable", rule, "%cough.exists()", "%coff.exists()", "coff"},
        Fault{"misspeltPathOnAnInput", plan, "where(code.text", "where(kode.text", "cough.json:18"},
        Fault{"misspeltPathOnAVariable", rule, "%cough.onset.first()", "%cough.onsetDate.first()",
              "onsetDate"},
        Fault{"syntax", rule, "%xrays.empty()", "%xrays.empty(", "condition[0].expression.expression"},
        Fault{"missingValueSet", rule, "%cough.exists()", "%cough.exists(code.memberOf(%`vs-nothing`))",
              "vs-nothing"},
        Fault{"missingReasons", rule, "ValueSet/reasons", "ValueSet/raisons", "no such value set"},
        Fault{"missingRule", plan, "PlanDefinition/xray", "PlanDefinition/yray",
              "cough.json:26: action[0].action[0]: no such rule"},
        Fault{"missingLibrary", plan, "[\"#data\"]",
              "[\"#data\", \"https://x.example.org/Library/concepts\"]", "library[1]: no such Library"},
        Fault{"missingActivity", rule, "ActivityDefinition/xray", "ActivityDefinition/yray",
              "no such ActivityDefinition"},
        Fault{"misspeltElement", rule,
              "\"condition\": [{ \"kind\": \"applicability\", \"expression\": { \"description\": \"cough",
              "\"conditon\": [{ \"kind\": \"applicability\", \"expression\": { \"description\": \"cough",
              "FHIR R4 has no element 'conditon' in PlanDefinition.action"},
        Fault{"objectForArray", reasons, "\"include\": [{", "\"include\": {", "reasons.json"},
        Fault{"valueForArray", plan, "\"library\": [\"#data\"]", "\"library\": \"#data\"",
              "library: expected an array"},
        Fault{"notJson", rule, "\"status\": \"active\",", "\"status\": \"active\"",
              "rules/xray.json:3: status: expected JSON"},
        Fault{"notFhir", activity, "ActivityDefinition\", \"id", "Activity\", \"id",
              "expected a FHIR R4 resource"},
        Fault{"noCondition", rule, "\"kind\": \"applicability\", \"expression\": { \"description\": \"cough",
              "\"kind\": \"stop\", \"expression\": { \"description\": \"cough",
              "expected kind applicability"},
        Fault{"unknownPriority", rule, "\"urgent\"", "\"asap\"", "priority"},
        Fault{"selectionBehavior", rule, "\"any\"", "\"all\"", "(C-10)"},
        Fault{"noSource", rule, "\"display\": \"Cough guideline\", ", "", "the card's source"},
        Fault{"noTopic", rule, "\"code\": \"xray\"", "\"code\": \"\"", "the card's topic"},
        Fault{"longSummary", rule, "No radiograph found for the cough",
              "123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 123456789 "
              "123456789 123456789 "
              "123456789 123456789 1234567890",
              "fewer than 140"},
        Fault{"openInsertion", rule, "{{%cough.onset.first()}}", "{{%cough.onset.first()", "without }}"},
        Fault{"unknownActionType", rule, "\"create\"", "\"add\"", "create, update or remove"},
        Fault{"dynamicPathUnknownToR4", activity, "\"category\"", "\"kategory\"", "kategory"},
        Fault{"unknownInputState", plan, "\"paged\"", "\"pages\"", "missing, failed or paged"},
        Fault{"variableWithoutDescription", plan, "\"description\": \"A recorded cough\",", "",
              "description"},
        Fault{"variableTwice", plan, "\"name\": \"xrays\"", "\"name\": \"cough\"", "a second variable"},
        Fault{"variableBeforeItsUse", plan, "%conditions.where", "%xrays.where", "xrays"},
        Fault{"linkThatIsNoUrl", rule, "https://x.example.org/study", "study", "(L-6)"},
        Fault{"valueSetFilter", reasons,
              "\"concept\": [{ \"code\": \"other\", \"display\": \"Other reason\" }]",
              "\"filter\": [{ \"property\": \"a\", \"op\": \"=\", \"value\": \"b\" }]", "filter"}),
    [](const auto& tested) { return tested.param.name; });

TEST(Knowledge, TakesConceptsFromTheLibrariesThatThePlanNames) {
    SmallKnowledge files;
    files.plan =
        replaced(files.plan, "[\"#data\"]", "[\"#data\", \"https://x.example.org/Library/concepts\"]");
    files.rule = replaced(files.rule, "%xrays.empty()", "%xrays.empty() and %isWinter");
    auto all = files.files();
    all.push_back({"concepts/season.json",
                   R"J({ "resourceType": "Library", "url": "https://x.example.org/Library/concepts",
      "status": "active", "type": { "text": "logic-library" }, "extension": [{
        "url": "http://hl7.org/fhir/StructureDefinition/variable", "valueExpression": { "name": "isWinter",
        "description": "January", "language": "text/fhirpath", "expression": "today().toString().substring(5, 2) = '01'" } }] })J"});

    const auto loaded = Knowledge::load(all);

    ASSERT_TRUE(loaded.problems.empty()) << to_string(loaded.problems[0]);
    EXPECT_EQ(loaded.knowledge->variables().front().name, "isWinter");
    auto unnamed = SmallKnowledge().files();
    unnamed.push_back(all.back());
    EXPECT_THAT(Knowledge::load(unnamed).problems.at(0).message, HasSubstr("no plan names this Library"));
}

TEST(Knowledge, ReportsAllFaultsAtOnce) {
    SmallKnowledge files;
    files.rule = replaced(files.rule, "\"urgent\"", "\"asap\"");
    files.activity = replaced(files.activity, "\"category\"", "\"kategory\"");
    files.plan = replaced(files.plan, "%reports.where", "%reports.were");

    EXPECT_GE(files.load().problems.size(), 3U);
}

TEST(Knowledge, TwoPlansOrActivitiesWithoutUrlAreFaultsEach) {
    const std::string a_plan = R"({"resourceType": "PlanDefinition"})",
                      an_activity = R"({"resourceType": "ActivityDefinition"})";

    const Knowledge::Loaded loaded = Knowledge::load(
        {{"a.json", a_plan}, {"b.json", a_plan}, {"c.json", an_activity}, {"d.json", an_activity}});

    const auto faults = std::count_if(loaded.problems.begin(), loaded.problems.end(), [](const Problem& one) {
        return one.message.find("expected a url") != std::string::npos;
    });
    EXPECT_EQ(faults, 4);
}

TEST(Knowledge, AnInputMayNotTakeANameThatTheProgramFills) {
    for (const std::string name : {"plan", "activity", "hook", "missing"}) {
        SmallKnowledge files;
        files.plan = replaced(files.plan, R"("id": "reports")", R"("id": ")" + name + '"');

        const Knowledge::Loaded loaded = files.load();

        ASSERT_FALSE(loaded.problems.empty());
        EXPECT_THAT(loaded.problems.front().message, HasSubstr("a second input named " + name));
    }
}

TEST(Knowledge, AFaultInAnEmptyElementHasALine) {
    const Knowledge::Loaded loaded =
        Knowledge::load({{"a.json", "{\n\"resourceType\": \"PlanDefinition\",\n\"library\": [{}]\n}"}});

    EXPECT_EQ(loaded.problems.at(0).line, 3U);
    EXPECT_THAT(loaded.problems.at(0).message, HasSubstr("library[0]"));
}

TEST(Knowledge, PointsAtTheFaultInAnExpression) {
    SmallKnowledge files;
    files.rule = replaced(files.rule, "%xrays.empty()", "%xrays.emty()");

    const auto problems = files.load().problems;

    ASSERT_EQ(problems.size(), 1U);
    EXPECT_THAT(problems[0].message, HasSubstr("%cough.exists() and %xrays.emty()\n"));
    EXPECT_THAT(problems[0].message, HasSubstr("^"));
    EXPECT_THAT(problems[0].message, HasSubstr("empty"));  // the nearest name
}

}  // namespace
}  // namespace cards
