// Data fetched after the request came: they count as if they had been sent; and when fetching could not
// change the answer.
#include "cards/chart.hpp"

#include "tests/support/cards_knowledge.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cards {
namespace {

const std::string patient = R"("patient":{"resourceType":"Patient","id":"p-1"})";

std::string condition(const std::string& id, const std::string& of = "p-1") {
    return R"({"resource":{"resourceType":"Condition","id":")" + id +
           R"(","subject":{"reference":"Patient/)" + of + R"("},"code":{"text":"Dry cough"}}})";
}

std::string page(const std::string& entries, bool has_next = false) {
    return R"({"resourceType":"Bundle",)" +
           std::string(has_next ? R"("link":[{"relation":"next","url":"https://ehr.example.org/p2"}],)"
                                : "") +
           R"("entry":[)" + entries + "]}";
}

/// A chart of the small knowledge and everything it points into.
class Fetched : public testing::Test {
  protected:
    const fhir::Node* node(const std::string& text) {
        auto document = fhir::Document::parse(text);
        EXPECT_TRUE(document) << text;
        kept_.push_back(*std::move(document));
        return &kept_.back()->root();
    }

    std::size_t index_of(std::string_view id) const {
        for (std::size_t i = 0; i < knowledge_->inputs().size(); ++i) {
            if (knowledge_->inputs()[i].id == id) return i;
        }
        ADD_FAILURE() << "no input " << id;
        return 0;
    }

    /// The conditions of a chart whose request had `prefetch` and for which `pages` were fetched.
    ChartInput conditions(const std::string& prefetch, const std::vector<std::string>& pages, bool continues,
                          bool whole) {
        const fhir::Node* root = node(
            R"({"context":{"userId":"Practitioner/1","patientId":"p-1"},"prefetch":{)" + prefetch + "}}");
        FetchedInput fetched{
            .input = index_of("conditions"), .values = {}, .continues = continues, .whole = whole};
        for (const std::string& text : pages) fetched.values.push_back(node(text));
        const std::vector inputs = {fetched};
        chart_ = std::make_unique<Chart>(
            Chart::from_request(*knowledge_, *root->find("context"), root->find("prefetch"), inputs));
        return chart_->inputs()[fetched.input];
    }

    std::shared_ptr<const Knowledge> knowledge_ = SmallKnowledge().load().knowledge;
    std::vector<std::unique_ptr<const fhir::Document>> kept_;
    std::unique_ptr<Chart> chart_;
};

TEST_F(Fetched, AMissingInputIsWhatItsPagesHoldTogether) {  // P-8
    const ChartInput read =
        conditions(patient, {page(condition("c1"), true), page(condition("c2"))}, false, true);

    EXPECT_EQ(read.state, InputState::present);
    ASSERT_EQ(read.resources.size(), 2U);
    EXPECT_EQ(chart_->resolve("Condition/c2"), read.resources[1]);
}

TEST_F(Fetched, APagedBundleOfThePrefetchGoesOnWithTheFollowedPages) {  // P-10
    const ChartInput read =
        conditions(R"("conditions":)" + page(condition("c1"), true), {page(condition("c2"))}, true, true);

    EXPECT_EQ(read.state, InputState::present);
    EXPECT_EQ(read.resources.size(), 2U);
}

TEST_F(Fetched, PagesThatWereNotFollowedToTheEndLeaveTheInputPaged) {  // P-12
    const ChartInput read = conditions(patient, {page(condition("c1"), true)}, false, false);

    EXPECT_EQ(read.state, InputState::paged);
    EXPECT_EQ(read.resources.size(), 1U);
}

TEST_F(Fetched, AnEmptySearchResultSaysThatThereIsNone) {
    EXPECT_EQ(conditions(patient, {page("")}, false, true).state, InputState::none);
}

TEST_F(Fetched, NothingFetchedLeavesTheInputAsTheRequestLeftIt) {  // A-12
    EXPECT_EQ(conditions(patient, {}, false, false).state, InputState::missing);
    EXPECT_EQ(conditions(R"("conditions":{"resourceType":"OperationOutcome"})", {}, false, false).state,
              InputState::failed);
    const ChartInput paged = conditions(R"("conditions":)" + page(condition("c1"), true), {}, true, false);
    EXPECT_EQ(paged.state, InputState::paged);
    EXPECT_EQ(paged.resources.size(), 1U);
}

