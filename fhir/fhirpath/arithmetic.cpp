// Arithmetic: + - * / div mod & on numbers, strings, dates and quantities.
#include "fhir/fhirpath/operators.hpp"

namespace fhirpath {

namespace {

using Tag = Item::Tag;

template <class T>
std::optional<Item> item_of(const std::optional<T>& value) {
    if (!value) return std::nullopt;
    return Item::of(*value);
}

[[noreturn]] void fail(std::size_t position) {
    throw Error(Error::Kind::execution, "values of these types do not go with this operator", position);
}

std::optional<Decimal> calculated(Op op, const Decimal& a, const Decimal& b, std::size_t position) {
    switch (op) {
        case Op::add:
            return add(a, b);
        case Op::subtract:
            return subtract(a, b);
        case Op::multiply:
            return multiply(a, b);
        case Op::divide:
            return divide(a, b);
        case Op::truncated_divide:
            return truncated_divide(a, b);
        case Op::modulo:
            return modulo(a, b);
        default:
            fail(position);
    }
}

std::optional<Item> numbers(Op op, const Decimal& a, const Decimal& b, bool integers, std::size_t position) {
    const auto result = calculated(op, a, b, position);
    if (op != Op::truncated_divide && (!integers || op == Op::divide)) return item_of(result);
    return result ? item_of(result->to_integer()) : std::nullopt;
}

std::optional<Item> quantities(Op op, const Quantity& a, const Quantity& b, Scope& scope,
                               std::size_t position) {
    std::string unit;
    std::optional<Quantity> result;
    switch (op) {
        case Op::add:
            result = add(a, b);
            break;
        case Op::subtract:
            result = subtract(a, b);
            break;
        case Op::multiply:
            result = multiply(a, b, unit);
            break;
        case Op::divide:
            result = divide(a, b, unit);
            break;
        default:
            fail(position);
    }
    if (!result) return std::nullopt;
    if (op == Op::multiply || op == Op::divide) result->unit = scope.keep(result->unit);
    return Item::of(scope.keep(*result));
}

std::optional<Item> moved(const Temporal& date, const Quantity& by, bool back, std::size_t position) {
    const std::optional<CalendarUnit> unit = calendar_unit(by);
    if (!unit)
        throw Error(Error::Kind::execution,
                    "only calendar durations move a date: write 12 months, not 12 'mo'", position);
    const Decimal amount = back ? negate(by.value) : by.value;
    const std::optional<std::int64_t> whole = amount.to_integer();
    if (!whole) return std::nullopt;
    std::int32_t nanoseconds = 0;
    if (*unit == CalendarUnit::second)
        if (const auto scaled = multiply(amount, Decimal::of(1'000'000'000)))
            nanoseconds = static_cast<std::int32_t>(truncate(*scaled).coefficient % 1'000'000'000);
    return item_of(add(date, *whole, *unit, nanoseconds));
}

}  // namespace

Item joined(std::string_view a, std::string_view b, Scope& scope, std::size_t position) {
    if (b.empty()) return Item::of(a);
    if (a.empty()) return Item::of(b);
    const std::size_t size = a.size() + b.size();
    if (size > 16'777'216) throw Error(Error::Kind::execution, "the text grows too long", position);
    scope.step(size / 64);
    char* text = static_cast<char*>(scope.arena().allocate(size, 1));
    a.copy(text, a.size());
    b.copy(text + a.size(), b.size());
    return Item::of(std::string_view(text, size));
}

std::optional<Item> arithmetic(Op op, const Item& a, const Item& b, Scope& scope, std::size_t position) {
    const auto left = as_decimal(a), right = as_decimal(b);
    if (left && right)
        return numbers(op, *left, *right, a.tag == Tag::integer && b.tag == Tag::integer, position);
    if (a.tag == Tag::string && b.tag == Tag::string && (op == Op::add || op == Op::concatenate))
        return joined(a.string(), b.string(), scope, position);
    if (a.tag == Tag::temporal && b.tag == Tag::quantity && (op == Op::add || op == Op::subtract))
        return moved(a.temporal, *b.quantity, op == Op::subtract, position);
    if (a.tag == Tag::quantity || b.tag == Tag::quantity) {
        const auto one = as_quantity(a), other = as_quantity(b);
        if (one && other) return quantities(op, *one, *other, scope, position);
    }
    fail(position);
}

std::optional<Item> negated(const Item& value, const Scope& scope) {
    switch (value.tag) {
        case Tag::integer:
            if (value.integer == INT64_MIN) return std::nullopt;
            return Item::of(-value.integer);
        case Tag::decimal:
            return Item::of(negate(value.decimal()));
        case Tag::quantity: {
            Quantity result = *value.quantity;
            result.value = negate(result.value);
            return Item::of(scope.keep(result));
        }
        default:
            return std::nullopt;
    }
}

}  // namespace fhirpath
