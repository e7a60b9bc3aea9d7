// Decimal: exact decimal numbers that keep the form they were written in.
#include "fhir/system/decimal.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace fhirpath {
namespace {

Decimal number(std::string_view text) {
    const std::optional<Decimal> value = Decimal::parse(text);
    EXPECT_TRUE(value) << text;
    return value.value_or(Decimal{});
}

std::string shown(const std::optional<Decimal>& value) { return value ? value->to_string() : "none"; }

const std::string nines(36, '9');

TEST(Decimal, KeepsTheScaleItWasWrittenWith) {
    const struct {
        std::string_view text, shown;
    } cases[] = {
        {"5.40", "5.40"},
        {"-1.20", "-1.20"},
        {"0", "0"},
        {"0.0", "0.0"},
        {"0.001", "0.001"},
        {"1e-3", "0.001"},
        {"12E2", "1200"},
        {"1.50e1", "15.0"},
        {"1.5E+1", "15"},
        {"+7", "7"},
        {"007.50", "7.50"},
        {"-0.5", "-0.5"},
        {"0e99", "0"},
        {"-0", "0"},
        {"1234567890987654321.0", "1234567890987654321.0"},
        {"0.00000001", "0.00000001"},
    };
    for (const auto& [text, expected] : cases) EXPECT_EQ(shown(Decimal::parse(text)), expected) << text;
    EXPECT_EQ(shown(Decimal::parse(nines)), nines);
}

TEST(Decimal, IsNotReadFromWhatIsNoNumberOrTooLong) {
    for (const std::string_view text :
         {"",   "-",   "+",   ".",   ".5",  "5.",   "1e",    "1e+",           "e5", "1.2.3", " 1",
          "1 ", "0x1", "NaN", "1,5", "--1", "1e36", "1e-37", "1e99999999999", "12x"}) {
        EXPECT_EQ(shown(Decimal::parse(text)), "none") << text;
    }
    EXPECT_EQ(shown(Decimal::parse(nines + "9")), "none");
    EXPECT_EQ(shown(Decimal::parse(nines + ".9")), "none");
    EXPECT_EQ(shown(Decimal::parse("0." + std::string(100, '0') + "1")), "none");
    EXPECT_EQ(shown(Decimal::parse(std::string_view("1\0002", 3))), "none");
}

TEST(Decimal, ComparesByValueWhateverTheScale) {
    EXPECT_TRUE(number("5.40") == number("5.4"));
    EXPECT_TRUE(number("0.0") == number("0"));
    EXPECT_TRUE(number("0.1") < number("0.11"));
    EXPECT_TRUE(number("-0.11") < number("-0.1"));
    EXPECT_TRUE(number("-1") < number("0.0000001"));
    EXPECT_TRUE(number(nines) > number("0.000000000000000000000000000000000001"));
    EXPECT_TRUE(number("-" + nines) < number("0.000000000000000000000000000000000001"));
    EXPECT_TRUE(number("0.1") != number("0.1000000000000000055511151231257827"));
}

enum class Operation { plus, minus, times, divided, div, mod };

std::optional<Decimal> result(const Decimal& a, Operation operation, const Decimal& b) {
    switch (operation) {
        case Operation::plus:
            return add(a, b);
        case Operation::minus:
            return subtract(a, b);
        case Operation::times:
            return multiply(a, b);
        case Operation::divided:
            return divide(a, b);
        case Operation::div:
            return truncated_divide(a, b);
        case Operation::mod:
            return modulo(a, b);
    }
    return std::nullopt;
}

TEST(Decimal, CalculatesExactlyAndHasNoValueOnOverflow) {
    using enum Operation;
    const struct {
        std::string_view a;
        Operation operation;
        std::string_view b, expected;
    } cases[] = {
        {"1.2", plus, "1.8", "3.0"},
        {"0.1", plus, "0.2", "0.3"},
        {"1", plus, "0.25", "1.25"},
        {"1.8", minus, "1.2", "0.6"},
        {nines, plus, "1", "none"},
        {nines, plus, "0.4", nines},  // the fraction alone is rounded off
        {"1e30", plus, "1e-20", "1000000000000000000000000000000.00000"},
        {"2.5", times, "2.5", "6.25"},
        {"-0.50", times, "3", "-1.50"},
        {nines, times, "1", nines},
        {nines, times, "2", "none"},
        {nines, times, "0.5", "500000000000000000000000000000000000"},
        {"1.00000000000000000000001", times, "1.00000000000000000000001",
         "1.00000000000000000000002000000000000"},
        {"1e-30", times, "1e-30", "0.000000000000000000000000000000000000"},
        {"4.0", divided, "2.0", "2"},
        {"1.00", divided, "2", "0.50"},
        {"1", divided, "2", "0.5"},
        {"4", divided, "0.02", "200"},
        {"1", divided, "3", "0.3333333333333333333333333333"},
        {"2", divided, "3", "0.6666666666666666666666666667"},
        {"-2", divided, "3", "-0.6666666666666666666666666667"},
        {"1", divided, "300000", "0.000003333333333333333333333333333"},
        {"1000000000000000000000000001", divided, "3", "333333333333333333333333333.66666667"},
        {"1", divided, "0", "none"},
        {"1e35", divided, "0.01", "none"},
        {"5", div, "2", "2"},
        {"2.2", div, "1.8", "1"},
        {"-5", div, "2", "-2"},
        {"5.5", div, "0.7", "7"},
        {"1e-36", div, nines, "0"},
        {"5", div, "0", "none"},
        {"1e35", div, "0.001", "none"},
        {"5", mod, "2", "1"},
        {"-5", mod, "2", "-1"},
        {"5", mod, "-2", "1"},
        {"5.5", mod, "0.7", "0.6"},
        {"1e35", mod, "0.003", "0.001"},
        {"0.5", mod, nines, "0.5"},
        {"5", mod, "0", "none"},
    };
    for (const auto& [a, operation, b, expected] : cases) {
        EXPECT_EQ(shown(result(number(a), operation, number(b))), expected) << a << " and " << b;
    }
}

TEST(Decimal, RoundsHalfAwayFromZero) {
    EXPECT_EQ(round(number("3.14159"), 3).to_string(), "3.142");
    EXPECT_EQ(round(number("2.5"), 0).to_string(), "3");
    EXPECT_EQ(round(number("-2.5"), 0).to_string(), "-3");
    EXPECT_EQ(round(number("2.4999"), 0).to_string(), "2");
    EXPECT_EQ(round(number("1.5"), 9).to_string(), "1.5");
    EXPECT_EQ(round(number("1.5"), -3).to_string(), "2");
    EXPECT_EQ(round(number("0.9999"), 2).to_string(), "1.00");
}

TEST(Decimal, GoesToWholeNumbersDownUpAndTowardZero) {
    const struct {
        std::string_view value, down, up, toward_zero;
    } cases[] = {{"2.1", "2", "3", "2"},
                 {"-1.1", "-2", "-1", "-1"},
                 {"5.00", "5", "5", "5"},
                 {"0.9", "0", "1", "0"},
                 {"7", "7", "7", "7"}};
    for (const auto& [value, down, up, toward_zero] : cases) {
        EXPECT_EQ(floor(number(value)).to_string(), down) << value;
        EXPECT_EQ(ceiling(number(value)).to_string(), up) << value;
        EXPECT_EQ(truncate(number(value)).to_string(), toward_zero) << value;
    }
}

TEST(Decimal, IsEquivalentWhenRoundedToTheLessPreciseOperand) {
    EXPECT_TRUE(equivalent(*divide(number("1.2"), number("1.8")), number("0.67")));
    EXPECT_FALSE(equivalent(*divide(number("1.2"), number("1.8")), number("0.6")));
    EXPECT_TRUE(equivalent(number("1.10"), number("1.1")));
    EXPECT_TRUE(equivalent(number("4.04"), number("4.0"))) << "trailing zeros do not count as precision";
    EXPECT_FALSE(equivalent(number("1.1"), number("1.2")));
}

TEST(Decimal, KnowsItsDigitsAfterThePoint) {
    EXPECT_EQ(number("1.58700").scale, 5);
    EXPECT_EQ(number("1.58700").significant_scale(), 3);
    EXPECT_EQ(number("100").significant_scale(), 0);
    EXPECT_EQ(number("1.500").normalized().to_string(), "1.5");
    EXPECT_EQ(number("-3.99").to_integer(), -3);
    EXPECT_EQ(number("9223372036854775808.0").to_integer(), std::nullopt);
}

TEST(Decimal, StandsForARangeOfHalfItsLastDigit) {
    const struct {
        std::string_view value;
        int digits;
        std::string_view low, high;
    } cases[] = {
        {"1.587", 8, "1.58650000", "1.58750000"},
        {"-1.587", 8, "-1.58750000", "-1.58650000"},
        {"1.587", 2, "1.58", "1.59"},
        {"-1.587", 2, "-1.59", "-1.58"},
        {"1.587", 0, "1", "2"},
        {"-1.587", 0, "-2", "-1"},
        {"1", 0, "0", "2"},
        {"1", 5, "0.50000", "1.50000"},
        {"12.500", 4, "12.4995", "12.5005"},
        {"120", 2, "119.50", "120.50"},
        {"0.0034", 1, "0.0", "0.0"},
        {"-0.0034", 1, "0.0", "0.0"},
        {"1.587", -1, "none", "none"},
        {"1.587", 32, "none", "none"},
    };
    for (const auto& [value, digits, low, high] : cases) {
        EXPECT_EQ(shown(low_boundary(number(value), digits)), low) << value << " to " << digits;
        EXPECT_EQ(shown(high_boundary(number(value), digits)), high) << value << " to " << digits;
    }
    EXPECT_EQ(shown(high_boundary(number(nines), 0)), "none");
    EXPECT_EQ(shown(low_boundary(number(nines), 8)), "none");
}

TEST(Decimal, ComesFromABinaryNumberWithFifteenDigits) {
    EXPECT_EQ(shown(from_double(0.1)), "0.1");
    EXPECT_EQ(shown(from_double(4.0)), "4");
    EXPECT_EQ(shown(from_double(1e-7)), "0.0000001");
    EXPECT_EQ(shown(from_double(-2.5e20)), "-250000000000000000000");
    EXPECT_EQ(shown(from_double(1e40)), "none");
    EXPECT_EQ(shown(from_double(std::numeric_limits<double>::quiet_NaN())), "none");
    EXPECT_EQ(shown(from_double(std::numeric_limits<double>::infinity())), "none");
    EXPECT_EQ(shown(from_double(1e-300)), "0");
    EXPECT_DOUBLE_EQ(number("-12.75").to_double(), -12.75);
}

TEST(Decimal, KeepsTheLawsOfArithmeticOnRandomNumbers) {
    std::mt19937_64 random(1);
    const auto any = [&] {
        std::string text = random() % 2 ? "-" : "";
        for (std::size_t i = 0, count = 1 + random() % 12; i < count; ++i)
            text += static_cast<char>('0' + random() % 10);
        if (random() % 2) text += "." + std::to_string(random() % 100000);
        return number(text);
    };
    for (int i = 0; i < 2000; ++i) {
        const Decimal a = any();
        const Decimal b = any();
        EXPECT_EQ(*subtract(*add(a, b), b), a) << a.to_string() << ' ' << b.to_string();
        EXPECT_EQ(number(a.to_string()), a);
        EXPECT_EQ((a <=> b) == 0, (b <=> a) == 0);
        if (b.is_zero()) continue;
        EXPECT_EQ(*divide(*multiply(a, b), b), a) << a.to_string() << ' ' << b.to_string();
        EXPECT_EQ(*add(*multiply(*truncated_divide(a, b), b), *modulo(a, b)), a)
            << a.to_string() << ' ' << b.to_string();
        EXPECT_TRUE(*low_boundary(a, 9) < a && a < *high_boundary(a, 9)) << a.to_string();
    }
}

}  // namespace
}  // namespace fhirpath
