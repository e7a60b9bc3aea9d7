// Check: static types along the paths of an expression; a step that R4 does not know is an error before any
// data comes.
#include "fhir/fhirpath/check.hpp"

#include "fhir/fhirpath/functions.hpp"

#include <algorithm>

namespace fhirpath {

namespace {

using Kind = Expr::Kind;
using fhir::System;

constexpr fhir::TypeId id_of(System type) { return static_cast<fhir::TypeId>(type); }

/// The types an expression's items may have; none: not known.
struct StaticType {
    std::vector<fhir::TypeId> types;
    bool ordered = true;
    bool nothing = false;  ///< `{}`: adds no type

    static StaticType of(fhir::TypeId type) {
        if (type == 0) return {};
        return {{type}, true, false};
    }
    static StaticType of(System type) { return of(id_of(type)); }
    bool known() const { return !types.empty(); }
    void add(fhir::TypeId type) {
        if (std::find(types.begin(), types.end(), type) == types.end()) types.push_back(type);
    }
};

StaticType either(const StaticType& a, const StaticType& b) {
    if (a.nothing) return b;
    if (b.nothing) return a;
    if (!a.known() || !b.known()) return {{}, a.ordered && b.ordered};
    StaticType result = a;
    for (const fhir::TypeId type : b.types) result.add(type);
    result.ordered = a.ordered && b.ordered;
    return result;
}

System system_of(Result result) {
    switch (result) {
        case Result::boolean:
            return System::Boolean;
        case Result::integer:
            return System::Integer;
        case Result::decimal:
            return System::Decimal;
        case Result::string:
            return System::String;
        case Result::date:
            return System::Date;
        case Result::date_time:
            return System::DateTime;
        case Result::time:
            return System::Time;
        case Result::quantity:
            return System::Quantity;
        case Result::unknown:
        case Result::input:
        case Result::argument:
            break;
    }
    return System::none;
}

class Checker {
  public:
    explicit Checker(const Environment& environment) : environment_(environment) {}

    StaticType check(const Expr& expr, const StaticType& self) {
        switch (expr.kind) {
            case Kind::empty:
                return {{}, true, true};
            case Kind::total:
            case Kind::context:
            case Kind::resource:
            case Kind::root_resource:
                return {};
            case Kind::literal:
                return StaticType::of(expr.value.type);
            case Kind::self:
                return self;
            case Kind::index:
                return StaticType::of(System::Integer);
            case Kind::variable:
                return {environment_.types(expr.slot), true};
            case Kind::path: {
                StaticType type = check(*expr.args[0], self);
                for (std::size_t i = 1; i < expr.args.size(); ++i) type = step(*expr.args[i], type, self);
                return type;
            }
            case Kind::member:
                if (names_type(expr, self)) return self.known() ? self : StaticType::of(expr.type.type);
                return member(expr, self);
            case Kind::call:
            case Kind::indexer:
                return step(expr, self, self);
            case Kind::union_of: {
                StaticType type = check(*expr.args[0], self);
                for (std::size_t i = 1; i < expr.args.size(); ++i)
                    type = either(type, check(*expr.args[i], self));
                return type;
            }
            case Kind::type_as:
                require_possible(expr, check(*expr.args[0], self));
                return StaticType::of(expr.type.type);
            case Kind::negate:
            case Kind::plus:
                return check(*expr.args[0], self);
            case Kind::binary:
            case Kind::all_of:
            case Kind::any_of:
            case Kind::type_is:
                for (const auto& operand : expr.args) check(*operand, self);
                if (expr.kind == Kind::binary && expr.op >= Op::add && expr.op <= Op::modulo) return {};
                return StaticType::of(System::Boolean);
        }
        return {};
    }

  private:
    [[noreturn]] static void fail(const Expr& at, const std::string& message) {
        throw Error(Error::Kind::semantic, message, at.position);
    }

    /// `Patient` at the start of a path on a Patient.
    bool names_type(const Expr& expr, const StaticType& self) const {
        if (!expr.type.type) return false;
        if (!self.known()) return true;
        return std::any_of(self.types.begin(), self.types.end(), [&](fhir::TypeId type) {
            return model_.is_a(type, expr.type.type) || model_.is_a(expr.type.type, type);
        });
    }

    /// Any resource may stand where R4 says Resource; System types have parts that the table does not list.
    bool is_open(fhir::TypeId type) const {
        return type < id_of(System::count) || type == model_.type_id("Resource") ||
               type == model_.type_id("DomainResource");
    }

