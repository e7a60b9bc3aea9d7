// fhirpath: an expression on files, for those who write rules: its result, how it was understood, what it
// computed on the way.
#include "cards/apply.hpp"
#include "fhir/fhirpath/authoring/check.hpp"
#include "fhir/fhirpath/authoring/item_json.hpp"
#include "fhir/fhirpath/authoring/print.hpp"
#include "fhir/fhirpath/parser.hpp"
#include "hooks/clock.hpp"
#include "hooks/command_input.hpp"
#include "hooks/command_knowledge.hpp"
#include "hooks/commands.hpp"

#include <algorithm>
#include <iostream>
#include <memory_resource>
#include <optional>

namespace hooks {

namespace {

using fhirpath::Collection;
using fhirpath::Error;
using fhirpath::Expression;
using fhirpath::Item;
using fhirpath::Scope;

std::string_view kind_of(const Error& error) {
    switch (error.kind()) {
        case Error::Kind::syntax:
            return "syntax error";
        case Error::Kind::semantic:
            return "semantic error";
        case Error::Kind::execution:
            return "execution error";
    }
    return "";
}

/// What is wrong, the place in the expression `text`, and what may help. Gives `faults`.
int fail_at(std::string_view where, const Error& error, std::string_view text,
            const FhirpathArguments& arguments) {
    std::cerr << where << (where.empty() ? "" : ": ") << kind_of(error) << ": " << error.what() << '\n'
              << fhirpath::pointed_out(text, error.position());
    if (!arguments.request && error.kind() == Error::Kind::semantic && error.position() < text.size() &&
        text[error.position()] == '%') {
        std::cerr << "    (what the knowledge names is known with --request, its value sets with --knowledge "
                     "DIR)\n";
    }
    return faults;
}

/// Lines of `before`, type, tab, JSON.
void show(std::ostream& out, const std::string& before, const Collection& items) {
    for (const Item& item : items) {
        std::string line = before + fhirpath::type_name(item) + '\t';
        fhirpath::write_json(line, item);
        out << line << '\n';
    }
}

/// The same for stderr, where nothing is worth a line too.
void show_all(const std::string& before, const Collection& items) {
    show(std::cerr, before, items);
    if (items.empty()) std::cerr << before << "empty\n";
}

class Inquiry {
  public:
    Inquiry(const FhirpathArguments& arguments, const cards::Knowledge* knowledge,
            const Expression& expression, const fhirpath::Environment& environment, const fhirpath::Now& now)
        : arguments_(arguments),
          knowledge_(knowledge),
          expression_(expression),
          environment_(environment),
          now_(now) {}

    int ask(const std::string& file, const fhir::Node& root) {
        std::pmr::monotonic_buffer_resource arena;
        if (!arguments_.request) {
            Scope scope(environment_, arena, now_);
            const Item item = Item::of_root(root);
            scope.set_context(item);
            scope.set_resource(item);
            return ask(file, scope, root.resource_type);
        }
        const auto read = read_chart(*knowledge_, root, arena);
        if (!read) return fail(file, read.error());
        const std::string hook(read->hook.empty() ? "patient-view" : read->hook);
        int code = well;
        cards::with_scope(*knowledge_, hook, read->chart, now_, arena,
                          [&](Scope& scope) { code = ask(file, scope, 0); });
        return code;
    }

  private:
    int ask(const std::string& file, Scope& scope, fhir::TypeId focus) {
        if (arguments_.trace) {
            scope.on_trace = [](std::string_view name, const Collection& items) {
                show_all("trace\t" + std::string(name) + '\t', items);
            };
        }
        std::vector<Error> wrong;
        fhirpath::check_paths(expression_.tree(), {{focus}, arguments_.request}, environment_, wrong);
        for (const Error& error : wrong) fail_at(file, error, expression_.text(), arguments_);
        if (!wrong.empty()) return faults;
        int code = well;
        try {
            const Collection items = expression_.evaluate(scope);
            show(std::cout, arguments_.files.size() > 1 ? file + '\t' : "", items);
            std::cout.flush();
            if (items.empty()) std::cerr << file << ": empty\n";
        } catch (const Error& error) {
            code = fail_within(file, expression_, error, scope);
        }
        if (arguments_.trace) show_variables(scope);
        return code;
    }

