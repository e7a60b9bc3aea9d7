// What holds for every answer of the shipped services, beyond what check() sees in each: envelope, cards,
// suggestions and actions (spec 8 to 10).
#include "tests/support/hooks_running.hpp"

#include "hooks/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <re2/re2.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <set>
#include <string>
#include <vector>

namespace {

namespace json = boost::json;
using hooks::testing::Answer;
using hooks::testing::cards_of;
using hooks::testing::demo_files;
using hooks::testing::json_of;
using hooks::testing::Running;
using hooks::testing::shipped_call;
using hooks::testing::shipped_hooks;
using testing::HasSubstr;

/// `text` with the first `from` replaced.
std::string with(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

bool has_only(const json::object& object, const std::set<std::string>& names) {
    for (const auto& [name, value] : object)
        if (!names.contains(std::string(name))) return false;
    return true;
}

class Answers : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        Running running({}, hooks::testing::shipped_knowledge());
        for (const std::string_view hook : shipped_hooks) {
            for (const bool bare : {false, true}) {
                json::value call = shipped_call(hook);
                if (bare) call.at("prefetch").as_object().erase("reports");
                answers_.push_back(running.call("asps-" + std::string(hook), call));
            }
        }
    }
    static void TearDownTestSuite() { answers_.clear(); }

    static std::vector<json::object> all_cards() {
        std::vector<json::object> cards;
        for (const Answer& answer : answers_) {
            const json::value body = json_of(answer.body);
            for (const json::value& card : body.at("cards").as_array()) cards.push_back(card.as_object());
        }
        EXPECT_GT(cards.size(), 8U);
        return cards;
    }
    static std::vector<json::object> all_suggestions() {
        std::vector<json::object> suggestions;
        for (const json::object& card : all_cards()) {
            if (const json::value* list = card.if_contains("suggestions"))
                for (const json::value& suggestion : list->as_array())
                    suggestions.push_back(suggestion.as_object());
        }
        EXPECT_GT(suggestions.size(), 8U);
        return suggestions;
    }
    static std::vector<json::object> all_actions() {
        std::vector<json::object> actions;
        for (const json::object& suggestion : all_suggestions())
            for (const json::value& action : suggestion.at("actions").as_array())
                actions.push_back(action.as_object());
        return actions;
    }
    inline static std::vector<Answer> answers_;
};

// ---- envelope

TEST_F(Answers, AreAnObjectWithCardsAndNothingElse) {  // S-1, S-2, S-3, Y-1, Y-2, Y-3, Y-4, V-1, J-9
    for (const Answer& answer : answers_) {
        EXPECT_EQ(answer.status, 200U);
        EXPECT_EQ(json_of(answer.body).as_object().size(), 1U) << "no systemActions, no version, no status";
        EXPECT_EQ(answer.field("Cache-Control"), "no-store");
    }
}

TEST_F(Answers, HaveNoNullNoEmptyMemberAndPlainJson) {  // J-2, J-3, J-4, J-6
    for (const Answer& answer : answers_) {
        json::parse_options strict;
        boost::system::error_code ec;
        json::parse(answer.body, ec, {}, strict);
        EXPECT_FALSE(ec);
        for (const char* empty : {":null", ":\"\"", ":[]", ":{}", "[null"})
            EXPECT_EQ(answer.body.find(empty), std::string::npos) << empty;
    }
}

// ---- cards

TEST_F(Answers, HaveCardsWithTheMembersOfACardAndNoOther) {  // C-1 to C-4, C-12 to C-14, V-2
    for (const json::object& card : all_cards()) {
        EXPECT_TRUE(has_only(card, {"uuid", "summary", "detail", "indicator", "source", "suggestions",
                                    "selectionBehavior", "overrideReasons", "links", "extension"}))
            << json::serialize(card);
        for (const char* name :
             {"uuid", "summary", "detail", "indicator", "source", "overrideReasons", "links"})
            EXPECT_TRUE(card.contains(name)) << name;
    }
}

TEST_F(Answers, HaveDetailsInMarkdownWithoutHtmlAndWithoutLinksOfTheirOwn) {  // C-6, C-7, L-7
    for (const json::object& card : all_cards()) {
        const std::string detail(card.at("detail").as_string());
        EXPECT_FALSE(RE2::PartialMatch(detail, "<[A-Za-z/!]")) << detail;
        EXPECT_EQ(detail.find("]("), std::string::npos) << "links stand in links: " << detail;
        EXPECT_EQ(detail.find('\r'), std::string::npos);
    }
}

