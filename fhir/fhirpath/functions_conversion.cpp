// Functions that convert System values: toX and convertsToX (FHIRPath 5.5).
#include "fhir/fhirpath/plain_function.hpp"

#include <algorithm>

namespace fhirpath {

namespace {

using Tag = Item::Tag;

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
    const auto same = [text](std::string_view word) {
        return std::equal(text.begin(), text.end(), word.begin(), word.end(),
                          [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
    };
    return std::any_of(words.begin(), words.end(), same);
}

// As Decimal::parse, but FHIRPath's numbers have no exponent.
std::optional<Decimal> parse_number(std::string_view text) {
    return text.find_first_of("eE") == std::string_view::npos ? Decimal::parse(text) : std::nullopt;
}

One to_boolean(const Item& value) {
    if (value.tag == Tag::boolean) return value;
    if (const auto number = as_decimal(value)) {
        if (*number == Decimal::of(1)) return Item::of(true);
        if (number->is_zero()) return Item::of(false);
    }
    if (value.tag == Tag::string) {
        if (is_one_of(value.string(), {"true", "t", "yes", "y", "1", "1.0"})) return Item::of(true);
        if (is_one_of(value.string(), {"false", "f", "no", "n", "0", "0.0"})) return Item::of(false);
    }
    return std::nullopt;
}

One to_integer(const Call& call, const Item& value) {
    if (value.tag == Tag::integer) return value;
    if (value.tag == Tag::boolean) return Item::of(std::int64_t{value.boolean});
    if (value.tag != Tag::string || value.string().find('.') != std::string_view::npos) return std::nullopt;
    const auto number = parse_number(value.string());
    return number ? item_of(call, number->to_integer()) : std::nullopt;
}

One to_decimal(const Call& call, const Item& value) {
    if (const auto number = as_decimal(value)) return Item::of(*number);
    if (value.tag == Tag::boolean) return Item::of(Decimal{value.boolean ? 10 : 0, 1});
    return value.tag == Tag::string ? item_of(call, parse_number(value.string())) : std::nullopt;
}

One to_string(const Call& call, const Item& value) {
    if (value.tag == Tag::string) return value;
    if (value.tag == Tag::temporal) return Item::of(value.temporal.to_text(call.arena()));
    if (value.is_node() || value.tag == Tag::type_info) return std::nullopt;
    return Item::of(call.scope().keep(fhirpath::to_string(value)));
}

One to_date(const Call& call, const Item& value) {
    if (value.tag == Tag::temporal && value.temporal.kind != Temporal::Kind::time)
        return Item::of(value.temporal.as_date());
    if (value.tag != Tag::string) return std::nullopt;
    return item_of(call,
                   Temporal::parse_date(value.string()));  // no time may follow (N1, toDate: YYYY-MM-DD)
}

One to_date_time(const Call& call, const Item& value) {
    if (value.tag == Tag::temporal && value.temporal.kind != Temporal::Kind::time)
        return Item::of(value.temporal.as_date_time());
    return value.tag == Tag::string ? item_of(call, Temporal::parse_date_time(value.string())) : std::nullopt;
}

One to_time(const Call& call, const Item& value) {
    if (value.tag == Tag::temporal && value.temporal.kind == Temporal::Kind::time) return value;
    return value.tag == Tag::string ? item_of(call, Temporal::parse_time(value.string())) : std::nullopt;
}

// '5.4 \'mg\'', '4 days', '1.0'
std::optional<Quantity> parse_quantity(std::string_view text, const Call& call) {
    const std::size_t length = std::min(text.find_first_not_of("+-.0123456789"), text.size());
    const auto number = Decimal::parse(text.substr(0, length));
    if (!number) return std::nullopt;
    if (length == text.size()) return Quantity{*number, "1", false};
    const std::size_t start = text.find_first_not_of(" \t\n\r", length);
    std::string_view unit = start == std::string_view::npos ? "" : text.substr(start);
    if (unit.size() > 2 && unit.front() == '\'' && unit.find('\'', 1) == unit.size() - 1)
        return Quantity{*number, call.scope().keep(unit.substr(1, unit.size() - 2)), false};
    const auto word = calendar_word(unit);
    if (!word || start == length) return std::nullopt;  // a word needs a space before it
    return Quantity{*number, *word, true};
}

One to_quantity(const Call& call, const Item& value, std::optional<std::string_view> unit) {
    std::optional<Quantity> result = as_quantity(value);
    if (value.tag == Tag::boolean) result = Quantity{Decimal{value.boolean ? 10 : 0, 1}, "1", false};
    if (value.tag == Tag::string) result = parse_quantity(value.string(), call);
    if (result && unit) {
        const auto word = calendar_word(*unit);
        result = convert(*result, word ? *word : *unit, word.has_value());
    }
    return result ? One(Item::of(call.scope().keep(*result))) : std::nullopt;
}

template <auto convert>
Truth converts(const Call& call) {
    if (!call.single()) return std::nullopt;
    return Plain<convert>::run(call).has_value();
}

constexpr Value text = Value::string;
constexpr Value scalar = Value::boolean | Value::number | Value::string;
constexpr Value printable = scalar | Value::quantity | Value::date | Value::time;

constexpr Function rows[] = {
    row<to_boolean>("toBoolean", Result::boolean, scalar),
    row<to_integer>("toInteger", Result::integer, scalar),
    row<to_decimal>("toDecimal", Result::decimal, scalar),
    row<to_string>("toString", Result::string, printable),
    row<to_date>("toDate", Result::date, text | Value::date),
    row<to_date_time>("toDateTime", Result::date_time, text | Value::date),
    row<to_time>("toTime", Result::time, text | Value::time),
    row<to_quantity>("toQuantity", Result::quantity, scalar | Value::quantity),
    {"convertsToBoolean", 0, 0, false, converts<to_boolean>},
    {"convertsToInteger", 0, 0, false, converts<to_integer>},
    {"convertsToDecimal", 0, 0, false, converts<to_decimal>},
    {"convertsToString", 0, 0, false, converts<to_string>},
    {"convertsToDate", 0, 0, false, converts<to_date>},
    {"convertsToDateTime", 0, 0, false, converts<to_date_time>},
    {"convertsToTime", 0, 0, false, converts<to_time>},
    {"convertsToQuantity", 0, 1, false, converts<to_quantity>},
};

}  // namespace

std::span<const Function> conversion_functions() { return rows; }

}  // namespace fhirpath
