// Functions that pick, combine and order items: subsetting (FHIRPath 5.3), combining (5.4), tree navigation
// (5.8), sort.
#include "fhir/fhirpath/functions.hpp"
#include "fhir/fhirpath/item_set.hpp"
#include "fhir/fhirpath/operators.hpp"

#include <algorithm>

namespace fhirpath {

namespace {

void slice(const Call& call, std::int64_t from, std::int64_t count, Collection& out) {
    const auto size = static_cast<std::int64_t>(call.input.size());
    from = std::clamp<std::int64_t>(from, 0, size);
    count = std::clamp<std::int64_t>(count, 0, size - from);
    out.append(call.input.subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(count)));
}

One first(const Call& call) { return call.input.empty() ? std::nullopt : One(call.input.front()); }
One last(const Call& call) { return call.input.empty() ? std::nullopt : One(call.input.back()); }
void tail(const Call& call, Collection& out) { slice(call, 1, INT64_MAX, out); }

void skip(const Call& call, Collection& out) {
    const auto count = call.integer_argument(0);
    if (count) slice(call, *count, INT64_MAX, out);
}

void take(const Call& call, Collection& out) {
    const auto count = call.integer_argument(0);
    if (count) slice(call, 0, *count, out);
}

One single(const Call& call) {
    const Item* item = call.single();
    return item ? One(*item) : std::nullopt;
}

void intersect(const Call& call, Collection& out) {
    ItemSet other(call.argument(0), call.scope()), result(call.scope());
    for (const Item& item : call.input)
        if (other.has(item)) result.add(item);
    out.append(result.items());
}

void exclude(const Call& call, Collection& out) {
    ItemSet other(call.argument(0), call.scope());
    for (const Item& item : call.input)
        if (!other.has(item)) out.push_back(item);
}

void union_(const Call& call, Collection& out) {
    ItemSet result(call.scope());
    for (const Item& item : call.input) result.add(item);
    for (const Item& item : call.argument(0)) result.add(item);
    out.append(result.items());
}

void combine(const Call& call, Collection& out) {
    out.append(call.input);
    if (call.input.empty() || !call.expr.first_only || call.scope().on_trace)
        call.evaluator.evaluate(call.expr.arg(0), call.context, out);
}

void children(const Call& call, Collection& out) {
    for (const Item& item : call.input) call.evaluator.children(item, out);
}

void descendants(const Call& call, Collection& out) {
    const std::size_t before = out.size();
    children(call, out);
    for (std::size_t i = before; i < out.size(); ++i) {
        const Item item = out[i];  // the collection may move
        call.scope().step();
        call.evaluator.children(item, out);
    }
}

// An empty key comes before all others; keys that cannot be compared are equals.
int order(const Call& call, const std::optional<Item>& a, const std::optional<Item>& b) {
    if (!a || !b) return a ? 1 : b ? -1 : 0;
    return compare(*a, *b, call.arena(), call.expr.position).value_or(0);
}

void sort(const Call& call, Collection& out) {
    const std::size_t keys = std::max<std::size_t>(1, call.arity());
    std::pmr::vector<std::optional<Item>> table(&call.arena());
    table.reserve(call.input.size() * keys);
    for (std::size_t i = 0; i < call.input.size(); ++i)
        for (std::size_t key = 0; key < keys; ++key) {
            if (call.arity() == 0) {
                table.emplace_back(call.input[i]);
                continue;
            }
            const Collection value = call.body(key, call.input[i], i);
            if (value.size() > 1) call.fail("a key must be one item, there are many");
            table.push_back(value.empty() ? std::nullopt : std::optional<Item>(value.front()));
        }
    std::pmr::vector<std::size_t> places(call.input.size(), &call.arena());
    for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
    const auto before = [&](std::size_t a, std::size_t b) {
        call.scope().step();
        for (std::size_t key = 0; key < keys; ++key) {
            const int found = order(call, table[a * keys + key], table[b * keys + key]);
            const bool descending = call.arity() != 0 && call.expr.args[key].descending;
            if (found != 0) return descending ? found > 0 : found < 0;
        }
        return false;
    };
    // Merges from the bottom up: stable, in the arena, and sound where keys cannot be compared.
    std::pmr::vector<std::size_t> merged(places.size(), &call.arena());
    for (std::size_t width = 1; width < places.size(); width *= 2) {
        const auto at = [&](std::size_t i) {
            return places.begin() + static_cast<std::ptrdiff_t>(std::min(i, places.size()));
        };
        auto end = merged.begin();
        for (std::size_t i = 0; i < places.size(); i += 2 * width)
            end = std::merge(at(i), at(i + width), at(i + width), at(i + 2 * width), end, before);
        places.swap(merged);
    }
    out.reserve(out.size() + places.size());
    for (const std::size_t place : places) out.push_back(call.input[place]);
}

constexpr Function rows[] = {
    Function("first", 0, 0, false, Result::input, first).briefly(),
    Function("last", 0, 0, false, Result::input, last).briefly(),
    {"tail", 0, 0, false, Result::input, tail},
    {"skip", 1, 1, false, Result::input, skip, {Value::anything, Value::number}},
    {"take", 1, 1, false, Result::input, take, {Value::anything, Value::number}},
    {"single", 0, 0, false, Result::input, single},
    {"intersect", 1, 1, false, Result::input, intersect},
    {"exclude", 1, 1, false, Result::input, exclude},
    {"union", 1, 1, false, Result::both, union_},
    {"combine", 1, 1, false, Result::both, combine},
    {"children", 0, 0, false, Result::unordered, children},
    {"descendants", 0, 0, false, Result::unordered, descendants},
    {"sort", 0, 255, true, Result::sorted, sort},
};

}  // namespace

std::span<const Function> collection_functions() { return rows; }

}  // namespace fhirpath
