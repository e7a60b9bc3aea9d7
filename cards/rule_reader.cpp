// RuleReader: the mapping PlanDefinition -> card, with every departure from it refused.
#include "cards/rule_reader.hpp"

#include "cards/element_values.hpp"
#include "fhir/fhirpath/authoring/static_type.hpp"
#include "fhir/nearest_name.hpp"
#include "fhir/utf8.hpp"

#include <algorithm>

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

/// Where to point: the member if it is there, else its owner.
const Node& place(const Node& owner, std::string_view member) {
    const Node* found = owner.find(member);
    return found == nullptr ? owner : *found;
}

/// False for an array or object: that has been said.
bool is_code_or_none(const Node& owner, std::string_view member) {
    const Node* found = owner.find(member);
    return found == nullptr || found->is_string();
}

/// A dynamicValue with path %action.resource, or with one that may have meant it.
bool has_resource(const Node& action) {
    const Node* values = action.find("dynamicValue");
    return values != nullptr &&
           std::any_of(values->children().begin(), values->children().end(), [](const Node& value) {
               const std::string_view path = value.text_of("path");
               return path.starts_with('%') && path != "%action.title" && path != "%action.description";
           });
}

const fhirpath::Focus context_focus{{}, true};

std::size_t literal_length(const Text& text) {
    std::size_t length = 0;
    for (const Text::Piece& piece : text.pieces) length += fhir::code_points(piece.literal);
    return length;
}

}  // namespace

std::unique_ptr<const Rule> RuleReader::read() {
    read_plan();
    rule_->statements = loader_.statements_of(file_);
    for (const Node* extension : extensions(file_.root(), "cases"))
        rule_->cases = extension->text_of("valueString");
    const Node* actions = file_.root().find("action");
    if (actions == nullptr || actions->first_child == nullptr || actions->first_child->next != nullptr) {
        problem(file_.root(), "expected one action: the card");
    } else {
        read_card(*actions->first_child);
    }
    write_fixed_members(*rule_);
    return std::move(rule_);
}

void RuleReader::read_plan() {
    const Node& plan = file_.root();
    rule_->id = file_.id();
    rule_->url = plan.text_of("url");
    rule_->version = plan.text_of("version");
    rule_->reviewed = plan.text_of("lastReviewDate");
    rule_->file = file_.file;
    rule_->resource = &plan;
    rule_->active = plan.text_of("status") == "active";
    if (rule_->id.empty()) problem(plan, "expected an id");
    if (rule_->version.empty()) problem(plan, "expected a version");
    for (const auto& other : loader_.knowledge_.rules()) {
        if (!rule_->id.empty() && other->id == rule_->id)
            problem(*plan.find("id"), "another rule has this id: " + other->file);
    }
    if (const Node* period = plan.find("effectivePeriod")) {
        rule_->effective_start = period->text_of("start");
        rule_->effective_end = period->text_of("end");
        const std::string &start = rule_->effective_start, &end = rule_->effective_end;
        if (!start.empty() && !end.empty() && end.compare(0, start.size(), start) < 0)
            problem(*period, "it ends before it starts: the rule would never fire");
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
        const fhir::ValueSet* set = loader_.named_set(file_, *extension);
        if (set == nullptr) continue;
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
            std::vector<std::string_view> known;
            known.reserve(inputs.size());
            for (const Input& input : inputs) known.push_back(input.id);
            loader_.unknown(file_, *extension, "input", id, known);
        } else {
            rule_->runs_without.push_back(static_cast<std::size_t>(found - inputs.begin()));
        }
    }
}

