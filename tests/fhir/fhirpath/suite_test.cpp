// The official FHIRPath R4 test suite, one test a case, where its folder is at hand (FHIRPATH_SUITE); those
// whose input is there as XML too run on both.
#include "fhir/document.hpp"
#include "fhir/fhirpath/authoring/check.hpp"
#include "fhir/fhirpath/expression.hpp"

#include <gtest/gtest.h>

#include <rapidxml/rapidxml.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>
#include <vector>

namespace {

using fhirpath::Collection;
using fhirpath::Item;

// The number of suite tests that pass. It may only grow.
constexpr std::size_t passing_at_least = 655;

// Tests that we know to fail: group, position in the group (from 1), why.
const std::map<std::pair<std::string, int>, std::string> expected_failures = {};

struct Output {
    std::string type, text;
};

struct Case {
    std::string group;
    int position = 0;
    std::string name, expression, input;
    bool on_xml = false;  // on the XML twin of the input
    bool invalid = false, strict = false, predicate = false, ordered = true;
    std::vector<Output> outputs;
};

std::filesystem::path folder() {
    const char* given = std::getenv("FHIRPATH_SUITE");
    return given ? std::filesystem::path(given)
                 : std::filesystem::path(SOURCE_DIR) / "../shared/fhirpath-suite";
}

std::string read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string attribute(const rapidxml::xml_node<>& node, const char* name) {
    const auto* found = node.first_attribute(name);
    return found ? std::string(found->value(), found->value_size()) : "";
}

std::vector<Case> load() {
    std::string text = read(folder() / "tests-fhir-r4.xml");
    std::vector<Case> cases;
    if (text.empty()) return cases;
    rapidxml::xml_document<> document;
    document.parse<0>(text.data());
    for (auto* group = document.first_node("tests")->first_node("group"); group;
         group = group->next_sibling("group")) {
        int position = 0;
        for (auto* test = group->first_node("test"); test; test = test->next_sibling("test")) {
            const auto* expression = test->first_node("expression");
            Case one;
            one.group = attribute(*group, "name");
            one.position = ++position;
            one.name = attribute(*test, "name");
            one.expression = expression->value();
            one.input = attribute(*test, "inputfile");
            one.invalid = expression->first_attribute("invalid") != nullptr;
            one.strict = attribute(*test, "mode") == "strict" || attribute(*expression, "mode") == "strict";
            one.predicate = attribute(*test, "predicate") == "true";
            one.ordered = attribute(*test, "ordered") != "false";
            for (auto* output = test->first_node("output"); output; output = output->next_sibling("output"))
                one.outputs.push_back({attribute(*output, "type"), output->value()});
            cases.push_back(std::move(one));
        }
    }
    return cases;
}

std::filesystem::path input_file(const Case& test) {
    const std::string name = std::filesystem::path(test.input).stem().string();
    return test.on_xml ? folder() / "input-xml" / (name + ".xml") : folder() / "input" / (name + ".json");
}

const fhir::Node* resource(const Case& test) {
    static std::map<std::filesystem::path, std::unique_ptr<const fhir::Document>> documents;
    if (test.input.empty()) return nullptr;
    auto& document = documents[input_file(test)];
    if (!document) document = std::move(fhir::Document::read(read(input_file(test))).value());
    return &document->root();
}

std::string text_of(const Item& item, std::pmr::memory_resource& arena) {
    const auto value = system_value(item, arena);
    if (!value) return "(no value)";
    if (value->tag == Item::Tag::quantity) return value->quantity->to_string();
    return display_text(*value, arena).value_or("(no text)");
}

bool matches(const Item& item, const Output& output, std::pmr::memory_resource& arena) {
    std::string expected = output.text;
    if (expected.starts_with("@T"))
        expected.erase(0, 2);
    else if (expected.starts_with("@"))
        expected.erase(0, 1);
    const std::string actual = text_of(item, arena);
    const auto value = system_value(item, arena);
    if (value && (value->tag == Item::Tag::integer || value->tag == Item::Tag::decimal)) {
        const auto number = fhirpath::Decimal::parse(expected), found = fhirpath::Decimal::parse(actual);
        return number && found && *number == *found;
    }
    return actual == expected;
}

// What is wrong; empty if the test passes.
std::string run(const Case& test) {
    std::pmr::monotonic_buffer_resource arena;
    fhirpath::Environment environment;
    const fhirpath::Now now{*fhirpath::Temporal::parse_date_time("2026-01-15T12:00:00.000Z")};
    const fhir::Node* root = resource(test);
    const Item focus = root ? Item::of_root(*root) : Item();
    try {
        const auto expression = fhirpath::Expression::compile(test.expression, environment);
        std::vector<fhirpath::Error> faults;
        if (test.strict && root) check_paths(expression.tree(), {{focus.type}}, environment, faults);
        if (!faults.empty()) throw fhirpath::Error(faults.front());
        fhirpath::Scope scope(environment, arena, now);
        Collection result = expression.evaluate(scope, root ? &focus : nullptr);
        if (test.invalid) return "no error though it is invalid";
        if (test.predicate) {
            const bool truth =
                !result.empty() && (result.size() > 1 || text_of(result.front(), arena) != "false");
            result.clear();
            result.push_back(Item::of(truth));
        }
        std::string got;
        for (const Item& item : result) got += " " + text_of(item, arena);
        if (result.size() != test.outputs.size())
            return std::to_string(result.size()) + " items, not " + std::to_string(test.outputs.size()) +
                   ":" + got;
        std::vector<Output> open = test.outputs;
        for (const Item& item : result) {
            auto place = open.begin();
            while (place != open.end() && !matches(item, *place, arena))
                place = test.ordered ? open.end() : place + 1;
            if (place == open.end())
                return "expected " + (open.empty() ? "" : open.front().text) + ", got" + got;
            open.erase(place);
        }
        return "";
    } catch (const fhirpath::Error& error) {
        return test.invalid ? "" : std::string("error: ") + error.what();
    }
}

struct Count {
    int passed = 0, failed = 0;
};
std::map<std::string, Count> counts;
Count on_xml;

class SuiteTest : public testing::Test {
  public:
    explicit SuiteTest(Case test) : test_(std::move(test)) {}
    void TestBody() override {
        const std::string problem = run(test_);
        Count& count = test_.on_xml ? on_xml : counts[test_.group];
        ++(problem.empty() ? count.passed : count.failed);
        const auto known = expected_failures.find({test_.group, test_.position});
        if (known == expected_failures.end())
            EXPECT_EQ(problem, "") << test_.expression;
        else
            EXPECT_NE(problem, "") << "passes now: take it off expected_failures: " << test_.expression;
    }

