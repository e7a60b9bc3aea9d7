// Describe: the review document, in the order in which a clinician asks: what is asked when, what is said,
// what is meant.
#include "cards/describe.hpp"

#include "cards/loader.hpp"
#include "cards/markdown.hpp"
#include "cards/render.hpp"

#include <algorithm>
#include <map>

namespace cards {

namespace {

using fhir::Node;
using fhir::ValueSet;
using namespace markdown;

/// Whether a text at or below `node` holds `part`.
bool mentions(const Node& node, const std::string& part) {
    if (node.is_string() && node.text().find(part) != std::string_view::npos) return true;
    return std::any_of(node.children().begin(), node.children().end(),
                       [&](const Node& child) { return mentions(child, part); });
}

class ReviewDocument {
  public:
    explicit ReviewDocument(const Knowledge& knowledge) : knowledge_(knowledge) {
        for (const Service& service : knowledge.services()) {
            for (const Rule* rule : service.rules) add_rule(rule);
        }
        for (const auto& rule : knowledge.rules()) add_rule(rule.get());
        find_users();
    }

    std::string write() {
        const Node& plan = knowledge_.plan();
        out_ = "# " + escaped_markdown(title(plan)) + "\n\n";
        paragraph(escaped_markdown(plan.text_of("description")));
        std::string version = "Version " + knowledge_.version();
        if (!plan.text_of("date").empty()) version.append(" of ").append(plan.text_of("date"));
        paragraph(
            "This document is for clinical review. It is written by " + code("asps-cds describe") +
            " from the files that the program runs on, and holds all that it knows: words first, then " +
            "the expression that is computed, in " + code("code") +
            ". If the words and the expression do not say the same, the expression is what happens.");
        paragraph(version + ": " + count(knowledge_.services().size(), "service") + ", " +
                  count(rules_.size(), "rule") + ", " + count(knowledge_.variables().size(), "concept") +
                  ", " + count(knowledge_.inputs().size(), "input") + ", " +
                  count(knowledge_.value_sets().all().size(), "value set") + ".");
        write_contents();
        out_ += describe_questions(knowledge_);
        out_ += describe_statements(knowledge_);
        write_services();
        out_ += heading(2, "Rules", "section", "rules");
        for (const Rule* rule : rules_) out_ += describe_rule(knowledge_, *rule);
        write_common_lines();
        write_concepts();
        write_inputs();
        write_value_sets();
        while (out_.ends_with("\n\n")) out_.pop_back();
        return std::move(out_);
    }

  private:
    void add_rule(const Rule* rule) {
        if (std::find(rules_.begin(), rules_.end(), rule) == rules_.end()) rules_.push_back(rule);
    }

    static std::string count(std::size_t number, const std::string& what) {
        return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
    }
    void paragraph(const std::string& text) {
        if (!text.empty()) out_ += text + "\n\n";
    }
    void item(const std::string& text, std::string_view indent = "") {
        out_.append(indent).append("- ").append(text).append("\n");
    }
    static std::string joined(const std::vector<std::string>& parts) {
        std::string out;
        for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
        return out;
    }

    /// Who uses which value set, in the order of the document.
    void find_users() {
        const auto use = [&](const ValueSet* set, const std::string& user) {
            auto& users = users_[set];
            if (std::find(users.begin(), users.end(), user) == users.end()) users.push_back(user);
        };
        for (const Rule* rule : rules_) {
            const std::string user = link(title(*rule->resource), "rule", rule->id);
            for (const Node* extension : extensions(*rule->resource, "override-reasons")) {
                if (const ValueSet* set = knowledge_.value_sets().find(extension->text_of("valueCanonical")))
                    use(set, user);
            }
            for (const fhirpath::Expression* expression : expressions_of(*rule)) {
                for (const ValueSet* set : value_sets(knowledge_, *expression)) use(set, user);
            }
        }
        if (knowledge_.statements() != nullptr)
            use(knowledge_.statements(), link("From each statement to its rules", "section", "statements"));
        for (const Variable& variable : knowledge_.variables()) {
            for (const ValueSet* set : value_sets(knowledge_, *variable.expression))
                use(set, link(variable.name, "concept", variable.name));
        }
        for (const auto& [url, set] : knowledge_.value_sets().all()) {
            for (const ValueSet* part : included(*set)) use(part, link_to(*set));
            const std::string name = "%`vs-" + std::string(set->resource().text_of("id")) + "`";
            const Node* contained = knowledge_.plan().find("contained");
            if (contained == nullptr) continue;
            for (const Node& library : contained->children()) {
                const Node* requirements = library.find("dataRequirement");
                if (requirements == nullptr) continue;
                for (const Node& requirement : requirements->children()) {
                    const std::string_view id = requirement.text_of("id");
                    if (mentions(requirement, name)) use(set.get(), link(id, "input", id));
                }
            }
        }
    }

