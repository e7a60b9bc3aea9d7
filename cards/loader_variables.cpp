// Loader, third part: the variables, in the order in which they stand; those that need each other are
// refused.
#include "cards/loader.hpp"
#include "cards/place.hpp"

#include <algorithm>

namespace cards {

using fhir::Node;

void Loader::declare_variables(const Loadable& file) {
    for (const Node* extension :
         extensions(file.root(), "http://hl7.org/fhir/StructureDefinition/variable")) {
        const Node* expression = extension->find("valueExpression");
        if (expression == nullptr || expression->text_of("name").empty()) {
            problem(file, *extension, "expected a valueExpression with a name");
            continue;
        }
        if (expression->text_of("description").empty())
            problem(file, *expression, "expected a description that a clinician understands");
        const std::string name(expression->text_of("name"));
        Declared declared;
        declared.file = &file;
        declared.expression = expression;
        declared.is_double = knowledge_.environment_.find(name) != nullptr;
        if (declared.is_double)
            problem(file, *expression, "a second variable or input named " + name);
        else
            declared.slot = knowledge_.environment_.add(name);
        declared_.push_back(std::move(declared));
    }
}

/// What a Library that is no JSON would have declared: its rules shall not be blamed.
void Loader::declare_names_of_unreadable() {
    constexpr std::string_view key = "\"name\"";
    for (const std::string& text : unreadable_) {
        for (std::size_t at = text.find(key); at != std::string::npos; at = text.find(key, at)) {
            at += key.size();
            const std::size_t open = text.find('"', at);
            const std::size_t close = open == std::string::npos ? open : text.find('"', open + 1);
            if (close == std::string::npos) break;
            std::string name = text.substr(open + 1, close - open - 1);
            if (knowledge_.environment_.find(name) == nullptr) knowledge_.environment_.add(std::move(name));
        }
    }
}

void Loader::load_variables() {
    declare_names_of_unreadable();
    for (Declared& declared : declared_) {
        const Node& expression = *declared.expression;
        const auto used_before = used_slots_;
        Compiled compiled = compile_expression(*declared.file, expression);
        used_slots_ = used_before;  // a variable is used by what a rule says, not by another that nobody uses
        if (declared.is_double) continue;
        declared.uses = std::move(compiled.variables);
        knowledge_.environment_.set_types(declared.slot, std::move(compiled.types));
        if (compiled.expression != nullptr) {
            add_inputs(*compiled.expression, inputs_of_[declared.slot]);
            if (asks_states(*compiled.expression)) state_slots_.insert(declared.slot);
        }
        knowledge_.variables_.push_back({std::string(expression.text_of("name")),
                                         std::string(expression.text_of("description")), declared.slot,
                                         std::move(compiled.expression), &declared.file->root()});
        knowledge_.definitions_.resize(knowledge_.environment_.size());
        knowledge_.definitions_[declared.slot] = knowledge_.variables_.back().expression.get();
    }
    std::set<std::size_t> done;
    for (std::size_t i = 0; i < declared_.size(); ++i) {
        std::vector<std::size_t> open;
        if (!done.contains(i)) find_circles(i, open, done);
    }
    refuse_later();
}

/// Depth first along what each variable uses; one that is still open when it is met again closes a circle.
void Loader::find_circles(std::size_t variable, std::vector<std::size_t>& open, std::set<std::size_t>& done) {
    open.push_back(variable);
    for (const auto& [slot, place] : declared_[variable].uses) {
        for (std::size_t next = 0; next < declared_.size(); ++next) {
            if (declared_[next].is_double || declared_[next].slot != slot || done.contains(next)) continue;
            const auto again = std::find(open.begin(), open.end(), next);
            if (again != open.end())
                refuse_circle({again, open.end()});
            else
                find_circles(next, open, done);
        }
    }
    done.insert(variable);
    open.pop_back();
}

void Loader::refuse_circle(std::vector<std::size_t> circle) {
    std::rotate(circle.begin(), std::min_element(circle.begin(), circle.end()), circle.end());
    ++circles_;
    std::string names;
    for (const std::size_t variable : circle) {
        declared_[variable].circle = circles_;
        names += '%' + std::string(declared_[variable].expression->text_of("name")) + " -> ";
    }
    const Declared& first = declared_[circle[0]];
    const Declared& second = declared_[circle[circle.size() > 1 ? 1 : 0]];
    const Node& text = *first.expression->find("expression");
    problem(
        *first.file, text,
        std::string(circle.size() == 1 ? "the variable needs itself: " : "the variables need each other: ") +
            names + '%' + std::string(first.expression->text_of("name")) +
            excerpt(text.text(), first.uses.at(second.slot)));
}

void Loader::refuse_later() {
    for (std::size_t i = 0; i < declared_.size(); ++i) {
        const Declared& user = declared_[i];
        for (std::size_t j = i + 1; j < declared_.size(); ++j) {
            const Declared& later = declared_[j];
            const auto use = later.is_double ? user.uses.end() : user.uses.find(later.slot);
            const bool same_circle = user.circle != 0 && user.circle == later.circle;
            if (use == user.uses.end() || same_circle) continue;
            const Node& text = *user.expression->find("expression");
            problem(*user.file, text,
                    '%' + std::string(later.expression->text_of("name")) + " is defined later (" +
                        later.file->file + ':' +
                        std::to_string(line_of(*later.file->document, *later.expression)) +
                        "); a variable sees only earlier ones" + excerpt(text.text(), use->second));
        }
    }
}

}  // namespace cards
