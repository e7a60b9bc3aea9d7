// Functions: the table of all FHIRPath functions and what a function is called with.
#include "fhir/fhirpath/functions.hpp"

#include "fhir/fhirpath/operators.hpp"
#include "fhir/nearest_name.hpp"

#include <map>

namespace fhirpath {

namespace {

const std::map<std::string_view, const Function*>& table() {
    static const auto all = [] {
        std::map<std::string_view, const Function*> result;
        for (const auto& chapter :
             {existence_functions(), collection_functions(), conversion_functions(), string_functions(),
              encoding_functions(), math_functions(), boundary_functions(), fhir_functions()})
            for (const Function& function : chapter) result.emplace(function.name, &function);
        return result;
    }();
    return all;
}

}  // namespace

const Function* find_function(std::string_view name) {
    const auto found = table().find(name);
    return found == table().end() ? nullptr : found->second;
}

std::string_view nearest_function(std::string_view name) {
    fhir::NearestName nearest(name);
    for (const auto& [candidate, function] : table()) nearest.look_at(candidate);
    return nearest.name();
}

void Call::fail(const std::string& message) const { Evaluator::fail(expr, expr.text() + "(): " + message); }

Item Call::text(std::string_view value) const { return made(scope().keep(value)); }

Item Call::made(std::string_view text) const {
    scope().step(text.size() / 64);
    return Item::of(text);
}

const Item* Call::single() const {
    if (input.size() > 1) fail("takes one item, there are many");
    return input.empty() ? nullptr : &input.front();
}

std::optional<Item> Call::value() const {
    const Item* item = single();
    if (!item) return std::nullopt;
    return system_value(*item, arena());
}

namespace {

// What is no plain text and yet converts to a String, or none.
std::optional<std::string_view> string_of(const Call& call, const Item& item) {
    const std::optional<Item> value = system_value(item, call.arena());
    if (value && value->tag == Item::Tag::string) return value->string();
    if (!value && item.is_node() && !item.node) return std::nullopt;
    call.fail("takes a String");
}

}  // namespace

std::optional<std::string_view> Call::string() const {
    if (input.empty()) return std::nullopt;
    if (input.size() > 1) single();  // tells that there are many
    const Item& item = *input.data();
    if (!is_plain_text(item)) return string_of(*this, item);
    const std::string_view text = text_of_plain(item);
    scope().step(text.size() / 256);  // what reads it is linear in its length
    return text;
}

Collection Call::argument(std::size_t i) const { return evaluator.evaluate(expr.arg(i), context); }

Collection Call::one_argument(std::size_t i) const {
    Collection items = argument(i);
    if (items.size() > 1) fail("argument " + std::to_string(i + 1) + " must be one item, there are many");
    return items;
}

std::optional<Item> Call::value_argument(std::size_t i) const {
    const Expr& argument_expr = expr.arg(i);
    if (argument_expr.kind == Expr::Kind::literal) return argument_expr.value();
    const Collection items = one_argument(i);
    return items.empty() ? std::nullopt : system_value(items.front(), arena());
}

std::optional<std::string_view> Call::string_argument(std::size_t i) const {
    const Expr& argument_expr = expr.arg(i);
    if (argument_expr.is_string()) return argument_expr.value().string();
    const Collection items = one_argument(i);
    if (items.empty()) return std::nullopt;
    const auto text = plain_text(items.front());
    return text ? text : string_of(*this, items.front());
}

std::optional<std::int64_t> Call::integer_argument(std::size_t i) const {
    const std::optional<Item> value = value_argument(i);
    if (!value) return std::nullopt;
    if (value->tag != Item::Tag::integer) fail("argument " + std::to_string(i + 1) + " must be an Integer");
    return value->integer;
}

Collection Call::body(std::size_t i, const Item& item, std::size_t index) const {
    return evaluator.evaluate(expr.arg(i), Context{&item, static_cast<std::int64_t>(index), context.total});
}

}  // namespace fhirpath
