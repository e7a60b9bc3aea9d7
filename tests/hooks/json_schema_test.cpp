// JSON Schema: each keyword with a value that it lets through and one that it does not, what faults say, and
// schemas that are refused. tests/contract asks ajv the same of our own schemas.
#include "hooks/json_schema.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using hooks::JsonSchema;
using hooks::SchemaFault;

std::vector<SchemaFault> faults(const std::string& schema, const std::string& value) {
    const auto document = fhir::Document::parse(value);
    EXPECT_TRUE(document) << value;
    return JsonSchema(schema).faults((*document)->root());
}

struct Case {
    std::string name, schema, right, wrong, message;
};

class Keyword : public testing::TestWithParam<Case> {};

TEST_P(Keyword, LetsThroughWhatFitsAndNamesWhatDoesNot) {
    const Case& given = GetParam();

    EXPECT_TRUE(faults(given.schema, given.right).empty()) << given.right;
    const auto found = faults(given.schema, given.wrong);

    ASSERT_EQ(found.size(), 1U) << given.wrong;
    EXPECT_EQ(found[0].message, given.message);
}

INSTANTIATE_TEST_SUITE_P(
    JsonSchema, Keyword,
    testing::Values(
        Case{"Type", R"({"type":"string"})", R"("a")", "null", "expected string, got null"},
        Case{"TypeIntegerWhichOnePointZeroIs", R"({"type":"integer"})", "1.0", "1.5",
             "expected integer, got 1.5"},
        Case{"TypeNumberWhichIntegersAre", R"({"type":"number"})", "1", "true", "expected number, got true"},
        Case{"SeveralTypes", R"({"type":["object","null"]})", "null", "[]",
             R"(expected "object" or "null", got an array)"},
        Case{"Enum", R"({"enum":["info","warning"]})", R"("info")", R"("hard-stop")",
             R"(expected "info" or "warning", got "hard-stop")"},
        Case{"EnumOfObjectsInAnyOrder", R"({"enum":[{"a":1,"b":[2]}]})", R"({"b":[2.0],"a":1})",
             R"({"a":1,"b":[3]})", R"(expected {"a":1,"b":[2]}, got an object)"},
        Case{"Const", R"({"const":"Bearer"})", R"("Bearer")", R"("bearer")",
             R"(expected "Bearer", got "bearer")"},
        Case{"Required", R"({"required":["a"]})", R"({"a":null})", R"({"b":1})", "required, but missing"},
        Case{"RequiredWhichOnlyObjectsMustHave", R"({"required":["a"]})", "[1]", "{}",
             "required, but missing"},
        Case{"Properties", R"({"properties":{"a":{"type":"string"}}})", R"({"b":1})", R"({"a":1})",
             "expected string, got 1"},
        Case{"AdditionalProperties", R"({"properties":{"a":{}},"additionalProperties":{"type":"string"}})",
             R"({"a":1,"b":"c"})", R"({"b":1})", "expected string, got 1"},
        Case{"Items", R"({"items":{"type":"string"}})", R"(["a"])", R"(["a",1])", "expected string, got 1"},
        Case{"MinLength", R"({"minLength":1})", R"("a")", R"("")", "expected at least 1 characters, got 0"},
        Case{"MaxLengthInCodePoints", R"({"maxLength":2})", "\"\u00e4\U0001F600\"", R"("abc")",
             "expected at most 2 characters, got 3"},
        Case{"MinItems", R"({"minItems":1})", "[1]", "[]", "expected at least 1 items, got 0"},
        Case{"MaxItems", R"({"maxItems":1})", "[1]", "[1,2]", "expected at most 1 items, got 2"},
        Case{"MinProperties", R"({"minProperties":1})", R"({"a":1})", "{}",
             "expected at least 1 members, got 0"},
        Case{"MaxProperties", R"({"maxProperties":0})", "{}", R"({"a":1})",
             "expected at most 0 members, got 1"},
        Case{"Minimum", R"({"minimum":2})", "2.0", "1.9", "expected at least 2, got 1.9"},
        Case{"PatternAnywhereInTheText", R"({"pattern":"b+"})", R"("abc")", R"("ac")",
             R"(expected text that matches b+, got "ac")"},
        Case{"AllOf", R"({"allOf":[{"minLength":1},{"maxLength":1}]})", R"("a")", R"("ab")",
             "expected at most 1 characters, got 2"},
        Case{"AnyOf", R"({"anyOf":[{"type":"null"},{"minLength":2}]})", "null", R"("a")",
             R"(fits none of the forms it may have, got "a")"},
        Case{"Not", R"({"not":{"pattern":"<"}})", R"("a")", R"("<b>")",
             R"(expected no text that matches <, got "<b>")"},
        Case{"NotAnything", R"({"properties":{"a":{"not":{}}}})", "{}", R"({"a":{}})",
             "must not stand here, got an object"},
        Case{"IfThen", R"({"if":{"required":["a"]},"then":{"required":["b"]}})", R"({"c":1})", R"({"a":1})",
             "required, but missing"},
        Case{"IfElse", R"({"if":{"type":"string"},"else":{"type":"null"}})", R"("a")", "1",
             "expected null, got 1"},
        Case{"Ref", R"({"$ref":"#/$defs/a","$defs":{"a":{"type":"string"}}})", R"("a")", "1",
             "expected string, got 1"},
        Case{
            "RefToItself",
            R"({"$ref":"#/$defs/tree","$defs":{"tree":{"type":"object","additionalProperties":{"$ref":"#/$defs/tree"}}}})",
            R"({"a":{"b":{}}})", R"({"a":{"b":1}})", "expected object, got 1"}),
    [](const auto& one) { return one.param.name; });

