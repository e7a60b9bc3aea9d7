// From knowledge and chart to cards: mapping, input states, texts, drafts, order and maximum.
#include "cards/apply.hpp"

#include "cards/render.hpp"
#include "tests/support/cards_knowledge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

namespace cards {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view patient = R"("patient":{"resourceType":"Patient","id":"p-1"})";
constexpr std::string_view cough =
    R"("conditions":{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Condition","id":"c1",)"
    R"("subject":{"reference":"Patient/p-1"},"code":{"text":"Dry cough"},"onsetDateTime":"2025-11"}}]})";
constexpr std::string_view no_reports = R"("reports":{"resourceType":"Bundle"})";

std::string request(std::string_view context, std::initializer_list<std::string_view> prefetch) {
    std::string text = R"({"context":{"userId":"Practitioner/1","patientId":"p-1")" + std::string(context) +
                       R"(},"prefetch":{)";
    bool first = true;
    for (const std::string_view member : prefetch) {
        if (!first) text += ",";
        text += member;
        first = false;
    }
    return text + "}}";
}

std::shared_ptr<const Knowledge> knowledge(const SmallKnowledge& files = {}) {
    auto loaded = files.load();
    for (const Problem& problem : loaded.problems) ADD_FAILURE() << to_string(problem);
    return loaded.knowledge;
}

TEST(Apply, MapsThePlanToACard) {
    const auto made = run(knowledge(), request("", {patient, cough, no_reports}));

    ASSERT_EQ(made->evaluation.cards.size(), 1U);
    EXPECT_EQ(made->evaluation.outcomes.at(0).reason, "cough without radiograph");
    const boost::json::value response = boost::json::parse(response_json(made->evaluation.cards));
    EXPECT_EQ(boost::json::serialize(response), boost::json::serialize(boost::json::parse(R"({"cards":[{
      "uuid":"u2","summary":"No radiograph found for the cough",
      "detail":"Seen since 2025-11.\n\n- Recorded as Dry cough\n\nBased on Cough guideline.",
      "indicator":"warning",
      "source":{"label":"Cough guideline","url":"https://x.example.org/guideline",
        "topic":{"system":"https://x.example.org/topic","code":"xray","display":"Radiograph"}},
      "suggestions":[{"label":"Order a chest radiograph","uuid":"u1","actions":[{"type":"create","description":"Chest radiograph",
        "resource":{"resourceType":"ServiceRequest","status":"draft","intent":"proposal","code":{"text":"Chest radiograph"},
          "subject":{"reference":"Patient/p-1"},"category":[{"text":"Imaging"}],
          "reasonReference":[{"reference":"Condition/c1"}]}}]}],
      "selectionBehavior":"any",
      "overrideReasons":[{"system":"https://x.example.org/reason","code":"other","display":"Other reason"}],
      "links":[{"label":"Cough study","url":"https://x.example.org/study","type":"absolute"}],
      "extension":{"org.example.asps-cds.rule":{"id":"xray","version":"1.0.0","reviewed":"2026-01-02"}}}]})")));
}

TEST(Apply, ADetailLineAppearsOnlyIfItsConditionIsTrue) {
    const std::string old = replaced(std::string(cough), "2025-11", "2025-01-02");

    EXPECT_THAT(run(knowledge(), request("", {patient, old, no_reports}))->evaluation.cards[0].detail,
                HasSubstr("- It lasts."));
    // 2025-11 may be less or more than 8 weeks before 2026-01-15 + …: exactly unknown, so not true
    EXPECT_THAT(run(knowledge(), request("", {patient, cough, no_reports}))->evaluation.cards[0].detail,
                Not(HasSubstr("It lasts")));
}

TEST(Apply, ARemovalMakesOneSuggestionForEachDraftWithAnId) {
    const auto made = run(knowledge(), request(R"(,"draftOrders":{"resourceType":"Bundle","entry":[
        {"resource":{"resourceType":"ServiceRequest","id":"s1","code":{"text":"A"}}},
        {"resource":{"resourceType":"ServiceRequest","code":{"text":"no id"}}},
        {"resource":{"resourceType":"ServiceRequest","id":"s2","code":{"text":"B"}}}]})",
                                               {patient, cough, no_reports}));

    const Card& card = made->evaluation.cards.at(0);
    ASSERT_EQ(card.suggestions.size(), 3U);  // the radiograph and two removals
    EXPECT_EQ(card.suggestions[1].label, "Withdraw A");
    EXPECT_EQ(card.suggestions[1].actions.at(0).resource_id, "ServiceRequest/s1");
    EXPECT_EQ(card.suggestions[2].actions.at(0).resource_id, "ServiceRequest/s2");
}

