// Value sets: which codes count as the same, and which value sets are refused at load.
#include "fhir/valueset.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fhir {
namespace {

struct Loaded {
    std::vector<std::unique_ptr<const Document>> documents;
    ValueSets sets;
    std::vector<ValueSets::Fault> faults;
    explicit Loaded(std::vector<std::string> texts) {
        std::vector<const Node*> resources;
        for (std::string& text : texts) {
            documents.push_back(std::move(Document::parse(std::move(text)).value()));
            resources.push_back(&documents.back()->root());
        }
        faults = sets.add(resources);
    }
};

std::string value_set(const std::string& id, const std::string& include) {
    return R"({"resourceType":"ValueSet","url":"https://x/)" + id + R"(","compose":{"include":[)" + include +
           "]}}";
}

constexpr const char* codes = R"(
    {"system":"http://hl7.org/fhir/sid/icd-10-cm","concept":[{"code":"C49.21"}]},
    {"system":"http://terminology.hl7.org/CodeSystem/icd-o-3","concept":[{"code":"9581/3"}]},
    {"system":"http://snomed.info/sct","concept":[{"code":"94391008","display":"Lung"}]},
    {"system":"http://hl7.org/fhir/sid/ndc","concept":[{"code":"00078107766"}]})";

struct Spelling {
    const char* name;
    const char* system;
    const char* code;
    bool expected;
};

class Membership : public testing::TestWithParam<Spelling> {};

TEST_P(Membership, FoldsTheSpellingsThatReallyArrive) {
    const Loaded loaded({value_set("s", codes)});

    ASSERT_TRUE(loaded.faults.empty());
    EXPECT_EQ(loaded.sets.find("https://x/s")->contains(GetParam().system, GetParam().code),
              GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    ValueSet, Membership,
    testing::Values(
        Spelling{"asWritten", "http://snomed.info/sct", "94391008", true},
        Spelling{"otherCode", "http://snomed.info/sct", "94391009", false},
        Spelling{"oidOfTheSystem", "urn:oid:2.16.840.1.113883.6.96", "94391008", true},
        Spelling{"editionInTheSystem", "http://snomed.info/sct/731000124108", "94391008", true},
        Spelling{"versionAndSlash", "HTTP://SNOMED.info/sct/|2024", "94391008", true},
        Spelling{"blanksAround", "http://snomed.info/sct", " 94391008 ", true},
        Spelling{"otherSystemSameCode", "http://loinc.org", "94391008", false},
        Spelling{"noSystem", "", "94391008", false},
        Spelling{"icd10WithoutDot", "urn:oid:2.16.840.1.113883.6.90", "C4921 ", true},
        Spelling{"icd10LowerCase", "http://hl7.org/fhir/sid/icd-10-cm", "c49.21", true},
        Spelling{"icd10Parent", "http://hl7.org/fhir/sid/icd-10-cm", "C49.2", false},
        Spelling{"icdoGradeDigit", "http://terminology.hl7.org/CodeSystem/icd-o-3", "9581/33", true},
        Spelling{"icdoGradeBehindBlank", "http://terminology.hl7.org/CodeSystem/icd-o-3", "9581/3 3", true},
        Spelling{"icdoLetter", "http://terminology.hl7.org/CodeSystem/icd-o-3", "M9581/3", true},
        Spelling{"icdoLetterHyphenNoSlash", "http://terminology.hl7.org/CodeSystem/icd-o-3", "M-95813", true},
        Spelling{"icdoMetastaticBehaviour", "http://terminology.hl7.org/CodeSystem/icd-o-3", "9581/6", false},
        Spelling{"icdoShapeWithoutSystem", "", "9581/3", true},
        Spelling{"ndcHyphened", "http://hl7.org/fhir/sid/ndc", "0078-1077-66", true}),
    [](const auto& tested) { return tested.param.name; });

TEST(ValueSets, IncludeOtherSetsAndTakeDisplaysFromCodeSystems) {
    const Loaded loaded(
        {value_set("all",
                   R"({"valueSet":["https://x/lung"]},{"system":"https://x/cs","concept":[{"code":"b"}]})"),
         value_set("lung", R"({"system":"http://snomed.info/sct","concept":[{"code":"94391008"}]})"),
         R"({"resourceType":"CodeSystem","url":"https://x/cs","concept":[{"code":"b","display":"Bee"}]})"});

    ASSERT_TRUE(loaded.faults.empty());
    const ValueSet& all = *loaded.sets.find("https://x/all|1.0");
    EXPECT_EQ(all.size(), 2U);
    EXPECT_TRUE(all.contains("http://snomed.info/sct", "94391008"));
    EXPECT_EQ(all.codings()[1].display, "Bee");
}

struct Broken {
    const char* name;
    std::vector<std::string> texts;
    const char* message;
};

class BrokenValueSet : public testing::TestWithParam<Broken> {};

TEST_P(BrokenValueSet, IsNamedAtLoad) {
    const Loaded loaded(GetParam().texts);

    ASSERT_FALSE(loaded.faults.empty());
    EXPECT_NE(loaded.faults[0].message.find(GetParam().message), std::string::npos)
        << loaded.faults[0].message;
}

INSTANTIATE_TEST_SUITE_P(
    ValueSets, BrokenValueSet,
    testing::Values(
        Broken{
            "filter", {value_set("s", R"({"system":"http://x","filter":[{"property":"is-a"}]})")}, "filter"},
        Broken{"wholeSystem", {value_set("s", R"({"system":"http://x"})")}, "whole code system"},
        Broken{
            "conceptWithoutSystem", {value_set("s", R"({"concept":[{"code":"a"}]})")}, "expected a system"},
        Broken{"empty", {value_set("s", "")}, "empty"},
        Broken{"unknownInclude", {value_set("s", R"({"valueSet":["https://x/none"]})")}, "no such value set"},
        Broken{"circle", {value_set("s", R"({"valueSet":["https://x/s"]})")}, "includes itself"},
        Broken{"urlTwice", {value_set("s", codes), value_set("s", codes)}, "another value set"}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace fhir
