// Regular expressions: no text that matches is refused by its pairs of letters.
#include "fhir/regex.hpp"

#include <gtest/gtest.h>

#include <string_view>

using namespace fhirpath;

namespace {

bool may_match(const Regex& regex, std::string_view text) {
    LetterPairs pairs;
    pairs.read(text);
    return regex.may_match(pairs);
}

}  // namespace

TEST(Regex, TextThatLacksEveryWordOfThePatternIsRefusedWithoutASearch) {
    const Regex regex("\\bmets\\b|metasta(?:sis|tic)|secondary malig");

    EXPECT_TRUE(regex.has_words());
    EXPECT_FALSE(may_match(regex, "essential hypertension"));
    EXPECT_FALSE(may_match(regex, ""));
    EXPECT_TRUE(may_match(regex, "metastatic to lung"));
}

TEST(Regex, LongestWordsThatWillDoAreAskedFor) {
    const Regex regex("not (?:surgically )?resectable|unresectable|inoperable");

    EXPECT_FALSE(may_match(regex, "not at all, no"));
    EXPECT_TRUE(may_match(regex, "not surgically resectable"));
    EXPECT_TRUE(may_match(regex, "Unresectable"));
    EXPECT_TRUE(may_match(regex, "inoperable"));
}

TEST(Regex, PatternThatNeedsNoWordRefusesNothing) {
    for (const std::string_view pattern : {"", "[0-9]+", "a*", "^$", ".*(ab)?"}) {
        SCOPED_TRACE(pattern);
        EXPECT_FALSE(Regex(pattern).has_words());
        EXPECT_TRUE(may_match(Regex(pattern), "none of it"));
    }
}

TEST(Regex, NoTextThatMatchesIsRefused) {
    constexpr std::string_view patterns[] = {"ASPS",
                                             "(?i)asps",
                                             "(?i)k",
                                             "(?is)a.b",
                                             "mri?|magnetic resonance",
                                             "x|yz",
                                             "abcdef|bcd|xbcdy",
                                             "colou?r",
                                             "(?P<name>ab)c",
                                             "(?<name>ab)c",
                                             "sj(o|ö)gren",
                                             "Ö",
                                             "[äÄ]b",
                                             "\xE2\x84\xAA"
                                             "g",
                                             "[\xE2\x84\xA9-\xE2\x84\xAB]"
                                             "g",
                                             "\\x{212A}g",
                                             "\\x41b",
                                             "\\101b",
                                             "\\QA.b\\E",
                                             "a\\.b",
                                             "a\\\\(?:b)",
                                             "\\p{Lu}b",
                                             "no[^;]{0,3}yes",
                                             "^stage (iv|4)$",
                                             "a{2,3}b",
                                             "[ab][cd]ef",
                                             "a\\nb",
                                             "<tumour>"};
    constexpr std::string_view texts[] = {"ASPS",
                                          "asps",
                                          "k",
                                          "K",
                                          "\xE2\x84\xAA",
                                          "\xE2\x84\xAA"
                                          "g",
                                          "kg",
                                          "mr",
                                          "an MRI",
                                          "mri",
                                          "yz",
                                          "x",
                                          "color",
                                          "colour",
                                          "abc",
                                          "sjögren",
                                          "sjogren",
                                          "Ö",
                                          "ö",
                                          "äb",
                                          "Äb",
                                          "Ab",
                                          "AB",
                                          "A.b",
                                          "a.b",
                                          "a\nb",
                                          "a\\b",
                                          "no, yes",
                                          "stage iv",
                                          "stage 4",
                                          "aab",
                                          "adef",
                                          "<tumour>x",
                                          "A\nB",
                                          "é",
                                          "Åg",
                                          "\xC4\xB0",
                                          "",
                                          "Bb",
                                          "aaab"};
    for (const std::string_view pattern : patterns) {
        const Regex regex(pattern);
        ASSERT_TRUE(regex.re2().ok()) << pattern;
        for (const std::string_view text : texts) {
            const bool matches = re2::RE2::PartialMatch({text.data(), text.size()}, regex.re2());
            EXPECT_TRUE(!matches || may_match(regex, text)) << pattern << " on " << text;
        }
    }
}

TEST(Regex, RunsOfACharacterClassAreReplacedAsByASearch) {
    constexpr std::string_view patterns[] = {"[\\s\\x{A0}_-]+", "[\r\n]+", "[^a-z]+", "[\\w]+", "[a-c\\]]+",
                                             "[[:space:]]+",    "[a-z]",   "[ab]+c",  "[é]+"};
    constexpr std::string_view texts[] = {"",
                                          "a b",
                                          "a  b\n",
                                          " a",
                                          "abc",
                                          "\t\t",
                                          "a\xC2\xA0"
                                          "b",
                                          "é é",
                                          "x_-_y z",
                                          "ab]c]",
                                          "a\r\n\r\nb"};
    for (const std::string_view pattern : patterns) {
        for (const std::string_view text : texts) {
            for (const std::string_view substitution : {" ", "", "<$0>", "\\$", "; "}) {
                std::pmr::monotonic_buffer_resource arena;
                const Regex regex(pattern);
                ASSERT_TRUE(regex.re2().ok()) << pattern;
                EXPECT_EQ(regex.replace(text, substitution, arena),
                          replace_matches(regex.re2(), text, substitution, arena))
                    << pattern << " on " << text;
            }
        }
    }
}
