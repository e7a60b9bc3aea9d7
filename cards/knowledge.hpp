// Knowledge: config/asps loaded, checked and compiled; immutable, shared by all requests.
#pragma once

#include "cards/card.hpp"
#include "fhir/document.hpp"
#include "fhir/fhirpath/expression.hpp"
#include "fhir/valueset.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cards {

/// A file of the knowledge: its name for messages and its text.
struct SourceFile {
    std::string name, text;
};

/// One thing wrong with the knowledge: `config/asps/rules/x.json:12: action[0].condition[0].expression: …`.
struct Problem {
    std::string file;
    std::size_t line = 0;
    std::string message;
};
std::string to_string(const Problem& problem);

/// A prefetch key (asps.json, contained Library.dataRequirement).
struct Input {
    std::string id;
    fhir::TypeId type = 0;
    std::string query;      ///< the prefetch template, `Condition?patient={{context.patientId}}`
    bool required = false;  ///< without it there is no answer but 412
    /// States in which what was delivered (or nothing) is taken as it is (extension input-accepts).
    bool accepts_missing = false, accepts_failed = false, accepts_paged = false;
    fhirpath::Environment::Slot slot = 0;
    bool is_read() const { return query.find('?') == std::string::npos; }
};

/// A named concept of asps.json, evaluated at most once a request.
struct Variable {
    std::string name, description;
    fhirpath::Environment::Slot slot = 0;
    std::unique_ptr<const fhirpath::Expression> expression;
    const fhir::Node* library = nullptr;  ///< the resource that it stands in
};

/// Text with `{{expression}}` in it, cut into pieces.
struct Text {
    struct Piece {
        std::string literal;
        std::unique_ptr<const fhirpath::Expression> expression;  ///< null: the literal
    };
    std::vector<Piece> pieces;
    std::unique_ptr<const fhirpath::Expression> dynamic;  ///< dynamicValue: replaces the text unless empty
    bool empty() const { return pieces.empty() && !dynamic; }
};

/// condition[applicability]: holds if every expression is exactly true.
struct Condition {
    std::string description;
    std::unique_ptr<const fhirpath::Expression> expression;
    std::vector<std::size_t> inputs = {};  ///< it needs, through its variables
    bool asks_states = false;              ///< it asks which inputs there are (%missing, %unavailable ...)
};

/// dynamicValue of a resource path: member names only.
struct DynamicValue {
    std::vector<std::string> path;
    std::unique_ptr<const fhirpath::Expression> expression;
};

/// What a level-2 or level-3 action becomes in suggestion.actions.
struct ActionPlan {
    Action::Type type = Action::Type::create;
    Text description;
    const fhir::Node* activity = nullptr;                  ///< ActivityDefinition of a create or update
    std::vector<DynamicValue> values;                      ///< the activity's, then the action's
    std::unique_ptr<const fhirpath::Expression> resource;  ///< %action.resource
};

struct SuggestionPlan {
    Text label;
    bool is_recommended = false;
    std::vector<Condition> conditions;
    std::vector<ActionPlan> actions;
};

/// A line of the card's detail.
struct Line {
    Text text;
    std::vector<Condition> conditions;
};

/// A recommendation: one eca-rule PlanDefinition, one card.
struct Rule {
    std::string id, url, version, reviewed, file;  ///< reviewed: lastReviewDate
    std::vector<std::string> statements;           ///< codes of Knowledge::statements that it carries out
    std::string cases;                             ///< where its test cases are, for reviewers
    const fhir::Node* resource = nullptr;
    bool active = true;
    std::string effective_start, effective_end;
    std::vector<Condition> conditions;
    Text summary, introduction;
    Indicator indicator = Indicator::info;
    Source source;
    std::vector<Link> links;
    std::string selection_behavior;
    std::vector<Coding> override_reasons;
    std::vector<Line> lines;
    std::vector<SuggestionPlan> suggestions;
    std::vector<std::size_t> inputs;  ///< it needs, through its variables (indexes into Knowledge::inputs)
    std::vector<std::size_t> runs_without;  ///< inputs whose absence it words itself
    /// The JSON members source, and overrideReasons to extension, of its cards: write_fixed_members().
    std::string source_json, closing_json;
};

/// Ids of services or rules switched on or off against their own default.
using Switches = std::map<std::string, bool, std::less<>>;

/// A CDS Service (asps.json, top-level action).
struct Service {
    std::string id, hook, title, description, usage_requirements;
    bool enabled = true;  ///< by default; the configuration may switch it
    std::size_t card_maximum = 3;
    std::vector<const Rule*> rules;   ///< in card order
    std::vector<const Rule*> off;     ///< those of them that are off unless switched on (rule-enabled)
    std::vector<std::size_t> inputs;  ///< its prefetch, in the order of asps.json
};

class Knowledge {
  public:
    /// All problems at once, or the knowledge. `warnings` (unused inputs, variables) never refuse.
    struct Loaded {
        std::shared_ptr<const Knowledge> knowledge;  ///< null if there are problems
        std::vector<Problem> problems, warnings;
    };
    static Loaded load(std::vector<SourceFile> files);

    const std::vector<Service>& services() const { return services_; }
    /// By (id, hook) (D-9); null if there is none. An empty hook matches the first of that id.
    const Service* service(std::string_view id, std::string_view hook = {}) const;
    const std::vector<Input>& inputs() const { return inputs_; }
    const std::vector<Variable>& variables() const { return variables_; }
    /// The expressions of the variables, by slot; null: none.
    const std::vector<const fhirpath::Expression*>& definitions() const { return definitions_; }
    const std::vector<std::unique_ptr<const Rule>>& rules() const { return rules_; }
    const std::vector<Line>& common_lines() const { return common_lines_; }
    /// What the guidance says, statement by statement (extension statements of asps.json); null if not
    /// listed.
    const fhir::ValueSet* statements() const { return statements_; }
    /// Codes of those that the lines common to all cards carry out.
    const std::vector<std::string>& common_statements() const { return common_statements_; }
    const fhirpath::Environment& environment() const { return environment_; }
    const fhir::ValueSets& value_sets() const { return value_sets_; }
    /// The variables that the program fills for each request.
    struct Filled {
        fhirpath::Environment::Slot missing = 0, failed = 0, paged = 0, unavailable = 0, hook = 0, plan = 0,
                                    activity = 0;
    };
    const Filled& filled() const { return filled_; }
    /// asps.json: the PlanDefinition with the services.
    const fhir::Node& plan() const { return *plan_; }
    /// PlanDefinition.version of asps.json.
    const std::string& version() const { return version_; }

    /// The discovery body (D-1 to D-13) of the services for which `enabled` says so.
    std::string discovery_json(const std::function<bool(const Service&)>& enabled) const;

    Knowledge();
    ~Knowledge();
    Knowledge(const Knowledge&) = delete;
    Knowledge& operator=(const Knowledge&) = delete;

  private:
    friend class Loader;
    std::vector<std::unique_ptr<const fhir::Document>> documents_;
    fhirpath::Environment environment_;
    Filled filled_;
    fhir::ValueSets value_sets_;
    std::vector<Input> inputs_;
    std::vector<Variable> variables_;
    std::vector<const fhirpath::Expression*> definitions_;
    std::vector<std::unique_ptr<const Rule>> rules_;
    std::vector<Service> services_;
    std::vector<Line> common_lines_;
    const fhir::ValueSet* statements_ = nullptr;
    std::vector<std::string> common_statements_;
    const fhir::Node* plan_ = nullptr;
    std::string version_;
};

}  // namespace cards
