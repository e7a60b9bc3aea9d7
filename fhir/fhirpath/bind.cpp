// Bind: gives the names in a parsed tree their meaning and does once what need not be done per evaluation.
#include "fhir/fhirpath/bind.hpp"

#include "fhir/fhirpath/functions.hpp"
#include "fhir/nearest_name.hpp"
#include "fhir/regex.hpp"

#include <algorithm>

namespace fhirpath {

Details::Details() = default;
Details::~Details() = default;

namespace {

using Kind = Expr::Kind;
using fhir::NearestName;

class Binder {
  public:
    Binder(const Environment& environment, std::vector<Environment::Slot>& variables,
           std::vector<Error>& faults)
        : environment_(environment), variables_(variables), faults_(faults) {}

    void bind(Expr& expr, bool head) {
        if (faults_.size() >= most_faults) return;
        if (expr.kind == Kind::call) {
            bind_call(expr);
        } else {
            for (std::size_t i = 0; i < expr.args.size(); ++i)
                bind(expr.args[i], expr.kind != Kind::path || i == 0);
        }
        switch (expr.kind) {
            case Kind::member:
                expr.name_id = model_.name_id(expr.text());
                if (head && !expr.text().empty() && expr.text()[0] >= 'A' && expr.text()[0] <= 'Z')
                    expr.type.type = model_.type_id(expr.text());
                break;
            case Kind::variable:
                bind_variable(expr);
                break;
            case Kind::type_is:
            case Kind::type_as:
                expr.type = type_of_name(expr.text(), expr.position);
                break;
            case Kind::binary:
                fold_binary(expr);
                break;
            case Kind::indexer:
                expr.brief = true;
                break;
            case Kind::path:
                fold_path(expr);
                break;
            default:
                break;
        }
    }

  private:
    void fail(const Expr& at, const std::string& message) {
        faults_.emplace_back(Error::Kind::semantic, message, at.position);
    }

    TypeSpecifier type_of_name(const std::string& name, std::size_t position) {
        TypeSpecifier result;
        if (name.starts_with("System.")) {
            result.type = model_.type_id(name);
            // System.Patient is a type that nothing has.
            if (result.type || model_.type_id(name.substr(7))) return result;
        } else if (name.starts_with("FHIR.")) {
            result.type = model_.type_id(name.substr(5));
        } else {
            result.type = model_.type_id(name);
            const fhir::TypeId system = model_.type_id("System." + name);
            (result.type ? result.other : result.type) = system;
        }
        if (!result.type) {
            NearestName nearest(name);
            for (fhir::TypeId type = 1; type < model_.type_count(); ++type) {
                const std::string_view known = model_.type_name(type);
                if (known.find('.') == std::string_view::npos) nearest.look_at(known);
            }
            faults_.emplace_back(Error::Kind::semantic, "unknown type '" + name + "'" + nearest.question(),
                                 position);
        }
        return result;
    }

    static std::string qualified_name(const Expr& expr) {
        if (expr.kind == Kind::member) return expr.text();
        if (expr.kind != Kind::path) return {};
        std::string name;
        for (const auto& part : expr.args) {
            if (part.kind != Kind::member) return {};
            name += (name.empty() ? "" : ".") + part.text();
        }
        return name;
    }

    void bind_call(Expr& expr) {
        expr.function = find_function(expr.text());
        if (!expr.function) {
            const std::string_view nearest = nearest_function(expr.text());
            fail(expr, "unknown function '" + expr.text() + "'" +
                           (nearest.empty() ? "" : "; did you mean '" + std::string(nearest) + "'?"));
            for (Expr& argument : expr.args) bind(argument, true);
            return;
        }
        const Function& function = *expr.function;
        expr.brief = function.brief;
        if (expr.args.size() < function.min_args || expr.args.size() > function.max_args) {
            std::string wanted = std::to_string(function.min_args);
            if (function.max_args == 255)
                wanted = "at least " + wanted;
            else if (function.max_args != function.min_args)
                wanted += " to " + std::to_string(function.max_args);
            fail(expr,
                 expr.text() + "() takes " + wanted + " arguments, not " + std::to_string(expr.args.size()));
            expr.function = nullptr;
            for (Expr& argument : expr.args) bind(argument, true);
            return;
        }
        if (expr.text() == "is" || expr.text() == "as" || expr.text() == "ofType") {
            const std::string name = qualified_name(expr.args[0]);
            if (name.empty()) return fail(expr.args[0], expr.text() + "() takes the name of a type");
            expr.type = type_of_name(name, expr.args[0].position);
            return;
        }
        for (Expr& argument : expr.args) bind(argument, true);
        if (expr.text() == "matches" || expr.text() == "matchesFull" || expr.text() == "replaceMatches") {
            const Expr& pattern = expr.args[0];
            if (!pattern.is_string()) return;
            expr.details->regex = std::make_unique<const Regex>(pattern.value().string());
            if (const re2::RE2& re2 = expr.details->regex->re2(); !re2.ok())
                fail(pattern, "not a regular expression: " + re2.error());
        } else if (expr.text() == "memberOf" && expr.args[0].is_string()) {
            const std::string url(expr.args[0].value().string());
            if (environment_.value_sets) expr.details->value_set = environment_.value_sets->find(url);
            if (!expr.details->value_set)
                fail(expr.args[0], "unknown value set '" + url + "'" + nearest_value_set(url));
        }
    }