void RuleReader::read_card(const Node& action) {
    rule_->summary = read_text(action, "title", context_focus);
    if (rule_->summary.empty()) problem(action, "expected a title: the card's summary");
    if (literal_length(rule_->summary) >= 140) {
        problem(*action.find("title"), "expected a summary of fewer than 140 characters (C-1)");
    }
    rule_->introduction = read_text(action, "description", context_focus);
    rule_->conditions = read_conditions(action);
    if (action.find("condition") == nullptr)
        problem(action, "expected a condition: without one the card would always appear");

    const std::string_view priority = action.text_of("priority");
    if (priority == "urgent") {
        rule_->indicator = Indicator::warning;
    } else if (priority == "stat") {
        rule_->indicator = Indicator::critical;
    } else if (priority != "routine" && is_code_or_none(action, "priority")) {
        problem(place(action, "priority"),
                "the card's indicator: " + expected_one_of("routine urgent stat", priority));
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
    const bool is_wrong = rule_->selection_behavior.empty() ? !rule_->suggestions.empty() : !is_known;
    if (is_wrong && is_code_or_none(action, "selectionBehavior")) {
        problem(place(action, "selectionBehavior"),
                "the suggestions' selectionBehavior: " +
                    expected_one_of("any at-most-one", rule_->selection_behavior) + " (C-10)");
    }
}

void RuleReader::read_child(const Node& action) {
    if (action.find("title") != nullptr) {
        rule_->suggestions.push_back(read_suggestion(action));
        return;
    }
    Line line{read_text(action, "description", context_focus), read_conditions(action)};
    if (line.text.empty())
        problem(action, "expected a title (a suggestion) or a description (a line of the detail)");
    rule_->lines.push_back(std::move(line));
}

SuggestionPlan RuleReader::read_suggestion(const Node& action) {
    SuggestionPlan suggestion;
    suggestion.is_recommended = action.text_of("precheckBehavior") == "yes";
    suggestion.conditions = read_conditions(action);
    fhirpath::Focus focus = context_focus;
    if (const Node* children = action.find("action")) {
        for (const Node& child : children->children())
            suggestion.actions.push_back(read_action(child, focus));
    } else {
        suggestion.actions.push_back(read_action(action, focus));
    }
    // The label of a remove that stands alone is written for each resource (SG-8).
    suggestion.label = read_text(action, "title", suggestion.actions.size() == 1 ? focus : context_focus);
    return suggestion;
}

/// `focus` becomes what the texts of a remove stand on: each resource to be removed.
ActionPlan RuleReader::read_action(const Node& action, fhirpath::Focus& focus) {
    ActionPlan plan;
    const std::string_view type = action_type(action);
    if (type == "remove") {
        plan.type = Action::Type::remove;
    } else if (type == "update") {
        plan.type = Action::Type::update;
    } else if (type != "create") {
        problem(place(action, "type"),
                "type.coding[0].code: " + expected_one_of("create update remove", type));
    }
    std::string_view resource;
    if (plan.type == Action::Type::create) {
        read_activity(action, plan);
        if (plan.activity != nullptr) resource = plan.activity->text_of("kind");
    }
    const std::vector<fhir::TypeId> types = read_dynamic_values(file_, action, plan, resource);
    if (plan.type == Action::Type::remove) focus = {types, false};
    plan.description = read_text(action, "description", focus);
    if (plan.description.empty()) plan.description = read_text(action, "title", focus);
    if (plan.description.empty()) problem(action, "expected a description (AC-2)");
    if (plan.type != Action::Type::create && !has_resource(action)) {
        problem(action, "expected a dynamicValue with path %action.resource: what to update or remove");
    }
    return plan;
}

void RuleReader::read_activity(const Node& action, ActionPlan& plan) {
    const std::string_view url = action.text_of("definitionCanonical");
    const auto found = loader_.activities_by_url_.find(url.substr(0, url.find('|')));
    if (found == loader_.activities_by_url_.end()) {
        if (url.empty()) {
            problem(action, "expected a definitionCanonical: the ActivityDefinition of what to create");
        } else {
            loader_.unknown(file_, place(action, "definitionCanonical"), "ActivityDefinition", url,
                            Loader::urls(loader_.activities_));
        }
        return;
    }
    loader_.used_activities_.insert(found->second);
    plan.activity = &found->second->root();
    const fhir::TypeId kind = fhir::Model::r4().type_id(plan.activity->text_of("kind"));
    if ((kind == 0 || !fhir::Model::r4().is_resource(kind)) && checked_here(*plan.activity)) {
        loader_.problem(*found->second, place(*plan.activity, "kind"),
                        Loader::expected_resource_type(plan.activity->text_of("kind")));
    }
    read_dynamic_values(*found->second, *plan.activity, plan, plan.activity->text_of("kind"));
}

std::vector<fhir::TypeId> RuleReader::read_dynamic_values(const Loadable& file, const Node& owner,
                                                          ActionPlan& plan, std::string_view resource) {
    std::vector<fhir::TypeId> resource_types;
    const Node* values = owner.find("dynamicValue");
    if (values == nullptr) return resource_types;
    const bool first_time = checked_here(*values);
    const std::size_t before = loader_.problems.size();
    for (const Node& value : values->children()) {
        const std::string_view path = value.text_of("path");
        const Node* expression = value.find("expression");
        if (expression == nullptr || path.empty()) {
            loader_.problem(file, value, "expected a path and an expression");
            continue;
        }
        if (path == "%action.title" || path == "%action.description") continue;  // take_dynamic()
        auto [compiled, types, variables] = loader_.compile_expression(file, *expression);
        note_inputs(compiled);
        if (path == "%action.resource") {
            plan.resource = std::move(compiled);
            resource_types = types;
            continue;
        }
        DynamicValue dynamic = read_path(file, value, resource, types);
        dynamic.expression = std::move(compiled);
        plan.values.push_back(std::move(dynamic));
    }
    if (!first_time) loader_.problems.resize(before);  // another rule uses this activity: said there
    return resource_types;
}

DynamicValue RuleReader::read_path(const Loadable& file, const Node& value, std::string_view resource,
                                   const std::vector<fhir::TypeId>& types) {
    const fhir::Model& model = fhir::Model::r4();
    const std::string_view path = value.text_of("path");
    DynamicValue dynamic;
    if (path.starts_with('%')) {
        loader_.problem(file, place(value, "path"),
                        expected_one_of("%action.title %action.description %action.resource", path));
        return dynamic;
    }
    fhir::TypeId type = model.type_id(resource);
    for (std::string_view rest = path; !rest.empty();) {
        const std::size_t dot = std::min(rest.find('.'), rest.size());
        const std::string_view name = rest.substr(0, dot);
        rest.remove_prefix(std::min(dot + 1, rest.size()));
        dynamic.path.emplace_back(name);
        if (type == 0) continue;  // an update's resource: its type is known at run time only
        const auto [element, member_type] = model.member(type, model.name_id(name));
        if (element == nullptr) {
            fhir::NearestName nearest(name);
            for (const fhir::Element* known : model.elements(type)) {
                if (known->choices.empty()) nearest.look_at(model.name(known->name));
                for (const fhir::Choice& choice : known->choices) nearest.look_at(model.name(choice.member));
            }
            loader_.problem(file, place(value, "path"),
                            "FHIR R4 has no element '" + std::string(name) + "' in " +
                                std::string(model.type_name(type)) + nearest.question());
            return dynamic;
        }
        type = member_type;
    }
    const fhirpath::StaticType from{types}, to = fhirpath::StaticType::of(type);
    if (!fhirpath::may_equal(from, to))
        loader_.problem(file, place(value, "path"),
                        "an element of type " + to_string(to) + " cannot be made of " + to_string(from));
    return dynamic;
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
        conditions.push_back(
            {std::string(expression->text_of("description")), loader_.compile_condition(file_, *expression)});
        Condition& read = conditions.back();
        if (read.expression != nullptr) {
            loader_.add_inputs(*read.expression, read.inputs);
            read.asks_states = loader_.asks_states(*read.expression);
        }
        note_inputs(read.expression);
    }
    return conditions;
}

