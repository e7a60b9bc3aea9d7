// Decimal: up to 36 digits with the scale they were written with; exact, no binary floating point.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fhirpath {

__extension__ typedef __int128 Int128;

/// coefficient x 10^-scale. `5.40` is {540, 2}. FHIRPath 2.0 asks for 28 digits before and 8 after the point;
/// we carry 36 in all, |coefficient| < 10^36 and scale <= 36. Overflow has no value (nullopt), as the
/// specification wants for arithmetic; where only the fraction is too long for 36 digits, its end is rounded
/// off.
struct Decimal {
    Int128 coefficient = 0;
    std::uint8_t scale = 0;

    static constexpr int max_digits = 36;

    /// From source text: JSON numbers (`-1.20`, `1e-3`, `12E2`) and FHIRPath literals, also with `+` and with
    /// leading zeros. None if it is no number or does not fit in full.
    static std::optional<Decimal> parse(std::string_view text);
    static Decimal of(std::int64_t value) { return {value, 0}; }

    /// As FHIRPath's toString() and our card texts show it: the scale is kept (`5.40`).
    std::string to_string() const;
    double to_double() const;
    /// What stands before the point; none if it does not fit.
    std::optional<std::int64_t> to_integer() const;
    bool is_zero() const { return coefficient == 0; }
    /// Digits after the point, trailing zeros not counted.
    int significant_scale() const;
    Decimal normalized() const;  ///< trailing zeros after the point removed
};

/// By value: 5.40 equals 5.4.
std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);
/// -1, 0 or 1.
inline int sign(std::strong_ordering order) { return order < 0 ? -1 : order > 0 ? 1 : 0; }
inline bool operator==(const Decimal& a, const Decimal& b) { return (a <=> b) == 0; }

inline bool equal(const Decimal& a, const Decimal& b) { return a == b; }

std::optional<Decimal> add(const Decimal& a, const Decimal& b);
std::optional<Decimal> subtract(const Decimal& a, const Decimal& b);
std::optional<Decimal> multiply(const Decimal& a, const Decimal& b);
/// Exact where the quotient ends (1.00 / 2 is 0.50, 4.0 / 2.0 is 2); else to 28 significant digits and at
/// least 8 after the point, half away from zero. None for b = 0.
std::optional<Decimal> divide(const Decimal& a, const Decimal& b);
std::optional<Decimal> truncated_divide(const Decimal& a, const Decimal& b);  ///< FHIRPath div
std::optional<Decimal> modulo(const Decimal& a, const Decimal& b);            ///< sign of a, as FHIRPath mod
Decimal negate(const Decimal& a);
/// Half away from zero, to `digits` after the point (FHIRPath round()); unchanged if it has no more. Below 0
/// counts as 0.
Decimal round(const Decimal& a, int digits);
/// FHIRPath `~`: equal when rounded to the digits of the less precise operand, trailing zeros not counted.
bool equivalent(const Decimal& a, const Decimal& b);
/// Toward minus infinity / plus infinity / zero, to an integer.
Decimal floor(const Decimal& a);
Decimal ceiling(const Decimal& a);
Decimal truncate(const Decimal& a);
/// The nearest Decimal with about 15 significant digits; none if not finite or too large.
std::optional<Decimal> from_double(double value);

/// The least and greatest value that `a` may stand for, half a unit of its last digit away (1.587: 1.5865
/// and 1.5875), to `digits` after the point, rounded outward; but what is zero to that many digits stays zero
/// (the official suite: 0.0034.highBoundary(1) is 0.0). None if digits is not in 0..31 or the result does not
/// fit.
std::optional<Decimal> low_boundary(const Decimal& a, int digits);
std::optional<Decimal> high_boundary(const Decimal& a, int digits);

}  // namespace fhirpath
