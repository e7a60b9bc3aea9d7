// Decimal: checked 128-bit arithmetic on coefficient and scale.
#include "fhir/system/decimal.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

namespace fhirpath {
namespace {

__extension__ typedef unsigned __int128 UInt128;

constexpr auto powers_of_ten = [] {
    std::array<Int128, 39> table{};
    table[0] = 1;
    for (std::size_t i = 1; i < table.size(); ++i) table[i] = table[i - 1] * 10;
    return table;
}();

/// 10^exponent, 0..38.
Int128 power_of_ten(int exponent) { return powers_of_ten[static_cast<std::size_t>(exponent)]; }

constexpr int quotient_digits = 28;  // significant, where a quotient does not end
constexpr int quotient_scale = 8;    // FHIRPath 2.0: at least 8 digits after the point
constexpr int boundary_digits = 31;  // lowBoundary(32) is empty in the official suite

Int128 limit() { return power_of_ten(Decimal::max_digits); }
Int128 magnitude(Int128 value) { return value < 0 ? -value : value; }

Decimal make(Int128 coefficient, int scale) { return {coefficient, static_cast<std::uint8_t>(scale)}; }

bool multiply_into(Int128& value, Int128 factor) { return !__builtin_mul_overflow(value, factor, &value); }

/// value / divisor, half away from zero; divisor > 0.
Int128 rounded_quotient(Int128 value, Int128 divisor) {
    const Int128 quotient = value / divisor;
    const Int128 rest = magnitude(value % divisor);
    if (rest < divisor - rest) return quotient;
    return quotient + (value < 0 ? -1 : 1);
}

/// The fraction shortened until 36 digits hold the number; none if its integer part alone is longer.
std::optional<Decimal> fitted(Int128 coefficient, int scale) {
    int excess = std::max(0, scale - Decimal::max_digits);
    while (excess <= scale && excess <= 38 && magnitude(coefficient) / power_of_ten(excess) >= limit())
        ++excess;
    if (excess > scale || excess > 38) return std::nullopt;
    if (excess == 0) return make(coefficient, scale);
    const Int128 rounded = rounded_quotient(coefficient, power_of_ten(excess));
    if (magnitude(rounded) < limit()) return make(rounded, scale - excess);
    if (excess == scale) return std::nullopt;
    return make(rounded / 10, scale - excess - 1);  // 99..9 rounded up to 10^36
}

/// Toward minus infinity (up = false) or plus infinity, to `digits` after the point; a.scale may be 37 here.
Int128 rounded_outward(Int128 coefficient, int scale, int digits, bool up) {
    const Int128 divisor = power_of_ten(std::min(scale - digits, 38));
    const Int128 quotient = coefficient / divisor;
    if (coefficient % divisor == 0) return quotient;
    if (up) return coefficient > 0 ? quotient + 1 : quotient;
    return coefficient < 0 ? quotient - 1 : quotient;
}

/// 256 bits, for products of two long decimals; least significant limb first.
using Wide = std::array<std::uint64_t, 4>;

Wide wide_product(UInt128 a, UInt128 b) {
    const std::array<std::uint64_t, 2> left{static_cast<std::uint64_t>(a),
                                            static_cast<std::uint64_t>(a >> 64)};
    const std::array<std::uint64_t, 2> right{static_cast<std::uint64_t>(b),
                                             static_cast<std::uint64_t>(b >> 64)};
    Wide product{};
    for (std::size_t i = 0; i < 2; ++i) {
        UInt128 carry = 0;
        for (std::size_t j = 0; j < 2; ++j) {
            carry += static_cast<UInt128>(left[i]) * right[j] + product[i + j];
            product[i + j] = static_cast<std::uint64_t>(carry);
            carry >>= 64;
        }
        product[i + 2] = static_cast<std::uint64_t>(carry);
    }
    return product;
}

/// Divides by ten in place; gives the digit that fell off.
unsigned drop_digit(Wide& value) {
    UInt128 rest = 0;
    for (std::size_t i = value.size(); i-- > 0;) {
        rest = rest << 64 | value[i];
        value[i] = static_cast<std::uint64_t>(rest / 10);
        rest %= 10;
    }
    return static_cast<unsigned>(rest);
}

std::optional<Decimal> boundary(const Decimal& a, int digits, bool high) {
    if (digits < 0 || digits > boundary_digits) return std::nullopt;
    const int scale = a.scale + 1;
    const Int128 bound = a.coefficient * 10 + (high ? 5 : -5);
    if (digits >= scale) {
        Int128 padded = bound;
        if (!multiply_into(padded, power_of_ten(digits - scale)) || magnitude(padded) >= limit())
            return std::nullopt;
        return make(padded, digits);
    }
    if (rounded_quotient(bound, power_of_ten(scale - digits)) == 0) return make(0, digits);
    const Int128 rounded = rounded_outward(bound, scale, digits, high);
    if (magnitude(rounded) >= limit()) return std::nullopt;
    return make(rounded, digits);
}

}  // namespace

std::optional<Decimal> Decimal::parse(std::string_view text) {
    const char* at = text.data();
    const char* const end = at + text.size();
    const auto digit_here = [&] { return at != end && *at >= '0' && *at <= '9'; };

    bool negative = false;
    if (at != end && (*at == '-' || *at == '+')) negative = *at++ == '-';
    Int128 value = 0;
    int digits_after_point = 0;
    const auto take_digits = [&](bool fraction) {
        if (!digit_here()) return false;
        for (; digit_here(); ++at) {
            value = value * 10 + (*at - '0');
            if (value >= limit()) return false;
            if (fraction && ++digits_after_point > 2 * max_digits) return false;
        }
        return true;
    };
    if (!take_digits(false)) return std::nullopt;
    if (at != end && *at == '.') {
        ++at;
        if (!take_digits(true)) return std::nullopt;
    }

    int exponent = 0;
    if (at != end && (*at == 'e' || *at == 'E')) {
        ++at;
        bool negative_exponent = false;
        if (at != end && (*at == '-' || *at == '+')) negative_exponent = *at++ == '-';
        if (!digit_here()) return std::nullopt;
        for (; digit_here(); ++at) exponent = std::min(exponent * 10 + (*at - '0'), 1000);
        if (negative_exponent) exponent = -exponent;
    }
    if (at != end) return std::nullopt;

    int scale = digits_after_point - exponent;
    if (scale < 0) {
        if (value != 0) {
            if (scale < -max_digits || !multiply_into(value, power_of_ten(-scale)) || value >= limit())
                return std::nullopt;
        }
        scale = 0;
    }
    if (scale > max_digits) return std::nullopt;
    return make(negative ? -value : value, scale);
}

std::string Decimal::to_string() const {
    std::array<char, 48> buffer;
    std::size_t at = buffer.size();
    UInt128 rest = static_cast<UInt128>(magnitude(coefficient));
    int written = 0;
    do {
        if (written == scale && scale > 0) buffer[--at] = '.';
        buffer[--at] = static_cast<char>('0' + static_cast<int>(rest % 10));
        rest /= 10;
        ++written;
    } while (rest != 0 || written <= scale);
    if (coefficient < 0) buffer[--at] = '-';
    return {buffer.data() + at, buffer.size() - at};
}

double Decimal::to_double() const {
    return static_cast<double>(coefficient) / static_cast<double>(power_of_ten(scale));
}

std::optional<std::int64_t> Decimal::to_integer() const {
    const Int128 whole = truncate(*this).coefficient;
    if (whole > INT64_MAX || whole < INT64_MIN) return std::nullopt;
    return static_cast<std::int64_t>(whole);
}

int Decimal::significant_scale() const { return normalized().scale; }

Decimal Decimal::normalized() const {
    Decimal result = *this;
    while (result.scale > 0 && result.coefficient % 10 == 0) {
        result.coefficient /= 10;
        --result.scale;
    }
    return result;
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
    if (a.scale == b.scale) return a.coefficient <=> b.coefficient;
    if (a.scale > b.scale) return 0 <=> (b <=> a);
    Int128 raised = a.coefficient;
    if (multiply_into(raised, power_of_ten(b.scale - a.scale))) return raised <=> b.coefficient;
    return a.coefficient <=> 0;  // more than 38 digits: farther from zero than b can be
}

std::optional<Decimal> add(const Decimal& a, const Decimal& b) {
    if (a.scale > b.scale) return add(b, a);
    // a has fewer digits after the point: raise it, as far as it goes, and round b to that scale if need be.
    Int128 raised = a.coefficient;
    int scale = b.scale;
    while (!multiply_into(raised, power_of_ten(scale - a.scale))) {
        raised = a.coefficient;
        --scale;
    }
    const Int128 other = rounded_quotient(b.coefficient, power_of_ten(b.scale - scale));
    Int128 sum = 0;
    if (!__builtin_add_overflow(raised, other, &sum)) return fitted(sum, scale);
    if (scale == 0) return std::nullopt;
    return fitted(rounded_quotient(raised, 10) + rounded_quotient(other, 10), scale - 1);
}

std::optional<Decimal> subtract(const Decimal& a, const Decimal& b) { return add(a, negate(b)); }

std::optional<Decimal> multiply(const Decimal& a, const Decimal& b) {
    int scale = a.scale + b.scale;
    Int128 product = 0;
    if (!__builtin_mul_overflow(a.coefficient, b.coefficient, &product) && scale <= Decimal::max_digits &&
        magnitude(product) < limit()) {
        return make(product, scale);
    }
    Wide wide = wide_product(static_cast<UInt128>(magnitude(a.coefficient)),
                             static_cast<UInt128>(magnitude(b.coefficient)));
    const auto low = [&] { return static_cast<UInt128>(wide[1]) << 64 | wide[0]; };
    unsigned dropped = 0;
    while (wide[2] != 0 || wide[3] != 0 || low() >= static_cast<UInt128>(limit()) ||
           scale > Decimal::max_digits) {
        if (scale == 0) return std::nullopt;
        dropped = drop_digit(wide);
        --scale;
    }
    // Half away from zero needs only the last digit dropped.
    const Int128 rounded = static_cast<Int128>(low()) + (dropped >= 5 ? 1 : 0);
    return fitted((a.coefficient < 0) != (b.coefficient < 0) ? -rounded : rounded, scale);
}

std::optional<Decimal> divide(const Decimal& a, const Decimal& b) {
    if (b.is_zero()) return std::nullopt;
    const Int128 divisor = magnitude(b.coefficient);
    Int128 quotient = magnitude(a.coefficient) / divisor;
    Int128 rest = magnitude(a.coefficient) % divisor;
    int scale = a.scale - b.scale;
    // Long division; rest < 10^36, so rest * 10 cannot overflow.
    while (scale < 0 || (rest != 0 && scale < Decimal::max_digits && quotient < limit() / 10 &&
                         (scale < quotient_scale || quotient < power_of_ten(quotient_digits - 1)))) {
        if (quotient >= limit() / 10) return std::nullopt;
        rest *= 10;
        quotient = quotient * 10 + rest / divisor;
        rest %= divisor;
        ++scale;
    }
    if (rest >= divisor - rest) ++quotient;
    return fitted((a.coefficient < 0) != (b.coefficient < 0) ? -quotient : quotient, scale);
}

std::optional<Decimal> truncated_divide(const Decimal& a, const Decimal& b) {
    if (b.is_zero()) return std::nullopt;
    Int128 divisor = magnitude(b.coefficient);
    if (a.scale > b.scale && !multiply_into(divisor, power_of_ten(a.scale - b.scale))) return Decimal::of(0);
    Int128 quotient = magnitude(a.coefficient) / divisor;
    Int128 rest = magnitude(a.coefficient) % divisor;
    for (int scale = a.scale; scale < b.scale; ++scale) {
        if (quotient >= limit() / 10) return std::nullopt;
        rest *= 10;
        quotient = quotient * 10 + rest / divisor;
        rest %= divisor;
    }
    return make((a.coefficient < 0) != (b.coefficient < 0) ? -quotient : quotient, 0);
}

std::optional<Decimal> modulo(const Decimal& a, const Decimal& b) {
    if (b.is_zero()) return std::nullopt;
    Int128 divisor = magnitude(b.coefficient);
    if (a.scale > b.scale && !multiply_into(divisor, power_of_ten(a.scale - b.scale))) return a;
    Int128 rest = a.coefficient % divisor;
    for (int scale = a.scale; scale < b.scale; ++scale) rest = rest * 10 % divisor;
    return make(rest, std::max(a.scale, b.scale));
}

Decimal negate(const Decimal& a) { return {-a.coefficient, a.scale}; }

Decimal round(const Decimal& a, int digits) {
    const int kept = std::max(digits, 0);
    if (kept >= a.scale) return a;
    return make(rounded_quotient(a.coefficient, power_of_ten(a.scale - kept)), kept);
}

bool equivalent(const Decimal& a, const Decimal& b) {
    const int digits = std::min(a.significant_scale(), b.significant_scale());
    return round(a, digits) == round(b, digits);
}

Decimal floor(const Decimal& a) { return make(rounded_outward(a.coefficient, a.scale, 0, false), 0); }
Decimal ceiling(const Decimal& a) { return make(rounded_outward(a.coefficient, a.scale, 0, true), 0); }
Decimal truncate(const Decimal& a) { return make(a.coefficient / power_of_ten(a.scale), 0); }

std::optional<Decimal> from_double(double value) {
    if (!std::isfinite(value) || std::fabs(value) >= 1e36) return std::nullopt;
    std::array<char, 64> buffer;
    const auto written = [&](std::chars_format format, int precision) {
        const auto result =
            std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format, precision);
        return Decimal::parse({buffer.data(), static_cast<std::size_t>(result.ptr - buffer.data())});
    };
    if (const auto decimal = written(std::chars_format::general, 15)) return decimal;
    if (std::fabs(value) >= 1) return std::nullopt;
    const auto tiny = written(std::chars_format::fixed, Decimal::max_digits);
    return tiny ? std::optional(tiny->normalized()) : std::nullopt;
}

std::optional<Decimal> low_boundary(const Decimal& a, int digits) { return boundary(a, digits, false); }
std::optional<Decimal> high_boundary(const Decimal& a, int digits) { return boundary(a, digits, true); }

}  // namespace fhirpath
