// Functions on precision and on the clock: lowBoundary, highBoundary, precision, comparable, now, today,
// timeOfDay.
#include "fhir/fhirpath/functions.hpp"
#include "fhir/fhirpath/operators.hpp"

namespace fhirpath {

namespace {

using Tag = Item::Tag;

int default_digits(const Temporal& value) {
    return value.kind == Temporal::Kind::date ? 8 : value.kind == Temporal::Kind::time ? 9 : 17;
}

template <bool high>
std::optional<Decimal> decimal_boundary(const Decimal& value, int digits) {
    return high ? high_boundary(value, digits) : low_boundary(value, digits);
}

template <bool high>
One boundary(const Call& call) {
    const auto value = call.value();
    if (!value) return std::nullopt;
    std::optional<std::int64_t> digits;
    if (call.arity() == 1) {
        digits = call.integer_argument(0);
        if (!digits) return std::nullopt;
        if (*digits < 0 || *digits > 100) return std::nullopt;
    }
    const int decimal_digits = static_cast<int>(digits.value_or(8));
    if (const auto number = as_decimal(*value)) {
        const auto result = decimal_boundary<high>(*number, decimal_digits);
        return result ? One(Item::of(*result)) : std::nullopt;
    }
    if (value->tag == Tag::quantity) {
        const auto result = decimal_boundary<high>(value->quantity->value, decimal_digits);
        if (!result) return std::nullopt;
        Quantity bound = *value->quantity;
        bound.value = *result;
        return Item::of(call.scope().keep(bound));
    }
    if (value->tag != Tag::temporal) call.fail("takes a number, a quantity, a date or a time");
    const int wanted = digits ? static_cast<int>(*digits) : default_digits(value->temporal);
    const auto result = high ? high_boundary(value->temporal, wanted) : low_boundary(value->temporal, wanted);
    return result ? One(Item::of(*result)) : std::nullopt;
}

One precision(const Call& call) {
    const auto value = call.value();
    if (!value) return std::nullopt;
    if (const auto number = as_decimal(*value)) return Item::of(std::int64_t{number->scale});
    if (value->tag != Tag::temporal) call.fail("takes a number, a date or a time");
    return Item::of(std::int64_t{digits(value->temporal)});
}

Truth comparable(const Call& call) {
    const auto value = call.value(), other = call.value_argument(0);
    if (!value || !other) return std::nullopt;
    const auto a = as_quantity(*value), b = as_quantity(*other);
    if (!a || !b) call.fail("takes quantities");
    return fhirpath::comparable(*a, *b);
}

One now(const Call& call) { return Item::of(call.scope().now().date_time); }
One today(const Call& call) { return Item::of(call.scope().now().today()); }

One time_of_day(const Call& call) {
    Temporal time = call.scope().now().date_time;
    time.kind = Temporal::Kind::time;
    time.year = 0;
    time.month = time.day = 1;
    time.offset = Temporal::no_offset;
    return Item::of(time);
}

constexpr Function rows[] = {
    {"lowBoundary", 0, 1, false, Result::unknown, boundary<false>},
    {"highBoundary", 0, 1, false, Result::unknown, boundary<true>},
    {"precision", 0, 0, false, Result::integer, precision},
    {"comparable", 1, 1, false, comparable},
    {"now", 0, 0, false, Result::date_time, now},
    {"today", 0, 0, false, Result::date, today},
    {"timeOfDay", 0, 0, false, Result::time, time_of_day},
};

}  // namespace

std::span<const Function> boundary_functions() { return rows; }

}  // namespace fhirpath
