// Temporal: dates and times that keep the precision they came with.
#include "fhir/system/temporal.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace fhirpath {
namespace {

/// `2014-01-25` is a Date, `2014-01-25T` and anything longer a DateTime, `T10:30` a Time.
std::optional<Temporal> read(std::string_view text) {
    if (text.starts_with('T')) return Temporal::parse_time(text.substr(1));
    if (text.find('T') != std::string_view::npos) return Temporal::parse_date_time(text);
    return Temporal::parse_date(text);
}

Temporal moment(std::string_view text) {
    const std::optional<Temporal> value = read(text);
    EXPECT_TRUE(value) << text;
    return value.value_or(Temporal{});
}

std::string shown(const std::optional<Temporal>& value) { return value ? value->to_string() : "none"; }

TEST(Temporal, IsPrintedAsItWasRead) {
    for (const std::string_view text :
         {"2014", "2014-01", "2014-01-25", "2024-02-29", "0001-01-01", "9999-12-31", "2014-01-25T14",
          "2014-01-25T14:30", "2014-01-25T14:30:14", "2014-01-25T14:30:14.559", "2014-01-25T14:30:14.5590Z",
          "2014-01-25T14:30:14.000000001+14:00", "2014-01-25T14:30-05:30", "2014-01-25T08+01:00"}) {
        EXPECT_EQ(shown(read(text)), text);
    }
    EXPECT_EQ(shown(read("2014T")), "2014");
    EXPECT_EQ(shown(read("2014-01T")), "2014-01");
    EXPECT_EQ(shown(read("2014-01-25T")), "2014-01-25");
    EXPECT_EQ(shown(read("T14")), "14");
    EXPECT_EQ(shown(read("T14:30:14.5")), "14:30:14.5");
    EXPECT_EQ(shown(Temporal::parse_date_time("2014-01")), "2014-01")
        << "FHIR writes a partial dateTime without T";
    EXPECT_EQ(shown(read("2016-12-31T23:59:60Z")), "2016-12-31T23:59:59Z") << "leap second";
    EXPECT_EQ(shown(read("2016-12-31T23:59:59.1234567891Z")), "2016-12-31T23:59:59.123456789Z");
}

TEST(Temporal, IsNotReadFromWhatIsNoDateOrTime) {
    for (const std::string_view text : {"",
                                        "T",
                                        "2",
                                        "201",
                                        "20145",
                                        "2014-",
                                        "2014-1",
                                        "2014-00",
                                        "2014-13",
                                        "2014-01-",
                                        "2014-01-00",
                                        "2014-01-32",
                                        "2014-02-30",
                                        "2023-02-29",
                                        "1900-02-29",
                                        "0000",
                                        "0000-01-01",
                                        "-2014",
                                        "2014/01/01",
                                        "2014-01-01Z",
                                        "2014TZ",
                                        "2014-01TZ",
                                        "2014-01-01TZ",
                                        "2014T10",
                                        "2014-01T10:00",
                                        "2014-01-01T1",
                                        "2014-01-01T24",
                                        "2014-01-01T10:",
                                        "2014-01-01T10:60",
                                        "2014-01-01T10:00:61",
                                        "2014-01-01T10:00:00.",
                                        "2014-01-01T10:00:00+",
                                        "2014-01-01T10:00:00+14:01",
                                        "2014-01-01T10:00:00+1:00",
                                        "2014-01-01T10:00:00+01",
                                        "2014-01-01T10:00:00+01:60",
                                        "2014-01-01T10:00:00ZZ",
                                        "2014-01-01t10:00:00z",
                                        "2014-01-01 10:00:00",
                                        "T24:00",
                                        "T10:30Z",
                                        "T14:34:28Z",
                                        "T14:34:28+01:00",
                                        "T1",
                                        "T10:3",
                                        "March",
                                        "2014-01-25T14:30:14,559"}) {
        EXPECT_EQ(shown(read(text)), "none") << text;
    }
    EXPECT_EQ(shown(Temporal::parse_date("2014-01-01T10:00:00Z")), "none");
    EXPECT_EQ(shown(Temporal::parse_date(std::string_view("2014\0", 5))), "none");
}

TEST(Temporal, SurvivesAnyBytes) {
    std::mt19937_64 random(1);
    constexpr std::string_view alphabet = "0123456789-:.T+Z \xff";
    int read_again = 0;
    for (int i = 0; i < 20000; ++i) {
        std::string text = i % 2 ? "2014-01-25T14:30:14.559+01:00" : "14:30:14.559";
        for (std::size_t edits = 1 + random() % 3; edits-- > 0;) {
            text[random() % text.size()] = alphabet[random() % alphabet.size()];
            text.resize(std::max<std::size_t>(1, text.size() - random() % 2));
        }
        for (const auto& value :
             {Temporal::parse_date(text), Temporal::parse_date_time(text), Temporal::parse_time(text)}) {
            if (!value) continue;
            const bool time = value->kind == Temporal::Kind::time;
            const auto again = time ? Temporal::parse_time(value->to_string())
                                    : Temporal::parse_date_time(value->to_string());
            ASSERT_TRUE(again) << text;
            EXPECT_EQ(again->to_string(), value->to_string());
            ++read_again;
        }
    }
    EXPECT_GT(read_again, 100);
}

TEST(Temporal, ComparesAsFarAsBothSidesAreKnown) {
    const struct {
        std::string_view a, b, order;
    } cases[] = {
        {"2014-12-12", "2014-12-13", "before"},
        {"2014-12-12", "2014-12-12", "same"},
        {"2015", "2014-12-31", "after"},
        {"2018-03", "2018-03-01", "open"},
        {"2018", "2018-03", "open"},
        {"2018-03-01T10:30", "2018-03-01T10:30:00", "open"},
        {"2018-03-01T10:30:00", "2018-03-01T10:30:00.0", "same"},
        {"2012-04-15T15:30:31", "2012-04-15T15:30:31.1", "before"},
        {"2012-04-15", "2012-04-15T10:00:00", "open"},
        {"2012-04-14", "2012-04-15T10:00:00", "before"},
        {"2012-04-15", "2012-04-15T", "same"},
        {"T10:30", "T10:30:00", "open"},
        {"T10:30:00", "T10:30:00.0", "same"},
        {"T12:00:01", "T12:00:00", "after"},
        {"T10", "T11:30", "before"},
        {"T10:00", "2014-01-01T10:00", "open"},
        // both with an offset: the moments
        {"2017-11-05T01:30:00.0-04:00", "2017-11-05T01:15:00.0-05:00", "before"},
        {"2017-11-05T01:30:00.0-04:00", "2017-11-05T00:30:00.0-05:00", "same"},
        {"2014-01-01T00:30:00+01:00", "2013-12-31T23:30:00Z", "same"},
        {"2014-01-01T10:30+01:00", "2014-01-01T09:30:15Z", "open"},
        {"2014-01-01T10:30+01:00", "2014-01-01T09:31:00Z", "before"},
        {"2014-01-01T10+00:30", "2014-01-01T10Z", "open"},
        {"2014-01-01T10+00:30", "2014-01-01T11Z", "before"},
        // one with, one without
        {"2012-04-15T15:00:00Z", "2012-04-15T10:00:00", "open"},
        {"2012-04-15T15:00:00Z", "2014-04-15T10:00:00", "open"},
        {"1974-12-25", "1974-12-25T12:34:00-10:00", "open"},
        {"1974-12-25", "2026-01-15T09:00:00+01:00", "before"},
        {"2026-01-14", "2026-01-15T00:30:00+01:00", "before"},
    };
    for (const auto& [a, b, expected] : cases) {
        const std::optional<int> order = compare(moment(a), moment(b));
        EXPECT_EQ(!order       ? "open"
                  : *order < 0 ? "before"
                  : *order > 0 ? "after"
                               : "same",
                  expected)
            << a << " and " << b;
        const std::optional<int> reverse = compare(moment(b), moment(a));
        EXPECT_EQ(reverse, order ? std::optional(-*order) : std::nullopt) << b << " and " << a;
        EXPECT_EQ(equal(moment(a), moment(b)), order ? std::optional(*order == 0) : std::nullopt);
        EXPECT_EQ(equivalent(moment(a), moment(b)), expected == "same");
    }
}

TEST(Temporal, AddsCalendarUnits) {
    using enum CalendarUnit;
    const struct {
        std::string_view from;
        std::int64_t amount;
        CalendarUnit unit;
        std::string_view to;
    } cases[] = {
        {"1973-12-25", 7, day, "1974-01-01"},
        {"1973-12-25", 1, week, "1974-01-01"},
        {"1973-12-25", 1, month, "1974-01-25"},
        {"1973-12-25", 1, year, "1974-12-25"},
        {"1974-12-25", -1, month, "1974-11-25"},
        // month ends clamp
        {"2024-01-31", 1, month, "2024-02-29"},
        {"2023-01-31", 1, month, "2023-02-28"},
        {"2024-02-29", 1, year, "2025-02-28"},
        {"2024-02-29", 4, year, "2028-02-29"},
        {"2024-03-31", -1, month, "2024-02-29"},
        {"2024-01-15", -12, month, "2023-01-15"},
        {"2024-02-28", 1, day, "2024-02-29"},
        {"1900-02-28", 1, day, "1900-03-01"},
        // partial dates: the amount in the unit at hand, truncated
        {"2014", 24, month, "2016"},
        {"2014", 23, month, "2015"},
        {"2014", -23, month, "2013"},
        {"2014", 365, day, "2015"},
        {"2014", 364, day, "2014"},
        {"2014-03", 29, day, "2014-03"},
        {"2014-03", 60, day, "2014-05"},
        {"2014-03", -30, day, "2014-02"},
        {"2014-03-01", 23, hour, "2014-03-01"},
        {"2014-03-01", 24, hour, "2014-03-02"},
        {"2014-03-01", -25, hour, "2014-02-28"},
        {"2014-03-01T10", 119, minute, "2014-03-01T11"},
        {"2014-03-01T10:30", 90, second, "2014-03-01T10:31"},
        // times
        {"1973-12-25T00:00:00.000+10:00", 1, second, "1973-12-25T00:00:01.000+10:00"},
        {"1973-12-25T00:00:00.000+10:00", 10, millisecond, "1973-12-25T00:00:00.010+10:00"},
        {"1973-12-25T00:00:00+10:00", 10, millisecond, "1973-12-25T00:00:00.010+10:00"},
        {"1973-12-25T00:00:00.000+10:00", 1, minute, "1973-12-25T00:01:00.000+10:00"},
        {"1973-12-31T23:00:00Z", 1, hour, "1974-01-01T00:00:00Z"},
        {"2014-01-01T00:00:00Z", -1, second, "2013-12-31T23:59:59Z"},
        {"T10:00", 30, minute, "10:30"},
        {"T23:30", 1, hour, "00:30"},
        {"T00:10", -20, minute, "23:50"},
        {"T10:00", 1, day, "none"},
        {"T10:00", 1, month, "none"},
        // out of years 1 to 9999
        {"9999-12-31", 1, day, "none"},
        {"0001-01-01", -1, day, "none"},
        {"9999", 1, year, "none"},
        {"9999-12", 1, month, "none"},
        {"2014-01-01", INT64_MAX, day, "none"},
        {"2014-01-01", INT64_MIN, week, "none"},
        {"2014-01-01", INT64_MIN, year, "none"},
        {"2014-01-01T10:00:00Z", INT64_MAX, hour, "none"},
        {"2014", INT64_MIN, day, "none"},
    };
    for (const auto& [from, amount, unit, to] : cases) {
        EXPECT_EQ(shown(add(moment(from), amount, unit)), to) << from << " + " << amount;
    }
}

TEST(Temporal, AddsFractionsOfSeconds) {
    const Temporal start = moment("2014-01-01T10:00:00Z");

    EXPECT_EQ(shown(add(start, 1, CalendarUnit::second, 500'000'000)), "2014-01-01T10:00:01.500Z");
    EXPECT_EQ(shown(add(start, -1, CalendarUnit::second, -500'000'000)), "2014-01-01T09:59:58.500Z");
    EXPECT_EQ(shown(add(start, 0, CalendarUnit::second, 1)), "2014-01-01T10:00:00.000000001Z");
}

TEST(Temporal, GoesBackWhereItCameFrom) {
    std::mt19937_64 random(1);
    const Temporal start = moment("2000-02-29T12:00:00Z");
    for (int i = 0; i < 2000; ++i) {
        const auto amount = static_cast<std::int64_t>(random() % 1'000'000);
        for (const CalendarUnit unit :
             {CalendarUnit::day, CalendarUnit::hour, CalendarUnit::second, CalendarUnit::millisecond}) {
            const std::optional<Temporal> later = add(start, amount, unit);
            ASSERT_TRUE(later);
            EXPECT_EQ(compare(*add(*later, -amount, unit), start), 0) << amount;
            EXPECT_EQ(compare(*later, start), amount == 0 ? 0 : 1);
        }
    }
}

TEST(Temporal, HasBoundariesToACountOfDigits) {
    const struct {
        std::string_view value;
        int digits;
        std::string_view low, high;
    } cases[] = {
        {"2014", 6, "2014-01", "2014-12"},
        {"2014", 8, "2014-01-01", "2014-12-31"},
        {"2024-02", 8, "2024-02-01", "2024-02-29"},
        {"2014-05-06", 4, "2014", "2014"},
        {"2014", 17, "none", "none"},
        {"2014", 5, "none", "none"},
        {"2014-01-01T08", 17, "2014-01-01T08:00:00.000+14:00", "2014-01-01T08:00:59.999-12:00"},
        {"2014-01-01T08:05+08:00", 17, "2014-01-01T08:05:00.000+08:00", "2014-01-01T08:05:59.999+08:00"},
        {"2014T", 17, "2014-01-01T00:00:00.000+14:00", "2014-12-31T23:59:59.999-12:00"},
        {"2014-01-01T08:05:07.5Z", 17, "2014-01-01T08:05:07.500Z", "2014-01-01T08:05:07.599Z"},
        {"2014-01-01T08:05:07.5Z", 12, "2014-01-01T08:05Z", "2014-01-01T08:05Z"},
        {"2014-01-01T08:05:07.5Z", 8, "2014-01-01", "2014-01-01"},
        {"T10:30", 9, "10:30:00.000", "10:30:59.999"},
        {"T10", 4, "10:00", "10:59"},
        {"T10:30", 17, "none", "none"},
    };
    for (const auto& [value, digits, low, high] : cases) {
        EXPECT_EQ(shown(low_boundary(moment(value), digits)), low) << value << " to " << digits;
        EXPECT_EQ(shown(high_boundary(moment(value), digits)), high) << value << " to " << digits;
    }
}

TEST(Temporal, CountsItsDigits) {
    const struct {
        std::string_view value;
        int digits;
    } cases[] = {{"2014", 4},
                 {"2014-01", 6},
                 {"2014-01-05", 8},
                 {"2014-01-05T10", 10},
                 {"2014-01-05T10:30Z", 12},
                 {"2014-01-05T10:30:00", 14},
                 {"2014-01-05T10:30:00.000", 17},
                 {"T10", 2},
                 {"T10:30", 4},
                 {"T10:30:00.000", 9}};
    for (const auto& [value, expected] : cases) EXPECT_EQ(digits(moment(value)), expected) << value;
}

TEST(Temporal, ADateAndADateTimeTurnIntoEachOther) {
    EXPECT_EQ(moment("2014-01-05T23:30:00-08:00").as_date().to_string(), "2014-01-05") << "the local day";
    EXPECT_EQ(moment("2014T").as_date().to_string(), "2014");
    EXPECT_EQ(moment("2014-01").as_date_time().kind, Temporal::Kind::date_time);
    EXPECT_EQ(moment("2014-01").as_date_time().precision, Precision::month);
}

}  // namespace
}  // namespace fhirpath
