// evaluate: the cards for a request or a patient's Bundle without a server, and why each rule spoke or did
// not.
#include "cards/apply.hpp"
#include "cards/chart.hpp"
#include "fhir/format.hpp"
#include "hooks/clock.hpp"
#include "hooks/command_input.hpp"
#include "hooks/command_knowledge.hpp"
#include "hooks/commands.hpp"
#include "hooks/uuid.hpp"

#include <algorithm>
#include <iostream>
#include <memory_resource>
#include <optional>

namespace hooks {

namespace {

/// Compact JSON with line breaks and two spaces a level.
std::string indented(std::string_view json) {
    std::string out;
    std::size_t level = 0;
    const auto line = [&] { out.append("\n").append(2 * level, ' '); };
    bool in_string = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        const bool closes = !in_string && (c == '}' || c == ']');
        if (closes) {
            --level;
            line();
        }
        out += c;
        if (c == '"') {
            in_string = !in_string;
        } else if (in_string) {
            if (c == '\\') out += json[++i];
        } else if (c == '{' || c == '[') {
            const char following = json[i + 1];
            if (following == '}' || following == ']') {
                out += json[++i];
            } else {
                ++level;
                line();
            }
        } else if (c == ',') {
            line();
        } else if (c == ':') {
            out += ' ';
        }
    }
    return out += '\n';
}

std::string printable(std::string_view text, std::size_t width) {
    std::string out(text);
    if (out.size() < width) out.append(width - out.size(), ' ');
    return out;
}

/// One line an input, then one a rule with the inputs it uses and what became of it.
void explain(const cards::Knowledge& knowledge, const cards::Service& service, const cards::Chart& chart,
             const cards::Evaluation& evaluation, const fhirpath::Now& now) {
    std::cout << "\nservice " << service.id << " (" << service.hook << "), knowledge " << knowledge.version()
              << ", today " << now.today().to_string() << "\n\ninputs\n";
    const auto state = [&](std::size_t input) { return cards::to_string(chart.inputs()[input].state); };
    for (const std::size_t index : service.inputs) {
        const cards::ChartInput& input = chart.inputs()[index];
        std::cout << "  " << printable(knowledge.inputs()[index].id, 26) << state(index);
        if (!input.resources.empty()) std::cout << ", " << input.resources.size();
        if (input.dropped > 0) std::cout << ", " << input.dropped << " of another patient left out";
        std::cout << '\n';
    }
    std::cout << "\nrules\n";
    for (const cards::Rule* rule : service.rules) {
        const auto outcome = std::find_if(evaluation.outcomes.begin(), evaluation.outcomes.end(),
                                          [&](const cards::Outcome& o) { return o.rule == rule; });
        std::cout << "  " << rule->id << '\n';
        if (outcome == evaluation.outcomes.end()) {
            std::cout << "      not reached\n";
        } else {
            std::cout << "      " << cards::to_string(outcome->kind);
            if (!outcome->reason.empty()) std::cout << ": " << outcome->reason;
            std::cout << '\n';
        }
        if (rule->inputs.empty()) continue;
        std::cout << "      uses";
        for (const std::size_t index : rule->inputs) {
            std::cout << (index == rule->inputs.front() ? " " : ", ") << knowledge.inputs()[index].id << " ("
                      << state(index) << ")";
        }
        std::cout << '\n';
    }
}

/// The service of that hook which is on by default, else the first.
const cards::Service* service_of_hook(const cards::Knowledge& knowledge, std::string_view hook) {
    const cards::Service* found = nullptr;
    for (const cards::Service& service : knowledge.services()) {
        if (service.hook == hook && (!found || (service.enabled && !found->enabled))) found = &service;
    }
    return found;
}

int evaluate_file(const std::string& file, const std::string& text, const EvaluateArguments& arguments,
                  const cards::Knowledge& knowledge, const fhirpath::Now& now) {
    std::pmr::monotonic_buffer_resource arena;
    const auto root = fhir::parse_text(text, arena);
    if (!root) return fail(file, root.error());

    const auto read = read_chart(knowledge, **root, arena);
    if (!read) return fail(file, read.error());
    const cards::Service* service = nullptr;
    if (read->hook.empty()) {
        service = knowledge.service(arguments.service.empty() ? "asps-patient-view" : arguments.service);
        if (!service)
            return fail(file, {fhir::IssueCode::not_found, "no service of this id in the knowledge", {}});
    } else {
        service = arguments.service.empty() ? service_of_hook(knowledge, read->hook)
                                            : knowledge.service(arguments.service, read->hook);
        if (!service) {
            return fail(file, {fhir::IssueCode::not_found,
                               arguments.service.empty() ? "no service for this hook"
                                                         : "the service is not offered for this hook",
                               "hook"});
        }
    }

    const cards::UuidSource uuid = new_uuid;
    const cards::Evaluation evaluation = cards::evaluate(knowledge, *service, read->chart, now, uuid, arena);
    const bool refused = evaluation.precondition.has_value();
    std::cout << indented(refused ? fhir::operation_outcome(*evaluation.precondition)
                                  : cards::response_json(evaluation.cards));
    if (arguments.explain) explain(knowledge, *service, read->chart, evaluation, now);
    std::cout.flush();
    return refused ? faults : well;
}

}  // namespace

int evaluate(const EvaluateArguments& arguments) {
    const std::optional<Clock> clock =
        arguments.today.empty() ? std::optional(system_clock()) : pinned_clock(arguments.today);
    if (!clock) {
        std::cerr << "--today: expected a date such as 2026-01-31, got \"" << arguments.today << "\"\n";
        return wrong_use;
    }
    const std::string folder = knowledge_folder(arguments.knowledge);
    if (folder.empty()) return wrong_use;
    const auto knowledge = load_knowledge(folder).knowledge;
    if (!knowledge) return faults;
    if (!arguments.service.empty() && !knowledge->service(arguments.service)) {
        std::cerr << "--service: no service \"" << arguments.service << "\" in the knowledge\n";
        return wrong_use;
    }

    int worst = well;
    for (const std::string& file : arguments.files) {
        const std::optional<std::string> text = read_input(file);
        if (!text) return wrong_use;
        worst = std::max(worst, evaluate_file(file, *text, arguments, *knowledge, (*clock)()));
    }
    return worst;
}

}  // namespace hooks
