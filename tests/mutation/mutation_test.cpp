// Mutation: every condition of every rule, and every yes/no concept behind it, is broken in one place after
// another; some clinical case has to notice. What survives is printed.
//
// A mutant is first computed beside the original on every case. Only if it ever differs is the knowledge
// loaded with it, and the cases in which it differed are asked, those that expect a card first.
#include "fhir/fhirpath/item_json.hpp"
#include "tests/mutation/mutants.hpp"
#include "tests/support/cards_expectation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory_resource>
#include <set>
#include <thread>

namespace {

namespace json = boost::json;
using cards::Knowledge;
using fhirpath::Environment;

struct Case {
    std::filesystem::path file;
    json::object test, request;
};

/// A place where the knowledge is broken: the original, the fault, and the cases in which the value differs.
struct Place {
    std::string owner, original;
    mutation::Mutant mutant;
    fhirpath::Expression expression;
    std::vector<std::size_t> differs;
    bool is_noticed = false;
};

std::vector<Case> all_cases() {
    std::vector<Case> cases;
    for (const auto& file : clinical::case_files()) {
        const json::object test = clinical::json_of(file).as_object();
        cases.push_back({file, test, clinical::request_of(test)});
    }
    return cases;
}

bool is_boolean(const Environment& environment, Environment::Slot slot) {
    return environment.types(slot) ==
           std::vector<fhir::TypeId>{static_cast<fhir::TypeId>(fhir::System::Boolean)};
}

/// The conditions of all rules, and the yes/no concepts that they ask for, however deep.
std::vector<Place> places(const Knowledge& knowledge) {
    std::vector<Place> found;
    std::set<Environment::Slot> reached;
    const auto add = [&](const std::string& owner, const fhirpath::Expression& expression) {
        for (mutation::Mutant& mutant : mutation::mutants_of(expression.text())) {
            auto compiled = fhirpath::Expression::compile(mutant.text, knowledge.environment());
            found.push_back({owner, expression.text(), std::move(mutant), std::move(compiled), {}, false});
        }
        reached.insert(expression.variables().begin(), expression.variables().end());
    };
    for (const auto& rule : knowledge.rules()) {
        for (const cards::Condition& condition : rule->conditions) add(rule->id, *condition.expression);
    }
    for (auto variable = knowledge.variables().rbegin(); variable != knowledge.variables().rend();
         ++variable) {
        if (!reached.contains(variable->slot)) continue;
        if (is_boolean(knowledge.environment(), variable->slot)) {
            add("%" + variable->name, *variable->expression);
        } else {
            reached.insert(variable->expression->variables().begin(),
                           variable->expression->variables().end());
        }
    }
    return found;
}

std::string value_of(const fhirpath::Expression& expression, fhirpath::Scope& scope) {
    std::string text;
    try {
        for (const fhirpath::Item& item : expression.evaluate(scope)) fhirpath::write_json(text += ' ', item);
    } catch (const fhirpath::Error&) {
        text = "error";
    }
    return text;
}

/// Notes for each place in which cases its mutant has another value than the original.
void compare_values(const Knowledge& knowledge, const std::vector<Case>& cases, std::vector<Place>& all) {
    for (std::size_t i = 0; i < cases.size(); ++i) {
        const auto document = fhir::Document::parse(json::serialize(cases[i].request));
        ASSERT_TRUE(document) << cases[i].file;
        const fhir::Node& root = (*document)->root();
        const cards::Chart chart =
            cards::Chart::from_request(knowledge, *root.find("context"), root.find("prefetch"));
        std::pmr::monotonic_buffer_resource arena;
        const std::string& hook = clinical::service_of(knowledge, cases[i].test).hook;
        cards::with_scope(
            knowledge, hook, chart, clinical::now_of(cases[i].test), arena, [&](fhirpath::Scope& scope) {
                scope.set_step_limit(100'000'000);
                std::string original, value;
                for (const Place& place : all) {
                    if (place.original != original) {
                        original = place.original;
                        value =
                            value_of(fhirpath::Expression::compile(original, knowledge.environment()), scope);
                    }
                    if (value_of(place.expression, scope) != value)
                        const_cast<Place&>(place).differs.push_back(i);
                }
            });
    }
}

/// The text as it stands in a JSON file.
std::string in_json(const std::string& text) { return json::serialize(json::value(text)); }

bool is_noticed(const Place& place, const std::vector<Case>& cases) {
    std::vector<cards::SourceFile> files = clinical::knowledge_files();
    const std::string from = in_json(place.original), to = in_json(place.mutant.text);
    for (cards::SourceFile& file : files) {
        for (std::size_t at = file.text.find(from); at != std::string::npos;
             at = file.text.find(from, at + to.size()))
            file.text.replace(at, from.size(), to);
    }
    const auto loaded = Knowledge::load(std::move(files));
    if (loaded.knowledge == nullptr) return true;  // the check refuses it
    std::vector<std::size_t> order = place.differs;
    std::stable_partition(order.begin(), order.end(),
                          [&](std::size_t i) { return !cases[i].test.at("cards").as_array().empty(); });
    return std::any_of(order.begin(), order.end(), [&](std::size_t i) {
        const auto answer = clinical::answer_to(*loaded.knowledge, cases[i].test, cases[i].request);
        return !clinical::differences(cases[i].file, cases[i].test, answer).empty();
    });
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

TEST(Mutation, IsNoticedBySomeClinicalCase) {
    const Knowledge& knowledge = clinical::knowledge();
    const std::vector<Case> cases = all_cases();
    std::vector<Place> all = places(knowledge);
    compare_values(knowledge, cases, all);
    std::atomic<std::size_t> next = 0;
    std::vector<std::thread> workers;
    for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
        workers.emplace_back([&] {
            for (std::size_t at = 0; (at = next++) < all.size();)
                all[at].is_noticed = !all[at].differs.empty() && is_noticed(all[at], cases);
        });
    }
    for (std::thread& worker : workers) worker.join();

    const std::set<std::string> known = known_equivalents();
    std::size_t noticed = 0, equivalent = 0;
    std::string survivors;
    for (const Place& place : all) {
        const std::string name = place.owner + '\t' + place.mutant.fault;
        if (place.is_noticed) {
            ++noticed;
            EXPECT_FALSE(known.contains(name))
                << "noticed after all, take it out of equivalent.txt: " << name;
        } else if (known.contains(name)) {
            ++equivalent;
        } else {
            survivors += name + '\t' +
                         (place.differs.empty() ? "(same value in all cases)" : "(no case fails)") + '\n';
        }
    }
    std::cout << all.size() << " mutants: " << noticed << " noticed, " << equivalent << " equivalent, "
              << all.size() - noticed - equivalent << " survive\n";
    EXPECT_EQ(survivors, "");
}

}  // namespace
