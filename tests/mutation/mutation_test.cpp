// Mutation: every condition of every rule, and every concept behind it, is broken in one place after another;
// some clinical case has to notice. What survives is printed. A yes/no concept or a condition that survives
// fails the test; a list concept is counted.
//
// Each case is read once. A mutant is computed in it only if the case comes to ask its concept, beside the
// original; only if the values differ is the whole answer asked of knowledge in which the mutant stands in
// the original's place, and whoever is noticed once is not asked again. Each thread has knowledge of its own.
#include "fhir/fhirpath/authoring/item_json.hpp"
#include "tests/mutation/mutants.hpp"
#include "tests/support/cards_expectation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <memory_resource>
#include <random>
#include <set>
#include <thread>
#include <vector>

namespace {

namespace json = boost::json;
using cards::Knowledge;
using fhirpath::Environment;
using fhirpath::Expression;
using Holder = std::unique_ptr<const Expression>;

struct Case {
    std::filesystem::path file;
    json::object test, request;
};

std::vector<Case> all_cases() {
    std::vector<Case> cases;
    for (const auto& file : clinical::case_files()) {
        const json::object test = clinical::json_of(file).as_object();
        cases.push_back({file, test, clinical::request_of(test)});
    }
    // All folders mixed, the same way each time: so most mutants are noticed early.
    std::shuffle(cases.begin(), cases.end(), std::mt19937(1));
    return cases;
}

/// Where an expression stands: a concept, or a condition of a rule.
struct Owner {
    std::string name;
    bool is_list = false;  ///< a concept that is no yes or no
    std::size_t variable = 0, rule = 0, condition = 0;
    bool is_variable = false;
};

/// An owner with one fault.
struct Place {
    std::size_t owner;
    mutation::Mutant mutant;
    std::atomic<bool> is_noticed = false, differs = false;
    Place(std::size_t of, mutation::Mutant made) : owner(of), mutant(std::move(made)) {}
};

/// The expression of an owner in `knowledge`, which is the thread's own, to be changed for a while.
Holder& holder(const Knowledge& knowledge, const Owner& owner) {
    const Holder& found = owner.is_variable
                              ? knowledge.variables()[owner.variable].expression
                              : knowledge.rules()[owner.rule]->conditions[owner.condition].expression;
    return const_cast<Holder&>(found);
}

bool is_boolean(const Environment& environment, Environment::Slot slot) {
    return environment.types(slot) ==
           std::vector<fhir::TypeId>{static_cast<fhir::TypeId>(fhir::System::Boolean)};
}

/// The conditions of all rules, and the concepts that they ask for, however deep.
std::vector<Owner> owners(const Knowledge& knowledge) {
    std::vector<Owner> found;
    std::set<Environment::Slot> reached;
    const auto add = [&](Owner owner) {
        const Expression& expression = *holder(knowledge, owner);
        reached.insert(expression.variables().begin(), expression.variables().end());
        found.push_back(std::move(owner));
    };
    for (std::size_t rule = 0; rule < knowledge.rules().size(); ++rule) {
        for (std::size_t i = 0; i < knowledge.rules()[rule]->conditions.size(); ++i)
            add({knowledge.rules()[rule]->id, false, 0, rule, i, false});
    }
    for (std::size_t i = knowledge.variables().size(); i-- > 0;) {
        const cards::Variable& variable = knowledge.variables()[i];
        if (!reached.contains(variable.slot)) continue;
        add({"%" + variable.name, !is_boolean(knowledge.environment(), variable.slot), i, 0, 0, true});
    }
    return found;
}

/// Which variables an evaluation may come to ask, found by looking at the expressions.
class Reach {
  public:
    explicit Reach(const Knowledge& knowledge) : of_slot_(knowledge.environment().size()) {
        for (const cards::Variable& variable : knowledge.variables()) {  // each after those that it names
            std::set<Environment::Slot>& reached = of_slot_[variable.slot];
            reached.insert(variable.slot);
            for (const Environment::Slot slot : variable.expression->variables())
                reached.insert(of_slot_[slot].begin(), of_slot_[slot].end());
        }
        std::set<Environment::Slot> common;
        for (const cards::Line& line : knowledge.common_lines()) add(line, common);
        for (const auto& rule : knowledge.rules()) {
            std::set<Environment::Slot>& reached = of_card_[rule.get()];
            reached = common;
            add(rule->summary, reached);
            add(rule->introduction, reached);
            for (const cards::Line& line : rule->lines) add(line, reached);
            for (const cards::SuggestionPlan& plan : rule->suggestions) add(plan, reached);
        }
    }
    /// What the card of `rule` may ask, its conditions aside.
    const std::set<Environment::Slot>& of_card(const cards::Rule& rule) const { return of_card_.at(&rule); }

