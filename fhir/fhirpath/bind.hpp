// Bind: gives the names in a parsed tree their meaning and does once what need not be done per evaluation.
#pragma once

#include "fhir/fhirpath/expr.hpp"

#include <cstddef>
#include <vector>

namespace fhirpath {

/// After so many faults of one expression the rest is not looked for.
inline constexpr std::size_t most_faults = 20;

/// Resolves functions, %names, types and element names in `tree`, folds constants, compiles literal regexes,
/// binds value sets. Adds the slots of the variables used to `variables`, each once, and what has no meaning
/// to `faults` (semantic): a tree with faults may be checked further, not evaluated.
void bind(Expr& tree, const Environment& environment, std::vector<Environment::Slot>& variables,
          std::vector<Error>& faults);

}  // namespace fhirpath
