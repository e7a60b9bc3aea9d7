// Check: static types along the paths of an expression; a step that R4 does not know is an error before any
// data comes.
#include "fhir/fhirpath/authoring/check.hpp"

#include "fhir/fhirpath/authoring/check_operands.hpp"
#include "fhir/fhirpath/authoring/static_type.hpp"
#include "fhir/fhirpath/bind.hpp"
#include "fhir/fhirpath/functions.hpp"
#include "fhir/nearest_name.hpp"

#include <algorithm>

namespace fhirpath {

namespace {

using Kind = Expr::Kind;
using fhir::NearestName;
using fhir::System;

class Checker {
  public:
    Checker(const Environment& environment, std::vector<Error>& faults)
        : environment_(environment), faults_(faults) {}

    StaticType context() const { return {.types = {}, .context = !environment_.context_members.empty()}; }

    StaticType check(const Expr& expr, const StaticType& self) {
        // The bodies of repeat() and aggregate() are looked at more than once, nested ones many times.
        if (++steps_ > most_steps || faults_.size() >= most_faults) return {};
        switch (expr.kind) {
            case Kind::empty:
                return {{}, true, true};
            case Kind::context:
                return context();
            case Kind::total:
                return total_;
            case Kind::resource:
            case Kind::root_resource:
                return {};
            case Kind::literal:
                return StaticType::of(expr.value().type);
            case Kind::self:
                return self;
            case Kind::index:
                return StaticType::of(System::Integer);
            case Kind::variable:
                return {environment_.types(expr.slot), true};
            case Kind::path: {
                StaticType type = check(expr.args[0], self);
                for (std::size_t i = 1; i < expr.args.size(); ++i) type = step(expr.args[i], type, self);
                return type;
            }
            case Kind::member:
                if (names_type(expr, self)) return self.known() ? self : StaticType::of(expr.type.type);
                if (self.context && expr.type.type) {
                    fail(expr, "the hook's context is no " + expr.text() +
                                   "; start at an input, as in %conditions");
                    return StaticType::of(expr.type.type);
                }
                return member(expr, self);
            case Kind::call:
            case Kind::indexer:
                return step(expr, self, self);
            case Kind::union_of: {
                StaticType type = check(expr.args[0], self);
                for (std::size_t i = 1; i < expr.args.size(); ++i)
                    type = either(type, check(expr.args[i], self));
                return type;
            }
            case Kind::type_as:
                require_possible(expr, check(expr.args[0], self));
                return StaticType::of(expr.type.type);
            case Kind::negate:
            case Kind::plus: {
                const StaticType type = check(expr.args[0], self);
                if (!overlap(type.values(), Value::number | Value::quantity))
                    fail(expr, to_string(type) + " has no sign");
                return system_values(type);
            }
            case Kind::binary: {
                const StaticType left = check(expr.args[0], self), right = check(expr.args[1], self);
                const std::string fault = operator_fault(expr, left, right);
                if (fault.empty()) return operator_result(expr.op, left, right);
                fail(expr, fault);
                return {};
            }
            case Kind::all_of:
            case Kind::any_of:
            case Kind::type_is:
                for (const auto& operand : expr.args) check(operand, self);
                return StaticType::of(System::Boolean);
        }
        return {};
    }

  private:
    void fail(const Expr& at, const std::string& message) {
        if (quiet_ == 0) faults_.emplace_back(Error::Kind::semantic, message, at.position);
    }

    /// `Patient` at the start of a path on a Patient.
    bool names_type(const Expr& expr, const StaticType& self) const {
        if (!expr.type.type || self.context) return false;
        if (!self.known()) return true;
        return std::any_of(self.types.begin(), self.types.end(), [&](fhir::TypeId type) {
            return model_.is_a(type, expr.type.type) || model_.is_a(expr.type.type, type);
        });
    }

    StaticType member(const Expr& expr, const StaticType& focus) {
        StaticType result{{}, focus.ordered};
        if (focus.context) return context_member(expr);
        if (!focus.known() || std::any_of(focus.types.begin(), focus.types.end(), has_unlisted_parts))
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
        if (!found) fail(expr, unknown_element(expr, focus));
        if (open) result.types.clear();
        return result;
    }

