// evaluate: the cards for a request or a patient's Bundle without a server, and why each rule spoke or did
// not.
#include "hooks/chart_answer.hpp"
#include "hooks/clock.hpp"
#include "hooks/command_input.hpp"
#include "hooks/command_knowledge.hpp"
#include "hooks/commands.hpp"
#include "hooks/input_text.hpp"
#include "hooks/population.hpp"

#include <algorithm>
#include <filesystem>
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

int evaluate_text(const std::string& file, const std::string& text, const EvaluationPlan& plan,
                  bool explained) {
    std::pmr::monotonic_buffer_resource arena;
    const auto answer = answer_to(plan, text, arena);
    if (!answer) return fail(file, answer.error());
    const cards::Evaluation& evaluation = answer->evaluation;
    const bool refused = evaluation.precondition.has_value();
    std::cout << indented(refused ? fhir::operation_outcome(*evaluation.precondition)
                                  : cards::response_json(evaluation.cards));
    if (explained) explain(plan.knowledge, *answer->service, answer->chart, evaluation, plan.now);
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

    EvaluationPlan plan{.knowledge = *knowledge, .service = arguments.service, .now = (*clock)()};
    const std::vector<std::string>& files = arguments.files;
    if (files.size() > 1 || std::filesystem::is_directory(files.front()))
        return evaluate_population(std::move(plan), arguments, nullptr);
    std::optional<InputText> input = InputText::open(files.front());
    if (input && input->has_lines()) return evaluate_population(std::move(plan), arguments, &*input);
    const std::string text = input ? input->rest() : std::string();
    if (!input || input->failed()) return cannot_be_read(files.front());
    return evaluate_text(files.front(), text, plan, arguments.explain);
}

}  // namespace hooks