  private:
    using Slots = std::set<Environment::Slot>;
    void add(const Holder& expression, Slots& to) const {
        if (expression == nullptr) return;
        for (const Environment::Slot slot : expression->variables())
            to.insert(of_slot_[slot].begin(), of_slot_[slot].end());
    }
    void add(const cards::Text& text, Slots& to) const {
        for (const cards::Text::Piece& piece : text.pieces) add(piece.expression, to);
        add(text.dynamic, to);
    }
    void add(const cards::Line& line, Slots& to) const {
        for (const cards::Condition& condition : line.conditions) add(condition.expression, to);
        add(line.text, to);
    }
    void add(const cards::SuggestionPlan& plan, Slots& to) const {
        for (const cards::Condition& condition : plan.conditions) add(condition.expression, to);
        add(plan.label, to);
        for (const cards::ActionPlan& action : plan.actions) {
            add(action.description, to);
            add(action.resource, to);
            for (const cards::DynamicValue& value : action.values) add(value.expression, to);
        }
    }

    std::vector<Slots> of_slot_;
    std::map<const cards::Rule*, Slots> of_card_;
};

/// A value, or none if it cannot be computed.
using Value = std::optional<fhirpath::Collection>;

Value value_of(const Expression& expression, fhirpath::Scope& scope) {
    try {
        return expression.evaluate(scope);
    } catch (const fhirpath::Error&) {
        return std::nullopt;
    }
}

bool is_same(const fhirpath::Item& a, const fhirpath::Item& b) {
    if (a.is_node() && b.is_node()) return a.node == b.node && a.sibling == b.sibling;
    std::string one, other;
    fhirpath::write_json(one, a);
    fhirpath::write_json(other, b);
    return one == other;
}

bool is_same(const Value& a, const Value& b) {
    if (!a || !b) return !a && !b;
    return std::equal(a->begin(), a->end(), b->begin(), b->end(),
                      [](const fhirpath::Item& x, const fhirpath::Item& y) { return is_same(x, y); });
}

/// What fails a case: a difference, or a rule that could not be evaluated.
bool is_unexpected(const Case& one, const clinical::Answer& answer) {
    return !clinical::differences(one.file, one.test, answer).empty() ||
           std::any_of(answer.outcomes.begin(), answer.outcomes.end(),
                       [](const auto& outcome) { return outcome.second == cards::Outcome::Kind::error; });
}

/// One thread's knowledge, with every mutant compiled in it.
class Laboratory {
  public:
    Laboratory(const std::vector<Owner>& owners, std::deque<Place>& places)
        : loaded_(Knowledge::load(clinical::knowledge_files())),
          reach_(*loaded_.knowledge),
          owners_(owners),
          places_(places),
          of_owner_(owners.size()) {
        for (std::size_t i = 0; i < places_.size(); ++i) {
            of_owner_[places_[i].owner].push_back(i);
            mutants_.push_back(std::make_unique<const Expression>(
                Expression::compile(places_[i].mutant.text, loaded_.knowledge->environment())));
        }
    }

    void examine(const Case& one) {
        const Knowledge& knowledge = *loaded_.knowledge;
        const auto document = fhir::Document::parse(json::serialize(one.request));
        ASSERT_TRUE(document) << one.file;
        const fhir::Node& root = (*document)->root();
        const cards::Chart chart =
            cards::Chart::from_request(knowledge, *root.find("context"), root.find("prefetch"));
        const cards::Service& service = clinical::service_of(knowledge, one.test);
        std::pmr::monotonic_buffer_resource arena;
        cards::with_scope(knowledge, service.hook, chart, clinical::now_of(one.test), arena,
                          [&](fhirpath::Scope& scope) {
                              scope.set_step_limit(100'000'000);
                              for (const std::size_t owner : asked(service, scope)) {
                                  compare(one, chart, owner, scope);
                              }
                          });
    }

  private:
    /// The owners that the evaluation of a case comes to ask.
    std::vector<std::size_t> asked(const cards::Service& service, fhirpath::Scope& scope) const {
        std::set<std::pair<const cards::Rule*, std::size_t>> conditions;
        std::set<Environment::Slot> slots;
        for (const cards::Rule* rule : service.rules) {
            bool holds = true;
            for (std::size_t i = 0; holds && i < rule->conditions.size(); ++i) {
                conditions.emplace(rule, i);
                const Value value = value_of(*rule->conditions[i].expression, scope);
                holds = value && value->size() == 1 && (*value)[0].tag == fhirpath::Item::Tag::boolean &&
                        (*value)[0].boolean;
            }
            if (holds) slots.insert(reach_.of_card(*rule).begin(), reach_.of_card(*rule).end());
        }
        std::vector<std::size_t> found;
        for (std::size_t i = 0; i < owners_.size(); ++i) {
            const Owner& owner = owners_[i];
            if (owner.is_variable) {
                const Environment::Slot slot = loaded_.knowledge->variables()[owner.variable].slot;
                if (scope.known(slot) != nullptr || slots.contains(slot)) found.push_back(i);
            } else if (conditions.contains({loaded_.knowledge->rules()[owner.rule].get(), owner.condition})) {
                found.push_back(i);
            }
        }
        return found;
    }