Text RuleReader::read_text(const Node& action, std::string_view member, const fhirpath::Focus& focus) {
    const Node* written = action.find(member);
    const bool first_time = written == nullptr || checked_here(*written);
    const std::size_t before = loader_.problems.size();
    Text text = written == nullptr ? Text{} : loader_.read_text(file_, *written, focus);
    take_dynamic(action, "%action." + std::string(member), text, focus);
    if (!first_time) loader_.problems.resize(before);  // a title that is also the description
    note_inputs(text);
    return text;
}

void RuleReader::take_dynamic(const Node& action, std::string_view path, Text& text,
                              const fhirpath::Focus& focus) {
    const Node* values = action.find("dynamicValue");
    if (values == nullptr) return;
    for (const Node& value : values->children()) {
        const Node* expression = value.find("expression");
        if (value.text_of("path") != path || expression == nullptr) continue;
        if (const Node* written = expression->find("expression"))
            text.dynamic = loader_.compile_insertion(file_, *written, written->text(), focus);
    }
}

bool RuleReader::checked_here(const Node& node) { return loader_.checked_.insert(&node).second; }

void RuleReader::note_inputs(const std::unique_ptr<const fhirpath::Expression>& expression) {
    if (expression != nullptr) loader_.add_inputs(*expression, rule_->inputs);
}

void RuleReader::note_inputs(const Text& text) {
    note_inputs(text.dynamic);
    for (const Text::Piece& piece : text.pieces) note_inputs(piece.expression);
}

}  // namespace cards
