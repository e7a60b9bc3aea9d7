// Functions that pick, combine and order items: subsetting (FHIRPath 5.3), combining (5.4), tree navigation
// (5.8), sort.
#include "fhir/fhirpath/functions.hpp"
#include "fhir/fhirpath/operators.hpp"

#include <algorithm>

namespace fhirpath {

namespace {

Collection slice(const Call& call, std::int64_t from, std::int64_t count) {
    Collection result = call.none();
    const auto size = static_cast<std::int64_t>(call.input.size());
    from = std::clamp<std::int64_t>(from, 0, size);
    count = std::clamp<std::int64_t>(count, 0, size - from);
    result.append(call.input.subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(count)));
    return result;
}

Collection first(const Call& call) { return slice(call, 0, 1); }
Collection last(const Call& call) { return slice(call, static_cast<std::int64_t>(call.input.size()) - 1, 1); }
Collection tail(const Call& call) { return slice(call, 1, INT64_MAX); }

Collection skip(const Call& call) {
    const auto count = call.integer_argument(0);
    return count ? slice(call, *count, INT64_MAX) : call.none();
}

Collection take(const Call& call) {
    const auto count = call.integer_argument(0);
    return count ? slice(call, 0, *count) : call.none();
}

Collection single(const Call& call) {
    const Item* item = call.single();
    return item ? call.one(*item) : call.none();
}

Collection intersect(const Call& call) {
    Collection result = call.none();
    const Collection other = call.argument(0);
    for (const Item& item : call.input)
        if (contains(other, item, call.scope())) add_distinct(result, item, call.scope());
    return result;
}

Collection exclude(const Call& call) {
    Collection result = call.none();
    const Collection other = call.argument(0);
    for (const Item& item : call.input)
        if (!contains(other, item, call.scope())) result.push_back(item);
    return result;
}

Collection union_(const Call& call) {
    Collection result = call.none();
    for (const Item& item : call.input) add_distinct(result, item, call.scope());
    for (const Item& item : call.argument(0)) add_distinct(result, item, call.scope());
    return result;
}

Collection combine(const Call& call) {
    Collection result = call.none();
    result.append(call.input);
    call.evaluator.evaluate(*call.expr.args[0], call.context, result);
    return result;
}

Collection children(const Call& call) {
    Collection result = call.none();
    for (const Item& item : call.input) call.evaluator.children(item, result);
    return result;
}

Collection descendants(const Call& call) {
    Collection result = children(call);
    for (std::size_t i = 0; i < result.size(); ++i) {
        const Item item = result[i];  // the collection may move
        call.scope().step();
        call.evaluator.children(item, result);
    }
    return result;
}

// An empty key comes before all others; keys that cannot be compared are equals.
int order(const Call& call, const std::optional<Item>& a, const std::optional<Item>& b) {
    if (!a || !b) return a ? 1 : b ? -1 : 0;
    return compare(*a, *b, call.arena(), call.expr.position).value_or(0);
}

Collection sort(const Call& call) {
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
            const bool descending = call.arity() != 0 && call.expr.args[key]->descending;
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
        auto out = merged.begin();
        for (std::size_t i = 0; i < places.size(); i += 2 * width)
            out = std::merge(at(i), at(i + width), at(i + width), at(i + 2 * width), out, before);
        places.swap(merged);
    }
    Collection result = call.none();
    result.reserve(places.size());
    for (const std::size_t place : places) result.push_back(call.input[place]);
    return result;
}

constexpr Function rows[] = {
    {"first", 0, 0, false, Result::input, first},
    {"last", 0, 0, false, Result::input, last},
    {"tail", 0, 0, false, Result::input, tail},
    {"skip", 1, 1, false, Result::input, skip},
    {"take", 1, 1, false, Result::input, take},
    {"single", 0, 0, false, Result::input, single},
    {"intersect", 1, 1, false, Result::input, intersect},
    {"exclude", 1, 1, false, Result::input, exclude},
    {"union", 1, 1, false, Result::unknown, union_},
    {"combine", 1, 1, false, Result::unknown, combine},
    {"children", 0, 0, false, Result::unknown, children},
    {"descendants", 0, 0, false, Result::unknown, descendants},
    {"sort", 0, 255, true, Result::input, sort},
};

}  // namespace

std::span<const Function> collection_functions() { return rows; }

}  // namespace fhirpath
