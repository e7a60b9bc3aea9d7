// UCUM: reads unit codes (`mg/dL`, `10*3/uL`, `1/1000000{Base}`) into an exact factor and dimensions.
#include "fhir/system/quantity.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <utility>

namespace fhirpath {
namespace {

using Dimensions = decltype(Unit::dimensions);

/// coefficient * 10^exponent of the base units.
struct Atom {
    std::string_view code;
    bool metric;  ///< takes prefixes
    std::int64_t coefficient;
    int exponent;
    Dimensions dimensions;
};

// UCUM 2.1, tables 2 to 12; derived atoms are written out in base units.
constexpr Atom atoms[] = {
    {"m", true, 1, 0, {1}},
    {"s", true, 1, 0, {0, 1}},
    {"g", true, 1, 0, {0, 0, 1}},
    {"rad", true, 1, 0, {0, 0, 0, 1}},
    {"K", true, 1, 0, {0, 0, 0, 0, 1}},
    {"C", true, 1, 0, {0, 0, 0, 0, 0, 1}},
    {"cd", true, 1, 0, {0, 0, 0, 0, 0, 0, 1}},
    {"[IU]", true, 1, 0, {0, 0, 0, 0, 0, 0, 0, 1}},
    {"[iU]", true, 1, 0, {0, 0, 0, 0, 0, 0, 0, 1}},
    {"L", true, 1, -3, {3}},
    {"l", true, 1, -3, {3}},
    {"%", false, 1, -2, {}},
    {"[ppth]", false, 1, -3, {}},
    {"[ppm]", false, 1, -6, {}},
    {"[ppb]", false, 1, -9, {}},
    {"min", false, 60, 0, {0, 1}},
    {"h", false, 3600, 0, {0, 1}},
    {"d", false, 86400, 0, {0, 1}},
    {"wk", false, 604800, 0, {0, 1}},
    {"mo", false, 2629800, 0, {0, 1}},
    {"mo_j", false, 2629800, 0, {0, 1}},
    {"a", false, 31557600, 0, {0, 1}},
    {"a_j", false, 31557600, 0, {0, 1}},
    {"mol", true, 60221367, 16, {}},
    {"eq", true, 60221367, 16, {}},
    {"osm", true, 60221367, 16, {}},
    {"kat", true, 60221367, 16, {0, -1}},
    {"U", true, 100368945, 8, {0, -1}},  // umol/min
    {"Hz", true, 1, 0, {0, -1}},
    {"Bq", true, 1, 0, {0, -1}},
    {"Ci", true, 37, 9, {0, -1}},
    {"N", true, 1, 3, {1, -2, 1}},
    {"Pa", true, 1, 3, {-1, -2, 1}},
    {"bar", true, 1, 8, {-1, -2, 1}},
    {"m[Hg]", true, 133322, 3, {-1, -2, 1}},
    {"m[H2O]", true, 980665, 1, {-1, -2, 1}},
    {"J", true, 1, 3, {2, -2, 1}},
    {"cal", true, 4184, 0, {2, -2, 1}},
    {"W", true, 1, 3, {2, -3, 1}},
    {"A", true, 1, 0, {0, -1, 0, 0, 0, 1}},
    {"V", true, 1, 3, {2, -2, 1, 0, 0, -1}},
    {"Gy", true, 1, 0, {2, -2}},
    {"Sv", true, 1, 0, {2, -2}},
    {"t", true, 1, 6, {0, 0, 1}},
    {"[lb_av]", false, 45359237, -5, {0, 0, 1}},
    {"[oz_av]", false, 28349523125, -9, {0, 0, 1}},
    {"[in_i]", false, 254, -4, {1}},
    {"[ft_i]", false, 3048, -4, {1}},
    {"[HPF]", false, 1, 0, {}},
    {"[LPF]", false, 100, 0, {}},
};

struct Prefix {
    std::string_view code;
    int exponent;
};
constexpr Prefix prefixes[] = {
    {"Y", 24}, {"Z", 21},  {"E", 18},  {"P", 15},  {"T", 12},  {"G", 9},   {"M", 6},
    {"k", 3},  {"h", 2},   {"da", 1},  {"d", -1},  {"c", -2},  {"m", -3},  {"u", -6},
    {"n", -9}, {"p", -12}, {"f", -15}, {"a", -18}, {"z", -21}, {"y", -24},
};

constexpr int max_power = 12;  // of a unit: no clinical unit needs more, and nothing below can overflow
constexpr int max_exponent = 200;
constexpr int max_nesting = 8;
constexpr std::size_t max_length = 200;

/// numerator / denominator * 10^exponent, in lowest terms.
struct Factor {
    Int128 numerator = 1, denominator = 1;
    int exponent = 0;
    Dimensions dimensions{};

