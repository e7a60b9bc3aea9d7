// Functions on whole collections: existence (FHIRPath 5.1), filtering and projection (5.2), iif, aggregate,
// trace, type.
#include "fhir/fhirpath/functions.hpp"
#include "fhir/fhirpath/operators.hpp"

#include <algorithm>

namespace fhirpath {

namespace {

Collection empty(const Call& call) { return call.boolean(call.input.empty()); }

Collection exists(const Call& call) {
    if (call.arity() == 0) return call.boolean(!call.input.empty());
    for (std::size_t i = 0; i < call.input.size(); ++i)
        if (call.criterion(0, call.input[i], i) == true) return call.boolean(true);
    return call.boolean(false);
}

Collection all(const Call& call) {
    for (std::size_t i = 0; i < call.input.size(); ++i)
        if (call.criterion(0, call.input[i], i) != true) return call.boolean(false);
    return call.boolean(true);
}

bool boolean_item(const Call& call, const Item& item) {
    const std::optional<Item> value = system_value(item, call.arena());
    if (!value || value->tag != Item::Tag::boolean) call.fail("takes Booleans only");
    return value->boolean;
}

// allTrue, anyTrue, allFalse, anyFalse
template <bool wanted, bool any>
Collection truths(const Call& call) {
    bool found = false, missed = false;
    for (const Item& item : call.input) (boolean_item(call, item) == wanted ? found : missed) = true;
    return call.boolean(any ? found : !missed);
}

Collection not_(const Call& call) {
    const std::optional<bool> value = call.evaluator.truth(call.input, call.expr);
    if (!value) return call.none();
    return call.boolean(!*value);
}

Collection count(const Call& call) {
    return call.one(Item::of(static_cast<std::int64_t>(call.input.size())));
}

bool is_subset(const Call& call, const Collection& part, const Collection& whole) {
    return std::all_of(part.begin(), part.end(),
                       [&](const Item& item) { return contains(whole, item, call.scope()); });
}

Collection subset_of(const Call& call) { return call.boolean(is_subset(call, call.input, call.argument(0))); }

Collection superset_of(const Call& call) {
    return call.boolean(is_subset(call, call.argument(0), call.input));
}

Collection distinct(const Call& call) {
    Collection result = call.none();
    for (const Item& item : call.input) add_distinct(result, item, call.scope());
    return result;
}

Collection is_distinct(const Call& call) { return call.boolean(distinct(call).size() == call.input.size()); }

Collection where(const Call& call) {
    Collection result = call.none();
    for (std::size_t i = 0; i < call.input.size(); ++i)
        if (call.criterion(0, call.input[i], i) == true) result.push_back(call.input[i]);
    return result;
}

Collection select(const Call& call) {
    Collection result = call.none();
    for (std::size_t i = 0; i < call.input.size(); ++i) {
        const Collection items = call.body(0, call.input[i], i);
        result.append(items.begin(), items.end());
    }
    return result;
}

Collection repeat(const Call& call) {
    Collection result = call.none();
    const auto collect = [&](const Item& item, std::size_t index) {
        for (const Item& found : call.body(0, item, index)) add_distinct(result, found, call.scope());
    };
    for (std::size_t i = 0; i < call.input.size(); ++i) collect(call.input[i], i);
    for (std::size_t i = 0; i < result.size(); ++i) {
        const Item item = result[i];  // collect() may move the collection
        collect(item, i);
    }
    return result;
}

Collection of_type(const Call& call) {
    Collection result = call.none();
    for (const Item& item : call.input)
        if (is_exact_type(item, call.expr.type)) result.push_back(item);
    return result;
}

Collection is(const Call& call) {
    const Item* item = call.single();
    if (!item) return call.none();
    return call.boolean(is_type(*item, call.expr.type));
}

Collection as(const Call& call) {
    const Item* item = call.single();
    if (!item || !is_exact_type(*item, call.expr.type)) return call.none();
    return call.one(*item);
}

Collection type(const Call& call) {
    Collection result = call.none();
    for (const Item& item : call.input)
        if (const fhir::TypeId found = type_of(item)) result.push_back(Item::of_type(found));
    return result;
}

Collection iif(const Call& call) {
    const Item* item = call.single();
    const Context inside{item ? item : call.context.self, call.context.index, call.context.total};
    const Collection criterion = call.evaluator.evaluate(*call.expr.args[0], inside);
    bool chosen = false;
    if (!criterion.empty()) {
        const auto value =
            criterion.size() == 1 ? system_value(criterion.front(), call.arena()) : std::nullopt;
        if (!value || value->tag != Item::Tag::boolean) call.fail("the criterion must be a Boolean");
        chosen = value->boolean;
    }
    if (chosen) return call.evaluator.evaluate(*call.expr.args[1], inside);
    if (call.arity() == 3) return call.evaluator.evaluate(*call.expr.args[2], inside);
    return call.none();
}

Collection aggregate(const Call& call) {
    Collection total = call.none();
    if (call.arity() == 2) total = call.argument(1);
    for (std::size_t i = 0; i < call.input.size(); ++i) {
        const Context inside{&call.input[i], static_cast<std::int64_t>(i), &total};
        Collection next = call.evaluator.evaluate(*call.expr.args[0], inside);
        total = std::move(next);
    }
    return total;
}

Collection trace(const Call& call) {
    if (call.scope().on_trace) {
        const auto name = call.string_argument(0);
        Collection shown = call.none();
        for (std::size_t i = 0; i < call.input.size(); ++i) {
            if (call.arity() == 1) {
                shown.push_back(call.input[i]);
                continue;
            }
            for (const Item& item : call.body(1, call.input[i], i)) shown.push_back(item);
        }
        call.scope().on_trace(name.value_or(""), shown);
    }
    Collection result = call.none();
    result.append(call.input.begin(), call.input.end());
    return result;
}

constexpr Function rows[] = {
    {"empty", 0, 0, false, Result::boolean, empty},
    {"exists", 0, 1, true, Result::boolean, exists},
    {"all", 1, 1, true, Result::boolean, all},
    {"allTrue", 0, 0, false, Result::boolean, truths<true, false>},
    {"anyTrue", 0, 0, false, Result::boolean, truths<true, true>},
    {"allFalse", 0, 0, false, Result::boolean, truths<false, false>},
    {"anyFalse", 0, 0, false, Result::boolean, truths<false, true>},
    {"not", 0, 0, false, Result::boolean, not_},
    {"count", 0, 0, false, Result::integer, count},
    {"subsetOf", 1, 1, false, Result::boolean, subset_of},
    {"supersetOf", 1, 1, false, Result::boolean, superset_of},
    {"distinct", 0, 0, false, Result::input, distinct},
    {"isDistinct", 0, 0, false, Result::boolean, is_distinct},
    {"where", 1, 1, true, Result::input, where},
    {"select", 1, 1, true, Result::argument, select},
    {"repeat", 1, 1, true, Result::unknown, repeat},
    {"ofType", 1, 1, false, Result::input, of_type},
    {"is", 1, 1, false, Result::boolean, is},
    {"as", 1, 1, false, Result::input, as},
    {"type", 0, 0, false, Result::unknown, type},
    {"iif", 2, 3, true, Result::unknown, iif},
    {"aggregate", 1, 2, true, Result::unknown, aggregate},
    {"trace", 1, 2, false, Result::input, trace},
};

}  // namespace

std::span<const Function> existence_functions() { return rows; }

}  // namespace fhirpath