struct State {
    const char* name;
    const char* reports;  ///< the member, or "" for a missing key
    Outcome::Kind outcome;
};

class InputStates : public testing::TestWithParam<State> {};

// P-4 to P-12 and knowledge.md 3: none is knowledge, not-delivered is not.
TEST_P(InputStates, DecideWhetherARuleIsChecked) {
    const auto made = GetParam().reports[0] == '\0'
                          ? run(knowledge(), request("", {patient, cough}))
                          : run(knowledge(), request("", {patient, cough, GetParam().reports}));

    ASSERT_EQ(made->evaluation.outcomes.size(), 1U);
    EXPECT_EQ(to_string(made->evaluation.outcomes[0].kind), to_string(GetParam().outcome));
}

TEST(Apply, WhatIsFalseWithoutTheMissingInputIsSilentNotUnchecked) {
    SmallKnowledge small;
    small.rule = replaced(small.rule, R"J("condition": [)J",
                          R"J("condition": [{ "kind": "applicability", "expression": {
      "description": "a cough", "language": "text/fhirpath", "expression": "%cough.exists()" } }, )J");
    const std::string no_cough = R"("conditions":null)";

    const auto ill = run(knowledge(small), request("", {patient, cough}));
    const auto well = run(knowledge(small), request("", {patient, no_cough}));

    EXPECT_EQ(ill->evaluation.outcomes.at(0).kind, Outcome::Kind::not_checked);
    EXPECT_EQ(ill->evaluation.outcomes.at(0).reason, "reports missing");
    EXPECT_EQ(well->evaluation.outcomes.at(0).kind, Outcome::Kind::silent);
    EXPECT_EQ(well->evaluation.outcomes.at(0).reason, "not true: a cough");
}

INSTANTIATE_TEST_SUITE_P(
    Apply, InputStates,
    testing::Values(
        State{"nullMeansNone", R"("reports":null)", Outcome::Kind::fired},
        State{"emptyBundleMeansNone", R"("reports":{"resourceType":"Bundle","entry":[]})",
              Outcome::Kind::fired},
        State{"missingKey", "", Outcome::Kind::not_checked},
        State{"operationOutcome",
              R"("reports":{"resourceType":"OperationOutcome","issue":[{"severity":"error"}]})",
              Outcome::Kind::not_checked},
        State{
            "operationOutcomeAsEntry",
            R"("reports":{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"OperationOutcome","issue":[{"severity":"error"}]}}]})",
            Outcome::Kind::not_checked},
        State{
            "aWarningIsStillData",
            R"("reports":{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"OperationOutcome","issue":[{"severity":"warning"}]}}]})",
            Outcome::Kind::fired},
        State{"unreadNextPage",
              R"("reports":{"resourceType":"Bundle","link":[{"relation":"next","url":"x"}]})",
              Outcome::Kind::not_checked},
        State{"otherResources",
              R"("reports":{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Observation"}}]})",
              Outcome::Kind::not_checked},
        State{"aWord", R"("reports":"none")", Outcome::Kind::not_checked},
        State{"entryThatIsNoArray", R"("reports":{"resourceType":"Bundle","entry":{}})",
              Outcome::Kind::not_checked},
        State{"resourceAsText", R"("reports":{"resourceType":"Bundle","entry":[{"resource":"{}"}]})",
              Outcome::Kind::not_checked},
        State{"nextLinkThatIsNoArray", R"("reports":{"resourceType":"Bundle","link":{"relation":"next"}})",
              Outcome::Kind::not_checked},
        State{
            "anotherPatientsReportByBareId",
            R"("reports":{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"DiagnosticReport","status":"final","subject":{"reference":"p-2"}}}]})",
            Outcome::Kind::fired},
        State{"aSingleResource", R"("reports":{"resourceType":"DiagnosticReport","status":"final"})",
              Outcome::Kind::silent},
        State{
            "anotherPatientsReport",
            R"("reports":{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"DiagnosticReport","status":"final","subject":{"reference":"Patient/p-2"}}}]})",
            Outcome::Kind::fired},
        State{
            "anotherPatientsReportByAbsoluteReference",
            R"("reports":{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"DiagnosticReport","status":"final","subject":{"reference":"https://ehr/fhir/Patient/p-2/_history/3"}}}]})",
            Outcome::Kind::fired},
        State{
            "thisPatientByVersionedReference",
            R"("reports":{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"DiagnosticReport","status":"final","subject":{"reference":"https://ehr/fhir/Patient/p-1/_history/3"}}}]})",
            Outcome::Kind::silent}),
    [](const auto& tested) { return tested.param.name; });