    void show_variables(const Scope& scope) const {
        if (knowledge_ == nullptr || !arguments_.request) return;
        for (const cards::Variable& variable : knowledge_->variables()) {
            if (const Collection* value = scope.known(variable.slot))
                show_all("variable\t%" + variable.name + '\t', *value);
        }
    }

    /// The position of an execution error counts in the expression that failed, which may be that of a
    /// variable, or of a variable that this one names.
    int fail_within(const std::string& where, const Expression& expression, const Error& error,
                    Scope& scope) const {
        const cards::Variable* variable =
            error.kind() == Error::Kind::execution ? failing_variable(expression, error, scope) : nullptr;
        if (variable == nullptr) return fail_at(where, error, expression.text(), arguments_);
        return fail_within(where + ": in %" + variable->name, *variable->expression, error, scope);
    }

    const cards::Variable* failing_variable(const Expression& expression, const Error& error,
                                            Scope& scope) const {
        if (knowledge_ == nullptr || !arguments_.request) return nullptr;
        for (const cards::Variable& variable : knowledge_->variables()) {
            const auto& named = expression.variables();
            if (scope.known(variable.slot) != nullptr ||
                std::find(named.begin(), named.end(), variable.slot) == named.end())
                continue;
            try {
                scope.variable(variable.slot);
            } catch (const Error& again) {
                if (again.position() == error.position() && std::string_view(again.what()) == error.what())
                    return &variable;
            }
        }
        return nullptr;
    }

    const FhirpathArguments& arguments_;
    const cards::Knowledge* knowledge_;
    const Expression& expression_;
    const fhirpath::Environment& environment_;
    fhirpath::Now now_;
};

int ask_files(const FhirpathArguments& arguments, Inquiry& inquiry) {
    int worst = well;
    for (const std::string& file : arguments.files) {
        auto text = read_input(file);
        if (!text) return wrong_use;
        const auto document = fhir::Document::read(*std::move(text));
        worst =
            std::max(worst, document ? inquiry.ask(file, (*document)->root()) : fail(file, document.error()));
    }
    return worst;
}

}  // namespace

int evaluate_expression(const FhirpathArguments& arguments) {
    const std::optional<Clock> clock =
        arguments.today.empty() ? std::optional(system_clock()) : pinned_clock(arguments.today);
    if (!clock) {
        std::cerr << "--today: expected a date such as 2026-01-31, got \"" << arguments.today << "\"\n";
        return wrong_use;
    }
    if (arguments.files.empty() && !arguments.ast) {
        std::cerr << "FILE: what to evaluate the expression on is required, but for --ast\n";
        return wrong_use;
    }
    std::shared_ptr<const cards::Knowledge> knowledge;
    if (arguments.request || !arguments.knowledge.empty()) {
        const std::string folder = knowledge_folder(arguments.knowledge);
        if (folder.empty()) return wrong_use;
        knowledge = load_knowledge(folder).knowledge;
        if (!knowledge) return faults;
    }
    fhirpath::Environment plain;  // without --request: value sets at most
    if (knowledge) {
        plain.value_sets = &knowledge->value_sets();
        plain.canonical_base = knowledge->environment().canonical_base;
    }
    const fhirpath::Environment& environment = arguments.request ? knowledge->environment() : plain;
    try {
        if (arguments.ast) {
            const auto tree = fhirpath::parse(arguments.expression);
            std::cout << fhirpath::print(*tree) << "\n\n" << fhirpath::outline(*tree);
            std::cout << (arguments.files.empty() ? "" : "\n") << std::flush;
        }
        if (arguments.files.empty()) return well;
        std::vector<Error> wrong;
        const Expression expression = Expression::compile(arguments.expression, environment, wrong);
        for (const Error& error : wrong) fail_at("", error, arguments.expression, arguments);
        if (!wrong.empty()) return faults;
        Inquiry inquiry(arguments, knowledge.get(), expression, environment, (*clock)());
        return ask_files(arguments, inquiry);
    } catch (const Error& error) {
        return fail_at("", error, arguments.expression, arguments);
    }
}

}  // namespace hooks