    StaticType member(const Expr& expr, const StaticType& focus) {
        StaticType result{{}, focus.ordered};
        if (!focus.known() || std::any_of(focus.types.begin(), focus.types.end(),
                                          [&](fhir::TypeId type) { return is_open(type); }))
            return result;
        bool open = false, found = false;
        for (const fhir::TypeId type : focus.types) {
            const fhir::Element* element = expr.name_id ? model_.element(type, expr.name_id) : nullptr;
            if (!element) continue;
            found = true;
            for (const fhir::Choice& choice : element->choices) result.add(choice.type);
            if (element->choices.empty() && element->type) result.add(element->type);
            if (element->choices.empty() && !element->type) open = true;
        }
        if (!found) fail(expr, unknown_element(expr, focus.types.front()));
        if (open) result.types.clear();
        return result;
    }

    std::string unknown_element(const Expr& expr, fhir::TypeId type) const {
        std::string message = std::string(model_.type_name(type)) + " has no element '" + expr.text + "'";
        const fhir::Element* known = expr.name_id ? model_.member(type, expr.name_id).element : nullptr;
        if (known) return message + "; write '" + std::string(model_.name(known->name)) + "'";
        std::string_view best;
        std::size_t best_distance = std::max<std::size_t>(1, expr.text.size() / 2) + 1;
        for (const fhir::Element* element : model_.elements(type)) {
            const std::string_view name = model_.name(element->name);
            const std::size_t distance = edit_distance(expr.text, name);
            if (distance >= best_distance) continue;
            best = name;
            best_distance = distance;
        }
        return best.empty() ? message : message + "; did you mean '" + std::string(best) + "'?";
    }

    StaticType step(const Expr& expr, const StaticType& input, const StaticType& self) {
        switch (expr.kind) {
            case Kind::member:
                return member(expr, input);
            case Kind::indexer:
                check(*expr.args[0], self);
                require_order(expr, input, "an index");
                return input;
            case Kind::call:
                return call(expr, input, self);
            default:
                return check(expr, self);
        }
    }

    /// A cast that nothing can pass, as onset.ofType(date), would be empty for ever.
    void require_possible(const Expr& expr, const StaticType& input) const {
        const auto passes = [&](fhir::TypeId from, fhir::TypeId to) {
            if (to == 0) return false;
            if (is_open(from) || from == to) return true;
            return !model_.is_primitive(to) && (model_.is_a(from, to) || model_.is_a(to, from));
        };
        const auto possible = [&](fhir::TypeId from) {
            return passes(from, expr.type.type) || passes(from, expr.type.other);
        };
        if (input.known() && std::none_of(input.types.begin(), input.types.end(), possible))
            fail(expr, "no item here can be a " + std::string(model_.type_name(expr.type.type)));
    }

    static void require_order(const Expr& expr, const StaticType& input, const std::string& what) {
        if (!input.ordered)
            fail(expr, what + " needs an order, which children() and descendants() do not have");
    }

    StaticType call(const Expr& expr, const StaticType& input, const StaticType& self) {
        const Function& function = *expr.function;
        const std::string_view name = function.name;
        if (name == "is" || name == "as" || name == "ofType") {
            if (name == "is") return StaticType::of(System::Boolean);
            require_possible(expr, input);
            return {StaticType::of(expr.type.type).types, input.ordered};
        }
        if (name == "first" || name == "last" || name == "tail" || name == "skip" || name == "take")
            require_order(expr, input, std::string(name) + "()");
        std::vector<StaticType> arguments;
        for (std::size_t i = 0; i < expr.args.size(); ++i) {
            // The start value of aggregate() and the branches of iif() stand on different ground than a
            // lambda.
            const bool outside = !function.lambda || (name == "aggregate" && i == 1);
            arguments.push_back(check(*expr.args[i], outside ? self : input));
        }
        if (name == "iif") return branches(expr, arguments);
        if (name == "children" || name == "descendants") return {{}, false};
        if (name == "sort") return {input.types, true};
        if (name == "extension") return StaticType::of(model_.type_id("Extension"));
        if (name == "repeat") return arguments[0];
        if (name == "union" || name == "combine") return either(input, arguments[0]);
        if (function.result == Result::input) return input;
        if (function.result == Result::argument) return arguments[0];
        return StaticType::of(system_of(function.result));
    }

    StaticType branches(const Expr& expr, const std::vector<StaticType>& arguments) const {
        const StaticType& criterion = arguments[0];
        const bool possible =
            !criterion.known() ||
            std::any_of(criterion.types.begin(), criterion.types.end(),
                        [&](fhir::TypeId type) { return model_.system_type(type) == System::Boolean; });
        if (!possible) fail(*expr.args[0], "the criterion of iif() must be a Boolean");
        return arguments.size() == 3 ? either(arguments[1], arguments[2]) : arguments[1];
    }

    const fhir::Model& model_ = fhir::Model::r4();
    const Environment& environment_;
};

}  // namespace

std::vector<fhir::TypeId> check_paths(const Expr& tree, fhir::TypeId focus, const Environment& environment) {
    return Checker(environment).check(tree, StaticType::of(focus)).types;
}

}  // namespace fhirpath
