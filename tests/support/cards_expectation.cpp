// What a case expects, held against an answer: the differences in words, for the cases and for the mutants.
#include "tests/support/cards_expectation.hpp"

#include <algorithm>
#include <utility>

namespace clinical {

namespace json = boost::json;

namespace {

/// `part` stands in `whole`: every member of an object, every item of an array in order, equal values.
bool contains(const json::value& whole, const json::value& part) {
    if (part.is_object()) {
        return whole.is_object() &&
               std::all_of(part.as_object().begin(), part.as_object().end(), [&](const auto& member) {
                   const json::value* found = whole.as_object().if_contains(member.key());
                   return member.value().is_null() ? found == nullptr
                                                   : found != nullptr && contains(*found, member.value());
               });
    }
    if (part.is_array()) {
        return whole.is_array() && whole.as_array().size() == part.as_array().size() &&
               std::equal(whole.as_array().begin(), whole.as_array().end(), part.as_array().begin(),
                          contains);
    }
    return whole == part;
}

std::vector<std::string> strings(const json::object& expected, const char* key) {
    std::vector<std::string> all;
    if (const json::value* list = expected.if_contains(key)) {
        for (const json::value& item : list->as_array()) all.push_back(string_of(item));
    }
    return all;
}

std::string listed(const std::vector<std::string>& all) {
    std::string text;
    for (const std::string& one : all) text += (text.empty() ? "" : " / ") + one;
    return text.empty() ? "none" : text;
}

class Comparison {
  public:
    std::vector<std::string> found;

    void compare(const json::object& card, const json::object& expected) {
        const std::string detail = string_of(card.at("detail"));
        same("topic", string_of(card.at("source").at("topic").at("code")), string_of(expected.at("topic")));
        for (const char* member : {"indicator", "summary"}) {
            if (expected.contains(member))
                same(member, string_of(card.at(member)), string_of(expected.at(member)));
        }
        for (const std::string& part : strings(expected, "detailHas")) {
            if (detail.find(part) == std::string::npos)
                found.push_back("missing: " + part + "\nin: " + detail);
        }
        for (const std::string& part : strings(expected, "detailHasNot")) {
            if (detail.find(part) != std::string::npos)
                found.push_back("unwanted: " + part + "\nin: " + detail);
        }
        compare_suggestions(card, expected);
    }

  private:
    void same(const std::string& what, const std::string& got, const std::string& expected) {
        if (got != expected) found.push_back(what + " is " + got + ", expected " + expected);
    }

    void compare_suggestions(const json::object& card, const json::object& expected) {
        std::vector<std::string> labels, deletes;
        json::array resources;
        if (const json::value* suggestions = card.if_contains("suggestions")) {
            for (const json::value& suggestion : suggestions->as_array()) {
                labels.push_back(string_of(suggestion.at("label")));
                for (const json::value& action : suggestion.at("actions").as_array()) {
                    const json::object& members = action.as_object();
                    if (members.contains("resource")) resources.push_back(members.at("resource"));
                    if (!members.contains("resourceId")) continue;
                    const json::value& id = members.at("resourceId");
                    deletes.push_back(string_of(id.is_array() ? id.at(0) : id));
                }
            }
        }
        if (expected.contains("suggestions"))
            same("suggestions", listed(labels), listed(strings(expected, "suggestions")));
        if (expected.contains("deletes"))
            same("deletes", listed(deletes), listed(strings(expected, "deletes")));
        const json::value* parts = expected.if_contains("resources");
        if (parts == nullptr) return;
        for (const json::value& part : parts->as_array()) {
            if (std::none_of(resources.begin(), resources.end(),
                             [&](const json::value& resource) { return contains(resource, part); })) {
                found.push_back("no suggested resource has " + json::serialize(part) + "\nthere are " +
                                json::serialize(resources));
            }
        }
    }
};

}  // namespace

std::vector<std::string> differences(const std::filesystem::path& file, const json::object& test,
                                     const Answer& answer) {
    Comparison comparison;
    const json::value* wants_412 = test.if_contains("precondition");
    if (answer.precondition != (wants_412 != nullptr && wants_412->as_bool()))
        comparison.found.emplace_back(answer.precondition ? "412" : "no 412");
    json::array given;
    for (const json::value& card : answer.body.at("cards").as_array()) {
        if (is_about(file, string_of(card.at("source").at("topic").at("code")))) given.push_back(card);
    }
    const json::array& expected = test.at("cards").as_array();
    if (given.size() != expected.size()) {
        comparison.found.push_back(std::to_string(given.size()) + " cards instead of " +
                                   std::to_string(expected.size()) + ": " + json::serialize(given));
        return comparison.found;
    }
    for (std::size_t i = 0; i < given.size(); ++i)
        comparison.compare(given[i].as_object(), expected[i].as_object());
    return comparison.found;
}

}  // namespace clinical
