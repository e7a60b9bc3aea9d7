// FHIRPath syntax: literals, precedence, comments, limits, and messages for what does not compile.
#include "tests/fhir/fhirpath/evaluation.hpp"

namespace {

using fhirpath_test::expect_all;

TEST(FhirpathSyntax, LiteralsOfEveryType) {
    expect_all({
        {"{}", "{}"},
        {"true", "true"},
        {"'a\\'b\\u0041\\n'", "a'bA\n"},
        {"'\\uD83D\\uDE00'.length()", "1"},
        {"42", "42"},
        {"5.40", "5.40"},
        {"@2024-02", "2024-02"},
        {"@2024-02-29T10:30:00.5Z", "2024-02-29T10:30:00.5Z"},
        {"@T14:30", "14:30"},
        {"5.4 'mg'", "5.4 'mg'"},
        {"12 months", "12 months"},
    });
}

TEST(FhirpathSyntax, OperatorsBindAsInTheGrammar) {
    expect_all({
        {"1 + 2 * 3", "7"},
        {"(1 + 2) * 3", "9"},
        {"8 - 2 - 1", "5"},
        {"-2.abs()", "-2"},
        {"1 | 2 = 1 | 2", "true"},
        {"1 < 2 and 2 < 1 or true", "true"},
        {"false implies false and false", "true"},
        {"1 | 2 is Integer", "1, true"},
        {"'a' in 'a' | 'b'", "true"},
        {"1 + 1 in (2 | 3)", "true"},
    });
}

TEST(FhirpathSyntax, ABackslashBeforeWhatIsNoEscapeIsIgnored) {
    expect_all({
        {R"('\p')", "p"},
        {R"('\\p')", R"(\p)"},
        {R"('\3')", "3"},
        {R"('\u005')", "u005"},
        {R"('\')", "syntax"},
        {R"('\)", "syntax"},
        {R"('\ud83d')", "syntax"},
    });
}

TEST(FhirpathSyntax, WhatFollowsATypeIsAStepOfTheCast) {
    expect_all({
        {"'abc' as String.length()", "3"},
        {"'abc' as System.String.length() + 1", "4"},
        {"1 is Integer.not()", "false"},
        {"(1 | 2).first() as Integer[0]", "1"},
        {"1 | 2 as Integer.toString()", "1, 2"},
    });
}

TEST(FhirpathSyntax, CommentsAndKeywordsAsNames) {
    expect_all(R"({"contains": "c", "is": "i", "div": "d", "resourceType": "x"})",
               {{"contains // a comment", "c"},
                {"/* before */ is", "i"},
                {"`div`", "d"},
                {"$this.div", "d"},
                {"contains /* unclosed", "syntax"}});
}

TEST(FhirpathSyntax, WhatIsNoExpressionIsASyntaxError) {
    expect_all({
        {"", "syntax"},
        {"1 +", "syntax"},
        {"(1", "syntax"},
        {"'open", "syntax"},
        {"@2024-13", "syntax"},
        {"@2023-02-29", "syntax"},
        {"@T14:34:28Z", "syntax"},
        {"a b", "syntax"},
        {"$that", "syntax"},
        {"#", "syntax"},
        {"99999999999999999999", "syntax"},
        {"'\\uD83D'", "syntax"},
    });
}

TEST(FhirpathSyntax, HostileNestingIsRefusedBeforeTheStackEnds) {
    const std::string open(100'000, '('), minus(100'000, '-');
    std::string steps = "a", alternatives = "1 = 1", sums = "1";
    for (int i = 0; i < 100'000; ++i) steps += "[0";
    for (int i = 0; i < 1'000; ++i) alternatives += " or 1 = 2";
    for (int i = 0; i < 100'000; ++i) sums += "+1";

    std::string calls = "1";
    for (int i = 0; i < 150; ++i) calls = "iif(true, " + calls + ")";
    expect_all({{open, "syntax"},
                {calls, "syntax"},
                {minus + "1", "syntax"},
                {steps, "syntax"},
                {sums, "syntax"},
                {alternatives, "true"}});
}

struct Message {
    std::string expression, message;
    std::size_t position;
};

TEST(FhirpathSyntax, MessagesSayWhatWasMeantAndWhere) {
    fhirpath::Environment environment;
    environment.add("conditions");
    const Message messages[] = {
        {"a.exist()", "unknown function 'exist'; did you mean 'exists'?", 2},
        {"a.where()", "where() takes 1 arguments, not 0", 2},
        {"a.exists() and %condition.exists()", "unknown name %condition; did you mean %conditions?", 15},
        {"a is Conditon", "unknown type 'Conditon'; did you mean 'Condition'?", 2},
        {"a.matches('(')", "not a regular expression: missing ): (", 10},
        {"a.memberOf('http://x.org/vs')", "unknown value set 'http://x.org/vs'", 11},
    };

    for (const Message& expected : messages) try {
            fhirpath::Expression::compile(expected.expression, environment);
            ADD_FAILURE() << expected.expression << " compiled";
        } catch (const fhirpath::Error& error) {
            EXPECT_EQ(error.kind(), fhirpath::Error::Kind::semantic) << expected.expression;
            EXPECT_EQ(error.what(), expected.message);
            EXPECT_EQ(error.position(), expected.position) << expected.expression;
        }
}

TEST(FhirpathSyntax, AnExpressionKnowsItsVariables) {
    fhirpath::Environment environment;
    const auto a = environment.add("a"), b = environment.add("b");
    environment.add("c");

    const auto expression = fhirpath::Expression::compile("%b.x + %a.y.where($this in %b)", environment);

    EXPECT_EQ(expression.variables(), (std::vector{b, a}));
}

}  // namespace