// P-14: the card's second suggestion withdraws every drafted order that the rule sees.
struct Draft {
    const char* name;
    const char* member;  // of the drafted order
    std::size_t suggestions;
};

class DraftedFor : public testing::TestWithParam<Draft> {};

TEST_P(DraftedFor, AnotherPatientIsNotSeen) {
    const std::string drafts =
        R"(,"draftOrders":{"resourceType":"Bundle","type":"collection","entry":[{"resource":)"
        R"({"resourceType":"ServiceRequest","id":"d1","code":{"text":"Chest CT"})" +
        std::string(GetParam().member) +
        R"(}},{"resource":{"resourceType":"ServiceRequest","id":"d2","code":{"text":"Neck CT"}}}]},"encounterId":"e1")";

    const auto made = run(knowledge(), request(drafts, {patient, cough, no_reports}));

    ASSERT_EQ(made->evaluation.cards.size(), 1U);
    EXPECT_EQ(boost::json::parse(response_json(made->evaluation.cards))
                  .at_pointer("/cards/0/suggestions")
                  .as_array()
                  .size(),
              GetParam().suggestions);
}

INSTANTIATE_TEST_SUITE_P(
    Apply, DraftedFor,
    testing::Values(Draft{"thisPatient", R"(,"subject":{"reference":"Patient/p-1"})", 3},
                    Draft{"nobodySaid", "", 3},
                    Draft{"anotherPatient", R"(,"subject":{"reference":"Patient/p-2"})", 2},
                    Draft{"anotherPatientByPatient", R"(,"patient":{"reference":"Patient/p-2"})", 2},
                    Draft{"aGroup", R"(,"subject":{"reference":"Group/p-1"})", 2}),
    [](const auto& tested) { return tested.param.name; });

TEST(Apply, AnAcceptedStateIsTakenAsItCame) {
    const std::string paged = replaced(std::string(cough), R"("resourceType":"Bundle",)",
                                       R"("resourceType":"Bundle","link":[{"relation":"next"}],)");

    EXPECT_EQ(run(knowledge(), request("", {patient, paged, no_reports}))->evaluation.cards.size(), 1U);
}

TEST(Apply, ARuleMayRunWithoutAnInputAndSaySo) {
    SmallKnowledge files;
    files.rule = replaced(
        files.rule, "\"extension\": [{",
        R"("extension": [{ "url": "https://asps-cds.example.org/fhir/StructureDefinition/runs-without", "valueCode": "reports" }, {)");
    files.rule = replaced(files.rule, "Recorded as {{%cough.code.text.first()}}",
                          "{{iif('reports' in %unavailable and 'reports' in %missing, 'Reports could not "
                          "be checked.', {})}}");
    const auto made = run(knowledge(files), request("", {patient, cough}));

    ASSERT_EQ(made->evaluation.cards.size(), 1U);
    EXPECT_THAT(made->evaluation.cards[0].detail, HasSubstr("Reports could not be checked."));
    EXPECT_THAT(made->evaluation.unavailable, ElementsAre("reports"));
}

TEST(Apply, WithoutARequiredInputThereIsOnlyAPrecondition) {
    for (const std::string_view brought :
         {R"("patient":null)", R"("x":1)", R"("patient":{"resourceType":"Patient","id":"p-2"})"}) {
        const auto made = run(knowledge(), request("", {brought, cough, no_reports}));

        ASSERT_TRUE(made->evaluation.precondition) << brought;  // P-9, S-5
        EXPECT_EQ(made->evaluation.precondition->expression, "prefetch.patient");
        EXPECT_TRUE(made->evaluation.cards.empty());
    }
}

TEST(Apply, TakesTheHigherVersionOfAResourceThatComesTwice) {
    const auto twice = [](std::string_view first, std::string_view second) {
        return R"("conditions":{"resourceType":"Bundle","entry":[)"
               R"({"resource":{"resourceType":"Condition","id":"c","meta":{"versionId":")" +
               std::string(first) + R"("},"code":{"text":"cough )" + std::string(first) +
               R"("}}},)"
               R"({"resource":{"resourceType":"Condition","id":"c","meta":{"versionId":")" +
               std::string(second) + R"("},"code":{"text":"cough )" + std::string(second) + R"("}}}]})";
    };
    SmallKnowledge files;
    files.rule = replaced(files.rule, "Seen since {{%cough.onset.first()}}.", "{{%cough.count()}}");

    const std::string up = twice("9", "10"), down = twice("10", "9");
    for (const std::string& bundle : {up, down}) {
        const auto made = run(knowledge(files), request("", {patient, bundle, no_reports}));
        EXPECT_THAT(made->evaluation.cards.at(0).detail, testing::StartsWith("1\n\n- Recorded as cough 10"));
    }
}

