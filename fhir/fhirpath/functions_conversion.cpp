// Functions that convert System values: toX and convertsToX (FHIRPath 5.5).
#include "fhir/fhirpath/functions.hpp"
#include "fhir/fhirpath/operators.hpp"

#include <algorithm>
#include <charconv>

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

// (\+|-)?\d+(\.\d+)? at the start of `text`: its length; 0 if there is none.
std::size_t number_length(std::string_view text, bool fraction) {
    const auto digits = [text](std::size_t from) {
        while (from < text.size() && text[from] >= '0' && text[from] <= '9') ++from;
        return from;
    };
    const std::size_t start = !text.empty() && (text[0] == '+' || text[0] == '-') ? 1 : 0;
    const std::size_t whole = digits(start);
    if (whole == start) return 0;
    if (!fraction || whole == text.size() || text[whole] != '.') return whole;
    const std::size_t end = digits(whole + 1);
    return end == whole + 1 ? whole : end;
}

std::string_view without_plus(std::string_view text) { return text.starts_with('+') ? text.substr(1) : text; }

using Converted = std::optional<Item>;

template <class T>
Converted item_of(const std::optional<T>& value) {
    if (!value) return std::nullopt;
    return Item::of(*value);
}

Converted to_boolean(const Item& value, const Call&) {
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

Converted to_integer(const Item& value, const Call&) {
    if (value.tag == Tag::integer) return value;
    if (value.tag == Tag::boolean) return Item::of(std::int64_t{value.boolean});
    if (value.tag != Tag::string || number_length(value.string(), false) != value.text_size)
        return std::nullopt;
    const std::string_view digits = without_plus(value.string());
    std::int64_t result = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), result);
    if (digits.empty() || parsed.ec != std::errc()) return std::nullopt;
    return Item::of(result);
}

Converted to_decimal(const Item& value, const Call&) {
    if (const auto number = as_decimal(value)) return Item::of(*number);
    if (value.tag == Tag::boolean) return Item::of(Decimal{value.boolean ? 10 : 0, 1});
    if (value.tag != Tag::string || value.text_size == 0 ||
        number_length(value.string(), true) != value.text_size)
        return std::nullopt;
    return item_of(Decimal::parse(without_plus(value.string())));
}

Converted to_string(const Item& value, const Call& call) {
    const auto kept = [&call](const std::string& text) { return Item::of(call.scope().keep(text)); };
    switch (value.tag) {
        case Tag::boolean:
            return Item::of(std::string_view(value.boolean ? "true" : "false"));
        case Tag::integer:
            return kept(std::to_string(value.integer));
        case Tag::decimal:
            return kept(value.decimal().to_string());
        case Tag::string:
            return value;
        case Tag::temporal:
            return Item::of(value.temporal.to_text(call.arena()));
        case Tag::quantity:
            return kept(value.quantity->to_string());
        case Tag::type_info:
        case Tag::node:
            break;
    }
    return std::nullopt;
}

Converted to_date(const Item& value, const Call&) {
    if (value.tag == Tag::temporal && value.temporal.kind != Temporal::Kind::time)
        return Item::of(value.temporal.as_date());
    if (value.tag != Tag::string) return std::nullopt;
    return item_of(Temporal::parse_date(value.string()));  // no time may follow (N1, toDate: YYYY-MM-DD)
}

Converted to_date_time(const Item& value, const Call&) {
    if (value.tag == Tag::temporal && value.temporal.kind != Temporal::Kind::time)
        return Item::of(value.temporal.as_date_time());
    if (value.tag != Tag::string) return std::nullopt;
    return item_of(Temporal::parse_date_time(value.string()));
}

Converted to_time(const Item& value, const Call&) {
    if (value.tag == Tag::temporal && value.temporal.kind == Temporal::Kind::time) return value;
    if (value.tag != Tag::string) return std::nullopt;
    return item_of(Temporal::parse_time(value.string()));
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// '5.4 \'mg\'', '4 days', '1.0'
std::optional<Quantity> parse_quantity(std::string_view text, const Call& call) {
    const std::size_t length = number_length(text, true);
    if (length == 0) return std::nullopt;
    const auto number = Decimal::parse(without_plus(text.substr(0, length)));
    if (!number) return std::nullopt;
    std::string_view unit = text.substr(length);
    while (!unit.empty() && is_space(unit.front())) unit.remove_prefix(1);
    if (unit.empty())
        return length == text.size() ? std::optional(Quantity{*number, "1", false}) : std::nullopt;
    if (unit.size() > 2 && unit.front() == '\'' && unit.back() == '\'') {
        unit = unit.substr(1, unit.size() - 2);
        if (unit.find('\'') != std::string_view::npos) return std::nullopt;
        return Quantity{*number, call.scope().keep(unit), false};
    }
    if (length == text.size() - unit.size()) return std::nullopt;  // a word needs a space before it
    if (const auto word = calendar_word(unit)) return Quantity{*number, *word, true};
    return std::nullopt;
}

Converted to_quantity(const Item& value, const Call& call) {
    std::optional<Quantity> result = as_quantity(value);
    if (value.tag == Tag::boolean) result = Quantity{Decimal{value.boolean ? 10 : 0, 1}, "1", false};
    if (value.tag == Tag::string) result = parse_quantity(value.string(), call);
    if (result && call.arity() == 1) {
        const auto unit = call.string_argument(0);
        if (!unit) return std::nullopt;
        const auto word = calendar_word(*unit);
        result = convert(*result, word ? *word : *unit, word.has_value());
    }
    if (!result) return std::nullopt;
    return Item::of(call.scope().keep(*result));
}

template <Converted (*convert)(const Item&, const Call&)>
One to(const Call& call) {
    const auto value = call.value();
    const Converted result = value ? convert(*value, call) : std::nullopt;
    return result ? One(*result) : std::nullopt;
}

template <Converted (*convert)(const Item&, const Call&)>
Truth converts(const Call& call) {
    const Item* item = call.single();
    if (!item) return std::nullopt;
    const auto value = call.value();
    return value && convert(*value, call);
}

constexpr Function rows[] = {
    {"toBoolean", 0, 0, false, Result::boolean, to<to_boolean>},
    {"toInteger", 0, 0, false, Result::integer, to<to_integer>},
    {"toDecimal", 0, 0, false, Result::decimal, to<to_decimal>},
    {"toString", 0, 0, false, Result::string, to<to_string>},
    {"toDate", 0, 0, false, Result::date, to<to_date>},
    {"toDateTime", 0, 0, false, Result::date_time, to<to_date_time>},
    {"toTime", 0, 0, false, Result::time, to<to_time>},
    {"toQuantity", 0, 1, false, Result::quantity, to<to_quantity>},
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
