// Functions on numbers (FHIRPath 5.7).
#include "fhir/fhirpath/functions.hpp"
#include "fhir/fhirpath/operators.hpp"

#include <cmath>

namespace fhirpath {

namespace {

using Tag = Item::Tag;

// The input as a System number; none if empty; Error for all else.
std::optional<Item> number(const Call& call) {
    const auto value = call.value();
    if (value && !as_decimal(*value)) call.fail("takes a number");
    if (!value && call.single() && call.single()->is_node() && call.single()->node)
        call.fail("takes a number");
    return value;
}

std::optional<Decimal> decimal(const Call& call) {
    const auto value = number(call);
    if (!value) return std::nullopt;
    return as_decimal(*value);
}

std::optional<Decimal> decimal_argument(const Call& call, std::size_t i) {
    const auto value = call.value_argument(i);
    if (!value) return std::nullopt;
    const auto result = as_decimal(*value);
    if (!result) call.fail("takes a number as argument");
    return result;
}

One maybe(const std::optional<Decimal>& value) { return value ? One(Item::of(*value)) : std::nullopt; }

One whole(const Decimal& value) {
    if (value.coefficient > INT64_MAX || value.coefficient < INT64_MIN) return std::nullopt;
    return Item::of(static_cast<std::int64_t>(value.coefficient));
}

One abs(const Call& call) {
    const auto value = call.value();
    if (!value) {
        number(call);
        return std::nullopt;
    }
    const bool negative = value->tag == Tag::integer    ? value->integer < 0
                          : value->tag == Tag::decimal  ? value->coefficient < 0
                          : value->tag == Tag::quantity ? value->quantity->value.coefficient < 0
                                                        : (number(call), false);
    if (!negative) return *value;
    const auto result = negated(*value, call.scope());
    return result ? One(*result) : std::nullopt;
}

template <Decimal (*to_whole)(const Decimal&)>
One rounding(const Call& call) {
    const auto value = decimal(call);
    return value ? whole(to_whole(*value)) : std::nullopt;
}

One round(const Call& call) {
    const auto value = number(call);
    if (!value) return std::nullopt;
    std::int64_t digits = 0;
    if (call.arity() == 1) {
        const auto given = call.integer_argument(0);
        if (!given) return std::nullopt;
        if (*given < 0) call.fail("takes a precision of 0 or more");
        digits = *given;
    }
    if (value->tag == Tag::integer) return *value;
    if (digits >= value->scale) return *value;
    return Item::of(fhirpath::round(value->decimal(), static_cast<int>(digits)));
}

template <double (*function)(double)>
One real(const Call& call) {
    const auto value = decimal(call);
    return value ? maybe(from_double(function(value->to_double()))) : std::nullopt;
}

One log(const Call& call) {
    const auto value = decimal(call), base = decimal_argument(call, 0);
    if (!value || !base) return std::nullopt;
    return maybe(from_double(std::log(value->to_double()) / std::log(base->to_double())));
}

// Exact, by squaring; none on overflow.
std::optional<Decimal> exact_power(Decimal base, std::int64_t exponent) {
    std::optional<Decimal> result = Decimal::of(1);
    while (true) {
        if (exponent % 2 != 0) result = multiply(*result, base);
        exponent /= 2;
        if (!result || exponent == 0) return result;
        const auto square = multiply(base, base);
        if (!square) return std::nullopt;
        base = *square;
    }
}

One power(const Call& call) {
    const auto base = number(call), exponent = call.value_argument(0);
    if (!base || !exponent) return std::nullopt;
    const auto b = as_decimal(*base), e = as_decimal(*exponent);
    if (!e) call.fail("takes a number as argument");
    if (exponent->tag == Tag::integer && exponent->integer >= 0) {
        const auto result = exact_power(*b, exponent->integer);
        if (result) return base->tag == Tag::integer ? whole(*result) : Item::of(*result);
        if (base->tag == Tag::integer) return std::nullopt;
    }
    return maybe(from_double(std::pow(b->to_double(), e->to_double())));
}

constexpr Function rows[] = {
    {"abs", 0, 0, false, Result::input, abs},
    {"ceiling", 0, 0, false, Result::integer, rounding<fhirpath::ceiling>},
    {"floor", 0, 0, false, Result::integer, rounding<fhirpath::floor>},
    {"truncate", 0, 0, false, Result::integer, rounding<fhirpath::truncate>},
    {"round", 0, 1, false, Result::decimal, round},
    {"exp", 0, 0, false, Result::decimal, real<std::exp>},
    {"ln", 0, 0, false, Result::decimal, real<std::log>},
    {"sqrt", 0, 0, false, Result::decimal, real<std::sqrt>},
    {"log", 1, 1, false, Result::decimal, log},
    {"power", 1, 1, false, Result::decimal, power},
};

}  // namespace

std::span<const Function> math_functions() { return rows; }

}  // namespace fhirpath
