// FHIRPath in a request: variables computed once, value sets, what a condition counts as, and threads.
#include "tests/fhir/fhirpath/evaluation.hpp"

#include <thread>
#include <utility>
#include <vector>

namespace {

using fhirpath::Environment;
using fhirpath::Expression;
using fhirpath::Item;
using fhirpath::Scope;

struct Request : testing::Test {
    std::pmr::monotonic_buffer_resource arena;
    std::unique_ptr<const fhir::Document> document = std::move(fhir::Document::parse(R"({
        "resourceType": "Condition",
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "1"}, {"system": "http://x.org/cs", "code": "b"}]},
        "severity": {"text": "grave"}, "bodySite": [{"coding": {"system": "http://x.org/cs", "code": "z"}}],
        "stage": [{"type": {"coding": [{"code": "b"}]}}], "language": "b"})")
                                                                   .value());
    std::unique_ptr<const fhir::Document> set = std::move(
        fhir::Document::parse(
            R"({"resourceType": "ValueSet", "url": "https://a.org/fhir/ValueSet/letters", "status": "active",
        "compose": {"include": [{"system": "http://x.org/cs", "concept": [{"code": "a"}, {"code": "b"}]}]}})")
            .value());
    fhir::ValueSets sets;
    Environment environment;

    Request() {
        EXPECT_TRUE(sets.add({&set->root()}).empty());
        environment.value_sets = &sets;
        environment.canonical_base = "https://a.org/fhir";
    }

    /// What the scope takes: the expressions by the slots of their variables.
    std::vector<const Expression*> by_slot(
        std::vector<std::pair<Environment::Slot, const Expression*>> pairs) const {
        std::vector<const Expression*> all(environment.size());
        for (const auto& [slot, expression] : pairs) all[slot] = expression;
        return all;
    }

    std::string evaluated(const std::string& expression) const {
        return fhirpath_test::evaluated(expression, &document->root(), environment);
    }
};

TEST_F(Request, MemberOfLooksAtSystemAndCode) {
    EXPECT_EQ(evaluated("code.memberOf('https://a.org/fhir/ValueSet/letters')"), "true");
    EXPECT_EQ(evaluated("code.memberOf(%`vs-letters`)"), "true");
    EXPECT_EQ(evaluated("code.coding.select(memberOf(%`vs-letters`))"), "false, true");
    EXPECT_EQ(evaluated("bodySite.memberOf(%`vs-letters`)"), "false");
    EXPECT_EQ(evaluated("severity.memberOf(%`vs-letters`)"), "false");
    EXPECT_EQ(evaluated("stage.type.memberOf(%`vs-letters`)"), "false");
    EXPECT_EQ(evaluated("language.memberOf(%`vs-letters`)"), "true");
    EXPECT_EQ(evaluated("evidence.code.memberOf(%`vs-letters`)"), "{}");
    EXPECT_EQ(evaluated("code.coding.memberOf(%`vs-letters`)"), "execution");
    EXPECT_EQ(evaluated("code.memberOf('https://a.org/fhir' + '/ValueSet/letters')"), "true");
}

TEST_F(Request, AnUnknownValueSetIsFoundAtCompileTimeIfItsUrlIsConstant) {
    EXPECT_EQ(evaluated("code.memberOf(%`vs-numbers`)"), "semantic");
    EXPECT_EQ(evaluated("code.memberOf('https://a.org/fhir/ValueSet/' & language)"), "execution");
}

TEST_F(Request, WellKnownNames) {
    EXPECT_EQ(evaluated("%`vs-letters`"), "https://a.org/fhir/ValueSet/letters");
    EXPECT_EQ(evaluated("%`vs-numbers`"), "http://hl7.org/fhir/ValueSet/numbers");
    EXPECT_EQ(evaluated("%`ext-birthTime`"), "http://hl7.org/fhir/StructureDefinition/birthTime");
    EXPECT_EQ(evaluated("%sct | %loinc | %ucum"),
              "http://snomed.info/sct, http://loinc.org, http://unitsofmeasure.org");
}

TEST_F(Request, AVariableIsComputedOnceOnTheContext) {
    const auto once = environment.add("once"), twice = environment.add("twice");
    const auto inner = Expression::compile("code.coding.trace('computed').code", environment);
    const auto outer = Expression::compile("%once | %once.select($this + '!')", environment);
    const auto asked = Expression::compile("%twice | %once", environment);
    Scope scope(environment, arena, fhirpath_test::moment());
    scope.set_context(Item::of_root(document->root()));
    const auto definitions = by_slot({{once, &inner}, {twice, &outer}});
    scope.define(definitions);
    int computed = 0;
    scope.on_trace = [&](std::string_view, const fhirpath::Collection&) { ++computed; };

    EXPECT_EQ(fhirpath_test::shown(asked.evaluate(scope), arena), "1, b, 1!, b!");
    EXPECT_EQ(computed, 1);
    asked.evaluate(scope);
    EXPECT_EQ(computed, 1);
}

