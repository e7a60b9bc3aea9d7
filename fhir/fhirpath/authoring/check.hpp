// Check: static types along the paths of an expression; a step that R4 does not know is an error before any
// data comes.
#pragma once

#include "fhir/fhirpath/expr.hpp"

#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

namespace fhirpath {

/// What an expression stands on.
struct Focus {
    std::vector<fhir::TypeId> types;  ///< the item's; none: not known
    bool is_context = false;          ///< the hook's context
};

/// Walks `tree` with the types that R4 gives it on this focus and the variables' types, and adds to `faults`
/// (semantic) all that no data can mend: a path step that no possible type has, a cast that none can pass, an
/// operator or function on types that it cannot take, a comparison that has always the same answer, an item
/// picked by position from children() or descendants(), which have no order. Unknown types are let through.
/// Gives the types that the result's items may have; empty: not known.
std::vector<fhir::TypeId> check_paths(const Expr& tree, const Focus& focus, const Environment& environment,
                                      std::vector<Error>& faults);

/// An expression with all that can be said of it before it runs.
struct Checked {
    std::optional<Expression> expression;  ///< none if there are faults
    std::vector<fhir::TypeId> types;       ///< as check_paths() gives them
    std::vector<Error> faults;             ///< by position
    /// The variables it names, with the place of the first naming; the loaded value sets it names.
    std::map<Environment::Slot, std::size_t> variables;
    std::set<const fhir::ValueSet*> value_sets;
};
/// Parses, binds and checks; all faults, not only the first. `environment` must outlive the result.
Checked check(std::string_view text, const Focus& focus, const Environment& environment);

}  // namespace fhirpath
