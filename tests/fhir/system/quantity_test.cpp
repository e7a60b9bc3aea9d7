// Quantity: numbers with UCUM or calendar units.
#include "fhir/system/quantity.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace fhirpath {
namespace {

/// `5.4 'cm'` or `12 months`; the text must live on.
Quantity quantity(std::string_view text) {
    const std::size_t space = text.find(' ');
    const std::optional<Decimal> value = Decimal::parse(text.substr(0, space));
    EXPECT_TRUE(value) << text;
    const std::string_view unit = text.substr(space + 1);
    if (unit.starts_with('\'')) return {value.value_or(Decimal{}), unit.substr(1, unit.size() - 2), false};
    EXPECT_TRUE(calendar_word(unit)) << text;
    return {value.value_or(Decimal{}), calendar_word(unit).value_or(""), true};
}

std::string shown(const std::optional<Quantity>& value) { return value ? value->to_string() : "none"; }

std::string shown(std::optional<bool> value) { return !value ? "open" : *value ? "yes" : "no"; }

TEST(Quantity, IsPrintedWithItsUnit) {
    EXPECT_EQ(quantity("5.40 'cm'").to_string(), "5.40 'cm'");
    EXPECT_EQ(quantity("12 months").to_string(), "12 months");
    EXPECT_EQ(quantity("1 month").to_string(), "1 month");
    EXPECT_EQ(quantity("7.7 days").to_string(), "7.7 days");
}

TEST(Quantity, ComparesInACommonUnit) {
    const struct {
        std::string_view a, b, order;
    } cases[] = {
        {"5.1 'cm'", "51 'mm'", "same"},
        {"5 'cm'", "50.0001 'mm'", "less"},
        {"4.0000 'g'", "4000.0 'mg'", "same"},
        {"185 '[lb_av]'", "185 'kg'", "less"},
        {"1 '[lb_av]'", "453.59237 'g'", "same"},
        {"1 '[in_i]'", "2.54 'cm'", "same"},
        {"1 'L'", "1 'dm3'", "same"},
        {"1 'mL'", "1 'cm3'", "same"},
        {"100 'mg/dL'", "1 'g/L'", "same"},
        {"120 'mm[Hg]'", "15.99864 'kPa'", "same"},
        {"20 '%'", "0.2 '1'", "same"},
        {"10 '1/1000000{Base}'", "10 '/10*6'", "same"},
        {"10 '1/1000000'", "1 '10*-5'", "same"},
        {"150 '10*9/L'", "150 '10*3/uL'", "same"},
        {"1000 'm[IU]/mL'", "1 '[IU]/mL'", "same"},
        {"1 'mmol/L'", "1 'umol/mL'", "same"},
        {"1 'U/L'", "1 'umol/min/L'", "same"},
        {"75 'mg/m2'", "0.0075 'mg/cm2'", "same"},
        {"1 'N'", "1 'kg.m/s2'", "same"},
        {"1 'kg/(m.s2)'", "1 'Pa'", "same"},
        {"5 'ng/mL'", "5 'ug/L'", "same"},
        {"310.15 'K'", "310150 'mK'", "same"},
        {"1 'cm'", "1 's'", "open"},
        {"1 'cm'", "1 '[s]'", "open"},
        {"1 'cm'", "1 'cm2'", "open"},
        {"1 '[IU]'", "1 'mg'", "open"},
        {"1 '[IU]'", "1 '1'", "open"},
        {"36.6 'Cel'", "36.6 'K'", "open"},
        // units we cannot read compare with themselves only
        {"36.6 'Cel'", "37 'Cel'", "less"},
        {"2 '[arb]'", "1 '[arb]'", "more"},
        {"2 '[arb]'", "1 '[other]'", "open"},
        // calendar
        {"7 days", "1 week", "same"},
        {"7 days", "1 'wk'", "same"},
        {"8 days", "1 week", "more"},
        {"24 hours", "1 'd'", "same"},
        {"1 second", "1 's'", "same"},
        {"1 second", "1000 'ms'", "same"},
        {"1 year", "12 months", "same"},
        {"13 months", "1 year", "more"},
        {"1 'month'", "1 month", "same"},
        {"1 year", "1 'a'", "open"},
        {"1 month", "1 'mo'", "open"},
        {"1 year", "365 days", "open"},
        {"1 month", "30 days", "open"},
        {"1 'a'", "365.25 'd'", "same"},
    };
    for (const auto& [a, b, expected] : cases) {
        const std::optional<int> order = compare(quantity(a), quantity(b));
        EXPECT_EQ(!order       ? "open"
                  : *order < 0 ? "less"
                  : *order > 0 ? "more"
                               : "same",
                  expected)
            << a << " and " << b;
        const std::optional<int> reverse = compare(quantity(b), quantity(a));
        EXPECT_EQ(reverse, order ? std::optional(-*order) : std::nullopt) << b << " and " << a;
        EXPECT_EQ(equal(quantity(a), quantity(b)), order ? std::optional(*order == 0) : std::nullopt);
        EXPECT_EQ(comparable(quantity(a), quantity(b)), order.has_value()) << a << " and " << b;
    }
}

TEST(Quantity, IsEquivalentWhenRoundedToTheCoarserOperand) {
    const struct {
        std::string_view a, b, expected;
    } cases[] = {
        {"4 'g'", "4000 'mg'", "yes"},  {"4 'g'", "4040 'mg'", "yes"}, {"4.0 'g'", "4600 'mg'", "no"},
        {"4.1 'g'", "4040 'mg'", "no"}, {"51 'mm'", "5 'cm'", "yes"},  {"1 'cm'", "1 's'", "open"},
        {"1 year", "1 'a'", "yes"},     {"1 month", "1 'mo'", "yes"},  {"1 year", "12 months", "yes"},
        {"1 week", "7 'd'", "yes"},     {"1 second", "1 's'", "yes"},  {"2 years", "1 'a'", "no"},
    };
    for (const auto& [a, b, expected] : cases) {
        EXPECT_EQ(shown(equivalent(quantity(a), quantity(b))), expected) << a << " and " << b;
        EXPECT_EQ(shown(equivalent(quantity(b), quantity(a))), expected) << b << " and " << a;
    }
}

TEST(Quantity, AddsInTheFinerUnit) {
    EXPECT_EQ(shown(add(quantity("3 'm'"), quantity("3 'cm'"))), "303 'cm'");
    EXPECT_EQ(shown(add(quantity("3 'cm'"), quantity("3 'm'"))), "303 'cm'");
    EXPECT_EQ(shown(subtract(quantity("1 'g'"), quantity("1 'mg'"))), "999 'mg'");
    EXPECT_EQ(shown(add(quantity("1 year"), quantity("6 months"))), "18 months");
    EXPECT_EQ(shown(add(quantity("1.5 'cm'"), quantity("1 'cm'"))), "2.5 'cm'");
    EXPECT_EQ(shown(add(quantity("1 'cm'"), quantity("1 'cm2'"))), "none");
    EXPECT_EQ(shown(add(quantity("1 year"), quantity("1 'a'"))), "none");
}

TEST(Quantity, MultipliesAndDividesWithItsUnits) {
    const struct {
        std::string_view a;
        char operation;
        std::string_view b, text, same_as;
    } cases[] = {
        {"2.0 'cm'", '*', "2.0 'm'", "400.0 'cm2'", "0.040 'm2'"},
        {"2 'g'", '*', "3 'm'", "6 'g.m'", "6000 'mg.m'"},
        {"2 'm/s'", '*', "3 'm/s'", "6 'm/s.(m/s)'", "6 'm2/s2'"},
        {"2 'cm'", '*', "3 '1'", "6 'cm'", "6 'cm'"},
        {"2 '1'", '*', "3 months", "6 months", "6 months"},
        {"4.0 'g'", '/', "2.0 'm'", "2 'g/m'", "2 'g/m'"},
        {"6 'mg'", '/', "2 'mL/min'", "3 'mg/(mL/min)'", "3 'mg.min/mL'"},
        {"1 'm'", '/', "1 'cm'", "100 '1'", "100 '1'"},
        {"1 '1'", '/', "2 's'", "0.5 '1/s'", "0.5 'Hz'"},
        {"6 'mg'", '/', "2 days", "3 'mg/d'", "3 'mg/d'"},
        {"24 months", '/', "1 year", "2 '1'", "2 '1'"},
        {"6 'cm'", '/', "2 '1'", "3 'cm'", "3 'cm'"},
    };
    for (const auto& [a, operation, b, text, same_as] : cases) {
        std::string buffer;
        const std::optional<Quantity> value = operation == '*' ? multiply(quantity(a), quantity(b), buffer)
                                                               : divide(quantity(a), quantity(b), buffer);
        ASSERT_TRUE(value) << a << operation << b;
        EXPECT_EQ(value->to_string(), text);
        EXPECT_EQ(equal(*value, quantity(same_as)), true) << a << operation << b;
    }
    std::string buffer;
    EXPECT_EQ(shown(divide(quantity("1 'cm'"), quantity("0 'cm'"), buffer)), "none");
    EXPECT_EQ(shown(divide(quantity("1 'cm'"), quantity("0 's'"), buffer)), "none");
    EXPECT_EQ(shown(multiply(quantity("1 'cm'"), quantity("2 years"), buffer)), "none");
    EXPECT_EQ(shown(multiply(quantity("1 'cm'"), quantity("2 'Cel'"), buffer)), "none");
}

TEST(Quantity, ConvertsToAnotherUnit) {
    const struct {
        std::string_view from, unit;
        bool calendar;
        std::string_view expected;
    } cases[] = {
        {"5.1 'cm'", "mm", false, "51 'mm'"},
        {"51 'mm'", "cm", false, "5.1 'cm'"},
        {"0.50 'g'", "mg", false, "500 'mg'"},
        {"500 'mg'", "g", false, "0.5 'g'"},
        {"1 'm'", "[in_i]", false, "39.37007874015748031496062992 '[in_i]'"},
        {"1 'a'", "d", false, "365.25 'd'"},
        {"2 weeks", "day", true, "14 days"},
        {"2 weeks", "d", false, "14 'd'"},
        {"1 year", "month", true, "12 months"},
        {"1 year", "day", true, "365 days"},
        {"2 months", "day", true, "60 days"},
        {"1 year", "a", false, "none"},
        {"1 'cm'", "s", false, "none"},
        {"1 'cm'", "Cel", false, "none"},
        {"1 'Cel'", "Cel", false, "1 'Cel'"},
        {"999999999999999999999999999999999999 'km'", "mm", false, "none"},
    };
    for (const auto& [from, unit, calendar, expected] : cases) {
        EXPECT_EQ(shown(convert(quantity(from), unit, calendar)), expected) << from << " in " << unit;
    }
}

TEST(Quantity, NamesTheUnitOfDateArithmetic) {
    EXPECT_EQ(calendar_unit(quantity("1 month")), CalendarUnit::month);
    EXPECT_EQ(calendar_unit(quantity("1 'month'")), CalendarUnit::month);
    EXPECT_EQ(calendar_unit(quantity("1 'wk'")), CalendarUnit::week);
    EXPECT_EQ(calendar_unit(quantity("1 'ms'")), CalendarUnit::millisecond);
    EXPECT_EQ(calendar_unit(quantity("1 'min'")), CalendarUnit::minute);
    for (const std::string_view text : {"1 'mo'", "1 'a'", "1 'cm'", "1 '1'", "1 'm'"}) {
        EXPECT_EQ(calendar_unit(quantity(text)), std::nullopt) << text;
    }
    EXPECT_EQ(calendar_word("years"), "year");
    EXPECT_EQ(calendar_word("a"), std::nullopt);
    EXPECT_EQ(calendar_word("Years"), std::nullopt);
}

TEST(Unit, IsReadFromUcumCodes) {
    for (const std::string_view code : {"m",        "cm",
                                        "dam",      "mg",
                                        "kg",       "ug/kg/min",
                                        "mg/m2",    "mm[Hg]",
                                        "10*3/uL",  "10^9/L",
                                        "%",        "{score}",
                                        "/[HPF]",   "{cells}/[HPF]",
                                        "m{girth}", "1",
                                        "/min",     "mL/min/{1.73_m2}",
                                        "(m)",      "((kg)/m2)",
                                        "[IU]",     "k[IU]/L",
                                        "mosm/kg",  "meq/L",
                                        "m-1",      "s+2",
                                        "mo",       "a",
                                        "cd",       "1/1000000{Base}",
                                        "10*",      "10*-6",
                                        "mCi",      "cGy",
                                        "MBq"}) {
        EXPECT_TRUE(parse_unit(code)) << code;
    }
    for (const std::string_view code : {"",       "x",
                                        "CM",     "centimeter",
                                        "Cel",    "[degF]",
                                        "[pH]",   "m/",
                                        "m..s",   "/",
                                        ".m",     "(m",
                                        "m)",     "()",
                                        "{x",     "m{",
                                        "kmin",   "k%",
                                        "m s",    "m99",
                                        "0",      "0/m",
                                        "10*999", "m-",
                                        "mut/Mb", "[",
                                        "[in_i",  "kkg",
                                        "mh",     "99999999999999999999",
                                        "\xff",   "((((((((((m))))))))))"}) {
        EXPECT_FALSE(parse_unit(code)) << code;
    }
    EXPECT_FALSE(parse_unit(std::string(100000, '(')));
    EXPECT_FALSE(parse_unit("Ym.Ym.Ym")) << "a factor of 10^72";
}

TEST(Unit, SurvivesAnyBytes) {
    std::mt19937_64 random(1);
    constexpr std::string_view alphabet = "mgsLkdcu10*^-+./(){}[]%\xff";
    int units = 0;
    for (int i = 0; i < 50000; ++i) {
        std::string text;
        for (std::size_t size = random() % 12; size-- > 0;) text += alphabet[random() % alphabet.size()];
        const std::optional<Unit> unit = parse_unit(text);
        if (!unit) continue;
        ++units;
        EXPECT_TRUE(unit->factor_numerator > Decimal::of(0)) << text;
        EXPECT_TRUE(unit->factor_denominator > Decimal::of(0)) << text;
        EXPECT_EQ(
            equal(Quantity{Decimal::of(2), text}, Quantity{Decimal::of(2), text + "{x}"}).value_or(true),
            true)
            << text;
    }
    EXPECT_GT(units, 100);
}

}  // namespace
}  // namespace fhirpath