TEST_F(Answers, HaveSourcesAndReasonsOfThreeMembersAtMost) {  // C-20 to C-24, O-1, O-3
    for (const json::object& card : all_cards()) {
        EXPECT_TRUE(has_only(card.at("source").as_object(), {"label", "url", "icon", "topic"}));
        EXPECT_TRUE(has_only(card.at("source").at("topic").as_object(), {"system", "code", "display"}));
        const std::string code(card.at("source").at("topic").at("code").as_string());
        EXPECT_TRUE(RE2::FullMatch(code, "[A-Za-z0-9]{1,100}")) << code << ": what Epic remembers by";
        for (const json::value& reason : card.at("overrideReasons").as_array())
            EXPECT_TRUE(has_only(reason.as_object(), {"system", "code", "display"}));
    }
}

TEST_F(Answers, HaveLinksToOpenAsTheyAre) {  // L-1 to L-4, L-6
    for (const json::object& card : all_cards()) {
        for (const json::value& link : card.at("links").as_array()) {
            EXPECT_TRUE(has_only(link.as_object(), {"label", "url", "type"})) << "never autolaunchable";
            EXPECT_EQ(link.at("type"), "absolute");
            EXPECT_EQ(std::string(link.at("url").as_string()).find("demo-1"), std::string::npos)
                << "no patient in it";
        }
    }
}

TEST_F(Answers, HaveExtensionsThatAreObjectsWithNamesOfTheirOwn) {  // E-1, E-2, E-3, C-14
    for (const json::object& card : all_cards()) {
        for (const auto& [name, value] : card.at("extension").as_object())
            EXPECT_TRUE(std::string(name).starts_with("org.example.asps-cds.")) << name;
    }
}

TEST_F(Answers, StandInOrderOfUrgency) {  // C-17
    const auto rank = [](const json::value& card) {
        const std::string indicator(card.at("indicator").as_string());
        return indicator == "critical" ? 0 : indicator == "warning" ? 1 : 2;
    };
    for (const Answer& answer : answers_) {
        const json::array cards = cards_of(answer);
        for (std::size_t i = 1; i < cards.size(); ++i) EXPECT_LE(rank(cards[i - 1]), rank(cards[i]));
    }
}

// ---- suggestions and actions

TEST_F(Answers, HaveSuggestionsThatEveryClientCanTake) {  // C-8 to C-10, SG-1 to SG-9
    for (const json::object& suggestion : all_suggestions()) {
        EXPECT_TRUE(has_only(suggestion, {"label", "uuid", "isRecommended", "actions"}))
            << "no actionSelectionBehavior";
        const json::value* recommended = suggestion.if_contains("isRecommended");
        EXPECT_TRUE(!recommended || recommended->is_bool());
        EXPECT_EQ(suggestion.at("actions").as_array().size(), 1U) << "Epic takes one; none would do nothing";
    }
    for (const json::object& card : all_cards())
        EXPECT_TRUE(!card.contains("suggestions") || card.at("selectionBehavior") == "any")
            << "what Epic knows";
}

TEST_F(Answers, CreateDraftsThatAreWholeAndForThisPatient) {  // AC-1, AC-2, AC-3, AC-6, J-5
    std::size_t created = 0;
    for (const json::object& action : all_actions()) {
        if (action.at("type") != "create") continue;
        ++created;
        const json::object& resource = action.at("resource").as_object();
        EXPECT_FALSE(resource.contains("id")) << "the client gives it";
        EXPECT_EQ(resource.at("status"), "draft");
        EXPECT_EQ(resource.at("intent"), "proposal");
        EXPECT_EQ(resource.at("subject").at("reference"), "Patient/demo-1");
        const bool is_drug = resource.at("resourceType") == "MedicationRequest";
        EXPECT_TRUE(resource.contains(is_drug ? "medicationCodeableConcept" : "code"));
    }
    EXPECT_GT(created, 4U);
}

TEST_F(Answers, DeleteOnlyDraftsOfTheCall) {  // AC-5, AC-7
    std::size_t deleted = 0;
    for (const json::object& action : all_actions()) {
        if (action.at("type") != "delete") continue;
        ++deleted;
        EXPECT_EQ(action.at("resourceId"), "MedicationRequest/draft-1");
        EXPECT_TRUE(has_only(action, {"type", "description", "resourceId"}));
    }
    EXPECT_GT(deleted, 0U);
}

