// FHIR XML: what becomes of it, and that it is what the JSON form would be.
#include "fhir/xml.hpp"

#include "fhir/format.hpp"
#include "fhir/json_writer.hpp"
#include "tests/support/fhir_same.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace fhir {
namespace {

using testing::difference;
using ::testing::HasSubstr;
using testing::read_file;

struct Parsed {
    std::pmr::monotonic_buffer_resource arena;
    Result<const Node*> root;
    explicit Parsed(std::string_view xml, ParseLimits limits = {}) : root(parse_xml(xml, arena, limits)) {}
};

/// The JSON of a Patient with these elements; the issue, if there is one.
std::string patient(const std::string& elements) {
    const Parsed parsed(R"(<Patient xmlns="http://hl7.org/fhir">)" + elements + "</Patient>");
    if (!parsed.root) return parsed.root.error().expression + ": " + parsed.root.error().diagnostics;
    std::string out;
    write_json(out, **parsed.root);
    return out.erase(0, std::string(R"({"resourceType":"Patient",)").size()).erase(out.size() - 1);
}

class Twins : public ::testing::TestWithParam<const char*> {};

TEST_P(Twins, SayTheSame) {
    const std::string file = std::string(SOURCE_DIR) + "/tests/data/" + GetParam();
    const auto xml = Document::read(read_file(file + ".xml"));
    const auto json = Document::read(read_file(file + ".json"));

    ASSERT_TRUE(xml) << xml.error().expression << ": " << xml.error().diagnostics;
    ASSERT_TRUE(json) << json.error().diagnostics;
    EXPECT_EQ(difference((*xml)->root(), (*json)->root()), "");
    EXPECT_EQ(difference((*json)->root(), (*xml)->root()), "");
}

INSTANTIATE_TEST_SUITE_P(Xml, Twins, ::testing::Values("patient-full", "chart-bundle"),
                         [](const auto& tested) {
                             return tested.param == std::string("patient-full") ? "patientFull"
                                                                                : "chartBundle";
                         });

TEST(ParseXml, MakesArraysOfWhatRepeatsInR4EvenIfItComesOnce) {
    EXPECT_EQ(patient(R"(<name><family value="Demo"/><given value="Ada"/></name>)"),
              R"("name":[{"family":"Demo","given":["Ada"]}])");
}

TEST(ParseXml, MakesBooleansAndNumbersAndKeepsHowTheyWereWritten) {
    EXPECT_EQ(patient(R"(<active value="true"/><multipleBirthInteger value="2"/>)"
                      R"(<extension url="x"><valueDecimal value="5.40"/></extension>)"),
              R"("active":true,"multipleBirthInteger":2,"extension":[{"url":"x","valueDecimal":5.40}])");
}

TEST(ParseXml, PutsIdAndExtensionsOfPrimitivesBesideThem) {
    EXPECT_EQ(patient(R"(<birthDate id="b" value="1996"/>)"),
              R"("birthDate":"1996","_birthDate":{"id":"b"})");
    EXPECT_EQ(patient(R"(<name><given value="A"/><given id="x"/><given value="C"/></name>)"),
              R"("name":[{"given":["A",null,"C"],"_given":[null,{"id":"x"},null]}])");
    EXPECT_EQ(patient(R"(<name><given id="x"/><given value="B"/></name>)"),
              R"("name":[{"_given":[{"id":"x"},null],"given":[null,"B"]}])");
}

TEST(ParseXml, TakesLineEndsInValuesForSpacesAndReferencesForWhatTheyMean) {
    EXPECT_EQ(patient("<name><text value='a\r\nb\tc&#10;d &lt;&#x20AC;'/></name>"),
              R"("name":[{"text":"a b c\nd <€"}])");
}

TEST(ParseXml, KeepsTheNarrativeAsItWasSent) {
    EXPECT_EQ(patient("<text><status value='empty'/>"
                      "<div xmlns='http://www.w3.org/1999/xhtml'>\r\n "
                      "<p>&#39;a&amp;b<![CDATA[</div>]]></p></div></text>"),
              R"("text":{"status":"empty","div":"<div xmlns='http://www.w3.org/1999/xhtml'>\n )"
              R"(<p>&#39;a&amp;b<![CDATA[</div>]]></p></div>"})");
}

