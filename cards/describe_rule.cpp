// Describe, one rule: when it speaks, what its card says word by word, what it offers, and what it rests on.
#include "cards/describe.hpp"
#include "cards/markdown.hpp"
#include "cards/render.hpp"
#include "fhir/json_writer.hpp"

#include <algorithm>
#include <functional>
#include <set>

namespace cards {

namespace {

using fhir::Node;
using namespace markdown;

/// Calls `visit` with each expression of a text.
void each_expression(const Text& text, const std::function<void(const fhirpath::Expression&)>& visit) {
    if (text.dynamic != nullptr) visit(*text.dynamic);
    for (const Text::Piece& piece : text.pieces) {
        if (piece.expression != nullptr) visit(*piece.expression);
    }
}

class RuleSection {
  public:
    RuleSection(const Knowledge& knowledge, const Rule& rule) : knowledge_(knowledge), rule_(rule) {}

    std::string write() {
        out_ = heading(3, title(*rule_.resource), "rule", rule_.id);
        paragraph(escaped_markdown(rule_.resource->text_of("description")));
        write_facts();
        write_when();
        write_card();
        write_insertions();
        write_suggestions();
        write_reasons();
        write_evidence();
        write_inputs();
        return std::move(out_);
    }

  private:
    void paragraph(const std::string& text) {
        if (!text.empty()) out_ += text + "\n\n";
    }
    void item(const std::string& text, std::string_view indent = "") {
        out_.append(indent).append("- ").append(text).append("\n");
    }

    void write_facts() {
        const Node& plan = *rule_.resource;
        item("Rule " + code(rule_.id) + ", version " + rule_.version + ", status " +
             std::string(plan.text_of("status")) + (rule_.active ? "" : ": it never speaks"));
        std::string dates;
        const auto add = [&](std::string_view what, std::string_view date) {
            if (!date.empty()) dates.append(dates.empty() ? "" : ", ").append(what).append(" ").append(date);
        };
        add("dated", plan.text_of("date"));
        add("approved", plan.text_of("approvalDate"));
        add("last reviewed", plan.text_of("lastReviewDate"));
        add("in effect from", rule_.effective_start);
        add("in effect until", rule_.effective_end);
        if (!dates.empty()) item("Dates: " + dates);
        std::string services;
        for (const Service& service : knowledge_.services()) {
            if (std::find(service.rules.begin(), service.rules.end(), &rule_) == service.rules.end())
                continue;
            services += services.empty() ? "" : ", ";
            services += link(service.title, "service", service.id) + " on " + code(service.hook);
        }
        item("Asked by: " + (services.empty() ? "no service" : services));
        item("Urgency: " + std::string(to_string(rule_.indicator)) + "; topic: " +
             escaped_markdown(rule_.source.topic.display) + " (" + code(rule_.source.topic.code) + ")");
        out_ += "\n";
    }

    void write_when() {
        out_ += "**When** (all of these are true):\n\n";
        std::size_t number = 0;
        for (const Condition& condition : rule_.conditions) {
            out_ += std::to_string(++number) + ". " + conditions({&condition, 1}) + "\n";
            for (const Variable* variable : concepts(knowledge_, *condition.expression)) {
                item(link(variable->name, "concept", variable->name) + ": " +
                         escaped_markdown(variable->description),
                     "   ");
            }
        }
        out_ += "\n";
    }

    void write_card() {
        out_ += "**Card: summary**\n\n" + quote(text(rule_.summary, false)) + "\n";
        if (!rule_.introduction.empty() || !rule_.lines.empty()) out_ += "**Card: detail**\n\n";
        if (!rule_.introduction.empty()) out_ += quote(text(rule_.introduction, true)) + "\n";
        for (const Line& line : rule_.lines) {
            std::string shown = text(line.text, true);
            for (std::size_t at = shown.find('\n'); at != std::string::npos; at = shown.find('\n', at + 1))
                shown.insert(at + 1, "  ");
            item(shown);
            if (!line.conditions.empty()) item("*only if* " + conditions(line.conditions), "  ");
        }
        if (!rule_.lines.empty()) out_ += "\n";
        if (!knowledge_.common_lines().empty())
            paragraph("Then come the " + link("lines that close every card", "section", "common-lines") +
                      ".");
    }