    std::vector<const ValueSet*> included(const ValueSet& set) const {
        std::vector<const ValueSet*> found;
        const Node* compose = set.resource().find("compose");
        const Node* includes = compose == nullptr ? nullptr : compose->find("include");
        if (includes == nullptr) return found;
        for (const Node& include : includes->children()) {
            const Node* urls = include.find("valueSet");
            if (urls == nullptr) continue;
            for (const Node& url : urls->children()) {
                if (const ValueSet* part = knowledge_.value_sets().find(url.text())) found.push_back(part);
            }
        }
        return found;
    }

    static std::string link_to(const ValueSet& set) {
        return link(title(set.resource()), "valueset", set.resource().text_of("id"));
    }

    void write_contents() {
        out_ += "## Contents\n\n";
        if (!describe_questions(knowledge_).empty()) item(link("Open questions", "section", "questions"));
        if (knowledge_.statements() != nullptr)
            item(link("From each statement to its rules", "section", "statements"));
        item(link("Services", "section", "services"));
        for (const Service& service : knowledge_.services())
            item(link(service.title, "service", service.id), "  ");
        item(link("Rules", "section", "rules"));
        for (const Rule* rule : rules_) item(link(title(*rule->resource), "rule", rule->id), "  ");
        if (!knowledge_.common_lines().empty())
            item(link("Lines that close every card", "section", "common-lines"));
        item(link("Concepts", "section", "concepts"));
        const Node* library = nullptr;
        for (const Variable& variable : knowledge_.variables()) {
            if (variable.library == library) continue;
            library = variable.library;
            item(link(title(*library), "library", library->text_of("id")), "  ");
        }
        item(link("Inputs", "section", "inputs"));
        item(link("Value sets", "section", "value-sets"));
        for (const auto& [url, set] : knowledge_.value_sets().all()) item(link_to(*set), "  ");
        out_ += "\n";
    }

    void write_services() {
        out_ += heading(2, "Services", "section", "services");
        for (const Service& service : knowledge_.services()) {
            out_ += heading(3, service.title, "service", service.id);
            paragraph(escaped_markdown(service.description));
            paragraph("Service " + code(service.id) + ", called on the hook " + code(service.hook) +
                      ": at most " + count(service.card_maximum, "card") + ", " +
                      (service.enabled ? "on" : "off unless the configuration switches it on") + ".");
            paragraph(escaped_markdown(service.usage_requirements));
            out_ += "Rules, in the order of their cards:\n\n";
            std::size_t number = 0;
            for (const Rule* rule : service.rules) {
                const bool is_off =
                    std::find(service.off.begin(), service.off.end(), rule) != service.off.end();
                out_ += std::to_string(++number) + ". " + link(title(*rule->resource), "rule", rule->id) +
                        (is_off ? " (off unless the configuration switches it on)" : "") + "\n";
            }
            out_ += "\nPrefetch:\n\n";
            for (const std::size_t i : service.inputs) {
                const Input& input = knowledge_.inputs()[i];
                item(link(input.id, "input", input.id) + ": " + code(input.query));
            }
            out_ += "\n";
        }
    }

