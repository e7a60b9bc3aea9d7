// Quantity: comparison, conversion and arithmetic of numbers with UCUM or calendar units.
#include "fhir/system/quantity.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>

namespace fhirpath {
namespace {

constexpr std::size_t calendar_month_dimension = 8;

struct CalendarWord {
    std::string_view singular, plural, ucum;
    CalendarUnit unit;
    bool definite;  ///< of fixed length: UCUM code and calendar word are the same duration
    bool in_fhir;   ///< a FHIR Quantity in the UCUM code is the calendar duration
};
constexpr CalendarWord calendar_words[] = {
    {"year", "years", "a", CalendarUnit::year, false, true},
    {"month", "months", "mo", CalendarUnit::month, false, true},
    {"week", "weeks", "wk", CalendarUnit::week, true, false},
    {"day", "days", "d", CalendarUnit::day, true, true},
    {"hour", "hours", "h", CalendarUnit::hour, true, true},
    {"minute", "minutes", "min", CalendarUnit::minute, true, true},
    {"second", "seconds", "s", CalendarUnit::second, true, true},
    {"millisecond", "milliseconds", "ms", CalendarUnit::millisecond, true, false},
};

const CalendarWord* find_word(std::string_view word) {
    const auto* found = std::find_if(
        std::begin(calendar_words), std::end(calendar_words),
        [&](const CalendarWord& entry) { return entry.singular == word || entry.plural == word; });
    return found == std::end(calendar_words) ? nullptr : found;
}

/// How year and month are understood: apart from all else (`=`), as UCUM a and mo (`~`), as 365 and 30 days
/// (convert).
enum class Months : std::uint8_t { apart, as_ucum, as_days };

/// The unit of a text, calendar words (quoted or not) included.
std::optional<Unit> unit_of(std::string_view text, Months months) {
    if (text.empty()) return parse_unit("1");
    const CalendarWord* word = find_word(text);
    if (word == nullptr) return parse_unit(text);
    if (word->definite || months == Months::as_ucum) return parse_unit(word->ucum);
    const bool year = word->unit == CalendarUnit::year;
    if (months == Months::as_days) {
        std::optional<Unit> day = parse_unit("d");
        day->factor_numerator = Decimal::of((year ? 365 : 30) * 86400);
        return day;
    }
    Unit unit;
    unit.factor_numerator = Decimal::of(year ? 12 : 1);
    unit.dimensions[calendar_month_dimension] = 1;
    return unit;
}

/// Two units of the same kind; none if they cannot be compared.
struct UnitPair {
    Unit a, b;
};
std::optional<UnitPair> common_units(std::string_view a, std::string_view b, Months months) {
    const std::optional<Unit> first = unit_of(a, months);
    if (!first) return std::nullopt;
    const std::optional<Unit> second = unit_of(b, months);
    if (!second || first->dimensions != second->dimensions) return std::nullopt;
    return UnitPair{*first, *second};
}

/// Whether the texts mean the same unit without being read; so unknown units compare with themselves.
bool same_unit(const Quantity& a, const Quantity& b) {
    if (a.unit == b.unit) return true;
    const CalendarWord* word = find_word(a.unit);
    return word != nullptr && word == find_word(b.unit);
}

/// value * (numerators) against the same of the other side: no division, so nothing is rounded.
std::optional<Decimal> scaled(const Decimal& value, const Unit& own, const Unit& other) {
    const std::optional<Decimal> raised = multiply(value, own.factor_numerator);
    return raised ? multiply(*raised, other.factor_denominator) : std::nullopt;
}

/// `value` in another unit, without the zeros that the factors bring: 5.1 cm is 51 mm.
std::optional<Decimal> converted(const Decimal& value, const Unit& from, const Unit& to) {
    const std::optional<Decimal> raised = scaled(value, from, to);
    const std::optional<Decimal> divisor = multiply(from.factor_denominator, to.factor_numerator);
    if (!raised || !divisor) return std::nullopt;
    const std::optional<Decimal> quotient = divide(*raised, *divisor);
    return quotient ? std::optional(quotient->normalized()) : std::nullopt;
}

/// `a` in the first unit against `b` in the second.
std::optional<int> compare_sizes(const UnitPair& units, const Decimal& a, const Decimal& b) {
    const std::optional<Decimal> left = scaled(a, units.a, units.b);
    const std::optional<Decimal> right = scaled(b, units.b, units.a);
    if (!left || !right) return std::nullopt;
    return sign(*left <=> *right);
}

/// One in the last significant digit after the point: 0.1 for 4.50.
Decimal resolution(const Decimal& value) { return {1, static_cast<std::uint8_t>(value.significant_scale())}; }

std::optional<Quantity> with_unit_of(const Quantity& pattern, const std::optional<Decimal>& value) {
    if (!value) return std::nullopt;
    return Quantity{*value, pattern.unit, pattern.calendar};
}

std::optional<Quantity> add_signed(const Quantity& a, const Quantity& b, bool minus) {
    const auto sum = [&](const Decimal& x, const Decimal& y) { return minus ? subtract(x, y) : add(x, y); };
    if (same_unit(a, b)) return with_unit_of(a, sum(a.value, b.value));
    const std::optional<UnitPair> units = common_units(a.unit, b.unit, Months::apart);
    if (!units) return std::nullopt;
    const bool b_is_finer = compare_sizes(*units, Decimal::of(1), Decimal::of(1)) == 1;
    const std::optional<Decimal> x = b_is_finer ? converted(a.value, units->a, units->b) : a.value;
    const std::optional<Decimal> y = b_is_finer ? b.value : converted(b.value, units->b, units->a);
    if (!x || !y) return std::nullopt;
    return with_unit_of(b_is_finer ? b : a, sum(*x, *y));
}

bool is_one(const Quantity& q) { return q.unit == "1" || q.unit.empty(); }

/// The text of a unit in a product: calendar words of fixed length become UCUM. None for what has no UCUM
/// reading.
std::optional<std::string_view> ucum_text(const Quantity& q) {
    const CalendarWord* word = find_word(q.unit);
    if (word != nullptr) return word->definite ? std::optional(word->ucum) : std::nullopt;
    return parse_unit(q.unit) ? std::optional(q.unit) : std::nullopt;
}

bool is_simple(std::string_view unit) {
    return unit.find_first_of("./(){}0123456789*^+-") == std::string_view::npos;
}

/// `left` times or by `right`, as UCUM writes it.
std::string joined(std::string_view left, char sign, std::string_view right) {
    const bool grouped = right.find_first_of("./") != std::string_view::npos;
    std::string text(left);
    text += sign;
    return grouped ? text.append("(").append(right).append(")") : text.append(right);
}

}  // namespace

std::string Quantity::to_string() const {
    std::string text = value.to_string();
    if (!calendar) return text.append(" '").append(unit).append("'");
    const CalendarWord* word = find_word(unit);
    const std::string_view shown = word == nullptr           ? unit
                                   : value == Decimal::of(1) ? word->singular
                                                             : word->plural;
    return text.append(" ").append(shown);
}

std::optional<CalendarUnit> calendar_unit(const Quantity& quantity) {
    if (const CalendarWord* word = find_word(quantity.unit)) return word->unit;
    for (const CalendarWord& word : calendar_words) {
        if (word.definite && word.ucum == quantity.unit) return word.unit;
    }
    return std::nullopt;
}

std::optional<std::string_view> calendar_word(std::string_view word) {
    const CalendarWord* found = find_word(word);
    return found == nullptr ? std::nullopt : std::optional(found->singular);
}

std::optional<std::string_view> calendar_word_of_code(std::string_view code) {
    for (const CalendarWord& word : calendar_words)
        if (word.in_fhir && word.ucum == code) return word.singular;
    return std::nullopt;
}

bool comparable(const Quantity& a, const Quantity& b) {
    return same_unit(a, b) || common_units(a.unit, b.unit, Months::apart).has_value();
}

std::optional<int> compare(const Quantity& a, const Quantity& b) {
    if (same_unit(a, b)) return sign(a.value <=> b.value);
    const std::optional<UnitPair> units = common_units(a.unit, b.unit, Months::apart);
    return units ? compare_sizes(*units, a.value, b.value) : std::nullopt;
}

std::optional<bool> equal(const Quantity& a, const Quantity& b) {
    const std::optional<int> order = compare(a, b);
    return order ? std::optional(*order == 0) : std::nullopt;
}

std::optional<bool> equivalent(const Quantity& a, const Quantity& b) {
    if (same_unit(a, b)) return equivalent(a.value, b.value);
    const std::optional<UnitPair> units = common_units(a.unit, b.unit, Months::as_ucum);
    if (!units) return std::nullopt;
    const std::optional<int> order = compare_sizes(*units, resolution(a.value), resolution(b.value));
    if (!order) return std::nullopt;
    const bool a_is_coarser = *order >= 0;
    const Decimal& coarse = a_is_coarser ? a.value : b.value;
    const std::optional<Decimal> fine =
        a_is_coarser ? converted(b.value, units->b, units->a) : converted(a.value, units->a, units->b);
    if (!fine) return std::nullopt;
    return round(*fine, coarse.significant_scale()) == coarse;
}

std::optional<Quantity> add(const Quantity& a, const Quantity& b) { return add_signed(a, b, false); }
std::optional<Quantity> subtract(const Quantity& a, const Quantity& b) { return add_signed(a, b, true); }

std::optional<Quantity> multiply(const Quantity& a, const Quantity& b, std::string& unit_buffer) {
    if (is_one(b)) return with_unit_of(a, multiply(a.value, b.value));
    if (is_one(a)) return with_unit_of(b, multiply(a.value, b.value));
    const std::optional<std::string_view> left = ucum_text(a);
    const std::optional<std::string_view> right = ucum_text(b);
    if (!left || !right) return std::nullopt;

    std::optional<Decimal> factor = b.value;
    const std::optional<UnitPair> units = common_units(*left, *right, Months::apart);
    if (units) factor = converted(b.value, units->b, units->a);
    const std::optional<Decimal> value = factor ? multiply(a.value, *factor) : std::nullopt;
    if (!value) return std::nullopt;

    if (units && is_simple(*left))
        unit_buffer.append(*left).append("2");
    else
        unit_buffer = joined(*left, '.', units ? *left : *right);
    return Quantity{*value, unit_buffer, false};
}

std::optional<Quantity> divide(const Quantity& a, const Quantity& b, std::string& unit_buffer) {
    if (is_one(b)) return with_unit_of(a, divide(a.value, b.value));
    std::optional<Decimal> divisor = b.value;
    const bool same = same_unit(a, b);
    const auto units = same ? std::nullopt : common_units(a.unit, b.unit, Months::apart);
    if (units) divisor = converted(b.value, units->b, units->a);
    const std::optional<Decimal> value = divisor ? divide(a.value, *divisor) : std::nullopt;
    if (!value) return std::nullopt;
    if (same || units) return Quantity{*value, "1", false};

    const auto left = is_one(a) ? std::optional<std::string_view>("1") : ucum_text(a);
    const std::optional<std::string_view> right = ucum_text(b);
    if (!left || !right) return std::nullopt;
    unit_buffer = joined(*left, '/', *right);
    return Quantity{*value, unit_buffer, false};
}

std::optional<Quantity> convert(const Quantity& q, std::string_view unit, bool calendar) {
    const Quantity target{q.value, unit, calendar};
    if (same_unit(q, target)) return target;
    std::optional<UnitPair> units = common_units(q.unit, unit, Months::apart);
    if (!units && find_word(q.unit) != nullptr && find_word(unit) != nullptr) {
        units = common_units(q.unit, unit, Months::as_days);
    }
    if (!units) return std::nullopt;
    return with_unit_of(target, converted(q.value, units->a, units->b));
}

}  // namespace fhirpath
