// FHIRPath functions on strings, numbers, dates, and conversions.
#include "tests/fhir/fhirpath/evaluation.hpp"

namespace {

using fhirpath_test::expect_all;

TEST(FhirpathStrings, PositionsCountCodePoints) {
    expect_all({
        {"'größe'.length()", "5"},
        {"'größe'.indexOf('e')", "4"},
        {"'größe'.substring(2, 2)", "öß"},
        {"'größe'.substring(5)", "{}"},
        {"'abc'.substring(1, 99)", "bc"},
        {"'abc'.substring(-1)", "{}"},
        {"'aß'.toChars()", "a, ß"},
        {"'abc'.indexOf('x')", "-1"},
        {"'Größe'.upper()", "GRößE"},
        {"'ABC'.lower()", "abc"},
        {"'@ABCDEFGHIJKLMNOPQRSTUVWXYZ[ Äx'.lower()", "@abcdefghijklmnopqrstuvwxyz[ Äx"},
        {"'`abcdefghijklmnopqrstuvwxyz{ äX'.upper()", "`ABCDEFGHIJKLMNOPQRSTUVWXYZ{ äX"},
        {"'nothing to change, then One'.lower()", "nothing to change, then one"},
        {"'abc'.startsWith('')", "true"},
        {"'abc'.endsWith('bc') and 'abc'.contains('b')", "true"},
        {"{}.startsWith('a')", "{}"},
        {"('a' | 'b').length()", "execution"},
        {"1.length()", "execution"},
    });
}

TEST(FhirpathStrings, ReplaceSplitJoinTrim) {
    expect_all({
        {"'abab'.replace('b', 'c')", "acac"},
        {"'aß'.replace('', '-')", "-a-ß-"},
        {"'a,,b'.split(',').count()", "3"},
        {"('a' | 'b').join(', ')", "a, b"},
        {"{}.join(',')", "{}"},
        {"'  a b '.trim()", "a b"},
        {"'a' + 'b' + 'c'", "abc"},
        {"'a' + {}", "{}"},
        {"'a' & {}", "a"},
    });
}

TEST(FhirpathStrings, RegularExpressionsSearchAndReplace) {
    expect_all({
        {"'a\\nb'.matches('a.b')", "true"},
        {"'xaby'.matches('ab')", "true"},
        {"'xaby'.matchesFull('ab')", "false"},
        {"'9581/3'.matches('^M?95' + '81')", "true"},
        {"'ab'.matches({})", "{}"},
        {"'11/30/1972'.replaceMatches('(?<month>\\\\d+)/(?<day>\\\\d+)/(?<year>\\\\d+)', "
         "'${day}-${month}-$3')",
         "30-11-1972"},
        {"'aaa'.replaceMatches('a', 'b$0')", "bababa"},
        {"'abc'.replaceMatches('x*', '-')", "-a-b-c-"},
        {"'a.b'.select($this.matches('a' + '\\\\.b'))", "true"},
        {"('(' | 'a').select('a'.matches($this))", "execution"},
    });
}

TEST(FhirpathStrings, EncodingsAreInverse) {
    expect_all({
        {"'größe'.encode('base64')", "Z3LDtsOfZQ=="},
        {"'größe'.encode('base64').decode('base64')", "größe"},
        {"'größe'.encode('hex').decode('hex')", "größe"},
        {"'\?\?>'.encode('urlbase64')", "Pz8-"},
        {"'ff'.decode('hex')", "{}"},
        {"'x'.decode('hex')", "{}"},
        {"'a<b>&\"'.escape('html')", "a&lt;b&gt;&amp;&quot;"},
        {"'a&lt;b&#x41;&#66;&amp;lt;'.unescape('html')", "a<bAB&lt;"},
        {"'a\"\\n'.escape('json').unescape('json') = 'a\"\\n'", "true"},
        {"'\\\\ud83d\\\\ude00'.unescape('json').length()", "1"},
        {"'a\"'.unescape('json')", "{}"},
        {"'it&apos;s'.unescape('html')", "it's"},
    });
}

TEST(FhirpathMath, NumbersStayExact) {
    expect_all({
        {"0.1 + 0.2", "0.3"},
        {"5.40 + 1", "6.40"},
        {"7 div 2", "3"},
        {"-7 mod 2", "-1"},
        {"1 / 4", "0.25"},
        {"1 / 0", "{}"},
        {"1 div 0", "{}"},
        {"9223372036854775807 + 1", "{}"},
        {"(-9223372036854775807 - 1).abs()", "{}"},
        {"2.power(10)", "1024"},
        {"2.power(-1)", "0.5"},
        {"(-1).sqrt()", "{}"},
        {"81.sqrt()", "9"},
        {"3.14159.round(3)", "3.142"},
        {"2.5.round()", "3"},
        {"2.55.round({})", "{}"},
        {"{}.round('one')", "{}"},
        {"(-2.5).floor()", "-3"},
        {"(-2.5).ceiling()", "-2"},
        {"2.9.truncate()", "2"},
        {"16.log(2) = 4", "true"},
        {"'a'.abs()", "execution"},
        {"1 + 'a'", "execution"},
        {"'a' - 'b'", "execution"},
    });
}

TEST(FhirpathMath, QuantitiesCarryTheirUnits) {
    expect_all({
        {"3 'm' + 3 'cm' = 303 'cm'", "true"},
        {"2 'cm' * 2 'm' = 4 'cm.m'", "true"},
        {"6 'mg' / 2 = 3 'mg'", "true"},
        {"-(5 'mg')", "-5 'mg'"},
        {"(-5 'mg').abs()", "5 'mg'"},
        {"1 'mg' + 1 's'", "{}"},
    });
}

TEST(FhirpathDates, ArithmeticTakesCalendarWords) {
    expect_all({
        {"@2024-01-31 + 1 month", "2024-02-29"},
        {"@2024-03-31 - 12 months", "2023-03-31"},
        {"@2024 + 1 year", "2025"},
        {"@2024-01-01T00:00:00Z + 1.5 seconds", "2024-01-01T00:00:01.500Z"},
        {"@2024-01-01T00:00:00Z - 0.5 's'", "2023-12-31T23:59:59.500Z"},
        {"@2024-01-01 + 1 'wk'", "2024-01-08"},
        {"@2024-01-01 + 1 'mo'", "execution"},
        {"@2024-01-01 + 1 'cm'", "execution"},
        {"@2024-01-01 + 1", "execution"},
        {"@2024-01-01 + {}", "{}"},
    });
}

TEST(FhirpathDates, TheClockStandsStillWithinARequest) {
    expect_all({
        {"today()", "2026-01-15"},
        {"now()", "2026-01-15T14:30:05.250+01:00"},
        {"timeOfDay()", "14:30:05.250"},
        {"today() - 12 months", "2025-01-15"},
        {"today().precision()", "8"},
        {"@2014.lowBoundary(6)", "2014-01"},
        {"@2014.lowBoundary({})", "{}"},
        {"1.587.highBoundary(2)", "1.59"},
        {"1.587 'cm'.lowBoundary(8)", "1.58650000 'cm'"},
        {"1 'cm'.comparable(1 '[in_i]')", "true"},
        {"'a'.lowBoundary()", "execution"},
    });
}

TEST(FhirpathConversion, EveryTypeHasItsOwnSpelling) {
    expect_all({
        {"'yes'.toBoolean()", "true"},
        {"2.toBoolean()", "{}"},
        {"'+7'.toInteger()", "7"},
        {"'7.0'.toInteger()", "{}"},
        {"''.toInteger()", "{}"},
        {"true.toDecimal()", "1.0"},
        {"'1.50'.toDecimal()", "1.50"},
        {"'1e3'.toDecimal()", "{}"},
        {"5.40.toString()", "5.40"},
        {"@2024-03.toString()", "2024-03"},
        {"(1 week).toString()", "1 week"},
        {"'2024-03-01T10:00Z'.toDate()", "{}"},
        {"'2024-03-01T10:00Z'.convertsToDate()", "false"},
        {"@2024-03-01T10:00Z.toDate()", "2024-03-01"},
        {"'2024'.toDateTime()", "2024"},
        {"@2024-03-01.toDateTime() is DateTime", "true"},
        {"'14:30'.toTime()", "14:30"},
        {"'5 \\'mg\\''.toQuantity()", "5 'mg'"},
        {"'4 days'.toQuantity() = 4 days", "true"},
        {"'4 mg'.toQuantity()", "{}"},
        {"'4days'.convertsToQuantity()", "false"},
        {"1 'm'.toQuantity('cm') = 100 'cm'", "true"},
        {"{}.convertsToDate()", "{}"},
        {"'2024-02-30'.convertsToDate()", "false"},
        {"(1 | 2).toString()", "execution"},
    });
}

TEST(FhirpathTrace, ShowsItemsAndPassesThemOn) {
    const fhirpath::Environment environment;
    std::pmr::monotonic_buffer_resource arena;
    fhirpath::Scope scope(environment, arena, fhirpath_test::moment());
    std::string seen;
    scope.on_trace = [&](std::string_view name, const fhirpath::Collection& items) {
        seen += std::string(name) + ": " + fhirpath_test::shown(items, arena) + "; ";
    };

    const auto result =
        fhirpath::Expression::compile("(1 | 2).trace('a').trace('b', $this + 1).count()", environment)
            .evaluate(scope);

    EXPECT_EQ(seen, "a: 1, 2; b: 2, 3; ");
    EXPECT_EQ(fhirpath_test::shown(result, arena), "2");
}

}  // namespace
