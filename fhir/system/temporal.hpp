// Temporal: dates, date-times and times that keep the precision they came with.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>

namespace fhirpath {

/// How far a Temporal is known. For a Time it starts at hour.
enum class Precision : std::uint8_t { year, month, day, hour, minute, second };

/// A FHIRPath Date, DateTime or Time. 16 bytes. Seconds and their fraction are one precision (N1 comparison
/// rules); fraction_digits remembers how the fraction was written.
struct Temporal {
    enum class Kind : std::uint8_t { date, date_time, time };
    static constexpr std::int16_t no_offset = 32767;

    std::int16_t year = 0;
    std::uint8_t month = 1, day = 1, hour = 0, minute = 0, second = 0;
    Precision precision = Precision::year;
    std::uint32_t nanosecond = 0;
    std::int16_t offset = no_offset;  ///< minutes east of UTC
    std::uint8_t fraction_digits = 0;
    Kind kind = Kind::date;

    /// FHIR and FHIRPath forms without `@`: `2014`, `2014-01`, `2014-01-25`, `2014-01-25T14:30:14.559Z`,
    /// `2014T`, `14:30`. Calendar checked (no 30 February, year 1 to 9999, offset within 14:00; 23:59:60 is
    /// taken as :59). Of a fraction longer than nanoseconds the rest is dropped. None if it is no such value;
    /// any bytes are safe.
    static std::optional<Temporal> parse(Kind kind, std::string_view text);
    static std::optional<Temporal> parse_date(std::string_view text) { return parse(Kind::date, text); }
    /// A bare date is a DateTime of its precision.
    static std::optional<Temporal> parse_date_time(std::string_view text) {
        return parse(Kind::date_time, text);
    }
    static std::optional<Temporal> parse_time(std::string_view text) { return parse(Kind::time, text); }

    bool has_offset() const { return offset != no_offset; }
    /// As FHIRPath's toString(): `2014-01-25`, `14:30:14.559`, no `@`.
    std::string to_string() const;
    /// The same, in `arena`.
    std::string_view to_text(std::pmr::memory_resource& arena) const;
    /// The same value as a DateTime (a Date of day precision becomes a DateTime of day precision).
    Temporal as_date_time() const;
    /// The date part of a DateTime, at its precision.
    Temporal as_date() const;
};

/// How many nanoseconds one is in the last of `digits` (at most 9) of a fraction of seconds.
constexpr std::uint32_t fraction_unit(int digits) {
    std::uint32_t unit = 1;
    for (int i = digits; i < 9; ++i) unit *= 10;
    return unit;
}

/// -1, 0, 1, or none where the precisions leave it open: 2024 against 2024-03. With offsets on both sides the
/// moments are compared. A time of day with offset against one without: none. A value of day precision or
/// coarser has no offset to miss: it is compared with the other's local date, so that now() > birthDate has
/// an answer. A Time against a Date or DateTime: none.
std::optional<int> compare(const Temporal& a, const Temporal& b);
/// FHIRPath `=`: none if open. Different precision with all common parts equal: none.
std::optional<bool> equal(const Temporal& a, const Temporal& b);
/// FHIRPath `~`: different precision is false, never open; so is an offset on one side only.
bool equivalent(const Temporal& a, const Temporal& b);

/// Calendar units of arithmetic, as words or UCUM (`1 year`, `s`).
enum class CalendarUnit : std::uint8_t { year, month, week, day, hour, minute, second, millisecond };
/// `a` plus `amount` units: month ends clamp; for partial dates the amount is converted to the precision at
/// hand (truncated; 12 months, 365 days a year, 30 days a month), as N1 says: @2014 + 24 months is @2016.
/// `nanoseconds` (below 10^9, of the sign of `amount`) is the fraction of seconds. A Time wraps at midnight.
/// None if out of years 1..9999, or for a Time and a unit above hours.
std::optional<Temporal> add(const Temporal& a, std::int64_t amount, CalendarUnit unit,
                            std::int32_t nanoseconds = 0);

/// Earliest and latest instant the value may mean, to `digits` of precision as lowBoundary()/highBoundary()
/// count them (Date: 4, 6, 8; DateTime: 4, 6, 8, 10, 12, 14, 17; Time: 2, 4, 6, 9). None for another count. A
/// missing offset becomes +14:00 and -12:00, the ends of the earth's time zones. A DateTime that ends at the
/// hour has minute 00 in both, as in the specification's example: @2014-01-01T08.highBoundary(17) is
/// @2014-01-01T08:00:59.999-12:00.
std::optional<Temporal> low_boundary(const Temporal& a, int digits);
std::optional<Temporal> high_boundary(const Temporal& a, int digits);
/// precision(): digits as above; a fraction counts with as many as were written.
int digits(const Temporal& a);

}  // namespace fhirpath
