// Loader, fourth part: the names that may be meant, and what nobody uses.
#include "cards/loader.hpp"
#include "fhir/nearest_name.hpp"

#include <algorithm>

namespace cards {

using fhir::Node;

std::vector<std::string_view> Loader::urls(const std::vector<Loadable>& files) {
    std::vector<std::string_view> found;
    found.reserve(files.size());
    for (const Loadable& file : files) found.push_back(file.root().text_of("url"));
    return found;
}

std::vector<std::string_view> Loader::value_set_urls() const {
    std::vector<std::string_view> found;
    found.reserve(knowledge_.value_sets_.all().size());
    for (const auto& [url, set] : knowledge_.value_sets_.all()) found.push_back(url);
    return found;
}

std::string Loader::expected_resource_type(std::string_view got) {
    const fhir::Model& model = fhir::Model::r4();
    fhir::NearestName nearest(got);
    for (fhir::TypeId type = 1; type < model.type_count(); ++type)
        if (model.is_resource(type)) nearest.look_at(model.type_name(type));
    return "expected a resource type of R4, got '" + std::string(got) + "'" + nearest.question();
}

void Loader::warn_of_unused(const Loadable& plan) {
    auto& used = used_slots_;
    for (auto variable = declared_.rbegin(); variable != declared_.rend(); ++variable) {  // users come later
        if (!used.contains(variable->slot)) continue;
        for (const auto& [slot, place] : variable->uses) used.insert(slot);
    }
    for (std::size_t i = 0; i < knowledge_.inputs_.size(); ++i) {
        const Input& input = knowledge_.inputs_[i];
        if (!used.contains(input.slot) && !input.required)
            warning(plan, *input_places_[i], "no rule uses the input " + input.id);
    }
    for (const Declared& variable : declared_) {
        if (!used.contains(variable.slot))
            warning(*variable.file, *variable.expression,
                    "no rule uses the variable " + std::string(variable.expression->text_of("name")));
    }
    for (const Loadable& file : sets_) {
        const Node* compose = file.root().find("compose");
        const Node* includes = compose == nullptr ? nullptr : compose->find("include");
        if (includes == nullptr) continue;
        for (const Node& include : includes->children()) {
            const Node* included = include.find("valueSet");
            if (included == nullptr) continue;
            for (const Node& url : included->children())
                used_sets_.insert(knowledge_.value_sets_.find(url.text()));
        }
    }
    for (const Loadable& file : sets_) {
        const fhir::ValueSet* set = knowledge_.value_sets_.find(file.root().text_of("url"));
        if (set != nullptr && &set->resource() == &file.root() && !used_sets_.contains(set))
            warning(file, file.root(), "nothing uses this value set");
    }
    for (const Loadable& activity : activities_) {
        if (!used_activities_.contains(&activity))
            warning(activity, activity.root(), "no rule uses this ActivityDefinition");
    }
    for (const auto& rule : knowledge_.rules_) {
        const bool is_offered = std::any_of(
            knowledge_.services_.begin(), knowledge_.services_.end(), [&](const Service& service) {
                return std::find(service.rules.begin(), service.rules.end(), rule.get()) !=
                       service.rules.end();
            });
        if (!is_offered) warnings.push_back({rule->file, 1, "no service offers this rule"});
    }
    if (knowledge_.statements_ == nullptr) return;
    std::set<std::string> carried_out(knowledge_.common_statements_.begin(),
                                      knowledge_.common_statements_.end());
    for (const auto& rule : knowledge_.rules_)
        carried_out.insert(rule->statements.begin(), rule->statements.end());
    for (const auto& statement : knowledge_.statements_->codings()) {
        if (!carried_out.contains(statement.code))
            warning(plan, plan.root(), "no rule carries out the statement " + statement.code);
    }
}

}  // namespace cards
