// Describe, the map: from each statement of the guidance to the rules that carry it out, and what is still
// open.
#include "cards/describe.hpp"
#include "cards/loader.hpp"
#include "cards/markdown.hpp"
#include "cards/render.hpp"

#include <algorithm>

namespace cards {

namespace {

using fhir::Node;
using namespace markdown;

/// Folder and name of a file, wherever the knowledge lies.
std::string_view short_name(std::string_view file) {
    const std::size_t slash = file.rfind('/');
    const std::size_t before =
        slash == std::string_view::npos || slash == 0 ? std::string_view::npos : file.rfind('/', slash - 1);
    return before == std::string_view::npos ? file : file.substr(before + 1);
}

/// One row: the statement, and for each rule its name, file and cases, line by line in the cells.
std::string row(const Knowledge& knowledge, const fhir::ValueSet::Coding& statement) {
    std::string rules, files, cases;
    const auto add = [&](const std::vector<std::string>& carried, const std::string& rule,
                         const std::string& file, const std::string& where) {
        if (std::find(carried.begin(), carried.end(), statement.code) == carried.end()) return;
        const std::string_view line = rules.empty() ? "" : "<br>";
        rules.append(line).append(rule);
        files.append(line).append(file);
        cases.append(line).append(where);
    };
    add(knowledge.common_statements(), link("Lines that close every card", "section", "common-lines"),
        "the services", "every case");
    for (const auto& rule : knowledge.rules()) {
        add(rule->statements, link(title(*rule->resource), "rule", rule->id), code(short_name(rule->file)),
            rule->cases.empty() ? "none named" : code(rule->cases));
    }
    if (rules.empty()) rules = "**none**";
    return "| " + statement.code + " " + escaped_markdown(statement.display) + " | " + rules + " | " + files +
           " | " + cases + " |\n";
}

void add_questions(const Node& resource, const std::string& where, std::string& out) {
    for (const Node* extension : extensions(resource, "open-question"))
        out.append("- ").append(where).append(": ").append(extension->text_of("valueMarkdown")).append("\n");
}

}  // namespace

std::string describe_statements(const Knowledge& knowledge) {
    const fhir::ValueSet* statements = knowledge.statements();
    if (statements == nullptr) return {};
    std::string out = heading(2, "From each statement to its rules", "section", "statements");
    out.append(escaped_markdown(statements->resource().text_of("description")));
    out += "\n\n| Statement | Rule | File | Cases |\n|---|---|---|---|\n";
    for (const auto& statement : statements->codings()) out += row(knowledge, statement);
    return out + "\n";
}

std::string describe_questions(const Knowledge& knowledge) {
    std::string items;
    add_questions(knowledge.plan(), link("Services", "section", "services"), items);
    for (const auto& rule : knowledge.rules())
        add_questions(*rule->resource, link(title(*rule->resource), "rule", rule->id), items);
    const Node* library = &knowledge.plan();
    for (const Variable& variable : knowledge.variables()) {
        if (variable.library == library || variable.library == &knowledge.plan()) continue;
        library = variable.library;
        add_questions(*library, link(title(*library), "library", library->text_of("id")), items);
    }
    for (const auto& [url, set] : knowledge.value_sets().all()) {
        const Node& resource = set->resource();
        add_questions(resource, link(title(resource), "valueset", resource.text_of("id")), items);
    }
    if (items.empty()) return {};
    return heading(2, "Open questions", "section", "questions") +
           "What a clinical owner has to confirm or decide, and where it stands:\n\n" + items + "\n";
}

}  // namespace cards
