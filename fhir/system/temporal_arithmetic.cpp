// Temporal: adding calendar units, and the boundaries of what a partial value may mean.
#include "fhir/system/decimal.hpp"
#include "fhir/system/temporal.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <iterator>

namespace fhirpath {
namespace {

constexpr Int128 nanoseconds_a_second = 1'000'000'000;
constexpr Int128 nanoseconds_a_day = 86400 * nanoseconds_a_second;
// N1, Date/Time arithmetic: how days become months and years where the date says no more.
constexpr int days_a_month = 30;
constexpr int days_a_year = 365;
constexpr std::int16_t earliest_zone = 14 * 60;
constexpr std::int16_t latest_zone = -12 * 60;

/// By CalendarUnit; years and months have no fixed length.
constexpr Int128 nanoseconds_in[] = {
    0,
    0,
    7 * nanoseconds_a_day,
    nanoseconds_a_day,
    3600 * nanoseconds_a_second,
    60 * nanoseconds_a_second,
    nanoseconds_a_second,
    nanoseconds_a_second / 1000,
};
/// precision(), by Precision; a Time's are less by what its hour has before it.
constexpr std::array digits_at = {4, 6, 8, 10, 12, 14};
constexpr int digits_before_time = 8;
constexpr int digits_of_milliseconds = 17;

std::uint8_t last_day(int year, unsigned month) {
    const std::chrono::year_month_day_last last{std::chrono::year{year},
                                                std::chrono::month_day_last{std::chrono::month{month}}};
    return static_cast<std::uint8_t>(static_cast<unsigned>(last.day()));
}

std::optional<Temporal> add_months(Temporal value, Int128 months) {
    const Int128 total = Int128{value.year} * 12 + (value.month - 1) + months;
    if (total < 12 || total >= Int128{10000} * 12) return std::nullopt;
    value.year = static_cast<std::int16_t>(total / 12);
    value.month = static_cast<std::uint8_t>(total % 12 + 1);
    value.day = std::min(value.day, last_day(value.year, value.month));
    return value;
}

std::optional<Temporal> add_days(Temporal value, Int128 days) {
    if (days < -days_a_year * 11000 || days > days_a_year * 11000) return std::nullopt;
    const std::chrono::sys_days before =
        std::chrono::year{value.year} / std::chrono::month{value.month} / std::chrono::day{value.day};
    const std::chrono::year_month_day after{before + std::chrono::days{static_cast<int>(days)}};
    const int year = static_cast<int>(after.year());
    if (year < 1 || year > 9999) return std::nullopt;
    value.year = static_cast<std::int16_t>(year);
    value.month = static_cast<std::uint8_t>(static_cast<unsigned>(after.month()));
    value.day = static_cast<std::uint8_t>(static_cast<unsigned>(after.day()));
    return value;
}

/// Nanoseconds since midnight, of what is known.
Int128 time_of_day(const Temporal& a) {
    return (Int128{a.hour} * 3600 + a.minute * 60 + a.second) * nanoseconds_a_second + a.nanosecond;
}

void set_time_of_day(Temporal& value, Int128 nanoseconds) {
    value.nanosecond = static_cast<std::uint32_t>(nanoseconds % nanoseconds_a_second);
    const int seconds = static_cast<int>(nanoseconds / nanoseconds_a_second);
    value.hour = static_cast<std::uint8_t>(seconds / 3600);
    value.minute = static_cast<std::uint8_t>(seconds / 60 % 60);
    value.second = static_cast<std::uint8_t>(seconds % 60);
    while (value.nanosecond % fraction_unit(value.fraction_digits) != 0)
        value.fraction_digits = static_cast<std::uint8_t>(value.fraction_digits / 3 * 3 + 3);
}

std::optional<Temporal> add_duration(const Temporal& a, Int128 nanoseconds) {
    const Int128 whole_days = nanoseconds / nanoseconds_a_day;
    switch (a.precision) {
        case Precision::year:
            return add_months(a, whole_days / days_a_year * 12);
        case Precision::month:
            return add_months(a, whole_days / days_a_month);
        case Precision::day:
            return add_days(a, whole_days);
        case Precision::hour:
            nanoseconds -= nanoseconds % (3600 * nanoseconds_a_second);
            break;
        case Precision::minute:
            nanoseconds -= nanoseconds % (60 * nanoseconds_a_second);
            break;
        case Precision::second:
            break;
    }
    const Int128 total = time_of_day(a) + nanoseconds;
    Int128 days = total / nanoseconds_a_day;
    Int128 in_day = total % nanoseconds_a_day;
    if (in_day < 0) {
        in_day += nanoseconds_a_day;
        --days;
    }
    std::optional<Temporal> result = a.kind == Temporal::Kind::time ? a : add_days(a, days);
    if (result) set_time_of_day(*result, in_day);
    return result;
}

std::optional<Precision> precision_of(Temporal::Kind kind, int digits) {
    if (kind == Temporal::Kind::time) digits += digits_before_time;
    if (digits == digits_of_milliseconds) digits = digits_at.back();
    const auto* const day_end = digits_at.begin() + static_cast<std::size_t>(Precision::hour);
    const auto* const first = kind == Temporal::Kind::time ? day_end : digits_at.begin();
    const auto* const last = kind == Temporal::Kind::date ? day_end : digits_at.end();
    const auto* const found = std::find(first, last, digits);
    if (found == last) return std::nullopt;
    return static_cast<Precision>(found - digits_at.begin());
}

/// The fraction to `kept` digits: longer ones are cut, missing ones become 0 or 9.
void fill_fraction(Temporal& value, int kept, bool high) {
    if (high && value.fraction_digits < kept) value.nanosecond += fraction_unit(value.fraction_digits) - 1;
    value.nanosecond -= value.nanosecond % fraction_unit(kept);
    value.fraction_digits = static_cast<std::uint8_t>(kept);
}

/// `a` as far as `precision`, then the fields of `rest`.
Temporal filled(const Temporal& a, Precision precision, const Temporal& rest) {
    Temporal value = a;
    if (precision < Precision::month) value.month = rest.month;
    if (precision < Precision::day) value.day = rest.day;
    if (precision < Precision::hour) value.hour = rest.hour;
    if (precision < Precision::minute) value.minute = rest.minute;
    if (precision < Precision::second) value.second = rest.second;
    return value;
}

std::optional<Temporal> boundary(const Temporal& a, int digits, bool high) {
    const std::optional<Precision> wanted = precision_of(a.kind, digits);
    if (!wanted) return std::nullopt;
    const bool time = a.kind == Temporal::Kind::time;
    const bool ends_at_hour = !time && a.precision == Precision::hour;
    Temporal rest;
    if (high) rest = {.month = 12, .day = 31, .hour = 23, .minute = 59, .second = 59};
    if (ends_at_hour) rest.minute = 0;
    Temporal value = filled(a, a.precision, rest);
    if (!time) value.day = std::min(value.day, last_day(value.year, value.month));
    fill_fraction(value, digits == (time ? 9 : digits_of_milliseconds) ? 3 : 0, high);
    if (!time && *wanted >= Precision::hour && !a.has_offset())
        value.offset = high ? latest_zone : earliest_zone;
    if (*wanted < Precision::hour) value.offset = Temporal::no_offset;
    value = filled(value, *wanted, Temporal());
    value.precision = *wanted;
    return value;
}

}  // namespace

std::optional<Temporal> add(const Temporal& a, std::int64_t amount, CalendarUnit unit,
                            std::int32_t nanoseconds) {
    if (unit == CalendarUnit::year || unit == CalendarUnit::month) {
        if (a.kind == Temporal::Kind::time) return std::nullopt;
        Int128 months = Int128{amount} * (unit == CalendarUnit::year ? 12 : 1);
        if (a.precision == Precision::year) months -= months % 12;
        return add_months(a, months);
    }
    if (a.kind == Temporal::Kind::time && (unit == CalendarUnit::week || unit == CalendarUnit::day))
        return std::nullopt;
    return add_duration(a, amount * nanoseconds_in[static_cast<std::size_t>(unit)] + nanoseconds);
}

std::optional<Temporal> low_boundary(const Temporal& a, int digits) { return boundary(a, digits, false); }
std::optional<Temporal> high_boundary(const Temporal& a, int digits) { return boundary(a, digits, true); }

int digits(const Temporal& a) {
    const int before = a.kind == Temporal::Kind::time ? digits_before_time : 0;
    return digits_at[static_cast<std::size_t>(a.precision)] - before + a.fraction_digits;
}

}  // namespace fhirpath