// R-17: what one sender gets wrong in one element must not silence the rest.
TEST(Apply, AnOddElementIsNoValueAndStopsNoRule) {
    for (const std::string_view odd : {R"("code":{"text":{"value":"x"}})", R"("code":{"text":["x","y"]})",
                                       R"("code":"x")", R"("code":{"text":7})", R"("code":[])"}) {
        const std::string both =
            replaced(std::string(cough), "\"entry\":[",
                     R"("entry":[{"resource":{"resourceType":"Condition",)" + std::string(odd) + "}},");
        const auto made = run(knowledge(), request("", {patient, both, no_reports}));
        ASSERT_EQ(made->evaluation.cards.size(), 1U) << odd << made->evaluation.outcomes.at(0).reason;
    }
}

/// The small rule under another id, saying so, with another priority.
std::string twin(const char* id, const char* priority) {
    std::string text = SmallKnowledge().rule;
    text = replaced(text, "\"id\": \"xray\"", std::string("\"id\": \"") + id + "\"");
    text = replaced(text, "PlanDefinition/xray", std::string("PlanDefinition/") + id);
    text = replaced(text, "No radiograph found", id);
    return replaced(text, "\"urgent\"", std::string("\"") + priority + "\"");
}

TEST(Apply, SortsByIndicatorThenOrderAndStopsAtTheMaximum) {
    SmallKnowledge files;
    std::vector<SourceFile> all = files.files();
    all.push_back({"rules/b.json", twin("b", "routine")});
    all.push_back({"rules/c.json", twin("c", "stat")});
    all.push_back({"rules/d.json", twin("d", "routine")});
    all[0].text = replaced(
        all[0].text, R"("action": [{ "definitionCanonical": "https://x.example.org/PlanDefinition/xray" }])",
        R"("action": [{ "definitionCanonical": "https://x.example.org/PlanDefinition/b" },
        { "definitionCanonical": "https://x.example.org/PlanDefinition/xray" },
        { "definitionCanonical": "https://x.example.org/PlanDefinition/c" },
        { "definitionCanonical": "https://x.example.org/PlanDefinition/d" }])");
    auto loaded = Knowledge::load(all);
    ASSERT_TRUE(loaded.problems.empty()) << to_string(loaded.problems[0]);

    const auto made = run(loaded.knowledge, request("", {patient, cough, no_reports}));

    std::vector<std::string> order;
    for (const Card& card : made->evaluation.cards) order.push_back(card.rule->id);
    EXPECT_THAT(order, ElementsAre("c", "xray", "b"));  // C-17; three is the default maximum
    EXPECT_EQ(made->evaluation.outcomes.back().kind, Outcome::Kind::dropped);
    EXPECT_THAT(made->evaluation.cards.back().detail, testing::Not(testing::HasSubstr("Also")));
}

// A dropped safety card is a bug: what has no room for a card of its own is said on the last one.
TEST(Apply, NamesAWarningWithoutRoomFirstOnTheLastCard) {
    SmallKnowledge files;
    std::vector<SourceFile> all = files.files();
    std::string members = R"({ "definitionCanonical": "https://x.example.org/PlanDefinition/xray" })";
    for (const auto& [id, priority] : {std::pair{"a", "stat"}, std::pair{"b", "stat"}, std::pair{"c", "stat"},
                                       std::pair{"d", "routine"}, std::pair{"e", "urgent"}}) {
        all.push_back({std::string("rules/") + id + ".json", twin(id, priority)});
        members +=
            R"(, { "definitionCanonical": "https://x.example.org/PlanDefinition/)" + std::string(id) + "\" }";
    }
    all[0].text = replaced(
        all[0].text, R"("action": [{ "definitionCanonical": "https://x.example.org/PlanDefinition/xray" }])",
        "\"action\": [" + members + "]");
    auto loaded = Knowledge::load(all);
    ASSERT_TRUE(loaded.problems.empty()) << to_string(loaded.problems[0]);

    const auto made = run(loaded.knowledge, request("", {patient, cough, no_reports}));

    ASSERT_EQ(made->evaluation.cards.size(), 3U);
    EXPECT_THAT(made->evaluation.cards[0].detail, testing::Not(testing::HasSubstr("Also")));
    EXPECT_THAT(made->evaluation.cards[2].detail,
                testing::StartsWith(
                    "Also: No radiograph found for the cough\n\nAlso: e for the cough\n\nSeen since"));
    EXPECT_THAT(made->evaluation.cards[2].detail, testing::Not(testing::HasSubstr("Also: d")));
}

