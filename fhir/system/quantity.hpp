// Quantity: a number with a UCUM or calendar unit; compares and converts lengths, doses, times and counts.
#pragma once

#include "fhir/system/decimal.hpp"
#include "fhir/system/temporal.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fhirpath {

/// The unit is a UCUM code (`cm`, `mg`, `1`) or, if `calendar`, a calendar word in the singular (`month`).
/// The unit's text must outlive the Quantity.
struct Quantity {
    Decimal value;
    std::string_view unit;
    bool calendar = false;

    /// As FHIRPath's toString(): `5.4 'cm'`, `12 months`, `1 month` (quotes for UCUM).
    std::string to_string() const;
};

/// A UCUM unit as a factor over base dimensions: m, s, g, rad, K, C, cd, then [IU] and the calendar month,
/// which nothing else converts to. The factor is an exact fraction: 1 unit = factor_numerator /
/// factor_denominator of the base.
struct Unit {
    Decimal factor_numerator = Decimal::of(1), factor_denominator = Decimal::of(1);
    std::array<std::int8_t, 9> dimensions = {};
};
/// Grammar: prefix + atom + exponent, `.`, `/`, `10*n`, `{annotation}`, parentheses. Atoms: table in
/// ucum.cpp; no special units (Cel, [degF], [pH], logarithms). None if it is not UCUM as we know it, or the
/// factor is too large for a Decimal.
std::optional<Unit> parse_unit(std::string_view ucum);

/// The calendar unit a word (`year`, `months`, also in quotes: 1 'month') or a UCUM code (s, ms, min, h, d,
/// wk) stands for in date arithmetic; none for UCUM `mo` and `a`, which are not calendar durations, and for
/// all else.
std::optional<CalendarUnit> calendar_unit(const Quantity& quantity);
/// `years` -> `year`; none if it is no calendar word.
std::optional<std::string_view> calendar_word(std::string_view word);

/// The calendar word that a FHIR Quantity in this UCUM code means, by the FHIR specification's table.
std::optional<std::string_view> calendar_word_of_code(std::string_view code);

/// Whether `=` and `<` have an answer. Calendar seconds and milliseconds are UCUM's s and ms, as N1 says;
/// weeks, days, hours and minutes are wk, d, h and min, for both are exact and the official suite wants 7
/// days = 1 'wk' (N1 itself leaves that open). Years and months compare with each other (1 year = 12 months)
/// and with nothing else: no length in days, no UCUM a or mo. Units we cannot read compare with the very same
/// text.
bool comparable(const Quantity& a, const Quantity& b);
/// none: not comparable. Exact, without division.
std::optional<int> compare(const Quantity& a, const Quantity& b);
std::optional<bool> equal(const Quantity& a, const Quantity& b);
/// `~`: after conversion, rounded to the coarser operand (4 'g' ~ 4040 'mg'). Here a year is UCUM a (365.25
/// days) and a month is mo. None if not commensurable even so.
std::optional<bool> equivalent(const Quantity& a, const Quantity& b);
/// In the finer of the two units, as N1 says (3 'm' + 3 'cm' is 303 'cm'); none if not comparable.
std::optional<Quantity> add(const Quantity& a, const Quantity& b);
std::optional<Quantity> subtract(const Quantity& a, const Quantity& b);
/// The result's unit text may need room: it is written to `unit_buffer`, which must outlive the result.
/// Comparable operands are first brought to the unit of `a` (2 'cm' * 2 'm' is 400 'cm2', 1 'm' / 1 'cm' is
/// 100 '1'). None for years and months times or by anything but '1' or each other, for units we cannot read,
/// and for a divisor of zero.
std::optional<Quantity> multiply(const Quantity& a, const Quantity& b, std::string& unit_buffer);
std::optional<Quantity> divide(const Quantity& a, const Quantity& b, std::string& unit_buffer);
/// `q` in another unit; none if not commensurable. Between calendar words a month has 30 days and a year 365
/// (N1, toQuantity). The result's unit is the text given, the number without trailing zeros.
std::optional<Quantity> convert(const Quantity& q, std::string_view unit, bool calendar);

}  // namespace fhirpath
