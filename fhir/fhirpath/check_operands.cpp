// What operators and functions take and give, as far as types tell: for the check at load.
#include "fhir/fhirpath/check_operands.hpp"

#include <algorithm>
#include <array>

namespace fhirpath {

namespace {

using fhir::System;

std::string_view symbol(Op op) {
    constexpr std::array<std::string_view, 20> symbols = {
        "",         "=", "!=", "~", "!~", "<", "<=",  ">",   ">=",  "in",
        "contains", "+", "-",  "&", "*",  "/", "div", "mod", "xor", "implies"};
    return symbols.at(static_cast<std::size_t>(op));
}

std::string both(const StaticType& left, const StaticType& right) {
    return to_string(left) + " and " + to_string(right);
}

bool is_number(Value value) { return overlap(value, Value::number); }
bool is_numeric(Value value) { return overlap(value, Value::number | Value::quantity); }
bool is_string(Value value) { return overlap(value, Value::string); }
bool is_point_in_time(Value value) { return overlap(value, Value::date | Value::time); }

bool may_calculate(Op op, Value left, Value right) {
    switch (op) {
        case Op::add:
            if (is_string(left) && is_string(right)) return true;
            [[fallthrough]];
        case Op::subtract:
            if (is_point_in_time(left) && overlap(right, Value::quantity)) return true;
            [[fallthrough]];
        case Op::multiply:
        case Op::divide:
            return is_numeric(left) && is_numeric(right);
        case Op::truncated_divide:
        case Op::modulo:
            return is_number(left) && is_number(right);
        case Op::concatenate:
            return is_string(left) && is_string(right);
        default:
            return true;
    }
}

/// `today() - 12 'mo'`: fails whenever it is evaluated (knowledge.md 5).
std::string duration_fault(const StaticType& left, const Expr& right) {
    if (!left.known() || overlap(left.values(), Value::number | Value::quantity | Value::string)) return {};
    if (right.kind != Expr::Kind::literal || !right.binding) return {};
    const std::string_view unit = right.binding->quantity.unit;
    if (right.binding->quantity.calendar || (unit != "mo" && unit != "a")) return {};
    return std::string("only calendar durations move a date: write ") +
           (unit == "mo" ? "months, not 'mo'" : "years, not 'a'");
}

constexpr Value text = Value::string;
constexpr Value number = Value::number;
constexpr Value any = Value::anything;
constexpr Value scalar = Value::boolean | Value::number | Value::string;
constexpr Value measured = Value::number | Value::quantity;
constexpr Value ranged = Value::number | Value::quantity | Value::date | Value::time;

constexpr Takes table[] = {
    {"allTrue", Value::boolean},
    {"anyTrue", Value::boolean},
    {"allFalse", Value::boolean},
    {"anyFalse", Value::boolean},
    {"skip", any, number},
    {"take", any, number},
    {"toBoolean", scalar},
    {"toInteger", scalar},
    {"toDecimal", scalar},
    {"toString", scalar | ranged},
    {"toDate", text | Value::date},
    {"toDateTime", text | Value::date},
    {"toTime", text | Value::time},
    {"toQuantity", scalar | Value::quantity, text},
    {"encode", text, text},
    {"decode", text, text},
    {"escape", text, text},
    {"unescape", text, text},
    {"indexOf", text, text},
    {"substring", text, number, number},
    {"startsWith", text, text},
    {"endsWith", text, text},
    {"contains", text, text},
    {"upper", text},
    {"lower", text},
    {"replace", text, text, text},
    {"matches", text, text},
    {"matchesFull", text, text},
    {"replaceMatches", text, text, text},
    {"length", text},
    {"toChars", text},
    {"trim", text},
    {"split", text, text},
    {"join", text, text},
    {"abs", measured},
    {"ceiling", number},
    {"floor", number},
    {"truncate", number},
    {"round", number, number},
    {"exp", number},
    {"ln", number},
    {"sqrt", number},
    {"log", number, number},
    {"power", number, number},
    {"lowBoundary", ranged, number},
    {"highBoundary", ranged, number},
    {"precision", ranged},
    {"comparable", measured, measured},
    {"extension", any, text},
    {"memberOf", any, text},
    {"conformsTo", any, text},
    {"trace", any, text},
};

}  // namespace

std::string operator_fault(const Expr& expr, const StaticType& left, const StaticType& right) {
    const std::string operation(symbol(expr.op));
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
            std::string fault = duration_fault(left, *expr.args[1]);
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

Takes takes(std::string_view function) {
    const auto* found = std::find_if(std::begin(table), std::end(table),
                                     [&](const Takes& row) { return row.function == function; });
    return found == std::end(table) ? Takes{function} : *found;
}

}  // namespace fhirpath
