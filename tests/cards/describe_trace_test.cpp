// The map in the review document: each statement with its rule, file and cases, and the questions still open;
// and the copy of the document that is kept beside the knowledge.
#include "cards/describe.hpp"
#include "tests/support/cards_clinical.hpp"
#include "tests/support/cards_knowledge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace cards {
namespace {

using testing::HasSubstr;

const std::string ours = "https://asps-cds.example.org/fhir/StructureDefinition/";

/// The small knowledge with two statements, of which its rule carries out the first.
SmallKnowledge with_statements() {
    SmallKnowledge small;
    small.plan =
        replaced(small.plan, R"("library": ["#data"],
  "extension": [)",
                 R"("library": ["#data"],
  "extension": [ { "url": ")" +
                     ours + R"(statements", "valueCanonical": "https://x.example.org/ValueSet/reasons" },)");
    small.reasons = replaced(
        small.reasons, R"({ "code": "other", "display": "Other reason" })",
        R"({ "code": "S01", "display": "Look at the chest" }, { "code": "S02", "display": "Listen" })");
    small.rule = replaced(small.rule, R"("extension": [)",
                          R"("extension": [ { "url": ")" + ours + R"(statement", "valueCode": "S01" },
    { "url": ")" + ours + R"(cases", "valueString": "tests/cough" },
    { "url": ")" + ours + R"(open-question", "valueMarkdown": "Is 8 weeks the right limit?" },)");
    return small;
}

TEST(Describe, LeadsFromEachStatementToRuleFileAndCases) {
    const auto loaded = with_statements().load();
    ASSERT_TRUE(loaded.knowledge) << to_string(loaded.problems.at(0));

    const std::string table = describe_statements(*loaded.knowledge);

    EXPECT_THAT(
        table,
        HasSubstr("| S01 Look at the chest | [xray](#rule-xray) | `rules/xray.json` | `tests/cough` |\n"));
    EXPECT_THAT(table, HasSubstr("| S02 Listen | **none** |"));
    ASSERT_FALSE(loaded.warnings.empty());
    EXPECT_THAT(to_string(loaded.warnings.back()), HasSubstr("no rule carries out the statement S02"));
    EXPECT_THAT(describe(*loaded.knowledge), HasSubstr(table));
}

TEST(Describe, ListsWhatIsOpenWithThePlaceWhereItStands) {
    const auto loaded = with_statements().load();
    ASSERT_TRUE(loaded.knowledge) << to_string(loaded.problems.at(0));

    EXPECT_THAT(describe_questions(*loaded.knowledge),
                HasSubstr("- [xray](#rule-xray): Is 8 weeks the right limit?\n"));
    EXPECT_EQ(describe_questions(*SmallKnowledge().load().knowledge), "");
}

TEST(ReviewDocument, OfTheShippedKnowledgeIsTheOneKeptBesideIt) {
    std::ifstream file(SOURCE_DIR "/config/asps/REVIEW.md");
    const std::string kept{std::istreambuf_iterator<char>(file), {}};

    EXPECT_TRUE(kept == describe(clinical::knowledge()))
        << "config/asps/REVIEW.md is stale: build/dev/asps-cds describe config/asps > config/asps/REVIEW.md";
}

TEST(ReviewDocument, NamesForEveryRuleCasesThatAreThere) {
    for (const auto& rule : clinical::knowledge().rules()) {
        EXPECT_FALSE(rule->cases.empty()) << rule->id;
        EXPECT_TRUE(std::filesystem::is_directory(std::filesystem::path(SOURCE_DIR) / rule->cases))
            << rule->id;
    }
    EXPECT_EQ(describe_statements(clinical::knowledge()).find("**none**"), std::string::npos);
}

}  // namespace
}  // namespace cards