    void bind_variable(Expr& expr) {
        const std::string& name = expr.text();
        if (const Environment::Slot* slot = environment_.find(name)) {
            expr.slot = static_cast<std::uint32_t>(*slot);
            if (std::find(variables_.begin(), variables_.end(), *slot) == variables_.end())
                variables_.push_back(*slot);
            return;
        }
        if (name == "context")
            expr.kind = Kind::context;
        else if (name == "resource")
            expr.kind = Kind::resource;
        else if (name == "rootResource")
            expr.kind = Kind::root_resource;
        else if (name == "ucum")
            literal(expr, "http://unitsofmeasure.org");
        else if (name == "sct")
            literal(expr, "http://snomed.info/sct");
        else if (name == "loinc")
            literal(expr, "http://loinc.org");
        else if (name.starts_with("vs-"))
            literal(expr, value_set_url(name.substr(3)));
        else if (name.starts_with("ext-"))
            literal(expr, "http://hl7.org/fhir/StructureDefinition/" + name.substr(4));
        else
            unknown_name(expr);
    }

    void unknown_name(Expr& expr) {
        fail(expr, "unknown name %" + expr.text() + nearest_name(expr.text()));
        expr.kind = Kind::resource;  // something of unknown type
    }

    std::string nearest_value_set(std::string_view url) const {
        if (!environment_.value_sets) return {};
        const std::string_view id = url.substr(url.rfind('/') + 1);
        NearestName nearest(id);
        for (const auto& [known, set] : environment_.value_sets->all())
            nearest.look_at(std::string_view(known).substr(known.rfind('/') + 1));
        return nearest.name().empty() ? "" : "; did you mean %`vs-" + std::string(nearest.name()) + "`?";
    }

    std::string value_set_url(const std::string& id) const {
        std::string url = environment_.canonical_base + "/ValueSet/" + id;
        if (environment_.value_sets && environment_.value_sets->find(url)) return url;
        return "http://hl7.org/fhir/ValueSet/" + id;
    }

    std::string nearest_name(std::string_view name) const {
        NearestName nearest(name);
        for (Environment::Slot slot = 0; slot < environment_.size(); ++slot)
            nearest.look_at(environment_.name(slot));
        for (const std::string_view known : {"context", "resource", "rootResource", "ucum", "sct", "loinc"})
            nearest.look_at(known);
        return nearest.name().empty() ? "" : "; did you mean %" + std::string(nearest.name()) + "?";
    }

    static void literal(Expr& expr, std::string text) {
        expr.kind = Kind::literal;
        expr.details->text = std::move(text);
        expr.details->value = Item::of(std::string_view(expr.text()));
        expr.args.clear();
    }

    static bool is_call(const Expr& step, std::string_view name, std::size_t arity) {
        return step.kind == Kind::call && step.text() == name && step.args.size() == arity;
    }

    static void fold_path(Expr& expr) {
        // a.where(c).exists() is a.exists(c), which stops at the first item.
        for (std::size_t i = 0; i + 1 < expr.args.size(); ++i) {
            if (!is_call(expr.args[i], "where", 1) || !is_call(expr.args[i + 1], "exists", 0)) continue;
            expr.args[i + 1].args = std::move(expr.args[i].args);
            expr.args.erase(expr.args.begin() + static_cast<std::ptrdiff_t>(i));
        }
        // Of (a | b).combine(c).first() the first that is there will do, and so it will for exists().
        for (std::size_t i = expr.args.size() - 1; i > 0; --i) {
            const Expr& next = expr.args[i];
            Expr& before = expr.args[i - 1];
            if (is_call(next, "first", 0) || is_call(next, "exists", 0) || next.first_only)
                before.first_only = before.kind == Kind::union_of || is_call(before, "combine", 1);
        }
    }

    static void fold_binary(Expr& expr) {
        const Expr &left = expr.args[0], &right = expr.args[1];
        if ((expr.op == Op::add || expr.op == Op::concatenate) && left.is_string() && right.is_string()) {
            literal(expr, std::string(left.value().string()) + std::string(right.value().string()));
        } else if (expr.op == Op::in && right.kind == Kind::union_of &&
                   std::all_of(right.args.begin(), right.args.end(),
                               [](const auto& part) { return part.is_string(); })) {
            for (const auto& part : right.args) expr.details->strings.push_back(part.value().string());
        }
    }

    const fhir::Model& model_ = fhir::Model::r4();
    const Environment& environment_;
    std::vector<Environment::Slot>& variables_;
    std::vector<Error>& faults_;
};

}  // namespace

void bind(Expr& tree, const Environment& environment, std::vector<Environment::Slot>& variables,
          std::vector<Error>& faults) {
    Binder(environment, variables, faults).bind(tree, true);
}

}  // namespace fhirpath
