// JSON reading: what becomes of a text, and what is refused, with the place where it is wrong.
#include "fhir/parse.hpp"

#include "fhir/json_writer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace fhir {
namespace {

struct Parsed {
    std::string text;
    std::pmr::monotonic_buffer_resource arena;
    Result<const Node*> root;
    explicit Parsed(std::string json, ParseLimits limits = {})
        : text(std::move(json)), root(parse_json(text, arena, limits)) {}
};

std::string written(const Node& node) {
    std::string out;
    write_json(out, node);
    return out;
}

TEST(ParseJson, KeepsNumbersAsTheyWereWritten) {
    const Parsed parsed(R"({"value":5.40,"n":[1e3,-0,123456789012345678901234567890]})");

    ASSERT_TRUE(parsed.root);
    EXPECT_EQ((*parsed.root)->find("value")->text(), "5.40");
    EXPECT_EQ(written(**parsed.root), parsed.text);
}

TEST(ParseJson, StringsWithoutEscapesAreViewsOfTheText) {
    const Parsed parsed(R"({"display":"Lung","text":"a\"b\u00e9\n"})");

    const std::string_view plain = (*parsed.root)->find("display")->text();
    EXPECT_GE(plain.data(), parsed.text.data());
    EXPECT_LT(plain.data(), parsed.text.data() + parsed.text.size());
    EXPECT_EQ((*parsed.root)->find("text")->text(), "a\"b\u00e9\n");
}

TEST(ParseJson, TypesAResourceWhereverResourceTypeStands) {
    const Parsed parsed(
        R"({"prefetch":{"patient":{"id":"p","resourceType":"Patient"},"x":{"resourceType":"Nonsense"}}})");

    const Node& prefetch = *(*parsed.root)->find("prefetch");
    EXPECT_EQ(prefetch.find("patient")->resource_type, Model::r4().type_id("Patient"));
    EXPECT_EQ(prefetch.find("x")->resource_type, 0);
}

TEST(ParseJson, FindsMembersWhoseNamesR4DoesNotKnow) {
    const Parsed parsed(R"({"hookInstance":"h","com.epic.cdshooks.request":1,"_status":{"id":"s"},"":0})");

    const Node& root = **parsed.root;
    EXPECT_EQ(root.text_of("hookInstance"), "h");
    ASSERT_NE(root.find("com.epic.cdshooks.request"), nullptr);
    EXPECT_EQ(root.find("com.epic.cdshooks.request")->name(), "com.epic.cdshooks.request");
    EXPECT_EQ(root.find("_status")->text_of("id"), "s");
    EXPECT_EQ(root.find("nothing"), nullptr);
}

TEST(ParseJson, FindsEveryNameOfR4WhateverStandsBesideIt) {
    const Model& model = Model::r4();
    std::string all = "{";
    for (NameId name = 2; name < model.name_count(); ++name)
        all += "\"" + std::string(model.name(name)) + "\":" + std::to_string(name) + ",";
    const Parsed together(all + "\"mine\":0}");

    ASSERT_TRUE(together.root);
    for (NameId name = 2; name < model.name_count(); ++name) {
        const Parsed alone("{\"" + std::string(model.name(name)) + "\":1}");
        ASSERT_NE((*together.root)->find(name), nullptr) << model.name(name);
        EXPECT_EQ((*together.root)->find(name)->text(), std::to_string(name));
        EXPECT_NE((*alone.root)->find(name), nullptr) << model.name(name);
        EXPECT_EQ((*alone.root)->find(name ^ 1), nullptr) << model.name(name);
        EXPECT_EQ((*alone.root)->has_siblings(), name % 2 == 1) << model.name(name);
    }
}

TEST(PathOf, SaysWhereANodeStandsAsFhirPathDoes) {
    const Parsed parsed(R"({"prefetch":{"conditions":{"entry":[{},{"resource":{"code":"x"}}]}}})");

    const Node& entry = *(*parsed.root)->find("prefetch")->find("conditions")->find("entry");
    const Node& resource = *entry.first_child->next->find("resource");
    EXPECT_EQ(path_of(*resource.find("code")), "prefetch.conditions.entry[1].resource.code");
    EXPECT_EQ(path_of(**parsed.root), "");
}

struct Refused {
    const char* name;
    const char* text;
    IssueCode code;
    const char* path;
};

class RefusedJson : public testing::TestWithParam<Refused> {};

TEST_P(RefusedJson, IsRefusedWithItsPlace) {
    const Parsed parsed(GetParam().text);

    ASSERT_FALSE(parsed.root);
    EXPECT_EQ(parsed.root.error().code, GetParam().code);
    EXPECT_EQ(parsed.root.error().expression, GetParam().path);
    EXPECT_FALSE(parsed.root.error().diagnostics.empty());
}

