// Schemas and invariants are compiled at first use and kept.
#include "hooks/contract.hpp"

#include "fhir/fhirpath/expression.hpp"
#include "hooks/clock.hpp"
#include "hooks/json_schema.hpp"

#include <algorithm>
#include <array>
#include <memory_resource>
#include <stdexcept>

namespace hooks {

/// Made by CMake: name and text of every file of hooks/contract/.
struct ContractFile {
    std::string_view name, text;
};
extern const ContractFile contract_files[];
extern const std::size_t contract_file_count;

namespace {

using fhir::Node;
using fhirpath::Expression;

constexpr std::array<std::string_view, 5> message_names = {"discovery", "request", "response", "feedback",
                                                           "outcome"};

struct Invariant {
    std::vector<std::string> rules;
    std::string says;
    Expression on, expression;
};

/// `C-23, C-24` as two; what is no id, such as a section, is left out.
std::vector<std::string> ids(std::string_view rules) {
    std::vector<std::string> found;
    while (!rules.empty()) {
        const std::size_t end = std::min(rules.find(','), rules.size());
        std::string_view id = rules.substr(0, end);
        while (id.starts_with(' ')) id.remove_prefix(1);
        if (id.find(' ') == std::string_view::npos && !id.empty()) found.emplace_back(id);
        rules.remove_prefix(std::min(end + 1, rules.size()));
    }
    return found;
}

void add_missing(std::vector<std::string>& all, const std::vector<std::string>& some) {
    for (const std::string& one : some) {
        if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(one);
    }
}

void collect_comments(const Node& node, std::vector<std::string>& rules) {
    add_missing(rules, ids(node.text_of("$comment")));
    for (const Node& child : node.children()) {
        if (child.is_object() || child.is_array()) collect_comments(child, rules);
    }
}

/// What holds for one kind of message.
class Terms {
  public:
    explicit Terms(std::string_view name) : schema_(contract_file(std::string(name) + ".schema.json")) {
        const auto document = fhir::Document::parse(std::string(contract_file("invariants.json")));
        if (!document) throw std::logic_error("invariants.json: " + document.error().diagnostics);
        for (const Node& one : (*document)->root().find("invariants")->children()) {
            if (one.text_of("message") != name) continue;
            invariants_.push_back({{std::string(one.text_of("rule")), std::string(one.text_of("key"))},
                                   std::string(one.text_of("says")),
                                   Expression::compile(one.text_of("on"), environment_),
                                   Expression::compile(one.text_of("expression"), environment_)});
        }
    }

    std::vector<ContractFault> faults(const Node& body) const {
        std::vector<ContractFault> found;
        for (SchemaFault& fault : schema_.faults(body)) {
            found.push_back({ids(fault.rules), std::move(fault.path), std::move(fault.message)});
        }
        std::pmr::monotonic_buffer_resource arena;
        // No invariant asks what day it is.
        fhirpath::Scope scope(environment_, arena, (*pinned_clock("2000-01-01"))());
        const fhirpath::Item root = fhirpath::Item::of_root(body);
        scope.set_context(root);
        scope.set_resource(root);
        for (const Invariant& invariant : invariants_) add(invariant, scope, found);
        return found;
    }

    std::vector<std::string> rules() const {
        std::vector<std::string> found;
        const auto document = fhir::Document::parse(std::string(schema_.text()));
        collect_comments((*document)->root(), found);
        for (const Invariant& invariant : invariants_) add_missing(found, invariant.rules);
        return found;
    }

  private:
    /// An expression that cannot be evaluated does not hold: a member is there twice, or of a wrong type.
    static void add(const Invariant& invariant, fhirpath::Scope& scope, std::vector<ContractFault>& found) {
        try {
            for (const fhirpath::Item& item : invariant.on.evaluate(scope)) {
                const auto result = invariant.expression.evaluate(scope, &item);
                const bool holds =
                    result.size() == 1 && result[0].tag == fhirpath::Item::Tag::boolean && result[0].boolean;
                if (holds) continue;
                found.push_back({invariant.rules, item.is_node() ? fhir::path_of(*item.node) : "",
                                 invariant.says + ": " + invariant.expression.text()});
            }
        } catch (const fhirpath::Error& error) {
            found.push_back({invariant.rules, "", invariant.says + ": " + error.what()});
        }
    }

    fhirpath::Environment environment_;
    JsonSchema schema_;
    std::vector<Invariant> invariants_;
};

const Terms& terms(Message message) {
    static const std::array<Terms, message_names.size()> all = {
        Terms(message_names[0]), Terms(message_names[1]), Terms(message_names[2]), Terms(message_names[3]),
        Terms(message_names[4])};
    return all.at(static_cast<std::size_t>(message));
}

}  // namespace

std::string ContractFault::text() const {
    std::string text;
    for (const std::string& rule : rules) text.append(text.empty() ? "" : ", ").append(rule);
    text.append(text.empty() ? "" : ": ").append(path).append(path.empty() ? "" : ": ");
    return text.append(message);
}

std::vector<ContractFault> contract_faults(Message message, const Node& body) {
    return terms(message).faults(body);
}

std::vector<std::string> contract_rules(Message message) { return terms(message).rules(); }

std::string_view contract_file(std::string_view name) {
    for (std::size_t i = 0; i < contract_file_count; ++i) {
        if (contract_files[i].name == name) return contract_files[i].text;
    }
    throw std::out_of_range("no such file of the contract: " + std::string(name));
}

}  // namespace hooks
