// Evaluator: an expression tree on a focus gives a collection.
#pragma once

#include "fhir/fhirpath/expr.hpp"

#include <cstdint>
#include <optional>

namespace fhirpath {

/// What $this, $index and $total mean where an expression is evaluated.
struct Context {
    const Item* self = nullptr;  ///< null: the focus is empty
    std::int64_t index = -1;
    const Collection* total = nullptr;
};

class Evaluator {
  public:
    /// `focus`: of the whole expression, %context where the scope has none.
    Evaluator(Scope& evaluation_scope, const Item* focus) : scope(evaluation_scope), focus_(focus) {}

    Collection evaluate(const Expr& expr, const Context& context) {
        Collection result = scope.collection();
        evaluate(expr, context, result);
        return result;
    }
    /// The same, appended to `out`.
    void evaluate(const Expr& expr, const Context& context, Collection& out);
    /// The three-valued truth of `expr`: none for empty. One item that is no Boolean is true; many are an
    /// Error.
    std::optional<bool> truth(const Expr& expr, const Context& context);
    /// The same of items.
    static std::optional<bool> truth(Items items, const Expr& expr);
    /// `expr` is an operator or a function that answers yes, no or nothing: truth() is all of its value.
    static bool is_truth(const Expr& expr);

    /// Appends the children of `items` that path step `step` names.
    void navigate(Items items, const Expr& step, Collection& out) const;
    /// Appends all children of `item` in source order.
    void children(const Item& item, Collection& out) const;
    /// Appends the extensions of `item`.
    void extensions(const Item& item, Collection& out) const;

    [[noreturn]] static void fail(const Expr& at, const std::string& message);

    Scope& scope;

  private:
    // The value of a path's head, or of head and parts up to `count`; the items stand in `room` or where they
    // came from.
    Items head(const Expr& head, const Context& context, Collection& room);
    Items path(const Expr& expr, std::size_t count, const Context& context, Collection& room);
    std::optional<bool> path_truth(const Expr& expr, std::size_t count, const Context& context);
    void apply(const Expr& step, Items input, const Context& context, Collection& out) {
        scope.step(step.brief ? 1 : 1 + input.size());
        if (step.kind == Expr::Kind::call) return call(step, input, context, out);
        if (step.kind != Expr::Kind::member) return apply_other(step, input, context, out);
        navigate(input, step, out);
    }
    void navigate_other(const Item& item, const Expr& step, Collection& out) const;
    void call(const Expr& step, Items input, const Context& context, Collection& out);
    void apply_other(const Expr& step, Items input, const Context& context, Collection& out);
    void nested(const Expr& expr, const Context& context, Collection& out);
    void whole_path(const Expr& expr, const Context& context, Collection& out);
    void unite(const Expr& expr, const Context& context, Collection& out);
    std::optional<bool> connect(const Expr& expr, const Context& context);
    std::optional<bool> truth_of_items(const Expr& expr, const Context& context);
    std::optional<bool> compare_values(const Expr& expr, const Context& context);
    void sign(const Expr& expr, const Context& context, Collection& out);
    void binary(const Expr& expr, const Context& context, Collection& out);
    std::optional<bool> compare(const Expr& expr, const Context& context);
    std::optional<bool> compare_items(const Expr& expr, const Item& a, const Item& b) const;
    std::optional<bool> member_of(const Expr& expr, const Context& context);
    void type_operator(const Expr& expr, const Context& context, Collection& out);
    void resource(const Expr& expr, Collection& out) const;
    Item focus_or_context() const;

    const Item* focus_;
};

/// `item` is of the type (`is`): subtypes count.
bool is_type(const Item& item, const TypeSpecifier& type);
/// `item` is what `as` and ofType() let through: subtypes count for complex types only.
bool is_exact_type(const Item& item, const TypeSpecifier& type);
/// The type of an item; the System type of a primitive in plain JSON.
fhir::TypeId type_of(const Item& item);

}  // namespace fhirpath