    /// Of each insertion into the card's texts: the concepts behind it, in words.
    void write_insertions() {
        std::string items;
        std::set<std::string> seen;
        const auto add = [&](const fhirpath::Expression& expression) {
            const auto used = concepts(knowledge_, expression);
            if (used.empty() || !seen.insert(expression.text()).second) return;
            items += "- " + code("{{" + expression.text() + "}}") + "\n";
            for (const Variable* variable : used) {
                items += "  - " + link(variable->name, "concept", variable->name) + ": " +
                         escaped_markdown(variable->description) + "\n";
            }
        };
        each_expression(rule_.summary, add);
        each_expression(rule_.introduction, add);
        for (const Line& line : rule_.lines) each_expression(line.text, add);
        if (!items.empty()) out_ += "**What is filled in**\n\n" + items + "\n";
    }

    void write_suggestions() {
        if (rule_.suggestions.empty()) return;
        out_ += rule_.selection_behavior == "any" ? "**Suggestions** (any number may be taken):\n\n"
                                                  : "**Suggestions** (one at most may be taken):\n\n";
        std::size_t number = 0;
        for (const SuggestionPlan& suggestion : rule_.suggestions) {
            out_ += std::to_string(++number) + ". **" + text(suggestion.label, false) + "**" +
                    (suggestion.is_recommended ? " (recommended)" : "") + "\n";
            if (!suggestion.conditions.empty()) item("*only if* " + conditions(suggestion.conditions), "   ");
            for (const ActionPlan& action : suggestion.actions) write_action(suggestion, action);
        }
        out_ += "\n";
    }

    void write_action(const SuggestionPlan& suggestion, const ActionPlan& action) {
        const std::string words = text(action.description, false);
        switch (action.type) {
            case Action::Type::create:
                item("creates a draft: " + words, "   ");
                if (action.activity != nullptr) write_activity(*action.activity);
                break;
            case Action::Type::update:
                item("changes each of " + code(action.resource->text()) + ": " + words, "   ");
                break;
            case Action::Type::remove:
                item("withdraws each of " + code(action.resource->text()) +
                         (suggestion.actions.size() == 1 ? ", one suggestion for each" : "") + ": " + words,
                     "   ");
                break;
        }
        for (const DynamicValue& value : action.values) {
            std::string path;
            for (const std::string& name : value.path) path.append(path.empty() ? "" : ".").append(name);
            item(code(path) + " from " + code(value.expression->text()), "     ");
        }
    }

    /// The essentials of the draft, as draft.cpp makes it.
    void write_activity(const Node& activity) {
        constexpr std::string_view indent = "     ";
        const std::string_view intent = activity.text_of("intent"), priority = activity.text_of("priority");
        std::string kind(activity.text_of("kind"));
        kind.append(", ").append(intent.empty() ? "proposal" : intent);
        if (!priority.empty()) kind.append(", priority ").append(priority);
        const Node* forbids = activity.find("doNotPerform");
        if (forbids != nullptr && forbids->is_true()) kind += ", do not perform";
        item(kind + " (activity " + code(activity.text_of("id")) + ")", indent);
        const auto add_concepts = [&](std::string_view what, std::string_view member) {
            const Node* found = activity.find(member);
            if (found == nullptr) return;
            if (!found->is_array()) return item(std::string(what) + ": " + concept_text(*found), indent);
            for (const Node& each : found->children())
                item(std::string(what) + ": " + concept_text(each), indent);
        };
        add_concepts("Code", "code");
        add_concepts("Product", "productCodeableConcept");
        add_concepts("Body site", "bodySite");
        add_concepts("Topic", "topic");
        if (const Node* dosages = activity.find("dosage")) {
            for (const Node& dosage : dosages->children()) {
                std::string json;
                if (dosage.text_of("text").empty()) fhir::write_json(json, dosage);
                item("Dosage: " + (json.empty() ? escaped_markdown(dosage.text_of("text")) : code(json)),
                     indent);
            }
        }
        if (const std::string_view note = activity.text_of("description"); !note.empty())
            item("Note: " + escaped_markdown(note), indent);
    }

