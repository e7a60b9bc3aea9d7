// Functions on precision and on the clock: lowBoundary, highBoundary, precision, comparable, now, today,
// timeOfDay.
#include "fhir/fhirpath/plain_function.hpp"

namespace fhirpath {

namespace {

using Tag = Item::Tag;

int default_digits(const Temporal& value) {
    return value.kind == Temporal::Kind::date ? 8 : value.kind == Temporal::Kind::time ? 9 : 17;
}

template <bool high>
One boundary(const Call& call, const Item& value, std::optional<std::int64_t> digits) {
    if (digits && (*digits < 0 || *digits > 100)) return std::nullopt;
    const auto bound = [digits](const auto& exact, int usual_digits) {
        const int wanted = static_cast<int>(digits.value_or(usual_digits));
        return high ? high_boundary(exact, wanted) : low_boundary(exact, wanted);
    };
    if (const auto number = as_decimal(value)) return item_of(call, bound(*number, 8));
    if (value.tag == Tag::temporal)
        return item_of(call, bound(value.temporal, default_digits(value.temporal)));
    if (value.tag != Tag::quantity) call.fail("takes a number, a quantity, a date or a time");
    const auto number = bound(value.quantity->value, 8);
    if (!number) return std::nullopt;
    return Item::of(call.scope().keep(Quantity{*number, value.quantity->unit, value.quantity->calendar}));
}

std::int64_t precision(const Call& call, const Item& value) {
    if (const auto number = as_decimal(value)) return number->scale;
    if (value.tag != Tag::temporal) call.fail("takes a number, a date or a time");
    return digits(value.temporal);
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

constexpr Value ranged = Value::number | Value::quantity | Value::date | Value::time;

constexpr Function rows[] = {
    row<boundary<false>>("lowBoundary", Result::system_value, ranged),
    row<boundary<true>>("highBoundary", Result::system_value, ranged),
    row<precision>("precision", Result::integer, ranged),
    row<comparable>("comparable"),
    {"now", 0, 0, false, Result::date_time, now},
    {"today", 0, 0, false, Result::date, today},
    {"timeOfDay", 0, 0, false, Result::time, time_of_day},
};

}  // namespace

std::span<const Function> boundary_functions() { return rows; }

}  // namespace fhirpath