TEST(AnUpdate, IsTheWholeResourceWithOnlyWhatWasMeantChanged) {  // AC-4, AC-7
    std::vector<cards::SourceFile> files = demo_files();
    for (cards::SourceFile& file : files) {
        if (file.name != "demo/has-orders.json") continue;
        file.text.insert(
            file.text.rfind("}]}"),
            R"json(,"selectionBehavior":"any","action":[{"title":"Make it routine","type":{"coding":[{"code":"update"}]},
            "dynamicValue":[{"path":"%action.resource","expression":{"language":"text/fhirpath","expression":"%orders.ofType(ServiceRequest).first()"}},
                {"path":"priority","expression":{"language":"text/fhirpath","expression":"'routine'"}}]}])json");
    }
    const auto loaded = cards::Knowledge::load(files);
    ASSERT_TRUE(loaded.knowledge != nullptr);
    Running running({}, loaded.knowledge);
    const json::value order = json::parse(
        R"({"resourceType":"ServiceRequest","id":"o","status":"draft","intent":"order","priority":"stat",
        "subject":{"reference":"Patient/1"},"extension":[{"url":"https://ehr.example.org/x","valueDecimal":5.40}],
        "_status":{"id":"s"},"ofTheirOwn":{"deep":[1,{"a":false}]}})");
    json::value call = json::parse(hooks::testing::patient_view_request());
    call.as_object()["hook"] = "order-sign";
    call.at("context").as_object()["draftOrders"] = {
        {"resourceType", "Bundle"}, {"entry", json::array{json::object{{"resource", order}}}}};

    const json::array cards = cards_of(running.call("demo-sign", call));

    json::value expected = order;
    expected.at("priority") = "routine";
    ASSERT_EQ(cards.size(), 1U);
    EXPECT_EQ(cards[0].at_pointer("/suggestions/0/actions/0/type"), "update");
    EXPECT_EQ(cards[0].at_pointer("/suggestions/0/actions/0/resource"), expected);
}

// ---- when a rule fails

/// The demo knowledge with a rule in demo-view that fails if there is more than one condition.
std::shared_ptr<const cards::Knowledge> failing_knowledge() {
    std::vector<cards::SourceFile> files = demo_files();
    for (cards::SourceFile& file : files) {
        if (file.name == "demo/no-observations.json")
            file.text = with(file.text, "%observations.empty()", "%conditions.single().exists()");
    }
    return cards::Knowledge::load(files).knowledge;
}

json::value call_with_two_conditions() {
    json::value call = json::parse(hooks::testing::patient_view_request());
    json::array& entries = call.at_pointer("/prefetch/conditions/entry").as_array();
    json::value second = entries[0];
    second.at_pointer("/resource/id") = "c2";
    entries.push_back(second);
    return call;
}

TEST(ARuleThatFails, IsMissedInTheAnswerOfTheOthers) {  // S-10
    Running running({}, failing_knowledge());

    const json::array cards = cards_of(running.call("demo-view", call_with_two_conditions()));

    ASSERT_EQ(cards.size(), 1U);
    EXPECT_EQ(cards[0].at("detail"),
              "Could not be evaluated on these data, so its advice is missing: no-observations.");
}

TEST(ARuleThatFails, AloneIsNoEmptyAnswer) {  // S-10, S-5: "no advice" and "could not look" must differ
    hooks::Settings settings;
    settings.rules = {{"has-conditions", false}};
    Running running(settings, failing_knowledge());

    const auto answer = running.call("demo-view", call_with_two_conditions());

    EXPECT_EQ(answer.status, 412U);
    EXPECT_THAT(answer.body, HasSubstr("could not be evaluated"));
}

// ---- refusals

TEST(ARefusal, IsAnOperationOutcomeThatHelps) {  // S-6, S-8
    Running running;
    const auto unknown = running.call("unknown", std::string_view("{}"));
    const auto missing = running.call(
        "demo-view",
        std::string_view(
            R"({"hook":"patient-view","hookInstance":"x","context":{"userId":"Practitioner/1","patientId":"1"}})"));

    EXPECT_THAT(unknown.body, HasSubstr("/cds-services lists those there are"));
    EXPECT_THAT(missing.body, HasSubstr("prefetch key 'patient' missing; prefetch key 'conditions' missing"));
    EXPECT_THAT(missing.body, HasSubstr("\"code\":\"incomplete\""));
}

TEST(ARefusal, NeverShowsATokenOrAPatientNorDoesTheLog) {  // S-9, X-10, X-11
    hooks::CdsService service({}, hooks::testing::demo_knowledge(), *hooks::pinned_clock("2026-01-31"));
    json::value call = json::parse(hooks::testing::patient_view_request());
    call.as_object()["fhirServer"] = "https://SECRET.example.org/fhir";
    call.as_object()["fhirAuthorization"] = {{"access_token", "SECRET"}, {"scope", "SECRET"}};
    call.at("context").at("patientId") = "SECRET";
    for (const char* wrong : {"/context/userId", "/fhirAuthorization/scope", "/prefetch", "/hook"}) {
        json::value changed = call;
        changed.at_pointer(wrong) = json::array{"SECRET"};
        hooks::Request request;
        request.method = "POST";
        request.path = "/cds-services/demo-view";
        request.fields = {{"Authorization", "Bearer SECRET"}};
        request.body = json::serialize(changed);
        hooks::RequestEvent event;

        const hooks::Response response = hooks::testing::answer_of(service, request, event);

        std::string line;
        hooks::append_request_line(line, event);
        EXPECT_EQ(response.status, 400U) << wrong;
        EXPECT_EQ(response.body.find("SECRET"), std::string::npos) << response.body;
        EXPECT_EQ(line.find("SECRET"), std::string::npos) << line;
    }
}

}  // namespace