TEST(JsonSchema, NamesTheRuleNearestToTheConstraintAndThePath) {
    const std::string schema =
        R"({"$comment":"A-1","properties":{"a":{"$comment":"A-2","items":{"type":"string"}},
        "b":{"type":"string"}}})";

    const auto found = faults(schema, R"({"a":["x",1],"b":2})");

    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].rules, "A-2");
    EXPECT_EQ(found[0].path, "a[1]");
    EXPECT_EQ(found[1].rules, "A-1");
    EXPECT_EQ(found[1].path, "b");
}

TEST(JsonSchema, NamesTheRuleOfAMissingMemberByItsOwnSchemaAlsoBehindAReference) {
    const std::string schema = R"({"$comment":"A-1","$ref":"#/$defs/base","required":["a","b"],
        "$defs":{"base":{"properties":{"a":{"$comment":"A-2"}}}}})";

    const auto found = faults(schema, "{}");

    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].rules, "A-2");
    EXPECT_EQ(found[0].path, "a");
    EXPECT_EQ(found[1].rules, "A-1") << "b has no schema of its own";
}

TEST(JsonSchema, ShowsNotAllOfALongText) {
    const auto found = faults(R"({"maxLength":1,"pattern":"^a"})", "\"" + std::string(500, 'b') + "\"");

    ASSERT_EQ(found.size(), 2U);
    EXPECT_LT(found[1].message.size(), 150U);
}

TEST(JsonSchema, RefusesWhatItDoesNotKnow) {
    for (const std::string schema :
         {R"({"format":"uri"})", R"({"properties":{"a":{"uniqueItems":true}}})", R"({"type":"text"})",
          R"({"$ref":"#/$defs/a"})", R"({"$ref":"other.json","$defs":{"a":{}}})", R"({"pattern":"("})",
          R"({"allOf":{}})", R"({"items":true})", R"({"minLength":"1"})", "{", "[]"}) {
        EXPECT_THROW(JsonSchema{schema}, std::logic_error) << schema;
    }
}

}  // namespace
