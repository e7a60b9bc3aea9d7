// Checked: all that can be said of an expression before it runs: its faults, its types, the names it uses.
#include "fhir/fhirpath/authoring/check.hpp"

#include "fhir/fhirpath/bind.hpp"

#include <algorithm>

namespace fhirpath {

namespace {

void collect_names(const Expr& expr, const Environment& environment, Checked& into) {
    if (expr.kind == Expr::Kind::variable) into.variables.emplace(expr.slot, expr.position);
    if (expr.is_string() && environment.value_sets != nullptr) {
        const fhir::ValueSet* set = environment.value_sets->find(expr.value().string());
        if (set != nullptr) into.value_sets.insert(set);
    }
    for (const auto& part : expr.args) collect_names(part, environment, into);
}

}  // namespace

Checked check(std::string_view text, const Focus& focus, const Environment& environment) {
    Checked checked;
    try {
        Expression expression = Expression::compile(text, environment, checked.faults);
        if (checked.faults.size() < most_faults) {  // else not all of the tree is bound
            checked.types = check_paths(expression.tree(), focus, environment, checked.faults);
            collect_names(expression.tree(), environment, checked);
        }
        if (checked.faults.empty()) checked.expression.emplace(std::move(expression));
    } catch (const Error& error) {
        checked.faults.push_back(error);
    }
    std::stable_sort(checked.faults.begin(), checked.faults.end(),
                     [](const Error& a, const Error& b) { return a.position() < b.position(); });
    return checked;
}

}  // namespace fhirpath
