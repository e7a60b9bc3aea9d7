// What operators take and give, as far as types tell: for the check at load.
#pragma once

#include "fhir/fhirpath/authoring/static_type.hpp"
#include "fhir/fhirpath/expr.hpp"

#include <string>

namespace fhirpath {

/// Why the binary operator `expr` can give nothing useful on items of these types: `<` between values without
/// a common order, `=` that is false for ever, arithmetic that fails. Empty: it may.
std::string operator_fault(const Expr& expr, const StaticType& left, const StaticType& right);
StaticType operator_result(Op op, const StaticType& left, const StaticType& right);

}  // namespace fhirpath
