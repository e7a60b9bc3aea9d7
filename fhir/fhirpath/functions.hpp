// Functions: the table of all FHIRPath functions and what a function is called with.
#pragma once

#include "fhir/fhirpath/evaluate.hpp"
#include "fhir/fhirpath/expr.hpp"
#include "fhir/fhirpath/value_kind.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace fhirpath {

/// One call: the function's input, its arguments as expressions, and typed ways to get at both.
struct Call {
    Evaluator& evaluator;
    const Expr& expr;
    Items input;
    const Context& context;

    Scope& scope() const { return evaluator.scope; }
    std::pmr::memory_resource& arena() const { return evaluator.scope.arena(); }
    std::size_t arity() const { return expr.args.size(); }
    [[noreturn]] void fail(const std::string& message) const;

    Collection none() const { return scope().collection(); }
    /// The text copied into the arena, as a String.
    Item text(std::string_view text) const;
    /// The same of text that the function has put together in the arena.
    Item made(std::string_view text) const;

    /// The only input item; null if there is none; Error if there are many.
    const Item* single() const;
    /// The System value of the only input item; none if there is no item or no value.
    std::optional<Item> value() const;
    /// The only input item as a String; none if empty; Error if many or of another type.
    std::optional<std::string_view> string() const;

    /// An argument on the caller's focus.
    Collection argument(std::size_t i) const;
    /// The same; Error if there are many.
    Collection one_argument(std::size_t i) const;
    std::optional<Item> value_argument(std::size_t i) const;
    std::optional<std::string_view> string_argument(std::size_t i) const;
    std::optional<std::int64_t> integer_argument(std::size_t i) const;
    /// An argument on an input item: a lambda's body.
    Collection body(std::size_t i, const Item& item, std::size_t index) const;
    std::optional<bool> criterion(std::size_t i, const Item& item, std::size_t index) const {
        return evaluator.truth(expr.arg(i), Context{&item, static_cast<std::int64_t>(index), context.total});
    }
};

/// What a function yields, as far as the static check follows it. The first are System types.
enum class Result : std::uint8_t {
    unknown,
    boolean,
    string,
    integer,
    decimal,
    date,
    date_time,
    time,
    quantity,
    input,         ///< of the input's types and order
    sorted,        ///< of the input's types, now with an order
    unordered,     ///< items of any types, in no order
    argument,      ///< what the first argument gives
    both,          ///< the input's items and the first argument's
    system_value,  ///< the input's System values
    extension,
    resource
};
static_assert(static_cast<int>(Result::quantity) == static_cast<int>(fhir::System::Quantity));

/// What a function takes, for the static check.
struct Takes {
    Value input = Value::anything, first = Value::anything, second = Value::anything;
};

/// What a function that answers yes, no or nothing (empty) gives: no collection is made for it.
using Truth = std::optional<bool>;
/// What a function that gives one item or none gives: no collection is made for it either.
using One = std::optional<Item>;

/// A row of the table. It has one of three kinds of code: `truth`, `one`, or `items`, which appends to what
/// is there.
struct Function {
    std::string_view name;
    std::uint8_t min_args, max_args;
    bool lambda;  ///< its arguments are evaluated on each input item
    Result result;
    Takes takes;
    bool brief = false;  ///< looks at one item or none, or counts each that it looks at
    Truth (*truth)(const Call&) = nullptr;
    One (*one)(const Call&) = nullptr;
    void (*items)(const Call&, Collection& out) = nullptr;

    template <class Code>
    constexpr Function(std::string_view function, std::uint8_t at_least, std::uint8_t at_most, bool is_lambda,
                       Result gives, Code* code, Takes values = {})
        : name(function),
          min_args(at_least),
          max_args(at_most),
          lambda(is_lambda),
          result(gives),
          takes(values) {
        if constexpr (std::is_same_v<Code, Truth(const Call&)>)
            truth = code;
        else if constexpr (std::is_same_v<Code, One(const Call&)>)
            one = code;
        else
            items = code;
    }
    constexpr Function(std::string_view function, std::uint8_t at_least, std::uint8_t at_most, bool is_lambda,
                       Truth (*code)(const Call&), Takes values = {})
        : Function(function, at_least, at_most, is_lambda, Result::boolean, code, values) {}

    constexpr Function briefly() const {
        Function row = *this;
        row.brief = true;
        return row;
    }
};

/// By name; null if there is none.
const Function* find_function(std::string_view name);
/// Did-you-mean: the known function name that `name` is nearest to; empty if none is near.
std::string_view nearest_function(std::string_view name);

// One chapter each (functions_*.cpp).
std::span<const Function> existence_functions();
std::span<const Function> collection_functions();
std::span<const Function> conversion_functions();
std::span<const Function> string_functions();
std::span<const Function> encoding_functions();
std::span<const Function> math_functions();
std::span<const Function> boundary_functions();
std::span<const Function> fhir_functions();

}  // namespace fhirpath
