// Clinical cases: every file below tests/clinical is a patient's chart and exactly the cards it must give.
#include "cards/chart.hpp"
#include "tests/support/cards_clinical.hpp"
#include "tests/support/cards_expectation.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory_resource>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace json = boost::json;

namespace {

using clinical::Answer;
using clinical::answer_to;
using clinical::case_files;
using clinical::json_of;
using clinical::string_of;

/// What holds for every card: the 140 characters, eight bullets (data-quality lines apart), and no command.
void expect_house_rules(const json::object& card) {
    const std::string summary = string_of(card.at("summary")), detail = string_of(card.at("detail"));
    EXPECT_LT(summary.size(), 140U) << summary;
    EXPECT_EQ(summary.find("\u2026"), std::string::npos) << "cut: " << summary;
    for (const std::string& text : {summary, detail}) {
        EXPECT_EQ(text.find(" must "), std::string::npos) << text;
        EXPECT_EQ(text.find("{{"), std::string::npos) << text;
    }
    static constexpr std::array<std::string_view, 7> quality = {
        "No diagnosis date", "An undated study", "Observations (TNM", "Not fully read",
        "The list of medic", "No birth date",    "Not found in what"};
    std::size_t bullets = 0;
    for (std::size_t at = detail.find("- "); at != std::string::npos; at = detail.find("\n- ", at)) {
        if (detail[at] == '\n') ++at;
        const std::string_view line = std::string_view(detail).substr(at + 2);
        if (std::none_of(quality.begin(), quality.end(),
                         [&](std::string_view start) { return line.starts_with(start); }))
            ++bullets;
        ++at;
    }
    EXPECT_LE(bullets, 8U) << detail;
    std::set<std::string> reasons;
    for (const json::value& reason : card.at("overrideReasons").as_array())
        reasons.insert(string_of(reason.at("code")));
    for (const char* code : {"notAsps", "teamDecision", "other"}) EXPECT_TRUE(reasons.contains(code)) << code;
}

class ClinicalCase : public testing::Test {
  public:
    explicit ClinicalCase(std::filesystem::path path) : path_(std::move(path)) {}

    void TestBody() override {
        const json::object test = json_of(path_).as_object();
        const Answer answer = answer_to(test, clinical::request_of(test));
        SCOPED_TRACE(string_of(test.at("why")) + answer.reasons);
        for (const std::string& difference : clinical::differences(path_, test, answer))
            ADD_FAILURE() << difference;
        for (const auto& [rule, kind] : answer.outcomes) EXPECT_NE(kind, cards::Outcome::Kind::error) << rule;
        for (const json::value& card : answer.body.at("cards").as_array())
            expect_house_rules(card.as_object());
    }

  private:
    std::filesystem::path path_;
};

std::string test_name(const std::filesystem::path& path) {
    std::string name = path.stem().string();
    std::replace_if(
        name.begin(), name.end(), [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
    return name;
}

/// One GoogleTest case a file: the folder is the suite, the file name the case.
const bool registered = [] {
    for (const std::filesystem::path& path : case_files()) {
        const std::string suite = "Clinical_" + test_name(path.parent_path());
        testing::RegisterTest(suite.c_str(), test_name(path).c_str(), nullptr, nullptr, path.c_str(), 1,
                              [path]() -> testing::Test* { return new ClinicalCase(path); });
    }
    return true;
}();

}  // namespace

namespace cards {

TEST(ClinicalCases, EveryRuleHasACaseInWhichItSpeaksAndOneInWhichItIsSilent) {
    ASSERT_TRUE(registered);
    std::map<std::string, std::pair<int, int>> seen;  // fired, silent
    for (const auto& rule : clinical::knowledge().rules()) seen[rule->id];
    for (const std::filesystem::path& path : clinical::case_files()) {
        const auto test = clinical::json_of(path).as_object();
        for (const auto& [rule, kind] : clinical::answer_to(test, clinical::request_of(test)).outcomes) {
            if (kind == Outcome::Kind::fired) ++seen[rule].first;
            if (kind == Outcome::Kind::silent) ++seen[rule].second;
        }
    }
    for (const auto& [rule, counts] : seen) {
        EXPECT_GT(counts.first, 0) << rule << " never speaks";
        EXPECT_GT(counts.second, 0) << rule << " is never silent";
    }
}

TEST(ClinicalCases, EveryYesNoConceptIsTrueInOneAndFalseInAnother) {
    const Knowledge& knowledge = clinical::knowledge();
    const std::vector<fhir::TypeId> boolean{static_cast<fhir::TypeId>(fhir::System::Boolean)};
    std::map<std::string, std::pair<int, int>> seen;  // true, not true
    for (const std::filesystem::path& path : clinical::case_files()) {
        const auto test = clinical::json_of(path).as_object();
        const auto request = fhir::Document::parse(boost::json::serialize(clinical::request_of(test)));
        ASSERT_TRUE(request) << path;
        const fhir::Node& root = (*request)->root();
        const Chart chart = Chart::from_request(knowledge, *root.find("context"), root.find("prefetch"));
        std::pmr::monotonic_buffer_resource arena;
        with_scope(knowledge, clinical::service_of(knowledge, test).hook, chart, clinical::now_of(test),
                   arena, [&](fhirpath::Scope& scope) {
                       for (const Variable& variable : knowledge.variables()) {
                           if (knowledge.environment().types(variable.slot) != boolean) continue;
                           const std::string& written = variable.expression->text();
                           if (written == "true" || written == "false") continue;  // a site's setting
                           auto& counts = seen[variable.name];
                           ++(variable.expression->holds(scope) ? counts.first : counts.second);
                       }
                   });
    }
    for (const auto& [variable, counts] : seen) {
        EXPECT_GT(counts.first, 0) << variable << " is never true";
        EXPECT_GT(counts.second, 0) << variable << " is always true";
    }
}

TEST(ClinicalCases, TheShippedKnowledgeLoadsWithoutWarnings) {
    EXPECT_NO_THROW(clinical::knowledge());
    for (const Problem& warning : Knowledge::load(clinical::knowledge_files()).warnings)
        ADD_FAILURE() << to_string(warning);
}

}  // namespace cards