  private:
    Case test_;
};

class Summary : public testing::Environment {
  public:
    void TearDown() override {
        Count all;
        for (const auto& [group, count] : counts) {
            std::cout << group << ": " << count.passed << " passed, " << count.failed << " failed\n";
            all.passed += count.passed;
            all.failed += count.failed;
        }
        if (!counts.empty())
            std::cout << "FHIRPath suite: " << all.passed << " passed, " << all.failed << " failed\n";
        if (on_xml.passed + on_xml.failed > 0)
            std::cout << "Of these, on XML inputs: " << on_xml.passed << " passed, " << on_xml.failed
                      << " failed\n";
    }
};

// Registered before main(), so that test discovery finds every case.
const bool registered = [] {
    testing::AddGlobalTestEnvironment(new Summary);
    for (const Case& test : load()) {
        std::string name;
        for (const char c : test.group + "_" + std::to_string(test.position) + "_" + test.name)
            name.push_back(std::isalnum(static_cast<unsigned char>(c)) ? c : '_');
        testing::RegisterTest("FhirpathSuite", name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                              [test]() -> testing::Test* { return new SuiteTest(test); });
        Case twin = test;
        twin.on_xml = true;
        if (test.input.empty() || !std::filesystem::exists(input_file(twin))) continue;
        testing::RegisterTest("FhirpathSuiteXml", name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                              [twin]() -> testing::Test* { return new SuiteTest(twin); });
    }
    return true;
}();

TEST(FhirpathSuiteCheck, TheCheckAtLoadRefusesNoExpressionThatGivesAResult) {
    const std::vector<Case> cases = load();
    if (cases.empty()) GTEST_SKIP() << "skipped: no FHIRPath suite";
    const fhirpath::Environment environment;

    for (const Case& test : cases) {
        if (test.invalid || test.outputs.empty()) continue;  // empty for every input: a fault to an author
        fhirpath::Focus focus;
        if (const fhir::Node* root = resource(test)) focus.types.push_back(root->resource_type);
        const auto checked = fhirpath::check(test.expression, focus, environment);
        EXPECT_TRUE(checked.faults.empty()) << test.expression << ": " << checked.faults.front().what();
    }
}

TEST(FhirpathSuiteRatchet, TheNumberOfPassingTestsNeverFalls) {
    const std::vector<Case> cases = load();
    if (cases.empty()) GTEST_SKIP() << "skipped: no FHIRPath suite";

    std::size_t passed = 0;
    for (const Case& test : cases)
        if (run(test).empty()) ++passed;

    EXPECT_GE(passed, passing_at_least);
}

}  // namespace
