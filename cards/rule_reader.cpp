// RuleReader: the mapping PlanDefinition -> card, with every departure from it refused.
#include "cards/rule_reader.hpp"

#include <algorithm>
#include <array>

namespace cards {

using fhir::Node;

namespace {

const Node* first(const Node* array) {
    return array == nullptr ? nullptr : array->is_array() ? array->first_child : array;
}

/// action.type is a CodeableConcept: its first code.
std::string_view action_type(const Node& action) {
    const Node* type = action.find("type");
    const Node* coding = type == nullptr ? nullptr : first(type->find("coding"));
    return coding == nullptr ? std::string_view{} : coding->text_of("code");
}

std::size_t literal_length(const Text& text) {
    std::size_t length = 0;
    for (const Text::Piece& piece : text.pieces) {
        length += static_cast<std::size_t>(std::count_if(piece.literal.begin(), piece.literal.end(),
                                                         [](char c) { return (c & 0xC0) != 0x80; }));
    }
    return length;
}

}  // namespace

std::unique_ptr<const Rule> RuleReader::read() {
    read_plan();
    const Node* actions = file_.root().find("action");
    if (actions == nullptr || actions->first_child == nullptr || actions->first_child->next != nullptr) {
        problem(file_.root(), "expected one action: the card");
    } else {
        read_card(*actions->first_child);
    }
    return std::move(rule_);
}

void RuleReader::read_plan() {
    const Node& plan = file_.root();
    rule_->id = file_.id();
    rule_->url = plan.text_of("url");
    rule_->version = plan.text_of("version");
    rule_->file = file_.file;
    rule_->resource = &plan;
    rule_->active = plan.text_of("status") == "active";
    if (rule_->id.empty()) problem(plan, "expected an id");
    if (rule_->version.empty()) problem(plan, "expected a version");
    if (const Node* period = plan.find("effectivePeriod")) {
        rule_->effective_start = period->text_of("start");
        rule_->effective_end = period->text_of("end");
    }
    if (const Node* artifacts = plan.find("relatedArtifact")) {
        for (const Node& artifact : artifacts->children()) {
            const std::string url(artifact.text_of("url"));
            if (url.empty()) continue;
            if (!url.starts_with("https://") && !url.starts_with("http://")) {
                problem(artifact, "expected an absolute http(s) url (L-6)");
            }
            if (artifact.text_of("display").empty())
                problem(artifact, "expected a display: the link's label");
            rule_->links.push_back({std::string(artifact.text_of("display")), url});
        }
    }
    for (const Node* extension : extensions(plan, "override-reasons")) {
        const std::string canonical(extension->text_of("valueCanonical"));
        const fhir::ValueSet* set = loader_.knowledge_.value_sets().find(canonical);
        if (set == nullptr) {
            problem(*extension, "no such value set: '" + canonical + "'");
            continue;
        }
        for (const auto& coding : set->codings()) {
            if (coding.display.empty())
                problem(*extension, "the reason " + coding.code + " has no display (O-1)");
            rule_->override_reasons.push_back({coding.system, coding.code, coding.display});
        }
    }
    for (const Node* extension : extensions(plan, "runs-without")) {
        const std::string_view id = extension->text_of("valueCode");
        const auto& inputs = loader_.knowledge_.inputs();
        const auto found =
            std::find_if(inputs.begin(), inputs.end(), [&](const Input& input) { return input.id == id; });
        if (found == inputs.end()) {
            problem(*extension, "no such input: '" + std::string(id) + "'");
        } else {
            rule_->runs_without.push_back(static_cast<std::size_t>(found - inputs.begin()));
        }
    }
}

void RuleReader::read_card(const Node& action) {
    rule_->summary = read_text(action, "title");
    if (rule_->summary.empty()) problem(action, "expected a title: the card's summary");
    if (literal_length(rule_->summary) >= 140) {
        problem(*action.find("title"), "expected a summary of fewer than 140 characters (C-1)");
    }
    rule_->introduction = read_text(action, "description");
    rule_->conditions = read_conditions(action);
    if (rule_->conditions.empty())
        problem(action, "expected a condition: without one the card would always appear");

    const std::string_view priority = action.text_of("priority");
    if (priority == "urgent") {
        rule_->indicator = Indicator::warning;
    } else if (priority == "stat") {
        rule_->indicator = Indicator::critical;
    } else if (priority != "routine") {
        problem(action, "expected priority routine, urgent or stat, got '" + std::string(priority) + "'");
    }

    const Node* documentation = first(action.find("documentation"));
    if (documentation == nullptr || documentation->text_of("display").empty()) {
        problem(action, "expected documentation[0].display: the card's source");
    } else {
        rule_->source.label = documentation->text_of("display");
        rule_->source.url = documentation->text_of("url");
        if (const Node* document = documentation->find("document"))
            rule_->source.icon = document->text_of("url");
    }
    const Node* code = first(action.find("code"));
    const Node* topic = code == nullptr ? nullptr : first(code->find("coding"));
    if (topic == nullptr || topic->text_of("code").empty() || topic->text_of("system").empty()) {
        problem(action, "expected code[0].coding[0] with system and code: the card's topic");
    } else {
        rule_->source.topic = {std::string(topic->text_of("system")), std::string(topic->text_of("code")),
                               std::string(topic->text_of("display"))};
    }
    if (const Node* children = action.find("action")) {
        for (const Node& child : children->children()) read_child(child);
    }
    rule_->selection_behavior = action.text_of("selectionBehavior");
    const bool is_known = rule_->selection_behavior == "any" || rule_->selection_behavior == "at-most-one";
    if (rule_->selection_behavior.empty() ? !rule_->suggestions.empty() : !is_known) {
        problem(action, "expected selectionBehavior any or at-most-one, got '" + rule_->selection_behavior +
                            "' (C-10)");
    }
}

void RuleReader::read_child(const Node& action) {
    if (action.find("title") != nullptr) {
        rule_->suggestions.push_back(read_suggestion(action));
        return;
    }
    Line line{read_text(action, "description"), read_conditions(action)};
    if (line.text.empty())
        problem(action, "expected a title (a suggestion) or a description (a line of the detail)");
    rule_->lines.push_back(std::move(line));
}

SuggestionPlan RuleReader::read_suggestion(const Node& action) {
    SuggestionPlan suggestion;
    suggestion.label = read_text(action, "title");
    suggestion.is_recommended = action.text_of("precheckBehavior") == "yes";
    suggestion.conditions = read_conditions(action);
    if (const Node* children = action.find("action")) {
        for (const Node& child : children->children()) suggestion.actions.push_back(read_action(child));
    } else {
        suggestion.actions.push_back(read_action(action));
    }
    return suggestion;
}

ActionPlan RuleReader::read_action(const Node& action) {
    ActionPlan plan;
    const std::string_view type = action_type(action);
    if (type == "remove") {
        plan.type = Action::Type::remove;
    } else if (type == "update") {
        plan.type = Action::Type::update;
    } else if (type != "create") {
        problem(action,
                "expected type.coding[0].code create, update or remove, got '" + std::string(type) + "'");
    }
    plan.description = read_text(action, "description");
    if (plan.description.empty()) plan.description = read_text(action, "title");
    if (plan.description.empty()) problem(action, "expected a description (AC-2)");
    std::string_view resource;
    if (plan.type == Action::Type::create) {
        read_activity(action, plan);
        if (plan.activity != nullptr) resource = plan.activity->text_of("kind");
    }
    read_dynamic_values(file_, action, plan, resource);
    if (plan.type != Action::Type::create && plan.resource == nullptr) {
        problem(action, "expected a dynamicValue with path %action.resource: what to update or remove");
    }
    return plan;
}

void RuleReader::read_activity(const Node& action, ActionPlan& plan) {
    const std::string_view url = action.text_of("definitionCanonical");
    const auto found = loader_.activities_by_url_.find(url.substr(0, url.find('|')));
    if (found == loader_.activities_by_url_.end()) {
        problem(action, "no such ActivityDefinition: '" + std::string(url) + "'");
        return;
    }
    plan.activity = &found->second->root();
    const fhir::TypeId kind = fhir::Model::r4().type_id(plan.activity->text_of("kind"));
    if (kind == 0 || !fhir::Model::r4().is_resource(kind)) {
        loader_.problem(*found->second, *plan.activity, "expected kind: the resource type of the draft");
    }
    read_dynamic_values(*found->second, *plan.activity, plan, plan.activity->text_of("kind"));
}

void RuleReader::read_dynamic_values(const Loadable& file, const Node& owner, ActionPlan& plan,
                                     std::string_view resource) {
    const fhir::Model& model = fhir::Model::r4();
    const Node* values = owner.find("dynamicValue");
    if (values == nullptr) return;
    for (const Node& value : values->children()) {
        const std::string_view path = value.text_of("path");
        const Node* expression = value.find("expression");
        if (expression == nullptr || path.empty()) {
            loader_.problem(file, value, "expected a path and an expression");
            continue;
        }
        if (path == "%action.title" || path == "%action.description") continue;  // take_dynamic()
        auto compiled = loader_.compile_expression(file, *expression);
        note_inputs(compiled);
        if (path == "%action.resource") {
            plan.resource = std::move(compiled);
            continue;
        }
        DynamicValue dynamic{{}, std::move(compiled)};
        fhir::TypeId type = model.type_id(resource);
        for (std::string_view rest = path; !rest.empty();) {
            const std::size_t dot = std::min(rest.find('.'), rest.size());
            const std::string_view name = rest.substr(0, dot);
            rest.remove_prefix(std::min(dot + 1, rest.size()));
            dynamic.path.emplace_back(name);
            if (type == 0) continue;  // an update's resource: its type is known at run time only
            const auto [element, member_type] = model.member(type, model.name_id(name));
            if (element == nullptr) {
                loader_.problem(file, value,
                                "FHIR R4 has no element '" + std::string(name) + "' in " +
                                    std::string(model.type_name(type)));
                break;
            }
            type = member_type;
        }
        plan.values.push_back(std::move(dynamic));
    }
}

std::vector<Condition> RuleReader::read_conditions(const Node& action) {
    std::vector<Condition> conditions;
    const Node* list = action.find("condition");
    if (list == nullptr) return conditions;
    for (const Node& condition : list->children()) {
        const Node* expression = condition.find("expression");
        if (condition.text_of("kind") != "applicability" || expression == nullptr) {
            problem(condition, "expected kind applicability and an expression");
            continue;
        }
        conditions.push_back({std::string(expression->text_of("description")),
                              loader_.compile_expression(file_, *expression)});
        note_inputs(conditions.back().expression);
    }
    return conditions;
}

Text RuleReader::read_text(const Node& action, std::string_view member) {
    const Node* written = action.find(member);
    Text text = written == nullptr ? Text{} : loader_.read_text(file_, *written);
    take_dynamic(action, "%action." + std::string(member), text);
    note_inputs(text);
    return text;
}

void RuleReader::take_dynamic(const Node& action, std::string_view path, Text& text) {
    const Node* values = action.find("dynamicValue");
    if (values == nullptr) return;
    for (const Node& value : values->children()) {
        const Node* expression = value.find("expression");
        if (value.text_of("path") == path && expression != nullptr) {
            text.dynamic = loader_.compile_expression(file_, *expression);
        }
    }
}

void RuleReader::note_inputs(const std::unique_ptr<const fhirpath::Expression>& expression) {
    if (expression != nullptr) loader_.add_inputs(*expression, rule_->inputs);
}

void RuleReader::note_inputs(const Text& text) {
    note_inputs(text.dynamic);
    for (const Text::Piece& piece : text.pieces) note_inputs(piece.expression);
}

}  // namespace cards
