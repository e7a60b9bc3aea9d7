// evaluate: the cards for a request or a patient's Bundle without a server, and why each rule spoke or did
// not.
#include "cards/apply.hpp"
#include "cards/chart.hpp"
#include "fhir/format.hpp"
#include "hooks/clock.hpp"
#include "hooks/command_knowledge.hpp"
#include "hooks/commands.hpp"
#include "hooks/knowledge_folder.hpp"
#include "hooks/request.hpp"
#include "hooks/uuid.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
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

int fail(const std::string& file, const fhir::Issue& issue) {
    std::cerr << file << ": " << (issue.expression.empty() ? "" : issue.expression + ": ")
              << issue.diagnostics << '\n';
    return faults;
}

/// The service of that hook which is on by default, else the first.
const cards::Service* service_of_hook(const cards::Knowledge& knowledge, std::string_view hook) {
    const cards::Service* found = nullptr;
    for (const cards::Service& service : knowledge.services()) {
        if (service.hook == hook && (!found || (service.enabled && !found->enabled))) found = &service;
    }
    return found;
}

/// All of `input`, or one byte more than the parsers take, which then say so: the rest is never held.
std::optional<std::string> read_input(std::istream& input) {
    const std::size_t most = fhir::ParseLimits{}.bytes + 1;
    std::string text;
    std::array<char, 65'536> part{};
    while (text.size() < most && input) {
        input.read(part.data(), static_cast<std::streamsize>(std::min(part.size(), most - text.size())));
        text.append(part.data(), static_cast<std::size_t>(input.gcount()));
    }
    if (input.bad()) return std::nullopt;
    return text;
}

std::optional<std::string> read_input_file(const std::string& name) {
    std::ifstream file(name, std::ios::binary);
    if (!file || std::filesystem::is_directory(name)) return std::nullopt;
    return read_input(file);
}

/// A Bundle as it is; a resource that comes alone as a Bundle of it; null if `root` is neither, but a
/// request.
const fhir::Node* as_bundle(const fhir::Node& root, std::pmr::memory_resource& arena) {
    if (root.resource_type == 0) return nullptr;
    const fhir::TypeId type = fhir::Model::r4().type_id("Bundle");
    if (root.resource_type == type) return &root;
    fhir::TreeBuilder tree(arena);
    fhir::Node* bundle = tree.make(fhir::Kind::object);
    bundle->resource_type = type;
    fhir::Node* entries = tree.make(fhir::Kind::array, "entry");
    tree.append(bundle, tree.append(bundle, nullptr, tree.make_string("resourceType", "Bundle")), entries);
    fhir::Node* entry = tree.append(entries, nullptr, tree.make(fhir::Kind::object, "entry"));
    fhir::Node* resource = tree.append(entry, nullptr, tree.copy(root));
    resource->name_id = fhir::Model::r4().name_id("resource");
    return bundle;
}

int evaluate_file(const std::string& file, const std::string& text, const EvaluateArguments& arguments,
                  const cards::Knowledge& knowledge, const fhirpath::Now& now) {
    std::pmr::monotonic_buffer_resource arena;
    const auto root = fhir::parse_text(text, arena);
    if (!root) return fail(file, root.error());

    std::optional<cards::Chart> chart;
    const cards::Service* service = nullptr;
    if (const fhir::Node* bundle = as_bundle(**root, arena)) {
        auto read = cards::Chart::from_bundle(knowledge, *bundle, arena);
        if (!read) return fail(file, read.error());
        chart = std::move(*read);
        service = knowledge.service(arguments.service.empty() ? "asps-patient-view" : arguments.service);
        if (!service)
            return fail(file, {fhir::IssueCode::not_found, "no service of this id in the knowledge", {}});
    } else {
        const auto request = read_request(**root);
        if (!request) return fail(file, request.error());
        chart = cards::Chart::from_request(knowledge, *request->context, request->prefetch);
        service = arguments.service.empty() ? service_of_hook(knowledge, request->hook)
                                            : knowledge.service(arguments.service, request->hook);
        if (!service) {
            return fail(file, {fhir::IssueCode::not_found,
                               arguments.service.empty() ? "no service for this hook"
                                                         : "the service is not offered for this hook",
                               "hook"});
        }
    }

    const cards::UuidSource uuid = new_uuid;
    const cards::Evaluation evaluation = cards::evaluate(knowledge, *service, *chart, now, uuid, arena);
    const bool refused = evaluation.precondition.has_value();
    std::cout << indented(refused ? fhir::operation_outcome(*evaluation.precondition)
                                  : cards::response_json(evaluation.cards));
    if (arguments.explain) explain(knowledge, *service, *chart, evaluation, now);
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
        const std::optional<std::string> text = file == "-" ? read_input(std::cin) : read_input_file(file);
        if (!text) {
            std::cerr << file << ": cannot be read\n";
            return wrong_use;
        }
        worst = std::max(worst, evaluate_file(file, *text, arguments, *knowledge, (*clock)()));
    }
    return worst;
}

}  // namespace hooks