// J-8: what one reader could take for another patient, another dose or nothing is refused.
INSTANTIATE_TEST_SUITE_P(
    ParseJson, RefusedJson,
    testing::Values(Refused{"empty", "", IssueCode::structure, ""},
                    Refused{"word", "hello", IssueCode::structure, ""},
                    Refused{"half", R"({"a":{"b":[1,)", IssueCode::structure, "a.b"},
                    Refused{"extra", R"({} {})", IssueCode::structure, ""},
                    Refused{"comment", R"({/*x*/})", IssueCode::structure, ""},
                    Refused{"trailingComma", R"({"a":[1,]})", IssueCode::structure, "a"},
                    Refused{"byteOrderMark", "\xEF\xBB\xBF{}", IssueCode::structure, ""},
                    Refused{"brokenUtf8", "{\"a\":\"\xC3(\"}", IssueCode::structure, "a"},
                    Refused{"loneSurrogate", R"({"a":"\ud800"})", IssueCode::structure, "a"},
                    Refused{"rawControl", "{\"a\":\"x\ny\"}", IssueCode::structure, "a"},
                    Refused{"infinite", R"({"valueDecimal":1e400})", IssueCode::value, "valueDecimal"},
                    Refused{"twoPatients", R"({"context":{"patientId":"a","patientId":"b"}})",
                            IssueCode::duplicate, "context.patientId"},
                    Refused{"repeatedAfterNesting", R"({"code":{"code":1},"x":[],"code":2})",
                            IssueCode::duplicate, "code"},
                    Refused{"repeatedUnknownName", R"({"zz9":1,"yy":2,"zz9":3})", IssueCode::duplicate,
                            "zz9"}),
    [](const auto& tested) { return tested.param.name; });

TEST(ParseJson, FindsARepeatedMemberAmongThousands) {
    std::string text = "{";
    for (int i = 0; i < 5000; ++i) text += "\"k" + std::to_string(i) + "\":0,";
    const Parsed well(text + "\"id\":1}");
    const Parsed twice(text + "\"k4711\":1}");

    EXPECT_TRUE(well.root);
    ASSERT_FALSE(twice.root);
    EXPECT_EQ(twice.root.error().expression, "k4711");
}

TEST(ParseJson, FindsARepeatedMemberWhicheverNameOfR4ItHas) {
    const Model& model = Model::r4();
    std::vector<std::string> names;
    for (const Element* element : model.elements(model.type_id("Patient"))) {
        names.emplace_back(model.name(element->name));
        names.emplace_back("_" + names.back());
    }
    std::string once = "{";
    for (const std::string& name : names) once += "\"" + name + "\":[{\"" + name + "\":1}],";

    EXPECT_TRUE(Parsed(once + "\"x\":1}").root);
    for (const std::string& name : names) {
        const Parsed twice(once + "\"" + name + "\":1}");
        ASSERT_FALSE(twice.root) << name;
        EXPECT_EQ(twice.root.error().expression, name);
    }
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(ParseJson, TakesSixtyLevelsAndRefusesAHundredThousand) {
    EXPECT_TRUE(Parsed(nested(60)).root);
    const Parsed deep(nested(100'000));
    ASSERT_FALSE(deep.root);
    EXPECT_NE(deep.root.error().diagnostics.find("64 levels"), std::string::npos);
}

TEST(ParseJson, RefusesMoreBytesThanAllowed) {
    const Parsed parsed(R"({"a":"0123456789"})", {.depth = 64, .bytes = 10});

    ASSERT_FALSE(parsed.root);
    EXPECT_EQ(parsed.root.error().code, IssueCode::too_long);
}

TEST(OperationOutcome, CarriesCodeDiagnosticsAndPlace) {
    const Issue issue{IssueCode::not_found, "no \"such\" service", "context.patientId"};

    EXPECT_EQ(operation_outcome(issue),
              R"({"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"not-found",)"
              R"("diagnostics":"no \"such\" service","expression":["context.patientId"]}]})");
}

TEST(WriteJson, EscapesWhatJsonWantsEscaped) {
    std::string out;
    write_json_string(out, std::string_view("a\"\\\n\x01\x7f\u00e9", 8));

    EXPECT_EQ(out, "\"a\\\"\\\\\\n\\u0001\x7f\u00e9\"");
}

TEST(WriteJson, EscapesWhereverItStandsInTheText) {
    for (std::size_t at = 0; at < 20; ++at) {
        for (const auto& [byte, written] : {std::pair{'"', "\\\""},
                                            {'\\', "\\\\"},
                                            {'\x1f', "\\u001f"},
                                            {' ', " "},
                                            {'!', "!"},
                                            {'\x7f', "\x7f"}}) {
            const std::string before(at, '\xa2'), behind(19 - at, 'x');
            std::string out;
            write_json_string(out, before + byte + behind);

            EXPECT_EQ(out, "\"" + before + written + behind + "\"");
        }
    }
}

}  // namespace
}  // namespace fhir
