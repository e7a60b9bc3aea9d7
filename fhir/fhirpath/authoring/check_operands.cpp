// What operators take and give, as far as types tell: for the check at load.
#include "fhir/fhirpath/authoring/check_operands.hpp"

#include "fhir/fhirpath/grammar.hpp"

#include <algorithm>

namespace fhirpath {

namespace {

using fhir::System;

std::string both(const StaticType& left, const StaticType& right) {
    return to_string(left) + " and " + to_string(right);
}

bool is_number(Value value) { return overlap(value, Value::number); }
bool is_numeric(Value value) { return overlap(value, Value::number | Value::quantity); }

constexpr Value number = Value::number, numeric = Value::number | Value::quantity,
                moment = Value::date | Value::time;
constexpr struct {
    Op op;
    Value left, right;
} operands[] = {
    {Op::add, Value::string, Value::string},
    {Op::add, moment, Value::quantity},
    {Op::add, numeric, numeric},
    {Op::subtract, moment, Value::quantity},
    {Op::subtract, numeric, numeric},
    {Op::multiply, numeric, numeric},
    {Op::divide, numeric, numeric},
    {Op::truncated_divide, number, number},
    {Op::modulo, number, number},
    {Op::concatenate, Value::string, Value::string},
};

bool may_calculate(Op op, Value left, Value right) {
    return op > Op::modulo || std::any_of(std::begin(operands), std::end(operands), [&](const auto& row) {
               return row.op == op && overlap(row.left, left) && overlap(row.right, right);
           });
}

/// `today() - 12 'mo'`: fails whenever it is evaluated (knowledge.md 5).
std::string duration_fault(const StaticType& left, const Expr& right) {
    if (!left.known() || overlap(left.values(), Value::number | Value::quantity | Value::string)) return {};
    if (right.kind != Expr::Kind::literal || right.value().tag != Item::Tag::quantity) return {};
    const std::string_view unit = right.details->quantity.unit;
    if (right.details->quantity.calendar || (unit != "mo" && unit != "a")) return {};
    return std::string("only calendar durations move a date: write ") +
           (unit == "mo" ? "months, not 'mo'" : "years, not 'a'");
}

}  // namespace

std::string operator_fault(const Expr& expr, const StaticType& left, const StaticType& right) {
    const std::string operation(
        find_operator([&](const Operator& each) { return each.op == expr.op; })->text);
    switch (expr.op) {
        case Op::less:
        case Op::less_equal:
        case Op::greater:
        case Op::greater_equal:
            if (may_compare(left, right)) return {};
            return both(left, right) + " have no common order for " + operation;
        case Op::equal:
        case Op::not_equal:
        case Op::equivalent:
        case Op::not_equivalent:
        case Op::in:
        case Op::contains:
            if (may_equal(left, right)) return {};
            return both(left, right) + " are never equal, so " + operation + " has always the same answer";
        case Op::add:
        case Op::subtract: {
            std::string fault = duration_fault(left, expr.args[1]);
            if (!fault.empty()) return fault;
            break;
        }
        default:
            break;
    }
    if (!left.known() || !right.known() || may_calculate(expr.op, left.values(), right.values())) return {};
    return both(left, right) + " do not go with " + operation;
}

StaticType operator_result(Op op, const StaticType& left, const StaticType& right) {
    if (op < Op::add || op > Op::modulo) return StaticType::of(System::Boolean);
    if (op == Op::concatenate) return StaticType::of(System::String);
    if (op == Op::truncated_divide) return StaticType::of(System::Integer);
    if (!left.known() || !right.known()) return {};
    StaticType a = system_values(left);
    const StaticType b = system_values(right);
    if (a.types.size() != 1 || b.types.size() != 1) return {};
    const auto is = [](const StaticType& type, System system) {
        return type.types[0] == static_cast<fhir::TypeId>(system);
    };
    if (is_number(a.values()) && is_number(b.values())) {
        const bool whole = is(a, System::Integer) && is(b, System::Integer) && op != Op::divide;
        return StaticType::of(whole ? System::Integer : System::Decimal);
    }
    if (is_numeric(a.values()) && is_numeric(b.values())) return StaticType::of(System::Quantity);
    return a;  // a string, or a date that was moved
}

}  // namespace fhirpath
