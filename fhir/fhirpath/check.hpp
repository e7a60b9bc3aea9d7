// Check: static types along the paths of an expression; a step that R4 does not know is an error before any
// data comes.
#pragma once

#include "fhir/fhirpath/expr.hpp"

#include <vector>

namespace fhirpath {

/// Walks `tree` with the types that R4 gives it on a focus of type `focus` (0: unknown) and the variables'
/// types. Throws Error (semantic): a path step that no possible type has, a cast that none can pass, a
/// criterion of iif() that cannot be a Boolean, an item picked by position from children() or descendants(),
/// which have no order. Unknown types are let through. Gives the types that the result's items may have;
/// empty: not known.
std::vector<fhir::TypeId> check_paths(const Expr& tree, fhir::TypeId focus, const Environment& environment);

}  // namespace fhirpath
