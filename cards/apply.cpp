// Apply: runs a service's rules over a chart (FHIR's $apply for eca-rules) and builds the cards of those that
// speak.
#include "cards/apply.hpp"

#include "cards/draft.hpp"
#include "cards/render.hpp"

#include <algorithm>

namespace cards {

using fhir::Node;
using fhirpath::Item;
using fhirpath::Scope;

std::string_view to_string(Outcome::Kind kind) {
    switch (kind) {
        case Outcome::Kind::fired:
            return "fired";
        case Outcome::Kind::silent:
            return "silent";
        case Outcome::Kind::not_checked:
            return "not checked";
        case Outcome::Kind::dropped:
            return "dropped";
        case Outcome::Kind::error:
            return "error";
    }
    return "error";
}

namespace {

bool is_unavailable(const Input& input, InputState state) {
    switch (state) {
        case InputState::present:
        case InputState::none:
            return false;
        case InputState::missing:
            return !input.accepts_missing;
        case InputState::failed:
            return !input.accepts_failed;
        case InputState::paged:
            return !input.accepts_paged;
    }
    return true;
}

constexpr std::string_view time_is_up = "the time was up";
constexpr std::size_t usual_detail = 4'096;

const std::string& described(const Condition& condition) {
    return condition.description.empty() ? condition.expression->text() : condition.description;
}

/// Adds the time of its life to `time`.
class Timing {
  public:
    Timing(Stopwatch stopwatch, std::chrono::nanoseconds& time) : stopwatch_(stopwatch), time_(time) {
        if (stopwatch_) time_ -= stopwatch_();
    }
    ~Timing() {
        if (stopwatch_) time_ += stopwatch_();
    }
    Timing(const Timing&) = delete;
    Timing& operator=(const Timing&) = delete;

  private:
    const Stopwatch stopwatch_;
    std::chrono::nanoseconds& time_;
};

class Application {
  public:
    Application(const Knowledge& knowledge, const Service& service, const Chart& chart,
                const fhirpath::Now& now, const UuidSource& uuid, std::pmr::memory_resource& arena,
                Stopwatch stopwatch = nullptr)
        : knowledge_(knowledge),
          service_(service),
          chart_(chart),
          uuid_(uuid),
          scope_(knowledge.environment(), arena, now),
          stopwatch_(stopwatch) {}

    Evaluation run(const Switches& switches, const Stop& stop) {
        if (!find_unavailable()) return std::move(evaluation_);
        fill_scope();
        evaluation_.outcomes.reserve(service_.rules.size());
        std::vector<std::chrono::nanoseconds> times(service_.rules.size());
        std::vector<std::size_t> speaking;
        for (std::size_t i = 0; i < service_.rules.size(); ++i) {
            const Rule* rule = service_.rules[i];
            const Timing timing(stopwatch_, times[i]);
            if (!is_switched_on(*rule, switches)) {
                note(Outcome::Kind::silent, *rule, "switched off");
            } else if (evaluation_.is_stopped || (stop && stop())) {
                evaluation_.is_stopped = true;
                note(Outcome::Kind::not_checked, *rule, std::string(time_is_up));
            } else if (speaks(*rule)) {
                speaking.push_back(i);
            }
        }
        std::stable_sort(speaking.begin(), speaking.end(), [this](std::size_t a, std::size_t b) {
            return service_.rules[a]->indicator > service_.rules[b]->indicator;
        });
        for (const std::size_t i : speaking) {
            const Rule* rule = service_.rules[i];
            const Timing timing(stopwatch_, times[i]);
            if (evaluation_.cards.size() == service_.card_maximum) {
                note(Outcome::Kind::dropped, *rule,
                     "over the maximum of " + std::to_string(service_.card_maximum));
                if (rule->indicator > Indicator::info) mention(*rule);
            } else {
                build(*rule);
            }
        }
        mention_gaps();
        if (stopwatch_) evaluation_.times = std::move(times);
        return std::move(evaluation_);
    }

    Scope& filled_scope() {
        fill_scope();
        return scope_;
    }

  private:
    void note(Outcome::Kind kind, const Rule& rule, std::string reason) {
        evaluation_.outcomes.push_back({kind, &rule, std::move(reason)});
    }
    void note_error(const Rule& rule, const fhirpath::Error& error) {
        note(Outcome::Kind::error, rule, error.what());
    }

