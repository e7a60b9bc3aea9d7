// Functions on whole collections: existence (FHIRPath 5.1), filtering and projection (5.2), iif, aggregate,
// trace, type.
#include "fhir/fhirpath/functions.hpp"
#include "fhir/fhirpath/item_set.hpp"
#include "fhir/fhirpath/operators.hpp"

#include <algorithm>

namespace fhirpath {

namespace {

Truth empty(const Call& call) { return call.input.empty(); }

Truth exists(const Call& call) {
    if (call.arity() == 0) return !call.input.empty();
    for (std::size_t i = 0; i < call.input.size(); ++i)
        if (call.criterion(0, call.input[i], i) == true) return true;
    return false;
}

Truth all(const Call& call) {
    for (std::size_t i = 0; i < call.input.size(); ++i)
        if (call.criterion(0, call.input[i], i) != true) return false;
    return true;
}

bool boolean_item(const Call& call, const Item& item) {
    const std::optional<Item> value = system_value(item, call.arena());
    if (!value || value->tag != Item::Tag::boolean) call.fail("takes Booleans only");
    return value->boolean;
}

// allTrue, anyTrue, allFalse, anyFalse
template <bool wanted, bool any>
Truth truths(const Call& call) {
    bool found = false, missed = false;
    for (const Item& item : call.input) (boolean_item(call, item) == wanted ? found : missed) = true;
    return any ? found : !missed;
}

Truth not_(const Call& call) {
    const std::optional<bool> value = call.evaluator.truth(call.input, call.expr);
    if (!value) return std::nullopt;
    return !*value;
}

One count(const Call& call) { return Item::of(static_cast<std::int64_t>(call.input.size())); }

bool is_subset(const Call& call, Items part, Items whole) {
    ItemSet set(whole, call.scope());
    return std::all_of(part.begin(), part.end(), [&set](const Item& item) { return set.has(item); });
}

Truth subset_of(const Call& call) { return is_subset(call, call.input, call.argument(0)); }

Truth superset_of(const Call& call) { return is_subset(call, call.argument(0), call.input); }

Collection distinct_items(const Call& call) {
    ItemSet result(call.scope());
    for (const Item& item : call.input) result.add(item);
    return result.items();
}

void distinct(const Call& call, Collection& out) { out.append(distinct_items(call)); }

Truth is_distinct(const Call& call) { return distinct_items(call).size() == call.input.size(); }

void where(const Call& call, Collection& out) {
    for (std::size_t i = 0; i < call.input.size(); ++i)
        if (call.criterion(0, call.input[i], i) == true) out.push_back(call.input[i]);
}

void select(const Call& call, Collection& out) {
    for (std::size_t i = 0; i < call.input.size(); ++i)
        call.evaluator.evaluate(
            call.expr.arg(0), Context{&call.input[i], static_cast<std::int64_t>(i), call.context.total}, out);
}

void repeat(const Call& call, Collection& out) {
    ItemSet result(call.scope());
    const auto collect = [&](const Item& item, std::size_t index) {
        for (const Item& found : call.body(0, item, index)) result.add(found);
    };
    for (std::size_t i = 0; i < call.input.size(); ++i) collect(call.input[i], i);
    for (std::size_t i = 0; i < result.items().size(); ++i) {
        const Item item = result.items()[i];  // collect() may move the collection
        collect(item, i);
    }
    out.append(result.items());
}

void of_type(const Call& call, Collection& out) {
    for (const Item& item : call.input)
        if (is_exact_type(item, call.expr.type)) out.push_back(item);
}

Truth is(const Call& call) {
    const Item* item = call.single();
    if (!item) return std::nullopt;
    return is_type(*item, call.expr.type);
}

One as(const Call& call) {
    const Item* item = call.single();
    if (!item || !is_exact_type(*item, call.expr.type)) return std::nullopt;
    return *item;
}

void type(const Call& call, Collection& out) {
    for (const Item& item : call.input)
        if (const fhir::TypeId found = type_of(item)) out.push_back(Item::of_type(found));
}

void iif(const Call& call, Collection& out) {
    const Item* item = call.single();
    const Context inside{item ? item : call.context.self, call.context.index, call.context.total};
    const Expr& criterion = call.expr.arg(0);
    Truth chosen;
    if (Evaluator::is_truth(criterion)) {
        chosen = call.evaluator.truth(criterion, inside);
    } else if (const Collection items = call.evaluator.evaluate(criterion, inside); !items.empty()) {
        const auto value = items.size() == 1 ? system_value(items.front(), call.arena()) : std::nullopt;
        if (!value || value->tag != Item::Tag::boolean) call.fail("the criterion must be a Boolean");
        chosen = value->boolean;
    }
    if (chosen == true) return call.evaluator.evaluate(call.expr.arg(1), inside, out);
    if (call.arity() == 3) call.evaluator.evaluate(call.expr.arg(2), inside, out);
}

void aggregate(const Call& call, Collection& out) {
    Collection total = call.none();
    if (call.arity() == 2) total = call.argument(1);
    for (std::size_t i = 0; i < call.input.size(); ++i) {
        const Context inside{&call.input[i], static_cast<std::int64_t>(i), &total};
        Collection next = call.evaluator.evaluate(call.expr.arg(0), inside);
        total = std::move(next);
    }
    out.append(total);
}

void trace(const Call& call, Collection& out) {
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
    out.append(call.input);
}

constexpr Function rows[] = {
    Function("empty", 0, 0, false, empty).briefly(),
    Function("exists", 0, 1, true, exists).briefly(),
    {"all", 1, 1, true, all},
    {"allTrue", 0, 0, false, truths<true, false>, {Value::boolean}},
    {"anyTrue", 0, 0, false, truths<true, true>, {Value::boolean}},
    {"allFalse", 0, 0, false, truths<false, false>, {Value::boolean}},
    {"anyFalse", 0, 0, false, truths<false, true>, {Value::boolean}},
    {"not", 0, 0, false, not_},
    Function("count", 0, 0, false, Result::integer, count).briefly(),
    {"subsetOf", 1, 1, false, subset_of},
    {"supersetOf", 1, 1, false, superset_of},
    {"distinct", 0, 0, false, Result::input, distinct},
    {"isDistinct", 0, 0, false, is_distinct},
    {"where", 1, 1, true, Result::input, where},
    {"select", 1, 1, true, Result::argument, select},
    {"repeat", 1, 1, true, Result::unknown, repeat},
    {"ofType", 1, 1, false, Result::input, of_type},
    {"is", 1, 1, false, is},
    {"as", 1, 1, false, Result::input, as},
    {"type", 0, 0, false, Result::unknown, type},
    {"iif", 2, 3, true, Result::unknown, iif},
    {"aggregate", 1, 2, true, Result::unknown, aggregate},
    {"trace", 1, 2, false, Result::input, trace, {Value::anything, Value::string}},
};

}  // namespace

std::span<const Function> existence_functions() { return rows; }

}  // namespace fhirpath
