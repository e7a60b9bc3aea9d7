// Grammar: the operators of FHIRPath 2.0 with their precedence, for the parser and for printing back.
#pragma once

#include "fhir/fhirpath/expr.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace fhirpath {

/// How tightly an operator binds; the grammar's order, loosest first. A term needs no parentheses.
enum Power : int {
    implies_power = 1,
    or_power,
    and_power,
    membership_power,
    equality_power,
    inequality_power,
    union_power,
    type_power,
    additive_power,
    multiplicative_power,
    unary_power,
    term_power
};

struct Operator {
    std::string_view text;
    Power power;
    Expr::Kind kind;
    Op op;
};

inline constexpr Operator operators[] = {
    {"implies", implies_power, Expr::Kind::binary, Op::implies},
    {"or", or_power, Expr::Kind::any_of, Op::none},
    {"xor", or_power, Expr::Kind::binary, Op::exclusive_or},
    {"and", and_power, Expr::Kind::all_of, Op::none},
    {"in", membership_power, Expr::Kind::binary, Op::in},
    {"contains", membership_power, Expr::Kind::binary, Op::contains},
    {"=", equality_power, Expr::Kind::binary, Op::equal},
    {"!=", equality_power, Expr::Kind::binary, Op::not_equal},
    {"~", equality_power, Expr::Kind::binary, Op::equivalent},
    {"!~", equality_power, Expr::Kind::binary, Op::not_equivalent},
    {"<", inequality_power, Expr::Kind::binary, Op::less},
    {"<=", inequality_power, Expr::Kind::binary, Op::less_equal},
    {">", inequality_power, Expr::Kind::binary, Op::greater},
    {">=", inequality_power, Expr::Kind::binary, Op::greater_equal},
    {"|", union_power, Expr::Kind::union_of, Op::none},
    {"is", type_power, Expr::Kind::type_is, Op::none},
    {"as", type_power, Expr::Kind::type_as, Op::none},
    {"+", additive_power, Expr::Kind::binary, Op::add},
    {"-", additive_power, Expr::Kind::binary, Op::subtract},
    {"&", additive_power, Expr::Kind::binary, Op::concatenate},
    {"*", multiplicative_power, Expr::Kind::binary, Op::multiply},
    {"/", multiplicative_power, Expr::Kind::binary, Op::divide},
    {"div", multiplicative_power, Expr::Kind::binary, Op::truncated_divide},
    {"mod", multiplicative_power, Expr::Kind::binary, Op::modulo},
};

/// The first operator that fits; null if none does.
template <class Fits>
const Operator* find_operator(const Fits& fits) {
    const Operator* found = std::find_if(std::begin(operators), std::end(operators), fits);
    return found == std::end(operators) ? nullptr : found;
}

}  // namespace fhirpath