    /// Parts of System types are not in the table; a Quantity has some.
    static bool has_unlisted_parts(fhir::TypeId type) {
        return is_open(type) || type == static_cast<fhir::TypeId>(System::Quantity);
    }

    StaticType context_member(const Expr& expr) {
        const auto found = environment_.context_members.find(expr.text());
        if (found != environment_.context_members.end()) return {found->second};
        NearestName nearest(expr.text());
        for (const auto& [name, types] : environment_.context_members) nearest.look_at(name);
        fail(expr, "no hook has '" + expr.text() + "' in its context" + nearest.question());
        return {};
    }

    std::string unknown_element(const Expr& expr, const StaticType& focus) const {
        std::string message = to_string(focus) + " has no element '" + expr.text() + "'";
        NearestName nearest(expr.text());
        for (const fhir::TypeId type : focus.types) {
            const fhir::Element* known = expr.name_id ? model_.member(type, expr.name_id).element : nullptr;
            if (known) return message + "; write '" + std::string(model_.name(known->name)) + "'";
            for (const fhir::Element* element : model_.elements(type))
                nearest.look_at(model_.name(element->name));
        }
        return message + nearest.question();
    }

    StaticType step(const Expr& expr, const StaticType& input, const StaticType& self) {
        switch (expr.kind) {
            case Kind::member:
                return member(expr, input);
            case Kind::indexer:
                require(expr.args[0], check(expr.args[0], self), Value::number, "an index must be");
                require_order(expr, input, "an index");
                return {input.types, input.ordered};
            case Kind::call:
                return call(expr, input, self);
            default:
                return check(expr, self);
        }
    }

    /// A cast that nothing can pass, as onset.ofType(date), would be empty for ever.
    void require_possible(const Expr& expr, const StaticType& input) {
        if (!expr.type.type) return;
        const auto passes = [&](fhir::TypeId from, fhir::TypeId to) {
            if (to == 0) return false;
            if (has_unlisted_parts(from) || from == to) return true;
            return !model_.is_primitive(to) && (model_.is_a(from, to) || model_.is_a(to, from));
        };
        const auto possible = [&](fhir::TypeId from) {
            return passes(from, expr.type.type) || passes(from, expr.type.other);
        };
        if (input.known() && std::none_of(input.types.begin(), input.types.end(), possible))
            fail(expr, "no item here can be a " + std::string(model_.type_name(expr.type.type)) + ", only " +
                           to_string(input));
    }

    void require_order(const Expr& expr, const StaticType& input, const std::string& what) {
        if (!input.ordered)
            fail(expr, what + " needs an order, which children() and descendants() do not have");
    }

    void require(const Expr& at, const StaticType& type, Value wanted, const std::string& what) {
        if (!overlap(type.values(), wanted))
            fail(at, what + " " + to_string(wanted) + ", not " + to_string(type));
    }

    StaticType call(const Expr& expr, const StaticType& input, const StaticType& self) {
        if (!expr.function) return {};
        const Function& function = *expr.function;
        const std::string_view name = function.name;
        if (name == "is" || name == "as" || name == "ofType") {
            if (name == "is") return StaticType::of(System::Boolean);
            require_possible(expr, input);
            return {StaticType::of(expr.type.type).types, input.ordered};
        }
        if (name == "first" || name == "last" || name == "tail" || name == "skip" || name == "take")
            require_order(expr, input, std::string(name) + "()");
        if (name == "aggregate") return aggregate(expr, input, self);
        if (name == "repeat") return repeat(expr.args[0], input);
        std::vector<StaticType> arguments;
        for (const auto& argument : expr.args) {  // trace() takes a name, then what to show of each item
            const bool of_each = function.lambda || (name == "trace" && !arguments.empty());
            arguments.push_back(check(argument, of_each ? input : self));
        }
        const std::size_t before = faults_.size();
        require_input(expr, input);
        const Takes& wanted = function.takes;
        for (std::size_t i = 0; i < std::min<std::size_t>(arguments.size(), 2); ++i)
            require(expr.args[i], arguments[i], i == 0 ? wanted.first : wanted.second,
                    std::string(name) + "() takes here");
        if (faults_.size() != before) return {};
        return result(expr, input, arguments);
    }

