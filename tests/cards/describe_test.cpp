// The review document: complete for the knowledge as shipped, exact for a small one, and the same every time.
#include "cards/describe.hpp"
#include "cards/markdown.hpp"
#include "cards/render.hpp"
#include "tests/support/cards_clinical.hpp"
#include "tests/support/cards_knowledge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <string>

namespace cards {
namespace {

using testing::HasSubstr;

/// HasSubstr without printing 250 KB.
void expect_in(const std::string& document, const std::string& part) {
    EXPECT_NE(document.find(part), std::string::npos) << part;
}

const std::string& shipped() {
    static const std::string document = describe(clinical::knowledge());
    return document;
}

TEST(Describe, OfASmallKnowledgeIsThisDocument) {
    const auto loaded = SmallKnowledge().load();
    ASSERT_TRUE(loaded.problems.empty());
    std::ifstream file(SOURCE_DIR "/tests/cards/describe_small.md");
    const std::string expected{std::istreambuf_iterator<char>(file), {}};

    EXPECT_EQ(describe(*loaded.knowledge), expected);
}

TEST(Describe, DependsOnTheKnowledgeOnlyNotOnTheOrderOfItsFiles) {
    const SmallKnowledge small;
    auto files = small.files();
    std::reverse(files.begin(), files.end());

    EXPECT_EQ(describe(*small.load().knowledge), describe(*Knowledge::load(std::move(files)).knowledge));
    EXPECT_EQ(describe(clinical::knowledge()), shipped());
}

TEST(Describe, HoldsEveryRuleWithItsWords) {
    for (const auto& rule : clinical::knowledge().rules()) {
        SCOPED_TRACE(rule->id);
        const std::string section = describe_rule(clinical::knowledge(), *rule);
        expect_in(shipped(), section);
        expect_in(section, "version " + rule->version);
        expect_in(section, "last reviewed " + std::string(rule->resource->text_of("lastReviewDate")));
        expect_in(section, markdown::text(rule->summary, false));
        expect_in(section, markdown::text(rule->introduction, true));
        for (const Condition& condition : rule->conditions)
            expect_in(section, markdown::conditions({&condition, 1}));
        for (const Line& line : rule->lines) {
            expect_in(section, "- " + markdown::text(line.text, true) + "\n");
            expect_in(section, markdown::conditions(line.conditions));
        }
        for (const SuggestionPlan& suggestion : rule->suggestions) {
            expect_in(section, markdown::text(suggestion.label, false));
            for (const ActionPlan& action : suggestion.actions)
                expect_in(section, markdown::text(action.description, false));
        }
        for (const Link& link : rule->links) expect_in(section, "(<" + link.url + ">)");
        for (const Coding& reason : rule->override_reasons) expect_in(section, markdown::code(reason.code));
        for (const fhirpath::Expression* expression : expressions_of(*rule))
            expect_in(section, expression->text());
    }
}

TEST(Describe, HoldsEveryConceptServiceAndInput) {
    for (const Variable& variable : clinical::knowledge().variables()) {
        expect_in(shipped(), markdown::heading(4, variable.name, "concept", variable.name) +
                                 escaped_markdown(variable.description) + "\n\n" +
                                 markdown::code_block(variable.expression->text()));
    }
    for (const Service& service : clinical::knowledge().services()) {
        expect_in(shipped(), markdown::heading(3, service.title, "service", service.id));
        for (const std::size_t i : service.inputs)
            expect_in(shipped(), markdown::code(clinical::knowledge().inputs()[i].query));
    }
}

TEST(Describe, HoldsEveryCodeOfEveryValueSetAndWhoUsesIt) {
    for (const auto& [url, set] : clinical::knowledge().value_sets().all()) {
        const std::size_t start = shipped().find(markdown::code(url));
        ASSERT_NE(start, std::string::npos) << url;
        const std::string section = shipped().substr(start, shipped().find("<a id=", start) - start);
        for (const auto& coding : set->codings())
            expect_in(section,
                      "  - " + markdown::code(coding.code) + " " + escaped_markdown(coding.display) + "\n");
        EXPECT_EQ(section.find("Used by: nothing"), std::string::npos) << url;
    }
}

TEST(Describe, HasNoLinkThatLeadsNowhereAndNoPlaceTwice) {
    std::set<std::string> places;
    const std::string &document = shipped(), place = "<a id=\"", link = "](#";
    for (std::size_t at = document.find(place); at != std::string::npos; at = document.find(place, at + 1)) {
        const std::size_t start = at + place.size();
        const std::string name = document.substr(start, document.find('"', start) - start);
        EXPECT_TRUE(places.insert(name).second) << name;
    }
    for (std::size_t at = document.find(link); at != std::string::npos; at = document.find(link, at + 1)) {
        const std::size_t start = at + link.size();
        const std::string name = document.substr(start, document.find(')', start) - start);
        EXPECT_TRUE(places.contains(name)) << name;
    }
    EXPECT_GT(places.size(), 200U);
}

TEST(Describe, SaysOfARuleThatIsNotActiveOrLimitedInTime) {
    SmallKnowledge small;
    small.rule = replaced(small.rule, "\"status\": \"active\", \"date\"",
                          "\"status\": \"draft\", \"effectivePeriod\": { \"start\": \"2026-01\", \"end\": "
                          "\"2027\" }, \"date\"");
    const auto loaded = small.load();
    ASSERT_TRUE(loaded.knowledge) << to_string(loaded.problems.at(0));

    const std::string section = describe_rule(*loaded.knowledge, *loaded.knowledge->rules()[0]);

    EXPECT_THAT(section, HasSubstr("status draft: it never speaks"));
    EXPECT_THAT(
        section,
        HasSubstr(
            "dated 2026-01-01, last reviewed 2026-01-02, in effect from 2026-01, in effect until 2027"));
}

TEST(Markdown, ShowsCodeWhateverBackquotesAreInIt) {
    EXPECT_EQ(markdown::code("a"), "`a`");
    EXPECT_EQ(markdown::code("%`vs-a`"), "`` %`vs-a` ``");
    EXPECT_EQ(markdown::code("``"), "``` `` ```");
    EXPECT_EQ(markdown::code("a\nb"), "`a b`");
    EXPECT_EQ(markdown::code_block("a```"), "````fhirpath\na```\n````\n");
}

}  // namespace
}  // namespace cards
