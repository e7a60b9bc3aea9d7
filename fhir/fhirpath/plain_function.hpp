// Plain functions: rows of the function table made of C++ functions on values, whose parameters say what a
// function takes, and how many.
#pragma once

#include "fhir/fhirpath/functions.hpp"
#include "fhir/fhirpath/operators.hpp"

#include <string>
#include <tuple>

namespace fhirpath {

/// A number with the item that it came as.
struct Number {
    Item item;
    Decimal value;
};

/// What a parameter of type T stands for: the kinds of value, and the value at a place of the call, where 0
/// is the input. None: empty. Error for all that is no T.
template <class T>
struct Parameter;

template <>
struct Parameter<std::string_view> {
    static constexpr Value values = Value::string;
    static std::optional<std::string_view> take(const Call& call, std::size_t place) {
        return place == 0 ? call.string() : call.string_argument(place - 1);
    }
};

template <>
struct Parameter<Item> {
    static constexpr Value values = Value::anything;
    static std::optional<Item> take(const Call& call, std::size_t place) {
        return place == 0 ? call.value() : call.value_argument(place - 1);
    }
};

template <>
struct Parameter<std::int64_t> {
    static constexpr Value values = Value::number;
    static std::optional<std::int64_t> take(const Call& call, std::size_t place) {
        return call.integer_argument(place - 1);
    }
};

template <>
struct Parameter<Number> {
    static constexpr Value values = Value::number;
    static std::optional<Number> take(const Call& call, std::size_t place) {
        const auto item = Parameter<Item>::take(call, place);
        const auto number = item ? as_decimal(*item) : std::nullopt;
        if (number) return Number{*item, *number};
        const bool valued = place == 0 && call.single() && call.single()->is_node() && call.single()->node;
        if (item || valued) call.fail(place == 0 ? "takes a number" : "takes a number as argument");
        return std::nullopt;
    }
};

template <>
struct Parameter<Decimal> {
    static constexpr Value values = Value::number;
    static std::optional<Decimal> take(const Call& call, std::size_t place) {
        const auto number = Parameter<Number>::take(call, place);
        return number ? std::optional(number->value) : std::nullopt;
    }
};

template <>
struct Parameter<Quantity> {
    static constexpr Value values = Value::number | Value::quantity;
    static std::optional<Quantity> take(const Call& call, std::size_t place) {
        const auto item = Parameter<Item>::take(call, place);
        const auto quantity = item ? as_quantity(*item) : std::nullopt;
        if (item && !quantity) call.fail("takes quantities");
        return quantity;
    }
};

/// An argument that may be left out; if it is there and empty, so is the result.
template <class T>
struct Parameter<std::optional<T>> {
    static constexpr Value values = Parameter<T>::values;
    static std::optional<std::optional<T>> take(const Call& call, std::size_t place) {
        std::optional<std::optional<T>> argument;
        if (place > call.arity())
            argument.emplace();
        else if (const auto given = Parameter<T>::take(call, place))
            argument.emplace(*given);
        return argument;
    }
};

inline Item item_of(const Call&, const Item& value) { return value; }
inline Item item_of(const Call& call, const std::string& value) { return call.text(value); }
inline Item item_of(const Call& call, std::string_view value) { return call.made(value); }
template <class T>
Item item_of(const Call&, const T& value) {
    return Item::of(value);
}
template <class T>
One item_of(const Call& call, const std::optional<T>& value) {
    return value ? One(item_of(call, *value)) : std::nullopt;
}

template <class T>
constexpr Result result_of = Result::unknown;
template <>
inline constexpr Result result_of<bool> = Result::boolean;
template <>
inline constexpr Result result_of<std::string> = Result::string;
template <>
inline constexpr Result result_of<std::string_view> = Result::string;
template <>
inline constexpr Result result_of<std::int64_t> = Result::integer;
template <>
inline constexpr Result result_of<Decimal> = Result::decimal;
template <class T>
constexpr Result result_of<std::optional<T>> = result_of<T>;

template <class T>
constexpr bool is_optional = false;
template <class T>
constexpr bool is_optional<std::optional<T>> = true;

/// `function` on values of the types Given, the first of them the input's. It is not called if one is empty.
template <auto function, class Yield, class... Given>
struct PlainOf {
    static constexpr std::size_t most = sizeof...(Given) - 1;
    static constexpr std::size_t least = most - (std::size_t{is_optional<Given>} + ...);
    static constexpr Takes takes = {Parameter<Given>::values...};
    static constexpr Result result = result_of<Yield>;

    using Answer = std::conditional_t<result == Result::boolean, Truth, One>;
    static Answer run(const Call& call) { return with(call); }

  private:
    /// Takes what is still missing, one by one, then calls the function.
    template <class... Taken>
    static Answer with(const Call& call, const Taken&... taken) {
        constexpr std::size_t place = sizeof...(Taken);
        if constexpr (place < sizeof...(Given)) {
            const auto value =
                Parameter<std::tuple_element_t<place, std::tuple<Given...>>>::take(call, place);
            return value ? with(call, taken..., *value) : std::nullopt;
        } else if constexpr (result == Result::boolean) {
            return yield(call, taken...);
        } else {
            return item_of(call, yield(call, taken...));
        }
    }
    static Yield yield(const Call& call, const Given&... given) {
        if constexpr (std::is_invocable_v<decltype(function), const Call&, const Given&...>)
            return function(call, given...);
        else
            return function(given...);
    }
};

template <auto function, class Yield, class... Given>
PlainOf<function, Yield, std::remove_cvref_t<Given>...> plain(Yield (*)(Given...));
template <auto function, class Yield, class... Given>
PlainOf<function, Yield, std::remove_cvref_t<Given>...> plain(Yield (*)(const Call&, Given...));
template <auto function>
using Plain = decltype(plain<function>(function));

/// The row of a plain function; with its result and kinds of input where the types do not tell them.
template <auto function>
constexpr Function row(std::string_view name, Result result = Plain<function>::result,
                       Value input = Plain<function>::takes.input) {
    Takes takes = Plain<function>::takes;
    takes.input = input;
    return {name, Plain<function>::least, Plain<function>::most, false, result, Plain<function>::run, takes};
}

}  // namespace fhirpath
