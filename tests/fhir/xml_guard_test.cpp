// The guard before RapidXML: every text that RapidXML takes and should not, and texts meant to harm.
#include "fhir/xml_guard.hpp"

#include "fhir/xml.hpp"
#include "fhir/xml_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pthread.h>
#include <string>

namespace fhir {
namespace {

using ::testing::HasSubstr;

std::string fault(std::string_view text, const ParseLimits& limits = {}) {
    const auto issue = xml_fault(text, limits);
    return issue ? issue->diagnostics : "";
}

struct Well {
    const char *name, *text;
};
class WellFormed : public ::testing::TestWithParam<Well> {};
TEST_P(WellFormed, IsTaken) { EXPECT_EQ(fault(GetParam().text), ""); }

INSTANTIATE_TEST_SUITE_P(
    XmlGuard, WellFormed,
    ::testing::Values(Well{"empty", "<a/>"}, Well{"spaces", " \r\n<a ></a >\t"},
                      Well{"byteOrderMark", "\xEF\xBB\xBF<?xml version='1.0'?><a/>"},
                      Well{"declaration",
                           "<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"no\" ?><a/>"},
                      Well{"comments", "<!--<b>&--><a><!----></a><!-- x - y -->"},
                      Well{"instruction", "<?x-y <&?><a><?z?></a>"},
                      Well{"cdata", "<a><![CDATA[<b>&amp]]]]></a>"}, Well{"quotes", "<a b='\"' c=\"'>\"/>"},
                      Well{"references", "<a b='&lt;&#9;&#x10FFFF;'>&gt;&amp;&quot;&apos;&#233;</a>"},
                      Well{"utf8", "<a>\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\x7F</a>"}),
    [](const auto& tested) { return tested.param.name; });

struct Ill {
    const char* name;
    std::string_view text;
    const char* message;
};
class IllFormed : public ::testing::TestWithParam<Ill> {};

TEST_P(IllFormed, IsRefusedWithItsPlace) {
    const auto issue = xml_fault(GetParam().text, {});

    ASSERT_TRUE(issue);
    EXPECT_THAT(issue->diagnostics, HasSubstr(GetParam().message));
    EXPECT_THAT(issue->diagnostics, HasSubstr(" at line "));
}

using namespace std::string_view_literals;

INSTANTIATE_TEST_SUITE_P(
    XmlGuard, IllFormed,
    ::testing::Values(
        Ill{"nothing", "", "expected an element, got none"},
        Ill{"onlyComment", "<!-- x -->", "expected an element, got none"},
        Ill{"nulInTheMiddle", "<a>x</a>\0<evil/>"sv, "got a NUL byte at line 1, column 9"},
        Ill{"nulInAValue", "<a b='\0'/>"sv, "got a NUL byte"},
        Ill{"control", "<a>\x01</a>", "expected a character that XML allows"},
        Ill{"notACharacter", "<a>\xEF\xBF\xBE</a>", "expected a character that XML allows"},
        Ill{"latin1", "<a>\xE9</a>", "expected UTF-8"}, Ill{"cutUtf8", "<a>\xE2\x82", "expected UTF-8"},
        Ill{"overlong", "<a>\xC0\xBC</a>", "expected UTF-8"},
        Ill{"overlongOfThree", "<a>\xE0\x80\xBC</a>", "expected UTF-8"},
        Ill{"surrogate", "<a>\xED\xA0\x80</a>", "expected UTF-8"},
        Ill{"beyondUnicode", "<a>\xF4\x90\x80\x80</a>", "expected UTF-8"},
        Ill{"utf16", "\xFF\xFE<\0a\0"sv, "expected UTF-8"},
        Ill{"latin1Declared", "<?xml version='1.0' encoding='ISO-8859-1'?><a/>", "expected encoding UTF-8"},
        Ill{"version11", "<?xml version='1.1'?><a/>", "expected XML version 1.0"},
        Ill{"noVersion", "<?xml encoding='UTF-8'?><a/>", "expected <?xml version"},
        Ill{"declarationTwice", "<?xml version='1.0'?><?xml version='1.0'?><a/>",
            "at the start of the text only"},
        Ill{"declarationAfterSpace", " <?xml version='1.0'?><a/>", "at the start of the text only"},
        Ill{"doctype", "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "expected no DOCTYPE"},
        Ill{"billionLaughs",
            "<?xml version='1.0'?>\n<!DOCTYPE lolz [<!ENTITY a 'a'><!ENTITY b '&a;&a;'>]><lolz/>",
            "expected no DOCTYPE: FHIR has none at line 2"},
        Ill{"externalEntity", "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "expected no DOCTYPE"},
        Ill{"entityDeclaration", "<a><!ENTITY x 'y'></a>", "expected <!-- or an element, got <!"},
        Ill{"unknownEntity", "<a>&nbsp;</a>", "expected &lt; &gt;"},
        Ill{"bareAmpersand", "<a>a & b</a>", "after an ampersand at line 1, column 6"},
        Ill{"entityInAValue", "<a b='&x;'/>", "after an ampersand"},
        Ill{"referenceToNul", "<a>&#0;</a>", "after an ampersand"},
        Ill{"referenceToSurrogate", "<a>&#xD800;</a>", "after an ampersand"},
        Ill{"referenceTooLarge", "<a>&#x110000;</a>", "after an ampersand"},
        Ill{"referenceOverflow", "<a>&#99999999999999999999;</a>", "after an ampersand"},
        Ill{"referenceWithoutEnd", "<a>&#65</a>", "after an ampersand"},
        Ill{"referenceWithoutNumber", "<a>&#;</a>", "after an ampersand"},
        Ill{"wrongClosingTag", "<a>\n<b></a></b>",
            "expected </b> for the element opened at line 2, column 1, got </a>"},
        Ill{"closingTagCase", "<a></A>", "got </A>"},
        Ill{"noClosingTag", "<a><b>", "expected </b>, opened at line 1, column 4, got the end of the text"},
        Ill{"closingTagFirst", "</a>", "expected an opening tag before </a>"},
        Ill{"closingTagWithAttribute", "<a></a b='c'>", "expected > after </a"},
        Ill{"twoRoots", "<a/><b/>", "expected one root element, got a second: <b>"},
        Ill{"textBefore", "x<a/>", "expected <, the start of the one root element, got text"},
        Ill{"textAfter", "<a/>x", "expected nothing after the one root element"},
        Ill{"cdataOutside", "<a/><![CDATA[x]]>", "expected CDATA within an element only"},
        Ill{"duplicateAttribute", "<a b='1' c='2' b='3'/>", "\"b\" comes twice at line 1, column 16"},
        Ill{"lessThanInAValue", "<a b='<'/>", "expected the end of the value before <"},
        Ill{"noSpaceBetweenAttributes", "<a b='1'c='2'/>", "expected a space, > or />, got \"c\""},
        Ill{"noQuotes", "<a b=1/>", "expected a value in quotes, got \"1\""},
        Ill{"noValue", "<a b/>", "expected = after attribute \"b\", got \"/\""},
        Ill{"openQuote", "<a b='1/>", "expected a quote at the end of the value"},
        Ill{"strangeName", "<a$%^/>", "got \"$\""},
        Ill{"nameWithDigit", "<1a/>", "expected a name, got \"1\""},
        Ill{"spaceBeforeName", "< a/>", "expected a name, got \" \""},
        Ill{"twoColons", "<a:b:c/>", "expected a name"}, Ill{"emptyPrefix", "<:a/>", "expected a name"},
        Ill{"emptyLocalName", "<a:/>", "expected a name"},
        Ill{"openTag", "<a", "expected the tag to end with >, got the end of the text"},
        Ill{"slashApart", "<a/ >", "expected a space, > or />, got \"/\""},
        Ill{"openComment", "<a/><!-- x", "expected --> after <!--"},
        Ill{"dashesInComment", "<a><!-- x -- y --></a>", "expected no -- within a comment"},
        Ill{"openCdata", "<a><![CDATA[x", "expected ]]>, got none"},
        Ill{"cdataEndInText", "<a>]]></a>", "expected ]]> to be written as ]]&gt;"},
        Ill{"openInstruction", "<a/><?x", "expected ?>, got none"},
        Ill{"namelessInstruction", "<? x?><a/>", "expected a name after <?"}),
    [](const auto& tested) { return tested.param.name; });

std::string nested(std::size_t depth) {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i) text += "<a>";
    for (std::size_t i = 0; i < depth; ++i) text += "</a>";
    return text;
}

TEST(XmlGuard, TakesSixtyFourLevelsAndRefusesOneMore) {
    EXPECT_EQ(fault(nested(64)), "");
    EXPECT_THAT(fault(nested(65)), HasSubstr("at most 64 levels of nesting at line 1, column 193"));
}

/// Runs `work` on a thread with little stack: 11 kB of nesting break RapidXML there.
template <class Work>
void on_a_small_stack(Work work) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, std::size_t{256} * 1024);
    pthread_t thread{};
    const auto run = [](void* given) -> void* {
        (*static_cast<Work*>(given))();
        return nullptr;
    };
    ASSERT_EQ(pthread_create(&thread, &attributes, run, &work), 0);
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
}

TEST(XmlGuard, StopsNestingThatWouldBreakAStackHoweverLong) {
    for (const std::size_t depth : {std::size_t{1'600}, std::size_t{65'002}, std::size_t{2'000'000}}) {
        const std::string text = nested(depth);
        on_a_small_stack([&] {
            std::pmr::monotonic_buffer_resource arena;
            const auto root = parse_xml(text, arena);
            ASSERT_FALSE(root);
            EXPECT_THAT(root.error().diagnostics, HasSubstr("at most 64 levels"));
        });
    }
}

TEST(XmlGuard, ASmallStackIsEnoughForAllThatItTakes) {
    std::string text = "<Questionnaire xmlns='http://hl7.org/fhir'>";
    for (int i = 0; i < 31; ++i) text += "<item>";
    text += "<linkId value='1'/>";
    for (int i = 0; i < 31; ++i) text += "</item>";
    text += "<text><status value='empty'/><div xmlns='http://www.w3.org/1999/xhtml'>" + nested(61) +
            "</div></text>";
    on_a_small_stack([&] {
        std::pmr::monotonic_buffer_resource arena;
        EXPECT_TRUE(parse_xml(text + "</Questionnaire>", arena));
    });
}

TEST(XmlGuard, RefusesAHundredMegabytesUnread) {
    const std::string text(100'000'000, '<');
    std::pmr::monotonic_buffer_resource arena(std::pmr::null_memory_resource());
    const auto root = parse_xml(text, arena);

    ASSERT_FALSE(root);
    EXPECT_EQ(root.error().code, IssueCode::too_long);
    EXPECT_EQ(root.error().diagnostics, "expected at most 16777216 bytes, got more");
}

TEST(XmlGuard, RefusesMorePiecesThanMemoryShouldHold) {
    std::string text = "<a>";
    while (text.size() < 16'000'000) text += "<b/>";

    EXPECT_THAT(fault(text), HasSubstr("at most 1500000 elements and attributes, got more"));
}

TEST(XmlGuard, RefusesMoreAttributesThanAnElementCanHave) {
    std::string text = "<a";
    for (int i = 0; i < 10'000; ++i) text += " b" + std::to_string(i) + "='x'";

    EXPECT_THAT(fault(text + "/>"), HasSubstr("at most 64 attributes, got more"));
}

TEST(XmlGuard, NoPrefixAndNoChangedByteOfARealTextBreaksTheReader) {
    const std::string text =
        "<?xml version='1.0'?><Patient xmlns='http://hl7.org/fhir'><!-- c --><text><status value='empty'/>"
        "<div xmlns='http://www.w3.org/1999/xhtml'><p a=\">\">x&lt;<![CDATA[>]]></p><br/></div></text>"
        "<name id='n'><given value='A&#66;'/><given id='g'/></name><active value='true'/></Patient>";
    std::size_t read = 0;
    const auto parse = [&](const std::string& given) {
        std::pmr::monotonic_buffer_resource arena;
        if (parse_xml(given, arena)) ++read;
    };
    for (std::size_t size = 0; size <= text.size(); ++size) parse(text.substr(0, size));
    EXPECT_EQ(read, 1U) << "the whole only";

    for (std::size_t i = 0; i < text.size(); ++i) {
        for (const char byte :
             {'<', '>', '/', '&', '"', '\'', '!', '?', '-', ']', '=', ':', ' ', '\0', '\x1F', '\xFF', 'a'}) {
            std::string changed = text;
            changed[i] = byte;
            const std::size_t before = read;
            parse(changed);
            if (byte == '\0' || byte == '\x1F' || byte == '\xFF') {
                EXPECT_EQ(read, before) << "at " << i;
            }
            changed.erase(i, 1);
            parse(changed);
        }
    }
    EXPECT_GT(read, 100U) << "many changes are within values and comments";
}

TEST(XmlElement, EndsWithItsOwnClosingTag) {
    EXPECT_EQ(xml_element("<a b='</a>'><a/><!--</a>--><a>x</a><![CDATA[</a>]]><?x </a>?></a><b/>"),
              "<a b='</a>'><a/><!--</a>--><a>x</a><![CDATA[</a>]]><?x </a>?></a>");
    EXPECT_EQ(xml_element("<a b='>' /><b/>"), "<a b='>' />");
}

}  // namespace
}  // namespace fhir