    void require_input(const Expr& expr, const StaticType& input) {
        const std::string name(expr.function->name);
        require(expr, input, expr.function->takes.input, name + "() takes");
        if (name != "memberOf" && name != "resolve") return;
        const auto is_taken = [&](fhir::TypeId type) {
            const std::string_view shown = model_.type_name(type);
            if (is_open(type) || overlap(StaticType::of(type).values(), Value::string)) return true;
            return name == "resolve" ? shown == "Reference" : shown == "Coding" || shown == "CodeableConcept";
        };
        if (input.known() && std::none_of(input.types.begin(), input.types.end(), is_taken))
            fail(expr, name + "() takes " +
                           (name == "resolve" ? "a Reference" : "a code, Coding or CodeableConcept") +
                           ", not " + to_string(input));
    }

    StaticType result(const Expr& expr, const StaticType& input, const std::vector<StaticType>& arguments) {
        const Function& function = *expr.function;
        const std::string_view name = function.name;
        if (name == "iif") return branches(expr, arguments);
        if (name == "intersect" || name == "exclude" || name == "subsetOf" || name == "supersetOf") {
            if (!may_equal(input, arguments[0]))
                fail(expr, to_string(input) + " and " + to_string(arguments[0]) + " are never equal, so " +
                               std::string(name) + "() has always the same answer");
        }
        switch (function.result) {
            case Result::input:
                return {input.types, input.ordered, input.nothing};
            case Result::sorted:
                return {input.types, true};
            case Result::unordered:
                return {{}, false};
            case Result::argument:
                return arguments[0];
            case Result::both:
                return either(input, arguments[0]);
            case Result::system_value:
                return system_values(input);
            case Result::extension:
                return StaticType::of(model_.type_id("Extension"));
            case Result::resource:
                return StaticType::of(model_.type_id("Resource"));
            default:
                return StaticType::of(static_cast<System>(function.result));
        }
    }

    /// What the body finds is looked into again: its types are added until nothing new comes.
    StaticType repeat(const Expr& body, const StaticType& input) {
        StaticType found = check(body, input);
        ++quiet_;
        for (std::size_t before = 0; found.known() && before != found.types.size();) {
            before = found.types.size();
            found = either(found, check(body, either(input, found)));
        }
        --quiet_;
        return found;
    }

    /// $total is the start value, then what the body gave last. The start value stands on the caller's focus.
    StaticType aggregate(const Expr& expr, const StaticType& input, const StaticType& self) {
        const StaticType outer = total_;
        total_ = expr.args.size() == 2 ? check(expr.args[1], self) : StaticType{{}, true, true};
        ++quiet_;
        const StaticType once = check(expr.args[0], input);
        --quiet_;
        total_ = either(total_, once);
        const StaticType body = check(expr.args[0], input);
        StaticType found = either(total_, body);
        total_ = outer;
        return found;
    }

    StaticType branches(const Expr& expr, const std::vector<StaticType>& arguments) {
        if (!overlap(arguments[0].values(), Value::boolean))
            fail(expr.args[0], "the criterion of iif() must be a Boolean, not " + to_string(arguments[0]));
        return arguments.size() == 3 ? either(arguments[1], arguments[2]) : arguments[1];
    }

    const fhir::Model& model_ = fhir::Model::r4();
    const Environment& environment_;
    std::vector<Error>& faults_;
    StaticType total_;
    static constexpr std::size_t most_steps = 100'000;
    std::size_t steps_ = 0;
    int quiet_ = 0;  // above 0: types are only being found out
};

}  // namespace

std::vector<fhir::TypeId> check_paths(const Expr& tree, const Focus& focus, const Environment& environment,
                                      std::vector<Error>& faults) {
    Checker checker(environment, faults);
    StaticType type = focus.is_context ? checker.context() : StaticType{focus.types};
    return checker.check(tree, type).types;
}

}  // namespace fhirpath
