// RuleReader: one eca-rule PlanDefinition to a Rule (knowledge.md 2).
#pragma once

#include "cards/loader.hpp"

namespace cards {

class RuleReader {
  public:
    RuleReader(Loader& loader, const Loadable& file) : loader_(loader), file_(file) {}
    /// The rule; what is wrong with it is in the loader's problems.
    std::unique_ptr<const Rule> read();

  private:
    void read_plan();
    void read_card(const fhir::Node& action);
    void read_child(const fhir::Node& action);
    SuggestionPlan read_suggestion(const fhir::Node& action);
    ActionPlan read_action(const fhir::Node& action);
    void read_activity(const fhir::Node& action, ActionPlan& plan);
    void read_dynamic_values(const Loadable& file, const fhir::Node& owner, ActionPlan& plan,
                             std::string_view resource);
    std::vector<Condition> read_conditions(const fhir::Node& action);
    /// The action's `title` or `description`, with the dynamicValue that replaces it.
    Text read_text(const fhir::Node& action, std::string_view member);
    void take_dynamic(const fhir::Node& action, std::string_view path, Text& text);
    void note_inputs(const std::unique_ptr<const fhirpath::Expression>& expression);
    void note_inputs(const Text& text);
    void problem(const fhir::Node& place, const std::string& message) {
        loader_.problem(file_, place, message);
    }

    Loader& loader_;
    const Loadable& file_;
    std::unique_ptr<Rule> rule_ = std::make_unique<Rule>();
};

}  // namespace cards