TEST(Apply, ARuleThatIsNotActiveOrNotInEffectNeverFires) {
    for (const auto& [from, to] :
         {std::pair{"\"status\": \"active\"", "\"status\": \"draft\""},
          std::pair{"\"date\": \"2026-01-01\"", "\"effectivePeriod\": { \"end\": \"2025-12\" }"},
          std::pair{"\"date\": \"2026-01-01\"", "\"effectivePeriod\": { \"start\": \"2026-01-16\" }"}}) {
        SmallKnowledge files;
        files.rule = replaced(files.rule, from, to);
        EXPECT_TRUE(
            run(knowledge(files), request("", {patient, cough, no_reports}))->evaluation.cards.empty())
            << to;
    }
}

TEST(Apply, ARuleThatIsOffSpeaksOnlyIfItIsSwitchedOn) {
    SmallKnowledge files;
    files.plan =
        replaced(files.plan, R"("definitionCanonical": "https://x.example.org/PlanDefinition/xray")",
                 R"("definitionCanonical": "https://x.example.org/PlanDefinition/xray", "extension": [
        { "url": "https://asps-cds.example.org/fhir/StructureDefinition/rule-enabled", "valueBoolean": false }])");
    const auto by_default = run(knowledge(files), request("", {patient, cough, no_reports}));

    EXPECT_TRUE(by_default->evaluation.cards.empty());
    EXPECT_EQ(by_default->evaluation.outcomes.at(0).reason, "switched off");
    EXPECT_EQ(run(knowledge(files), request("", {patient, cough, no_reports}), {{"xray", true}})
                  ->evaluation.cards.size(),
              1U);
}

TEST(Apply, ARuleThatIsOnIsSilentIfItIsSwitchedOff) {
    const std::string asked = request("", {patient, cough, no_reports});

    EXPECT_TRUE(run(knowledge(), asked, {{"xray", false}})->evaluation.cards.empty());
    EXPECT_EQ(run(knowledge(), asked, {{"another", false}})->evaluation.cards.size(), 1U);
}

TEST(Apply, AnEvaluationErrorSkipsThatCardOnlyAndTellsNoData) {
    SmallKnowledge files;
    files.rule =
        replaced(files.rule, "%cough.exists() and %xrays.empty()", "(%cough.code.text | 'x').single() = 'y'");
    const auto made = run(knowledge(files), request("", {patient, cough, no_reports}));

    ASSERT_EQ(made->evaluation.outcomes.size(), 1U);
    EXPECT_EQ(made->evaluation.outcomes[0].kind, Outcome::Kind::error);
    EXPECT_THAT(made->evaluation.outcomes[0].reason, Not(HasSubstr("Dry cough")));
}

// C-7: what stands in a record must not become Markdown or HTML.
TEST(Render, ShowsRecordTextAsItIs) {
    const std::string evil =
        replaced(std::string(cough), "Dry cough", R"(cough <img src=x> [a](b) *c* _d_ `e` |f|\n# g)");
    const auto made = run(knowledge(), request("", {patient, evil, no_reports}));

    EXPECT_THAT(made->evaluation.cards.at(0).detail,
                HasSubstr(R"(- Recorded as cough \<img src=x\> \[a\](b) \*c\* \_d\_ \`e\` \|f\| \# g)"));
}

TEST(Render, CutsALongSummaryAtAWord) {
    std::string long_text = "No radiograph found for";
    while (long_text.size() < 200) long_text += " chlorhexidin";

    const std::string fitted = fitting_summary(long_text);

    EXPECT_LT(fitted.size() - 2, 140U);  // the ellipsis has three bytes
    EXPECT_THAT(fitted, testing::EndsWith("chlorhexidin\u2026"));
    EXPECT_EQ(fitting_summary(std::string(139, 'x')), std::string(139, 'x'));
    EXPECT_EQ(fitting_summary(std::string(140, 'x')), std::string(138, 'x') + "\u2026");
}

}  // namespace
}  // namespace cards
