// Parser: FHIRPath text to an expression tree whose names are not yet bound.
#pragma once

#include "fhir/fhirpath/expr.hpp"

#include <memory>
#include <string_view>

namespace fhirpath {

/// The tree of `text`, by the grammar of FHIRPath 2.0. Throws Error (syntax), also for nesting of more than
/// 100 levels.
std::unique_ptr<Expr> parse(std::string_view text);

}  // namespace fhirpath