TEST_F(Fetched, StandsInThePlaceOfWhatTheClientFailedToPrefetch) {  // P-6: MAY try once
    const ChartInput read = conditions(R"("conditions":{"resourceType":"OperationOutcome"})",
                                       {page(condition("c1"))}, false, true);

    EXPECT_EQ(read.state, InputState::present);
}

TEST_F(Fetched, ResourcesOfAnotherPatientAreDroppedAndSayNothingOfThisOne) {  // P-14
    const ChartInput mixed =
        conditions(patient, {page(condition("c1") + "," + condition("c2", "p-2"))}, false, true);
    EXPECT_EQ(mixed.state, InputState::present);
    EXPECT_EQ(mixed.resources.size(), 1U);
    EXPECT_EQ(mixed.dropped, 1U);

    const ChartInput foreign = conditions(patient, {page(condition("c2", "p-2"))}, false, true);
    EXPECT_EQ(foreign.state, InputState::missing) << "not none: nobody looked for this patient";
    EXPECT_EQ(foreign.dropped, 1U);
}

TEST_F(Fetched, APageThatHoldsAnErrorFailsTheInput) {  // P-7
    const std::string error =
        R"({"resource":{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"timeout"}]}})";

    EXPECT_EQ(conditions(patient, {page(condition("c1"), true), page(error)}, false, true).state,
              InputState::failed);
}

TEST_F(Fetched, TheNextPageIsTheLinkThatSaysSo) {
    EXPECT_EQ(next_page(*node(page("", true))), "https://ehr.example.org/p2");
    EXPECT_EQ(next_page(*node(page(""))), "");
    EXPECT_EQ(next_page(*node(R"({"resourceType":"Bundle","link":{"relation":"next","url":"/x"}})")), "/x");
    EXPECT_EQ(next_page(*node(R"({"resourceType":"Patient","link":[{"relation":"next","url":"/x"}]})")), "");
}

struct Finality {
    const char* name;
    std::string prefetch;
    bool is_final;
};

class FinalAnswer : public testing::TestWithParam<Finality> {};

// Asking a FHIR server costs a hospital time: only what could change the answer is worth it.
TEST_P(FinalAnswer, IsOneThatNoInputCouldChange) {
    SmallKnowledge small;
    small.rule = replaced(small.rule, R"J("condition": [)J",
                          R"J("condition": [{ "kind": "applicability", "expression": {
      "description": "a cough", "language": "text/fhirpath", "expression": "%cough.exists()" } }, )J");
    const auto made = run(small.load().knowledge,
                          R"({"context":{"userId":"Practitioner/1","patientId":"p-1"},"prefetch":{)" +
                              GetParam().prefetch + "}}");

    EXPECT_EQ(made->evaluation.is_final, GetParam().is_final);
}

const std::string coughs = R"("conditions":)" + page(condition("c1"));

INSTANTIATE_TEST_SUITE_P(
    All, FinalAnswer,
    testing::Values(Finality{"AllIsThere", patient + "," + coughs + R"(,"reports":null)", true},
                    Finality{"SilentWithoutWhatIsMissing", patient + R"(,"conditions":null)", true},
                    Finality{"NotCheckedWithoutReports", patient + "," + coughs, false},
                    Finality{"ReportsFailed",
                             patient + "," + coughs + R"(,"reports":{"resourceType":"OperationOutcome"})",
                             false},
                    Finality{"RequiredMissing", patient, false},
                    Finality{"ConditionsPaged", patient + R"(,"conditions":)" + page("", true), false}),
    [](const auto& test) { return test.param.name; });

TEST(FinalAnswerOfStates, IsNoneIfARuleIsSilentForTheStateOfAnInput) {
    SmallKnowledge small;
    small.rule = replaced(small.rule, R"J("condition": [)J",
                          R"J("condition": [{ "kind": "applicability", "expression": {
      "description": "all read", "language": "text/fhirpath", "expression": "%unavailable.empty()" } }, )J");

    const auto made = run(small.load().knowledge,
                          R"({"context":{"userId":"Practitioner/1","patientId":"p-1"},"prefetch":{)" +
                              patient + "," + coughs + "}}");

    EXPECT_EQ(made->evaluation.outcomes.at(0).kind, Outcome::Kind::silent);
    EXPECT_FALSE(made->evaluation.is_final) << "the rule could speak once the reports are there";
}

}  // namespace
}  // namespace cards