    bool multiply(const Factor& other) {
        if (__builtin_mul_overflow(numerator, other.numerator, &numerator)) return false;
        if (__builtin_mul_overflow(denominator, other.denominator, &denominator)) return false;
        exponent += other.exponent;
        for (std::size_t i = 0; i < dimensions.size(); ++i) {
            const int sum = dimensions[i] + other.dimensions[i];
            if (sum < -100 || sum > 100) return false;
            dimensions[i] = static_cast<std::int8_t>(sum);
        }
        reduce();
        return exponent >= -max_exponent && exponent <= max_exponent;
    }
    void invert() {
        std::swap(numerator, denominator);
        exponent = -exponent;
        for (std::int8_t& dimension : dimensions) dimension = static_cast<std::int8_t>(-dimension);
    }

  private:
    void reduce() {
        const Int128 common = numerator == 1 || denominator == 1 ? 1 : std::gcd(numerator, denominator);
        numerator /= common;
        denominator /= common;
        for (; numerator % 10 == 0; numerator /= 10) ++exponent;
        for (; denominator % 10 == 0; denominator /= 10) --exponent;
    }
};

std::optional<Factor> simple_unit(std::string_view code) {
    const auto found = [](std::string_view atom_code) {
        return std::find_if(std::begin(atoms), std::end(atoms),
                            [&](const Atom& atom) { return atom.code == atom_code; });
    };
    const auto factor = [](const Atom& atom, int prefix_exponent) {
        return Factor{.numerator = atom.coefficient,
                      .exponent = atom.exponent + prefix_exponent,
                      .dimensions = atom.dimensions};
    };
    if (const auto atom = found(code); atom != std::end(atoms)) return factor(*atom, 0);
    for (const Prefix& prefix : prefixes) {
        if (!code.starts_with(prefix.code)) continue;
        const auto atom = found(code.substr(prefix.code.size()));
        if (atom != std::end(atoms) && atom->metric) return factor(*atom, prefix.exponent);
    }
    return std::nullopt;
}

class Parser {
  public:
    explicit Parser(std::string_view text) : rest_(text) {}

    std::optional<Factor> parse() {
        std::optional<Factor> result = term(0);
        return result && rest_.empty() ? result : std::nullopt;
    }