    void write_reasons() {
        if (rule_.override_reasons.empty()) return;
        out_ += "**Reasons offered for dismissing the card**\n\n";
        for (const Coding& reason : rule_.override_reasons)
            item(escaped_markdown(reason.display) + " (" + code(reason.code) + ")");
        out_ += "\n";
    }

    /// Source, further documentation of the action, and the plan's artifacts, of which those with a url are
    /// links.
    void write_evidence() {
        out_ += "**Evidence and links**\n\n";
        item("Source on the card: " + web_link(rule_.source.label, rule_.source.url));
        const Node* action = rule_.resource->find("action");
        bool is_source = true;
        if (const Node* list = action->first_child->find("documentation")) {
            for (const Node& artifact : list->children()) {
                if (!is_source) item(artifact_text(artifact));
                is_source = false;
            }
        }
        if (const Node* list = rule_.resource->find("relatedArtifact")) {
            for (const Node& artifact : list->children())
                item((artifact.text_of("url").empty() ? "" : "Link on the card: ") + artifact_text(artifact));
        }
        out_ += "\n";
    }

    static std::string artifact_text(const Node& artifact) {
        const std::string_view display = artifact.text_of("display"), citation = artifact.text_of("citation");
        std::string out = web_link(display.empty() ? citation : display, artifact.text_of("url"));
        if (!display.empty() && !citation.empty()) out += ": " + escaped_markdown(citation);
        return out + " (" + std::string(artifact.text_of("type")) + ")";
    }

    void write_inputs() {
        std::string needed, without;
        for (const std::size_t i : rule_.inputs) {
            const bool runs_without = std::find(rule_.runs_without.begin(), rule_.runs_without.end(), i) !=
                                      rule_.runs_without.end();
            std::string& list = runs_without ? without : needed;
            const std::string& id = knowledge_.inputs()[i].id;
            list += (list.empty() ? "" : ", ") + link(id, "input", id);
        }
        if (!needed.empty()) paragraph("**Inputs it needs**, or it is not checked: " + needed + ".");
        if (!without.empty()) paragraph("**Inputs it reads** but can do without: " + without + ".");
    }

    const Knowledge& knowledge_;
    const Rule& rule_;
    std::string out_;
};

}  // namespace

std::string describe_rule(const Knowledge& knowledge, const Rule& rule) {
    return RuleSection(knowledge, rule).write();
}

std::vector<const fhirpath::Expression*> expressions_of(const Rule& rule) {
    std::vector<const fhirpath::Expression*> found;
    const auto add = [&](const fhirpath::Expression& expression) { found.push_back(&expression); };
    const auto add_conditions = [&](const std::vector<Condition>& conditions) {
        for (const Condition& condition : conditions) add(*condition.expression);
    };
    add_conditions(rule.conditions);
    each_expression(rule.summary, add);
    each_expression(rule.introduction, add);
    for (const Line& line : rule.lines) {
        add_conditions(line.conditions);
        each_expression(line.text, add);
    }
    for (const SuggestionPlan& suggestion : rule.suggestions) {
        add_conditions(suggestion.conditions);
        each_expression(suggestion.label, add);
        for (const ActionPlan& action : suggestion.actions) {
            each_expression(action.description, add);
            if (action.resource != nullptr) add(*action.resource);
            for (const DynamicValue& value : action.values) add(*value.expression);
        }
    }
    return found;
}

}  // namespace cards