TEST_F(Request, AVariableThatNeedsItselfOrHasNoValueIsAnError) {
    const auto a = environment.add("a"), b = environment.add("b"), c = environment.add("c");
    const auto of_a = Expression::compile("%b", environment),
               of_b = Expression::compile("%a + 1", environment);
    const auto unknown = Expression::compile("%c", environment);
    Scope scope(environment, arena, fhirpath_test::moment());
    const auto definitions = by_slot({{a, &of_a}, {b, &of_b}});
    scope.define(definitions);

    EXPECT_THROW(of_b.evaluate(scope), fhirpath::Error);
    EXPECT_THROW(unknown.evaluate(scope), fhirpath::Error);
    fhirpath::Collection value = scope.collection();
    value.push_back(Item::of(std::int64_t{5}));
    scope.set(a, value);
    scope.set(c, value);
    EXPECT_EQ(fhirpath_test::shown(of_b.evaluate(scope), arena), "6");
    EXPECT_EQ(fhirpath_test::shown(unknown.evaluate(scope), arena), "5");
}

TEST_F(Request, AChainOfVariablesMayNotBeTooLong) {
    std::vector<Expression> chain;
    std::vector<fhirpath::Environment::Slot> slots = {environment.add("v0")};
    chain.push_back(Expression::compile("1", environment));
    for (int i = 1; i < 10'000; ++i) {
        chain.push_back(Expression::compile("%v" + std::to_string(i - 1), environment));
        slots.push_back(environment.add("v" + std::to_string(i)));
    }
    Scope scope(environment, arena, fhirpath_test::moment());
    std::vector<const Expression*> definitions(environment.size());
    for (std::size_t i = 0; i < slots.size(); ++i) definitions[slots[i]] = &chain[i];
    scope.define(definitions);

    EXPECT_EQ(scope.variable(slots[50]).size(), 1U);
    EXPECT_THROW(scope.variable(slots.back()), fhirpath::Error);
    EXPECT_EQ(scope.depth, 0U);
}

TEST_F(Request, AConditionHoldsOnlyIfItIsExactlyTrue) {
    Scope scope(environment, arena, fhirpath_test::moment());
    scope.set_context(Item::of_root(document->root()));
    const auto holds = [&](const char* text) { return Expression::compile(text, environment).holds(scope); };

    EXPECT_TRUE(holds("code.exists()"));
    EXPECT_FALSE(holds("code.empty()"));
    EXPECT_FALSE(holds("{}"));
    EXPECT_FALSE(holds("1"));
    EXPECT_FALSE(holds("true | false"));
}

TEST_F(Request, WorkIsBoundedPerRequest) {
    Scope scope(environment, arena, fhirpath_test::moment());
    EXPECT_NO_THROW(scope.step(999'999));
    EXPECT_THROW(scope.step(2), fhirpath::Error);
}

TEST_F(Request, DepthIsBoundedAcrossVariables) {
    const auto nested = [](std::string core) {
        for (int i = 0; i < 80; ++i) core = "iif(true, " + core + ")";
        return core;
    };
    const auto inner = environment.add("inner");
    const auto value = Expression::compile(nested("1"), environment);
    const auto outer = Expression::compile(nested("%inner"), environment);
    Scope scope(environment, arena, fhirpath_test::moment());
    const auto definitions = by_slot({{inner, &value}});
    scope.define(definitions);

    EXPECT_THROW(outer.evaluate(scope), fhirpath::Error);
    EXPECT_EQ(fhirpath_test::shown(value.evaluate(scope), arena), "1");
    EXPECT_EQ(fhirpath_test::shown(scope.variable(inner), arena), "1");
}

TEST_F(Request, OneExpressionServesManyThreads) {
    const auto expression = Expression::compile(
        "code.coding.where(system = %sct and code.matches('^[0-9]$')).code in ('1' | '2')", environment);
    std::vector<std::thread> threads;
    std::vector<int> held(4);
    for (int& count : held)
        threads.emplace_back([&] {
            for (int i = 0; i < 100; ++i) {
                std::pmr::monotonic_buffer_resource own;
                Scope scope(environment, own, fhirpath_test::moment());
                scope.set_context(Item::of_root(document->root()));
                count += expression.holds(scope) ? 1 : 0;
            }
        });
    for (std::thread& thread : threads) thread.join();

    EXPECT_EQ(held, std::vector<int>(4, 100));
}

TEST(DisplayText, SaysItemsAsACardWould) {
    const auto document = std::move(fhir::Document::parse(R"({"resourceType": "Observation",
        "code": {"coding": [{"code": "x"}, {"display": "Tumour size"}]},
        "valueQuantity": {"value": 6.20, "unit": "cm"}, "effectiveDateTime": "2025-11-18"})")
                                        .value());
    struct Shown {
        std::string expression, text;
    };
    const Shown cases[] = {{"code", "Tumour size"},      {"code.coding[1]", "Tumour size"},
                           {"value", "6.20 cm"},         {"effective", "2025-11-18"},
                           {"value.value", "6.20"},      {"5.4 'mg'", "5.4 mg"},
                           {"3 months", "3 months"},     {"true", "true"},
                           {"'text'", "text"},           {"1 | 2", "1"},
                           {"code.coding[0]", "(none)"}, {"$this", "(none)"}};
    const Environment environment;
    std::pmr::monotonic_buffer_resource arena;
    Scope scope(environment, arena, fhirpath_test::moment());
    scope.set_context(Item::of_root(document->root()));

    for (const Shown& one : cases) {
        const auto expression = Expression::compile(one.expression, environment);
        const auto items = expression.evaluate(scope);
        ASSERT_FALSE(items.empty()) << one.expression;
        EXPECT_EQ(display_text(items.front(), arena).value_or("(none)"), one.text) << one.expression;
    }
}

}  // namespace