TEST(ParseXml, GivesTheNarrativeTheNamespaceThatAnElementAroundItDeclares) {
    const Parsed parsed(
        R"(<f:Patient xmlns:f="http://hl7.org/fhir" xmlns="http://www.w3.org/1999/xhtml"><f:text>)"
        R"(<div title="t">x</div></f:text></f:Patient>)");

    ASSERT_TRUE(parsed.root) << parsed.root.error().diagnostics;
    EXPECT_EQ((*parsed.root)->find("text")->text_of("div"),
              R"(<div xmlns="http://www.w3.org/1999/xhtml" title="t">x</div>)");
}

TEST(ParseXml, TypesResourcesWithinResources) {
    const Parsed parsed(
        R"(<Bundle xmlns="http://hl7.org/fhir"><entry><resource><Patient/></resource></entry></Bundle>)");

    ASSERT_TRUE(parsed.root);
    const Node& resource = *(*parsed.root)->find("entry")->first_child->find("resource");
    EXPECT_EQ(resource.resource_type, Model::r4().type_id("Patient"));
    EXPECT_EQ(resource.text_of("resourceType"), "Patient");
    EXPECT_EQ(path_of(resource), "entry[0].resource");
}

TEST(ParseXml, NeedsTheTextNoLongerThanItReads) {
    std::string text = R"(<Patient xmlns="http://hl7.org/fhir"><id value="demo"/></Patient>)";
    const Parsed parsed(text);
    text.assign(text.size(), '?');

    ASSERT_TRUE(parsed.root);
    EXPECT_EQ((*parsed.root)->text_of("id"), "demo");
}

struct Refused {
    const char *name, *elements, *path, *message;
};

class RefusedFhir : public ::testing::TestWithParam<Refused> {};

TEST_P(RefusedFhir, IsRefusedWithItsLocation) {
    const Parsed parsed(std::string("<Patient xmlns=\"http://hl7.org/fhir\">\n") + GetParam().elements +
                        "</Patient>");

    ASSERT_FALSE(parsed.root);
    EXPECT_EQ(parsed.root.error().expression, GetParam().path);
    EXPECT_THAT(parsed.root.error().diagnostics, HasSubstr(GetParam().message));
    EXPECT_THAT(parsed.root.error().diagnostics, HasSubstr("at line 2, column "));
}

INSTANTIATE_TEST_SUITE_P(
    ParseXml, RefusedFhir,
    ::testing::Values(
        Refused{"emptyObject", "<name/><nmae/>", "name[0]", "expected a value or elements within <name>"},
        Refused{"misspelt", "<id value='1'/><nmae/>", "nmae",
                "expected an element of Patient in FHIR R4, got <nmae>"},
        Refused{"nested", "<contact><name><given value='A'/><famly value='B'/></name></contact>",
                "contact[0].name.famly", "an element of HumanName in FHIR R4, got <famly>"},
        Refused{"inSecondItem", "<name><text value='A'/></name><name><x/></name>", "name[1].x", "got <x>"},
        Refused{"inEntry", "<contained><Condition><bodySite><txt/></bodySite></Condition></contained>",
                "contained[0].bodySite[0].txt", "an element of CodeableConcept in FHIR R4, got <txt>"},
        Refused{"belowAPrimitive",
                "<name><given value='A'/><given><extension url='x'><z/></extension></given></name>",
                "name[0].given[1].extension[0].z", "got <z>"},
        Refused{"jsonMember", "<_birthDate id='x'/>", "_birthDate", "got <_birthDate>"},
        Refused{"typeOfJson", "<resourceType value='Patient'/>", "resourceType", "got <resourceType>"},
        Refused{"bareChoice", "<deceased value='true'/>", "deceased", "got <deceased>"},
        Refused{"unknownAttribute", "<birthDate valeu='1996'/>", "birthDate",
                "expected an attribute that FHIR R4 knows here, got \"valeu\""},
        Refused{"valueOfAnObject", "<name value='Ada'/>", "name[0]", "got \"value\""},
        Refused{"xmlLang", "<name xml:lang='de'><text value='A'/></name>", "name[0]", "got \"xml:lang\""},
        Refused{"attributeOfContained", "<contained id='x'><Patient/></contained>", "contained[0]",
                "got \"id\""},
        Refused{"idElement", "<name><id value='1'/></name>", "name[0].id", "expected id as an attribute"},
        Refused{"twice", "<birthDate value='1996'/><birthDate value='1997'/>", "birthDate",
                "expected at most one birthDate, got a second"},
        Refused{"twoChoices", "<deceasedBoolean value='true'/><deceasedDateTime value='2024'/>",
                "deceasedDateTime", "expected at most one deceased, got a second"},
        Refused{"text", "<birthDate>1996</birthDate>", "birthDate", "got text"},
        Refused{"cdata", "<name><![CDATA[Ada]]></name>", "name[0]", "got text"},
        Refused{"emptyPrimitive", "<birthDate/>", "birthDate",
                "expected a value or an extension, got neither"},
        Refused{"boolean", "<active value='yes'/>", "active", "expected true or false, got \"yes\""},
        Refused{"integer", "<multipleBirthInteger value='2.0'/>", "multipleBirthInteger",
                "expected an integer such as 12, got \"2.0\""},
        Refused{"decimal", "<extension url='x'><valueDecimal value='5,4'/></extension>",
                "extension[0].valueDecimal", "expected a number such as 5.40, got \"5,4\""},
        Refused{"leadingZero", "<extension url='x'><valueDecimal value='05'/></extension>",
                "extension[0].valueDecimal", "got \"05\""},
        Refused{"infinite", "<extension url='x'><valueDecimal value='1e400'/></extension>",
                "extension[0].valueDecimal", "fits binary64"},
        Refused{"twoInContained", "<contained><Patient/><Patient/></contained>", "contained[0]",
                "expected one resource within <contained>"},
        Refused{"noneInContained", "<contained/>", "contained[0]", "got none"},
        Refused{"unknownResource", "<contained><Pateint/></contained>", "contained[0]",
                "expected a resource of FHIR R4 such as <Patient>, got <Pateint>"},
        Refused{"abstract", "<contained><DomainResource/></contained>", "contained[0]",
                "got <DomainResource>"},
        Refused{"otherNamespace", "<name xmlns='urn:x'><text value='A'/></name>", "name",
                "in the namespace http://hl7.org/fhir, got urn:x"},
        Refused{"undeclaredPrefix", "<g:name/>", "name", "expected <g:name> in the namespace"},
        Refused{"divInFhir", "<text><div>x</div></text>", "text.div",
                "expected <div> in the namespace http://www.w3.org/1999/xhtml, got http://hl7.org/fhir"},
        Refused{"prefixInDiv", "<text><div xmlns='http://www.w3.org/1999/xhtml'><p><o:p/></p></div></text>",
                "text.div", "expected XHTML without prefixes in a narrative, got <o:p>"}),
    [](const auto& tested) { return tested.param.name; });

TEST(ParseXml, RefusesARootThatIsNoResourceOfR4) {
    EXPECT_THAT(Parsed("<Patient/>").root.error().diagnostics, HasSubstr("got none"));
    EXPECT_THAT(Parsed("<html xmlns='http://www.w3.org/1999/xhtml'/>").root.error().diagnostics,
                HasSubstr("expected a resource of FHIR R4 such as <Patient>, got <html>"));
}

TEST(ParseXml, CountsLevelsAsJsonDoes) {
    std::string items, ends;
    for (int i = 0; i < 31; ++i) {
        items += "<item><linkId value='1'/>";
        ends += "</item>";
    }
    const std::string start = R"(<Questionnaire xmlns="http://hl7.org/fhir">)", end = "</Questionnaire>";

    EXPECT_TRUE(Parsed(start + items + ends + end).root) << "1 + 31 * 2 levels";
    const Parsed deep(start + items + "<item><linkId value='1'/>" + ends + "</item>" + end);
    ASSERT_FALSE(deep.root);
    EXPECT_THAT(deep.root.error().diagnostics, HasSubstr("expected at most 64 levels of nesting"));
}

TEST(ParseXml, RefusesMoreNamespacesThanAnyoneNeeds) {
    std::string text = R"(<Patient xmlns="http://hl7.org/fhir")";
    for (int i = 0; i < 20; ++i) text += " xmlns:p" + std::to_string(i) + "='urn:x'";

    EXPECT_THAT(Parsed(text + "/>").root.error().diagnostics, HasSubstr("at most 16 namespaces"));
}

TEST(FormatOf, LooksAtTheFirstCharacterThatIsNotBlank) {
    EXPECT_EQ(format_of("\xEF\xBB\xBF \r\n\t<Patient/>"), Format::xml);
    EXPECT_EQ(format_of(" {\"a\": \"<\"}"), Format::json);
    EXPECT_EQ(format_of(""), Format::json);
}

TEST(ParseText, PassesOverAByteOrderMarkInBothFormats) {
    std::pmr::monotonic_buffer_resource arena;
    EXPECT_TRUE(parse_text("\xEF\xBB\xBF{\"resourceType\":\"Patient\"}", arena));
    EXPECT_TRUE(parse_text("\xEF\xBB\xBF<Patient xmlns='http://hl7.org/fhir'/>", arena));
}

}  // namespace
}  // namespace fhir
