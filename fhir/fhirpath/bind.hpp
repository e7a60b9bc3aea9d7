// Bind: gives the names in a parsed tree their meaning and does once what need not be done per evaluation.
#pragma once

#include "fhir/fhirpath/expr.hpp"

#include <vector>

namespace fhirpath {

/// Resolves functions, %names, types and element names in `tree`, folds constants, compiles literal regexes,
/// binds value sets. Adds the slots of the variables used to `variables`, each once. Throws Error (semantic).
void bind(Expr& tree, const Environment& environment, std::vector<Environment::Slot>& variables);

}  // namespace fhirpath
