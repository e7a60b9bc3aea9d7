// Evaluator: an expression tree on a focus gives a collection.
#include "fhir/fhirpath/evaluate.hpp"

#include "fhir/fhirpath/functions.hpp"
#include "fhir/fhirpath/item_set.hpp"
#include "fhir/fhirpath/operators.hpp"

#include <algorithm>

namespace fhirpath {

namespace {

using Kind = Expr::Kind;

struct Level {
    Level(Scope& counted, const Expr& at) : scope(counted) {
        if (++scope.depth > Scope::max_depth) {
            --scope.depth;
            Evaluator::fail(at, "the expression is nested too deeply");
        }
    }
    ~Level() { --scope.depth; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    Scope& scope;
};

bool is_unset(const Item& item) { return item.tag == Item::Tag::boolean && item.type == 0; }

// Operators that yield a truth value.
bool is_logic(const Expr& expr) {
    if (expr.kind == Kind::binary) return expr.op < Op::add || expr.op > Op::modulo;
    return expr.kind == Kind::all_of || expr.kind == Kind::any_of;
}

Items one_or_none(const Item* item) { return item ? Items(item, 1) : Items(); }

}  // namespace

void Evaluator::fail(const Expr& at, const std::string& message) {
    throw Error(Error::Kind::execution, message, at.position);
}

bool Evaluator::is_truth(const Expr& expr) {
    if (expr.kind == Kind::path) return is_truth(expr.args.back());
    if (expr.kind == Kind::call) return expr.function->truth != nullptr;
    return is_logic(expr);
}

std::optional<bool> Evaluator::truth(Items items, const Expr& expr) {
    if (items.empty()) return std::nullopt;
    if (items.size() > 1) fail(expr, "one truth value is expected, there are many items");
    const Item& item = items.front();
    if (item.tag == Item::Tag::boolean) return item.boolean;
    if (item.is_node()) {
        if (!item.node) return std::nullopt;
        if (item.node->kind == fhir::Kind::boolean) return item.node->is_true();
    }
    return true;
}

std::optional<bool> Evaluator::truth(const Expr& expr, const Context& context) {
    switch (expr.kind) {
        case Kind::variable:
            scope.step();
            return truth(Items(scope.variable(expr.slot)), expr);
        case Kind::path: {
            const Level level(scope, expr);
            scope.step();
            return path_truth(expr, expr.args.size(), context);
        }
        case Kind::call: {
            if (!expr.function->truth) break;
            const Level level(scope, expr);
            scope.step(2);
            return expr.function->truth(Call{*this, expr, one_or_none(context.self), context});
        }
        case Kind::all_of:
        case Kind::any_of: {
            const Level level(scope, expr);
            scope.step();
            return connect(expr, context);
        }
        case Kind::binary: {
            if (!is_logic(expr)) break;
            const Level level(scope, expr);
            scope.step();
            return compare(expr, context);
        }
        default:
            break;
    }
    return truth_of_items(expr, context);
}

// `and` and `or`: the first operand that decides ends it.
std::optional<bool> Evaluator::connect(const Expr& expr, const Context& context) {
    const bool decides = expr.kind == Kind::any_of;
    bool open = false;
    for (const Expr& operand : expr.args) {
        const std::optional<bool> value = truth(operand, context);
        if (value == decides) return decides;
        if (!value) open = true;
    }
    if (open) return std::nullopt;
    return !decides;
}

std::optional<bool> Evaluator::truth_of_items(const Expr& expr, const Context& context) {
    return truth(Items(evaluate(expr, context)), expr);
}

std::optional<bool> Evaluator::path_truth(const Expr& expr, std::size_t count, const Context& context) {
    static const Function* const negation = find_function("not");
    if (count == 1) return truth(expr.arg(0), context);
    const Expr& last = expr.arg(count - 1);
    if (last.function == negation) {  // what it negates is a truth itself
        const std::optional<bool> value = path_truth(expr, count - 1, context);
        if (!value) return std::nullopt;
        return !*value;
    }
    Collection room = scope.collection();
    if (last.kind != Kind::call || !last.function->truth)
        return truth(path(expr, count, context, room), expr);
    const Items input = path(expr, count - 1, context, room);
    scope.step(last.brief ? 1 : 1 + input.size());
    return last.function->truth(Call{*this, last, input, context});
}

std::optional<bool> Evaluator::compare(const Expr& expr, const Context& context) {
    const Expr &left = expr.arg(0), &right = expr.arg(1);
    switch (expr.op) {
        case Op::exclusive_or: {
            const auto a = truth(left, context), b = truth(right, context);
            if (!a || !b) return std::nullopt;
            return *a != *b;
        }
        case Op::implies: {
            const auto a = truth(left, context);
            if (a == false) return true;
            const auto b = truth(right, context);
            if (b == true) return true;
            if (!a || !b) return std::nullopt;
            return false;
        }
        case Op::in:
        case Op::contains:
            return member_of(expr, context);
        default:
            return compare_values(expr, context);
    }
}

std::optional<bool> Evaluator::compare_values(const Expr& expr, const Context& context) {
    const Expr &left = expr.arg(0), &right = expr.arg(1);
    const Collection a = evaluate(left, context);
    if (right.kind == Kind::literal && a.size() == 1) {
        const auto text = expr.op == Op::equal && right.is_string() ? plain_text(a.front()) : std::nullopt;
        return text ? *text == right.value().string() : compare_items(expr, a.front(), right.value());
    }
    const Collection b = evaluate(right, context);
    if (a.size() == 1 && b.size() == 1) return compare_items(expr, a.front(), b.front());
    switch (expr.op) {
        case Op::equal:
            return equal(a, b, scope);
        case Op::not_equal:
            if (const auto same = equal(a, b, scope)) return !*same;
            return std::nullopt;
        case Op::equivalent:
            return equivalent(a, b, scope);
        case Op::not_equivalent:
            return !equivalent(a, b, scope);
        default:
            break;
    }
    if (a.empty() || b.empty()) return std::nullopt;
    fail(expr, "many items have no order; take one, as with first()");
}

std::optional<bool> Evaluator::compare_items(const Expr& expr, const Item& a, const Item& b) const {
    switch (expr.op) {
        case Op::equal:
        case Op::not_equal: {
            require_comparable(a, b, scope.arena(), expr.position);
            const std::optional<bool> same = equal(a, b, scope.arena());
            if (same && expr.op == Op::not_equal) return !*same;
            return same;
        }
        case Op::equivalent:
            return equivalent(a, b, scope.arena());
        case Op::not_equivalent:
            return !equivalent(a, b, scope.arena());
        default:
            break;
    }
    const std::optional<int> order = fhirpath::compare(a, b, scope.arena(), expr.position);
    if (!order) return std::nullopt;
    switch (expr.op) {
        case Op::less:
            return *order < 0;
        case Op::less_equal:
            return *order <= 0;
        case Op::greater:
            return *order > 0;
        default:
            return *order >= 0;
    }
}

std::optional<bool> Evaluator::member_of(const Expr& expr, const Context& context) {
    const bool in = expr.op == Op::in;
    const Collection one = evaluate(expr.arg(in ? 0 : 1), context);
    if (one.size() > 1) fail(expr, "one item is expected before `in` and after `contains`");
    if (const auto& strings = expr.details->strings; !strings.empty() && !one.empty()) {
        const auto text = plain_text(one.front());
        return text && std::find(strings.begin(), strings.end(), *text) != strings.end();
    }
    const Collection many = evaluate(expr.arg(in ? 1 : 0), context);
    if (one.empty()) return std::nullopt;
    return contains(many, one.front(), scope);
}

void Evaluator::evaluate(const Expr& expr, const Context& context, Collection& out) {
    scope.step();
    switch (expr.kind) {
        case Kind::literal:
            return out.push_back(expr.value());
        case Kind::self:
            if (context.self) out.push_back(*context.self);
            return;
        case Kind::variable:
            return out.append(scope.variable(expr.slot));
        case Kind::member:
            if (!context.self) return;
            if (expr.type.type && context.self->type && is_type(*context.self, expr.type))
                out.push_back(*context.self);
            else
                navigate({context.self, 1}, expr, out);
            return;
        case Kind::path: {
            const Level level(scope, expr);
            return whole_path(expr, context, out);
        }
        case Kind::empty:
            return;
        case Kind::index:
            if (context.index >= 0) out.push_back(Item::of(context.index));
            return;
        case Kind::total:
            if (context.total) out.append(*context.total);
            return;
        case Kind::context:
            if (const Item item = focus_or_context(); !is_unset(item)) out.push_back(item);
            return;
        case Kind::resource:
        case Kind::root_resource:
            return resource(expr, out);
        default:
            return nested(expr, context, out);
    }
}

void Evaluator::nested(const Expr& expr, const Context& context, Collection& out) {
    const Level level(scope, expr);
    if (is_logic(expr)) {
        const auto value = expr.kind == Kind::binary ? compare(expr, context) : connect(expr, context);
        if (value) out.push_back(Item::of(*value));
        return;
    }
    switch (expr.kind) {
        case Kind::call:
        case Kind::indexer:
            return apply(expr, one_or_none(context.self), context, out);
        case Kind::negate:
        case Kind::plus:
            return sign(expr, context, out);
        case Kind::binary:
            return binary(expr, context, out);
        case Kind::union_of:
            return unite(expr, context, out);
        default:
            return type_operator(expr, context, out);
    }
}

void Evaluator::whole_path(const Expr& expr, const Context& context, Collection& out) {
    const std::size_t count = expr.args.size();
    Collection room = scope.collection();
    apply(expr.arg(count - 1), path(expr, count - 1, context, room), context, out);
}

void Evaluator::unite(const Expr& expr, const Context& context, Collection& out) {
    ItemSet all(scope);
    Collection one = scope.collection();
    for (const Expr& operand : expr.args) {
        if (expr.first_only && !all.items().empty() && !scope.on_trace) break;
        one.clear();
        evaluate(operand, context, one);
        for (const Item& item : one) all.add(item);
    }
    out.append(all.items());
}

Items Evaluator::head(const Expr& head, const Context& context, Collection& room) {
    if (head.kind == Kind::variable) {  // read in place: a variable may hold a whole Bundle
        scope.step();
        return scope.variable(head.slot);
    }
    if (head.kind == Kind::self) return one_or_none(context.self);
    if (head.kind == Kind::member && head.type.type == 0 && context.self) {
        scope.step();
        navigate({context.self, 1}, head, room);
    } else {
        evaluate(head, context, room);
    }
    return room;
}

Items Evaluator::path(const Expr& expr, std::size_t count, const Context& context, Collection& room) {
    if (count == 1) return head(expr.arg(0), context, room);
    Collection spare = scope.collection();
    Collection *from = &room, *into = &spare;
    if (count % 2 == 0) std::swap(from, into);  // by turns, so that the last part fills `room`
    Items current = head(expr.arg(0), context, *from);
    for (std::size_t part = 1; part < count; ++part) {
        into->clear();
        apply(expr.arg(part), current, context, *into);
        current = *into;
        std::swap(from, into);
    }
    return current;
}

void Evaluator::call(const Expr& step, Items input, const Context& context, Collection& out) {
    const Call call{*this, step, input, context};
    const Function& function = *step.function;
    if (function.one) {
        if (const One item = function.one(call)) out.push_back(*item);
    } else if (function.truth) {
        if (const Truth value = function.truth(call)) out.push_back(Item::of(*value));
    } else {
        function.items(call, out);
    }
}

void Evaluator::apply_other(const Expr& step, Items input, const Context& context, Collection& out) {
    if (step.kind != Kind::indexer) return evaluate(step, context, out);
    const Collection index = evaluate(step.arg(0), context);
    if (index.empty()) return;
    const auto value = index.size() == 1 ? system_value(index.front(), scope.arena()) : std::nullopt;
    if (!value || value->tag != Item::Tag::integer) fail(step, "the index is expected to be one integer");
    if (value->integer >= 0 && static_cast<std::uint64_t>(value->integer) < input.size())
        out.push_back(input[static_cast<std::size_t>(value->integer)]);
}

void Evaluator::sign(const Expr& expr, const Context& context, Collection& out) {
    const Collection operand = evaluate(expr.arg(0), context);
    if (operand.empty()) return;
    if (operand.size() > 1) fail(expr, "one number is expected after a sign");
    const auto value = system_value(operand.front(), scope.arena());
    if (!value) return;
    if (value->tag != Item::Tag::quantity && !as_decimal(*value))
        fail(expr, "a number is expected after a sign");
    if (expr.kind == Kind::plus)
        out.push_back(*value);
    else if (const auto changed = negated(*value, scope))
        out.push_back(*changed);
}

void Evaluator::binary(const Expr& expr, const Context& context, Collection& out) {
    const Collection a = evaluate(expr.arg(0), context), b = evaluate(expr.arg(1), context);
    if (a.size() > 1 || b.size() > 1) fail(expr, "the operator takes one item on each side");
    const bool concatenate = expr.op == Op::concatenate;
    if (!concatenate && (a.empty() || b.empty())) return;
    if (concatenate) {
        const auto left = a.empty() ? std::string_view() : plain_text(a.front());
        const auto right = b.empty() ? std::string_view() : plain_text(b.front());
        if (left && right) return out.push_back(joined(*left, *right, scope, expr.position));
    }
    const auto operand = [&](const Collection& side, const Expr& at) -> std::optional<Item> {
        if (side.empty()) return Item::of(std::string_view());
        if (!side.front().is_node()) return side.front();
        auto value = system_value(side.front(), scope.arena());
        if (!value && side.front().node && side.front().node->is_object())
            fail(at, "a value is expected, not an element with parts");
        if (!value && concatenate) return Item::of(std::string_view());
        return value;
    };
    const auto left = operand(a, expr.arg(0)), right = operand(b, expr.arg(1));
    if (!left || !right) return;
    if (const auto value = arithmetic(expr.op, *left, *right, scope, expr.position)) out.push_back(*value);
}

void Evaluator::type_operator(const Expr& expr, const Context& context, Collection& out) {
    const Collection items = evaluate(expr.arg(0), context);
    if (items.size() > 1) fail(expr, "`is` and `as` take one item; ofType() takes many");
    if (items.empty()) return;
    if (expr.kind == Kind::type_is)
        out.push_back(Item::of(is_type(items.front(), expr.type)));
    else if (is_exact_type(items.front(), expr.type))
        out.push_back(items.front());
}

Item Evaluator::focus_or_context() const {
    if (!is_unset(scope.context())) return scope.context();
    return focus_ ? *focus_ : Item();
}

void Evaluator::resource(const Expr& expr, Collection& out) const {
    Item item = scope.resource();
    if (is_unset(item)) {
        const Item focus = focus_or_context();
        const fhir::Node* own =
            focus.is_node() && focus.node ? fhir::enclosing_resource(*focus.node) : nullptr;
        if (!own) return;
        item = Item::of_root(*own);
    }
    if (expr.kind == Kind::root_resource && item.is_node() && item.node) {
        const fhir::Node* parent = item.node->parent;
        while (parent && parent->is_array()) parent = parent->parent;
        const bool contained = item.node->name() == "contained";
        const fhir::Node* container = contained && parent ? fhir::enclosing_resource(*parent) : nullptr;
        if (container) item = Item::of_root(*container);
    }
    out.push_back(item);
}

}  // namespace fhirpath