    void compare(const Case& one, const cards::Chart& chart, std::size_t owner, fhirpath::Scope& scope) {
        Value original;
        bool is_computed = false;
        for (const std::size_t i : of_owner_[owner]) {
            Place& place = places_[i];
            if (place.is_noticed) continue;
            Holder& stands = holder(*loaded_.knowledge, owners_[owner]);
            if (!is_computed) original = value_of(*stands, scope);
            is_computed = true;
            if (is_same(value_of(*mutants_[i], scope), original)) continue;
            place.differs = true;
            exchange(owners_[owner], stands, mutants_[i]);
            const auto answer = clinical::answer_to(*loaded_.knowledge, one.test, chart);
            if (is_unexpected(one, answer)) place.is_noticed = true;
            exchange(owners_[owner], stands, mutants_[i]);
        }
    }

    /// One for the other, also in the table from which a scope takes the variables.
    void exchange(const Owner& owner, Holder& stands, Holder& mutant) {
        stands.swap(mutant);
        if (!owner.is_variable) return;
        const Environment::Slot slot = loaded_.knowledge->variables()[owner.variable].slot;
        const_cast<const Expression*&>(loaded_.knowledge->definitions()[slot]) = stands.get();
    }

    Knowledge::Loaded loaded_;
    Reach reach_;
    const std::vector<Owner>& owners_;
    std::deque<Place>& places_;
    std::vector<std::vector<std::size_t>> of_owner_;
    std::vector<Holder> mutants_;
};

/// The text as it stands in a JSON file.
std::string in_json(const std::string& text) { return json::serialize(json::value(text)); }

/// `asps-cds check` would refuse the knowledge with this fault.
bool is_refused(const Knowledge& knowledge, const Owner& owner, const mutation::Mutant& mutant) {
    std::vector<cards::SourceFile> files = clinical::knowledge_files();
    const std::string from = in_json(holder(knowledge, owner)->text()), to = in_json(mutant.text);
    for (cards::SourceFile& file : files) {
        for (std::size_t at = file.text.find(from); at != std::string::npos;
             at = file.text.find(from, at + to.size()))
            file.text.replace(at, from.size(), to);
    }
    return Knowledge::load(std::move(files)).knowledge == nullptr;
}

/// tests/mutation/equivalent.txt: `owner<TAB>fault<TAB>why nothing can notice it`.
std::set<std::string> known_equivalents() {
    std::set<std::string> known;
    std::ifstream file(SOURCE_DIR "/tests/mutation/equivalent.txt");
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line[0] == '#') continue;
        known.insert(line.substr(0, line.rfind('\t')));
    }
    return known;
}

/// Calls with each i below `count`, by all processors, what `make` makes for each of them.
template <typename Make>
void in_threads(std::size_t count, Make make) {
    std::atomic<std::size_t> next = 0;
    std::vector<std::thread> workers;
    for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
        workers.emplace_back([&] {
            auto work = make();
            for (std::size_t at = 0; (at = next++) < count;) work(at);
        });
    }
    for (std::thread& worker : workers) worker.join();
}

struct Count {
    std::size_t all = 0, noticed = 0, equivalent = 0;
    std::string survivors;
};

std::ostream& operator<<(std::ostream& out, const Count& count) {
    return out << count.all << " mutants: " << count.noticed << " noticed, " << count.equivalent
               << " equivalent, " << count.all - count.noticed - count.equivalent << " survive\n";
}

TEST(Mutation, IsNoticedBySomeClinicalCase) {
    const Knowledge& knowledge = clinical::knowledge();
    const std::vector<Case> cases = all_cases();
    const std::vector<Owner> all = owners(knowledge);
    std::deque<Place> places;
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (mutation::Mutant& mutant : mutation::mutants_of(holder(knowledge, all[i])->text()))
            places.emplace_back(i, std::move(mutant));
    }
    in_threads(cases.size(), [&] {
        auto laboratory = std::make_shared<Laboratory>(all, places);
        return [&, laboratory](std::size_t i) { laboratory->examine(cases[i]); };
    });
    const std::set<std::string> known = known_equivalents();
    const auto name = [&](const Place& place) { return all[place.owner].name + '\t' + place.mutant.fault; };
    in_threads(places.size(), [&] {
        return [&](std::size_t i) {
            Place& place = places[i];
            if (!place.is_noticed && !all[place.owner].is_list && !known.contains(name(place)))
                place.is_noticed = is_refused(knowledge, all[place.owner], place.mutant);
        };
    });
    Count yes_no, lists;
    for (const Place& place : places) {
        Count& count = all[place.owner].is_list ? lists : yes_no;
        ++count.all;
        if (place.is_noticed) {
            ++count.noticed;
            EXPECT_FALSE(known.contains(name(place)))
                << "noticed after all, take it out of equivalent.txt: " << name(place);
        } else if (known.contains(name(place))) {
            ++count.equivalent;
        } else {
            count.survivors +=
                name(place) + '\t' + (place.differs ? "(no case fails)" : "(same value in all cases)") + '\n';
        }
    }
    std::cout << "conditions and yes/no concepts: " << yes_no << "list concepts: " << lists
              << lists.survivors;
    EXPECT_EQ(yes_no.survivors, "");
}

}  // namespace