    /// False if a required input cannot be had.
    bool find_unavailable() {
        std::string gaps, where;
        for (const std::size_t i : service_.inputs) {
            const Input& input = knowledge_.inputs()[i];
            const InputState state = chart_.inputs()[i].state;
            if (state != InputState::present && state != InputState::none) incomplete_.push_back(i);
            // Of a read, "none" says that the one resource asked for is not there.
            if (!is_unavailable(input, state) &&
                !(input.required && input.is_read() && state == InputState::none))
                continue;
            evaluation_.unavailable.push_back(input.id);
            if (!input.required) continue;
            gaps += (gaps.empty() ? "" : "; ") +
                    ("prefetch key '" + input.id + "' " + std::string(to_string(state)));
            if (where.empty()) where = "prefetch." + input.id;
        }
        if (gaps.empty()) return true;
        evaluation_.is_final = false;
        evaluation_.precondition = fhir::Issue{
            fhir::IssueCode::incomplete,
            gaps + ". Without it no advice can be given, and it cannot be fetched: send it by prefetch.",
            where};
        return false;
    }

    void fill_scope() {
        scope_.set_context(Item::of_root(chart_.context()));
        std::size_t resources = 0;
        for (const ChartInput& input : chart_.inputs()) resources += input.resources.size();
        scope_.set_step_limit(1'000'000 + 5'000 * resources);
        scope_.set_resolver([this](std::string_view reference, const Node&) { return resolve(reference); });
        auto missing = scope_.collection(), failed = scope_.collection(), paged = scope_.collection(),
             unavailable = scope_.collection();
        for (std::size_t i = 0; i < knowledge_.inputs().size(); ++i) {
            const Input& input = knowledge_.inputs()[i];
            const ChartInput& read = chart_.inputs()[i];
            auto items = scope_.collection();
            items.reserve(read.resources.size());
            for (const Node* resource : read.resources)
                items.push_back(Item::of(*resource, resource->resource_type));
            scope_.set(input.slot, std::move(items));
            const Item id = Item::of(std::string_view(input.id));
            if (read.state == InputState::missing) missing.push_back(id);
            if (read.state == InputState::failed) failed.push_back(id);
            if (read.state == InputState::paged) paged.push_back(id);
            if (is_unavailable(input, read.state)) unavailable.push_back(id);
        }
        const Knowledge::Filled& filled = knowledge_.filled();
        auto hook = scope_.collection();
        hook.push_back(Item::of(std::string_view(service_.hook)));
        scope_.set(filled.hook, std::move(hook));
        scope_.set(filled.missing, std::move(missing));
        scope_.set(filled.failed, std::move(failed));
        scope_.set(filled.paged, std::move(paged));
        scope_.set(filled.unavailable, std::move(unavailable));
        scope_.define(knowledge_.definitions());
    }

    const Node* resolve(std::string_view reference) const {
        if (const fhir::ValueSet* set = knowledge_.value_sets().find(reference)) return &set->resource();
        return chart_.resolve(reference);
    }

    bool is_switched_on(const Rule& rule, const Switches& switches) const {
        const auto switched = switches.find(rule.id);
        if (switched != switches.end()) return switched->second;
        return std::find(service_.off.begin(), service_.off.end(), &rule) == service_.off.end();
    }

    bool is_in_effect(const Rule& rule) const {
        if (rule.effective_start.empty() && rule.effective_end.empty()) return true;
        const std::string today = scope_.now().today().to_string();
        return (rule.effective_start.empty() || rule.effective_start <= today) &&
               (rule.effective_end.empty() ||
                today.substr(0, rule.effective_end.size()) <= rule.effective_end);
    }

    bool speaks(const Rule& rule) {
        if (!rule.active || !is_in_effect(rule)) {
            note(Outcome::Kind::silent, rule,
                 rule.active ? "not in effect today" : "its status is not active");
            return false;
        }
        const std::vector<std::size_t> gaps = gaps_of(rule);
        try {
            set_plan(rule);
            for (const Condition& condition : rule.conditions) {
                if (needs_any(condition, gaps)) break;
                if (condition.expression->holds(scope_)) continue;
                if (!incomplete_.empty() && (condition.asks_states || needs_any(condition, incomplete_)))
                    evaluation_.is_final = false;
                note(Outcome::Kind::silent, rule, "not true: " + described(condition));
                return false;
            }
        } catch (const fhirpath::Error& error) {
            if (!incomplete_.empty()) evaluation_.is_final = false;
            note_error(rule, error);
            return false;
        }
        if (!incomplete_.empty()) evaluation_.is_final = false;
        if (gaps.empty()) return true;
        std::string names;
        for (const std::size_t i : gaps) {
            names += (names.empty() ? "" : ", ") + knowledge_.inputs()[i].id + " " +
                     std::string(to_string(chart_.inputs()[i].state));
        }
        note(Outcome::Kind::not_checked, rule, names);
        return false;
    }

    /// The inputs that the rule needs and that are unavailable. What is false without them is false: only
    /// from the first condition that needs one of them on the rule is not checked.
    std::vector<std::size_t> gaps_of(const Rule& rule) const {
        std::vector<std::size_t> gaps;
        for (const std::size_t i : rule.inputs) {
            const bool runs_without =
                std::find(rule.runs_without.begin(), rule.runs_without.end(), i) != rule.runs_without.end();
            if (!runs_without && is_unavailable(knowledge_.inputs()[i], chart_.inputs()[i].state))
                gaps.push_back(i);
        }
        return gaps;
    }

    static bool needs_any(const Condition& condition, const std::vector<std::size_t>& gaps) {
        return std::any_of(gaps.begin(), gaps.end(), [&](std::size_t gap) {
            return std::find(condition.inputs.begin(), condition.inputs.end(), gap) != condition.inputs.end();
        });
    }

    void set_plan(const Rule& rule) {
        auto plan = scope_.collection();
        plan.push_back(Item::of_root(*rule.resource));
        scope_.set(knowledge_.filled().plan, std::move(plan));
    }

    void build(const Rule& rule) {
        try {
            set_plan(rule);
            Card card;
            card.rule = &rule;
            card.indicator = rule.indicator;
            auto summary = render(rule.summary, scope_, TextForm::plain);
            if (!summary) {
                throw fhirpath::Error(fhirpath::Error::Kind::execution,
                                      "an insertion in the summary is empty");
            }
            card.summary = fitting_summary(*std::move(summary));
            card.detail = detail_of(rule);
            for (const SuggestionPlan& plan : rule.suggestions) add_suggestions(plan, card);
            card.uuid = uuid_();
            evaluation_.cards.push_back(std::move(card));
            std::string because;
            for (const Condition& condition : rule.conditions) {
                because.append(because.empty() ? "" : "; ").append(described(condition));
            }
            note(Outcome::Kind::fired, rule, std::move(because));
        } catch (const fhirpath::Error& error) {
            note_error(rule, error);
        }
    }

    /// A warning without room for a card of its own is not lost: the last card begins with it.
    void mention(const Rule& rule) {
        if (evaluation_.cards.empty()) return;
        try {
            set_plan(rule);
            const auto summary = render(rule.summary, scope_, TextForm::markdown);
            if (!summary) return;
            std::string& detail = evaluation_.cards.back().detail;
            detail.insert(mentioned_, "Also: " + *summary + "\n\n");
            mentioned_ += summary->size() + 8;
        } catch (const fhirpath::Error& error) {
            note_error(rule, error);
        }
    }

    /// Cards beside a rule that failed, or had no turn, would look complete (S-10): the last one says what is
    /// missing.
    void mention_gaps() {
        if (evaluation_.cards.empty()) return;
        std::string failed, late;
        for (const Outcome& outcome : evaluation_.outcomes) {
            const bool is_error = outcome.kind == Outcome::Kind::error;
            if (!is_error && outcome.reason != time_is_up) continue;
            std::string& titles = is_error ? failed : late;
            titles.append(titles.empty() ? "" : "; ").append(outcome.rule->resource->text_of("title"));
        }
        mention_gap("Could not be evaluated on these data, so its advice is missing: ", failed);
        mention_gap("Not evaluated, for the time was up, so its advice is missing: ", late);
    }

    void mention_gap(std::string_view what, const std::string& titles) {
        if (titles.empty()) return;
        std::string& detail = evaluation_.cards.back().detail;
        if (!detail.empty()) detail += "\n\n";
        detail.append(what).append(escaped_markdown(titles)).append(".");
    }

    std::string detail_of(const Rule& rule) {
        std::string detail;
        detail.reserve(usual_detail);
        if (!rule.introduction.empty())
            detail += render(rule.introduction, scope_, TextForm::markdown).value_or("");
        bool is_first = true;
        for (const Line& line : rule.lines) {
            if (!all_hold(line.conditions, scope_)) continue;
            const auto text = render(line.text, scope_, TextForm::markdown);
            if (!text) continue;
            if (!detail.empty()) detail += is_first ? "\n\n" : "\n";
            detail.append("- ").append(*text);
            is_first = false;
        }
        for (const Line& line : knowledge_.common_lines()) {
            if (!all_hold(line.conditions, scope_)) continue;
            const auto text = render(line.text, scope_, TextForm::markdown);
            if (!text) continue;
            if (!detail.empty()) detail += "\n\n";
            detail += *text;
        }
        return detail;
    }

    /// A remove that stands alone makes one suggestion for each resource, so that each has one action (SG-8).
    void add_suggestions(const SuggestionPlan& plan, Card& card) {
        if (!all_hold(plan.conditions, scope_)) return;
        const bool is_removal = plan.actions.size() == 1 && plan.actions[0].type == Action::Type::remove;
        if (!is_removal) {
            Suggestion suggestion;
            for (const ActionPlan& action : plan.actions) add_actions(action, suggestion);
            const auto label = render(plan.label, scope_, TextForm::plain);
            if (label && !suggestion.actions.empty()) finish(plan, *label, std::move(suggestion), card);
            return;
        }
        const ActionPlan& action = plan.actions[0];
        for (const Item& item : action.resource->evaluate(scope_)) {
            Suggestion suggestion;
            add_removal(action, item, suggestion);
            const auto label = render(plan.label, scope_, TextForm::plain, &item);
            if (label && !suggestion.actions.empty()) finish(plan, *label, std::move(suggestion), card);
        }
    }

    void finish(const SuggestionPlan& plan, const std::string& label, Suggestion suggestion, Card& card) {
        suggestion.label = label;
        suggestion.is_recommended = plan.is_recommended;
        suggestion.uuid = uuid_();
        card.suggestions.push_back(std::move(suggestion));
    }

    void add_removal(const ActionPlan& plan, const Item& item, Suggestion& suggestion) {
        if (!item.is_node() || item.node == nullptr || item.node->resource_type == 0) return;
        const std::string_view id = item.node->text_of("id");
        const auto description = render(plan.description, scope_, TextForm::plain, &item);
        // Without an id there is nothing to delete by (AC-5).
        if (id.empty() || id.find('/') != std::string_view::npos || !description) return;
        const std::string_view type = fhir::Model::r4().type_name(item.node->resource_type);
        suggestion.actions.push_back(
            {Action::Type::remove, *description, nullptr, std::string(type) + "/" + std::string(id)});
    }

    void add_actions(const ActionPlan& plan, Suggestion& suggestion) {
        if (plan.type == Action::Type::remove) {
            for (const Item& item : plan.resource->evaluate(scope_)) add_removal(plan, item, suggestion);
            return;
        }
        const Node* resource = nullptr;
        if (plan.type == Action::Type::create) {
            auto activity = scope_.collection();
            activity.push_back(Item::of_root(*plan.activity));
            scope_.set(knowledge_.filled().activity, std::move(activity));
            resource = draft_resource(*plan.activity, plan.values, chart_.patient_id(), scope_);
        } else {
            const auto items = plan.resource->evaluate(scope_);
            if (items.empty() || !items[0].is_node() || items[0].node == nullptr) return;
            resource = updated_resource(*items[0].node, plan.values, scope_);
        }
        const auto description = render(plan.description, scope_, TextForm::plain);
        if (description) suggestion.actions.push_back({plan.type, *description, resource, {}});
    }

    const Knowledge& knowledge_;
    const Service& service_;
    const Chart& chart_;
    const UuidSource& uuid_;
    Scope scope_;
    const Stopwatch stopwatch_;
    Evaluation evaluation_;
    std::vector<std::size_t> incomplete_;  ///< inputs of the service that are missing, failed or paged
    std::size_t mentioned_ =
        0;  ///< length of what the last card says of others, so that they keep their order
};

}  // namespace

Evaluation evaluate(const Knowledge& knowledge, const Service& service, const Chart& chart,
                    const fhirpath::Now& now, const UuidSource& uuid, std::pmr::memory_resource& arena,
                    const Switches& rules, Stopwatch stopwatch, const Stop& stop) {
    return Application(knowledge, service, chart, now, uuid, arena, stopwatch).run(rules, stop);
}

void with_scope(const Knowledge& knowledge, const std::string& hook, const Chart& chart,
                const fhirpath::Now& now, std::pmr::memory_resource& arena,
                const std::function<void(Scope&)>& use) {
    Service service;
    service.hook = hook;
    const UuidSource uuid;
    Application application(knowledge, service, chart, now, uuid, arena);
    use(application.filled_scope());
}

}  // namespace cards
