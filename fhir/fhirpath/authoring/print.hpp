// Print: a parsed expression back to text, in normal form or as an outline of its tree.
#pragma once

#include "fhir/fhirpath/expr.hpp"

#include <string>

namespace fhirpath {

/// The expression in normal form, on one line: no comments, single spaces, only the parentheses that it
/// needs. `tree` is as parse() gives it, not yet bound (binding folds it). parse(print(tree)) is the same
/// tree but for positions.
std::string print(const Expr& tree);

/// One line a node: the byte of the expression at which it stands, counted from 1, then the node, indented
/// below the node that it is part of. A literal stands with its type. Ends with a newline.
std::string outline(const Expr& tree);

}  // namespace fhirpath