  private:
    static bool is_digit(char c) { return c >= '0' && c <= '9'; }
    bool at(char c) const { return !rest_.empty() && rest_.front() == c; }
    bool take(char c) {
        if (!at(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }

    /// component (('.' | '/') component)*, with a `/` before the first allowed.
    std::optional<Factor> term(int nesting) {
        Factor result;
        bool divided = take('/');
        while (true) {
            std::optional<Factor> next = component(nesting);
            if (!next) return std::nullopt;
            if (divided) next->invert();
            if (!result.multiply(*next)) return std::nullopt;
            if (at('.') || at('/')) {
                divided = rest_.front() == '/';
                rest_.remove_prefix(1);
            } else {
                return result;
            }
        }
    }

    std::optional<Factor> component(int nesting) {
        if (at('{')) return annotation() ? std::optional(Factor{}) : std::nullopt;
        std::optional<Factor> result;
        if (take('(')) {
            if (nesting >= max_nesting) return std::nullopt;
            result = term(nesting + 1);
            if (!result || !take(')')) return std::nullopt;
            return result;
        }
        if (rest_.starts_with("10*") || rest_.starts_with("10^")) {
            rest_.remove_prefix(3);
            const std::optional<int> power = exponent(max_exponent);
            if (power) result = Factor{.exponent = *power};
        } else if (!rest_.empty() && is_digit(rest_.front())) {
            const std::optional<std::int64_t> value = number(1'000'000'000'000'000);
            if (value && *value != 0) result = Factor{.numerator = *value};
        } else {
            result = powered_unit();
        }
        if (result && at('{') && !annotation()) return std::nullopt;
        return result;
    }

    bool annotation() {
        const std::size_t end = rest_.find('}');
        if (end == std::string_view::npos) return false;
        rest_.remove_prefix(end + 1);
        return true;
    }

    /// One digit or more, as a number up to `limit`.
    std::optional<std::int64_t> number(std::int64_t limit) {
        if (rest_.empty() || !is_digit(rest_.front())) return std::nullopt;
        std::int64_t value = 0;
        for (; !rest_.empty() && is_digit(rest_.front()); rest_.remove_prefix(1)) {
            value = value * 10 + (rest_.front() - '0');
            if (value > limit) return std::nullopt;
        }
        return value;
    }

    /// `2`, `-1`, `+3`, or nothing, which is 1.
    std::optional<int> exponent(int limit) {
        const bool negative = at('-');
        const bool is_signed = take('-') || take('+');
        if (!is_signed && (rest_.empty() || !is_digit(rest_.front()))) return 1;
        const std::optional<std::int64_t> value = number(limit);
        if (!value) return std::nullopt;
        return static_cast<int>(negative ? -*value : *value);
    }

    std::optional<Factor> powered_unit() {
        std::size_t size = 0;
        bool bracket = false;
        for (; size < rest_.size(); ++size) {
            const char c = rest_[size];
            if (c == '[') bracket = true;
            if (c == ']') bracket = false;
            if (!bracket && (is_digit(c) || std::string_view("./(){}+-").find(c) != std::string_view::npos))
                break;
        }
        std::optional<Factor> unit = simple_unit(rest_.substr(0, size));
        rest_.remove_prefix(size);
        const std::optional<int> power = unit ? exponent(max_power) : std::nullopt;
        if (!power) return std::nullopt;
        if (*power < 0) unit->invert();
        Factor result;
        for (int i = 0; i < (*power < 0 ? -*power : *power); ++i) {
            if (!result.multiply(*unit)) return std::nullopt;
        }
        return result;
    }

    std::string_view rest_;
};

}  // namespace

std::optional<Unit> parse_unit(std::string_view ucum) {
    if (ucum.size() > max_length) return std::nullopt;
    const std::optional<Factor> factor = Parser(ucum).parse();
    if (!factor) return std::nullopt;
    // The power of ten goes where it stays an integer: 1 cm is 1/100 m.
    const auto raised = [](Int128 coefficient, int exponent) -> std::optional<Decimal> {
        for (; exponent > 0; --exponent) {
            if (__builtin_mul_overflow(coefficient, Int128{10}, &coefficient)) return std::nullopt;
        }
        return multiply(Decimal{coefficient, 0}, Decimal::of(1));  // refuses more than 36 digits
    };
    const std::optional<Decimal> numerator = raised(factor->numerator, factor->exponent);
    const std::optional<Decimal> denominator = raised(factor->denominator, -factor->exponent);
    if (!numerator || !denominator) return std::nullopt;
    return Unit{*numerator, *denominator, factor->dimensions};
}

}  // namespace fhirpath