    void write_common_lines() {
        if (knowledge_.common_lines().empty()) return;
        out_ += heading(2, "Lines that close every card", "section", "common-lines");
        for (const Line& line : knowledge_.common_lines()) {
            item(text(line.text, true));
            if (!line.conditions.empty()) item("*only if* " + conditions(line.conditions), "  ");
        }
        out_ += "\n";
    }

    void write_concepts() {
        out_ += heading(2, "Concepts", "section", "concepts");
        const Node* library = nullptr;
        for (const Variable& variable : knowledge_.variables()) {
            if (variable.library != library) {
                library = variable.library;
                out_ += heading(3, title(*library), "library", library->text_of("id"));
                if (library != &knowledge_.plan())
                    paragraph(escaped_markdown(library->text_of("description")));
            }
            out_ += heading(4, variable.name, "concept", variable.name);
            paragraph(escaped_markdown(variable.description));
            out_ += code_block(variable.expression->text()) + "\n";
            std::vector<std::string> used;
            for (const Variable* other : concepts(knowledge_, *variable.expression))
                used.push_back(link(other->name, "concept", other->name));
            for (const Input& input : knowledge_.inputs()) {
                const auto& slots = variable.expression->variables();
                if (std::find(slots.begin(), slots.end(), input.slot) != slots.end())
                    used.push_back("input " + link(input.id, "input", input.id));
            }
            for (const ValueSet* set : value_sets(knowledge_, *variable.expression))
                used.push_back("value set " + link_to(*set));
            if (!used.empty()) paragraph("Uses: " + joined(used));
        }
    }

    void write_inputs() {
        out_ += heading(2, "Inputs", "section", "inputs");
        for (const Input& input : knowledge_.inputs()) {
            out_ += heading(3, input.id, "input", input.id);
            std::string words = code(fhir::Model::r4().type_name(input.type)) + " resources. ";
            words += input.required ? "Required: without it there is no answer at all."
                                    : "Without it, a rule that needs it is reported as not checked.";
            if (input.accepts_missing) words += " If it was not sent, it counts as none.";
            if (input.accepts_failed) words += " If it could not be read, it counts as none.";
            if (input.accepts_paged) words += " If there are more pages, the first one counts.";
            paragraph(words);
        }
    }

    void write_value_sets() {
        out_ += heading(2, "Value sets", "section", "value-sets");
        for (const auto& [url, set] : knowledge_.value_sets().all()) {
            const Node& resource = set->resource();
            out_ += heading(3, title(resource), "valueset", resource.text_of("id"));
            paragraph(escaped_markdown(resource.text_of("description")));
            const std::string_view version = resource.text_of("version");
            paragraph(code(url) + (version.empty() ? "" : ", version " + std::string(version)) + ", " +
                      count(set->codings().size(), "code") + ".");
            std::vector<std::string> parts;
            for (const ValueSet* part : included(*set)) parts.push_back(link_to(*part));
            if (!parts.empty()) paragraph("It takes in: " + joined(parts));
            const auto users = users_.find(set.get());
            paragraph("Used by: " + (users == users_.end() ? "nothing" : joined(users->second)));
            write_codes(*set);
        }
    }

    /// By system, in the order in which the systems appear.
    void write_codes(const ValueSet& set) {
        std::vector<std::string_view> systems;
        for (const auto& coding : set.codings()) {
            if (std::find(systems.begin(), systems.end(), coding.system) == systems.end())
                systems.push_back(coding.system);
        }
        for (const std::string_view system : systems) {
            item(code(system));
            for (const auto& coding : set.codings()) {
                if (coding.system == system)
                    item(code(coding.code) + " " + escaped_markdown(coding.display), "  ");
            }
        }
        out_ += "\n";
    }

    const Knowledge& knowledge_;
    std::vector<const Rule*> rules_;
    std::map<const ValueSet*, std::vector<std::string>> users_;
    std::string out_;
};

}  // namespace

std::string describe(const Knowledge& knowledge) { return ReviewDocument(knowledge).write(); }

}  // namespace cards
