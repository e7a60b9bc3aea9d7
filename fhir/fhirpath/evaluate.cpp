// Evaluator: an expression tree on a focus gives a collection.
#include "fhir/fhirpath/evaluate.hpp"

#include "fhir/fhirpath/functions.hpp"
#include "fhir/fhirpath/operators.hpp"

#include <algorithm>

namespace fhirpath {

namespace {

using Kind = Expr::Kind;

constexpr std::size_t max_depth = 128;

struct Level {
    Level(Scope& counted, const Expr& at) : scope(counted) {
        if (++scope.depth > max_depth) {
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

// Operators that yield a truth value, which need no collection.
bool is_logic(const Expr& expr) {
    if (expr.kind == Kind::binary) return expr.op < Op::add || expr.op > Op::modulo;
    return expr.kind == Kind::all_of || expr.kind == Kind::any_of;
}

void append(Collection& out, const Collection& items) { out.append(items.begin(), items.end()); }

}  // namespace

void Evaluator::fail(const Expr& at, const std::string& message) {
    throw Error(Error::Kind::execution, message, at.position);
}

std::optional<bool> Evaluator::truth(const Collection& items, const Expr& expr) const {
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
    if (!is_logic(expr)) return truth(evaluate(expr, context), expr);
    const Level level(scope, expr);
    scope.step();
    if (expr.kind == Kind::binary) return compare(expr, context);
    const bool decides = expr.kind == Kind::any_of;
    bool open = false;
    for (const auto& operand : expr.args) {
        const std::optional<bool> value = truth(*operand, context);
        if (value == decides) return decides;
        if (!value) open = true;
    }
    if (open) return std::nullopt;
    return !decides;
}

std::optional<bool> Evaluator::compare(const Expr& expr, const Context& context) {
    const Expr &left = *expr.args[0], &right = *expr.args[1];
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
            break;
    }
    const Collection a = evaluate(left, context);
    if (right.kind == Kind::literal && a.size() == 1) return compare_items(expr, a.front(), right.value);
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
    const Collection one = evaluate(*expr.args[in ? 0 : 1], context);
    if (one.size() > 1) fail(expr, "one item is expected before `in` and after `contains`");
    if (expr.binding && !one.empty()) {
        const auto value = system_value(one.front(), scope.arena());
        if (!value || value->tag != Item::Tag::string) return false;
        return std::binary_search(expr.binding->strings.begin(), expr.binding->strings.end(),
                                  value->string());
    }
    const Collection many = evaluate(*expr.args[in ? 1 : 0], context);
    if (one.empty()) return std::nullopt;
    return contains(many, one.front(), scope);
}

Collection Evaluator::evaluate(const Expr& expr, const Context& context) {
    if (is_logic(expr)) {
        Collection result = scope.collection();
        if (const auto value = truth(expr, context)) result.push_back(Item::of(*value));
        return result;
    }
    const Level level(scope, expr);
    scope.step();
    Collection result = scope.collection();
    switch (expr.kind) {
        case Kind::empty:
            break;
        case Kind::literal:
            result.push_back(expr.value);
            break;
        case Kind::self:
            if (context.self) result.push_back(*context.self);
            break;
        case Kind::index:
            if (context.index >= 0) result.push_back(Item::of(context.index));
            break;
        case Kind::total:
            if (context.total) append(result, *context.total);
            break;
        case Kind::variable:
            append(result, scope.variable(expr.slot));
            break;
        case Kind::context:
            if (const Item item = focus_or_context(); !is_unset(item)) result.push_back(item);
            break;
        case Kind::resource:
        case Kind::root_resource:
            return resource(expr);
        case Kind::path:
            return path(expr, context);
        case Kind::member:
            if (!context.self) break;
            if (expr.type.type && context.self->type && is_type(*context.self, expr.type))
                result.push_back(*context.self);
            else
                navigate(*context.self, expr, result);
            break;
        case Kind::call:
        case Kind::indexer: {
            if (context.self) result.push_back(*context.self);
            return apply(expr, result, context);
        }
        case Kind::negate:
        case Kind::plus: {
            const Collection operand = evaluate(*expr.args[0], context);
            if (operand.empty()) break;
            if (operand.size() > 1) fail(expr, "one number is expected after a sign");
            const auto value = system_value(operand.front(), scope.arena());
            if (!value) break;
            if (value->tag != Item::Tag::quantity && !as_decimal(*value))
                fail(expr, "a number is expected after a sign");
            if (expr.kind == Kind::plus)
                result.push_back(*value);
            else if (const auto changed = negated(*value, scope))
                result.push_back(*changed);
            break;
        }
        case Kind::binary:
            return binary(expr, context);
        case Kind::all_of:
        case Kind::any_of:
            break;
        case Kind::union_of:
            for (const auto& operand : expr.args)
                for (const Item& item : evaluate(*operand, context)) add_distinct(result, item, scope);
            break;
        case Kind::type_is:
        case Kind::type_as:
            return type_operator(expr, context);
    }
    return result;
}

Collection Evaluator::path(const Expr& expr, const Context& context) {
    const Expr& head = *expr.args[0];
    Collection current = scope.collection();
    std::size_t next = 1;
    if (head.kind == Kind::variable)  // read in place: a variable may hold a whole Bundle
        current = apply(*expr.args[next++], scope.variable(head.slot), context);
    else
        current = evaluate(head, context);
    for (; next < expr.args.size(); ++next) current = apply(*expr.args[next], current, context);
    return current;
}

Collection Evaluator::apply(const Expr& step, const Collection& input, const Context& context) {
    scope.step(1 + input.size());
    switch (step.kind) {
        case Kind::member: {
            Collection result = scope.collection();
            for (const Item& item : input) navigate(item, step, result);
            return result;
        }
        case Kind::call:
            return step.function->call(Call{*this, step, input, context});
        case Kind::indexer: {
            Collection result = scope.collection();
            const Collection index = evaluate(*step.args[0], context);
            if (index.empty()) return result;
            const auto value = index.size() == 1 ? system_value(index.front(), scope.arena()) : std::nullopt;
            if (!value || value->tag != Item::Tag::integer)
                fail(step, "the index is expected to be one integer");
            if (value->integer >= 0 && static_cast<std::uint64_t>(value->integer) < input.size())
                result.push_back(input[static_cast<std::size_t>(value->integer)]);
            return result;
        }
        default:
            return evaluate(step, context);
    }
}

Collection Evaluator::binary(const Expr& expr, const Context& context) {
    const Collection a = evaluate(*expr.args[0], context), b = evaluate(*expr.args[1], context);
    Collection result = scope.collection();
    if (a.size() > 1 || b.size() > 1) fail(expr, "the operator takes one item on each side");
    const bool concatenate = expr.op == Op::concatenate;
    if (!concatenate && (a.empty() || b.empty())) return result;
    const auto operand = [&](const Collection& side, const Expr& at) -> std::optional<Item> {
        if (side.empty()) return Item::of(std::string_view());
        auto value = system_value(side.front(), scope.arena());
        if (!value && side.front().node && side.front().node->is_object())
            fail(at, "a value is expected, not an element with parts");
        if (!value && concatenate) return Item::of(std::string_view());
        return value;
    };
    const auto left = operand(a, *expr.args[0]), right = operand(b, *expr.args[1]);
    if (!left || !right) return result;
    if (const auto value = arithmetic(expr.op, *left, *right, scope, expr.position)) result.push_back(*value);
    return result;
}

Collection Evaluator::type_operator(const Expr& expr, const Context& context) {
    Collection items = evaluate(*expr.args[0], context);
    if (items.size() > 1) fail(expr, "`is` and `as` take one item; ofType() takes many");
    if (items.empty()) return items;
    if (expr.kind == Kind::type_is)
        items.front() = Item::of(is_type(items.front(), expr.type));
    else if (!is_exact_type(items.front(), expr.type))
        items.clear();
    return items;
}

Item Evaluator::focus_or_context() const {
    if (!is_unset(scope.context())) return scope.context();
    return focus_ ? *focus_ : Item();
}

Collection Evaluator::resource(const Expr& expr) const {
    Collection result = scope.collection();
    Item item = scope.resource();
    if (is_unset(item)) {
        const Item focus = focus_or_context();
        const fhir::Node* own =
            focus.is_node() && focus.node ? fhir::enclosing_resource(*focus.node) : nullptr;
        if (!own) return result;
        item = Item::of_root(*own);
    }
    if (expr.kind == Kind::root_resource && item.is_node() && item.node) {
        const fhir::Node* parent = item.node->parent;
        while (parent && parent->is_array()) parent = parent->parent;
        const bool contained = item.node->name() == "contained";
        const fhir::Node* container = contained && parent ? fhir::enclosing_resource(*parent) : nullptr;
        if (container) item = Item::of_root(*container);
    }
    result.push_back(item);
    return result;
}

}  // namespace fhirpath
