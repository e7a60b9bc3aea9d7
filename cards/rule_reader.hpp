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
    ActionPlan read_action(const fhir::Node& action, fhirpath::Focus& focus);
    void read_activity(const fhir::Node& action, ActionPlan& plan);
    /// Gives the types of what %action.resource finds (none: not known).
    std::vector<fhir::TypeId> read_dynamic_values(const Loadable& file, const fhir::Node& owner,
                                                  ActionPlan& plan, std::string_view resource);
    /// The path of a dynamicValue whose expression gives items of these types.
    DynamicValue read_path(const Loadable& file, const fhir::Node& value, std::string_view resource,
                           const std::vector<fhir::TypeId>& types);
    std::vector<Condition> read_conditions(const fhir::Node& action);
    /// The action's `title` or `description`, with the dynamicValue that replaces it.
    Text read_text(const fhir::Node& action, std::string_view member, const fhirpath::Focus& focus);
    void take_dynamic(const fhir::Node& action, std::string_view path, Text& text,
                      const fhirpath::Focus& focus);
    /// The first time that this place is looked at: what is read twice is reported once.
    bool checked_here(const fhir::Node& node);
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
