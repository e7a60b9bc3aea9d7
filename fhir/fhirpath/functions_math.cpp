// Functions on numbers (FHIRPath 5.7).
#include "fhir/fhirpath/plain_function.hpp"

#include <cmath>

namespace fhirpath {

namespace {

using Tag = Item::Tag;

One abs(const Call& call) {
    const auto value = call.value();
    if (!value || (value->tag != Tag::quantity && !as_decimal(*value))) {
        Parameter<Number>::take(call, 0);  // says what is wrong, if anything is
        return std::nullopt;
    }
    return as_quantity(*value)->value.coefficient < 0 ? negated(*value, call.scope()) : value;
}

template <Decimal (*to_whole)(const Decimal&)>
std::optional<std::int64_t> rounding(const Decimal& value) {
    return to_whole(value).to_integer();
}

Item round(const Call& call, const Number& value, std::optional<std::int64_t> digits) {
    if (digits && *digits < 0) call.fail("takes a precision of 0 or more");
    if (value.item.tag == Tag::integer || digits.value_or(0) >= value.value.scale) return value.item;
    return Item::of(fhirpath::round(value.value, static_cast<int>(digits.value_or(0))));
}

template <double (*function)(double)>
std::optional<Decimal> real(const Decimal& value) {
    return from_double(function(value.to_double()));
}

std::optional<Decimal> log(const Decimal& value, const Decimal& base) {
    return from_double(std::log(value.to_double()) / std::log(base.to_double()));
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

One power(const Call& call, const Number& base, const Number& exponent) {
    const bool integer = base.item.tag == Tag::integer;
    if (exponent.item.tag == Tag::integer && exponent.item.integer >= 0) {
        const auto result = exact_power(base.value, exponent.item.integer);
        if (integer) return result ? item_of(call, result->to_integer()) : std::nullopt;
        if (result) return Item::of(*result);
    }
    return item_of(call, from_double(std::pow(base.value.to_double(), exponent.value.to_double())));
}

constexpr Function rows[] = {
    {"abs", 0, 0, false, Result::input, abs, {Value::number | Value::quantity}},
    row<rounding<fhirpath::ceiling>>("ceiling"),
    row<rounding<fhirpath::floor>>("floor"),
    row<rounding<fhirpath::truncate>>("truncate"),
    row<round>("round", Result::decimal),
    row<real<std::exp>>("exp"),
    row<real<std::log>>("ln"),
    row<real<std::sqrt>>("sqrt"),
    row<log>("log"),
    row<power>("power", Result::decimal),
};

}  // namespace

std::span<const Function> math_functions() { return rows; }

}  // namespace fhirpath
