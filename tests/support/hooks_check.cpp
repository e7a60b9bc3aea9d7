// The invariants, one function a structure of the specification.
#include "tests/support/hooks_check.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <regex>
#include <set>
#include <string>

namespace hooks::testing {

namespace {

namespace json = boost::json;

class Checker {
  public:
    explicit Checker(std::source_location where) : where_(where) {}

    void that(bool holds, const std::string& rule) const {
        if (holds) return;
        ADD_FAILURE_AT(where_.file_name(), static_cast<int>(where_.line())) << rule;
    }

    /// The text of a member that must be a string with something in it.
    std::string text(const json::object& object, std::string_view name, const std::string& rule) const {
        const json::value* member = object.if_contains(name);
        const bool is_text = member && member->is_string() && !member->get_string().empty();
        that(is_text, rule + ": " + std::string(name) + " is a string that is not empty");
        return is_text ? std::string(member->get_string()) : std::string();
    }

    void one_of(const std::string& text, std::initializer_list<std::string_view> allowed,
                const std::string& rule) const {
        that(std::find(allowed.begin(), allowed.end(), text) != allowed.end(), rule + ": not " + text);
    }

    /// Nothing null, nothing empty (J-2, J-3).
    void filled(const json::value& value, const std::string& path) const {
        that(!value.is_null(), "J-2: " + path + " is not null");
        if (const json::string* string = value.if_string())
            that(!string->empty(), "J-3: " + path + " is not empty");
        if (const json::array* array = value.if_array()) {
            that(!array->empty() || path == "cards" || path == "services", "J-3: " + path + " is not empty");
            for (const json::value& item : *array) filled(item, path + "[]");
        }
        if (const json::object* object = value.if_object()) {
            that(!object->empty() || path.empty(), "J-3: " + path + " is not empty");
            for (const auto& [name, member] : *object) {
                filled(member, path.empty() ? std::string(name) : path + "." + std::string(name));
            }
        }
    }

    void coding(const json::object& parent, std::string_view name, bool with_display,
                const std::string& rule) const {
        const json::value* member = parent.if_contains(name);
        if (!member || !member->is_object())
            return that(false, rule + ": " + std::string(name) + " is an object");
        text(member->get_object(), "code", rule);
        text(member->get_object(), "system", rule);
        if (with_display) text(member->get_object(), "display", rule);
    }

    void uuid(const json::object& object, const std::string& rule) {
        static const std::regex v4("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
        const std::string id = text(object, "uuid", rule);
        that(std::regex_match(id, v4), rule + ": uuid is a lower-case UUID v4, not " + id);
        that(uuids_.insert(id).second, rule + ": uuid is fresh");
    }

    void action(const json::object& action) const {
        const std::string type = text(action, "type", "AC-1");
        one_of(type, {"create", "update", "delete"}, "AC-1");
        text(action, "description", "AC-2, cds-resp-5");
        if (type == "delete") {
            static const std::regex reference("[A-Z][A-Za-z]*/[^/]+");
            that(std::regex_match(text(action, "resourceId", "AC-5"), reference),
                 "AC-5: resourceId is Type/id");
            that(!action.contains("resource"), "AC-5, cds-resp-2: a delete has no resource");
        } else {
            const json::value* resource = action.if_contains("resource");
            if (!resource || !resource->is_object()) return that(false, "AC-3: resource is an object");
            text(resource->get_object(), "resourceType", "AC-3");
        }
    }

    void suggestions(const json::object& card) {
        const json::value* list = card.if_contains("suggestions");
        if (!list) return;
        if (!list->is_array()) return that(false, "C-8: suggestions is an array");
        const std::string behavior = text(card, "selectionBehavior", "C-9, cds-resp-6");
        one_of(behavior, {"at-most-one", "any"}, "C-10");
        int recommended = 0;
        for (const json::value& item : list->get_array()) {
            const json::object& suggestion = item.as_object();
            text(suggestion, "label", "SG-1");
            uuid(suggestion, "SG-2");
            if (const json::value* flag = suggestion.if_contains("isRecommended"))
                recommended += flag->as_bool();
            if (const json::value* actions = suggestion.if_contains("actions")) {
                for (const json::value& one : actions->as_array()) action(one.as_object());
            }
        }
        that(behavior != "at-most-one" || recommended <= 1, "SG-4, cds-resp-1: at most one is recommended");
    }

    void card(const json::object& card) {
        const std::string summary = text(card, "summary", "C-1");
        // UTF-8 bytes that are no continuation count code points; four-byte ones are two UTF-16 units.
        const auto units =
            std::count_if(summary.begin(), summary.end(), [](char c) { return (c & 0xC0) != 0x80; }) +
            std::count_if(summary.begin(), summary.end(), [](char c) { return (c & 0xF8) == 0xF0; });
        that(units < 140, "C-1: summary has fewer than 140 characters: " + summary);
        one_of(text(card, "indicator", "C-2"), {"info", "warning", "critical"}, "C-2");
        const json::value* source = card.if_contains("source");
        if (!source || !source->is_object()) return that(false, "C-3: source is an object");
        text(source->get_object(), "label", "C-20");
        coding(source->get_object(), "topic", false, "C-23, C-24");
        for (const char* name : {"url", "icon"}) {
            const json::value* url = source->get_object().if_contains(name);
            that(!url || url->as_string().starts_with("https://"), "C-21, C-22: an absolute URL");
        }
        uuid(card, "C-16");
        if (const json::value* detail = card.if_contains("detail")) {
            static const std::regex html("<[A-Za-z/!?]");
            that(!std::regex_search(std::string(detail->as_string()), html), "C-7: no raw HTML in detail");
        }
        suggestions(card);
        if (const json::value* reasons = card.if_contains("overrideReasons")) {
            for (const json::value& reason : reasons->as_array()) {
                text(reason.as_object(), "code", "O-1");
                text(reason.as_object(), "system", "O-1");
                text(reason.as_object(), "display", "O-1, cds-resp-4");
            }
        }
        if (const json::value* links = card.if_contains("links")) {
            for (const json::value& item : links->as_array()) {
                const json::object& link = item.as_object();
                text(link, "label", "L-1");
                that(text(link, "url", "L-1").starts_with("https://"), "L-6: https");
                const std::string type = text(link, "type", "L-1");
                one_of(type, {"absolute", "smart"}, "L-2");
                that(type == "smart" || !link.contains("appContext"),
                     "L-3, cds-resp-3: appContext only with smart");
            }
        }
    }

    void service(const json::object& service) {
        static const std::regex plain("[A-Za-z0-9.-]+");
        const std::string id = text(service, "id", "D-6");
        that(std::regex_match(id, plain), "D-16: id is plain: " + id);
        that(uuids_.insert(id).second, "D-16: id is there once: " + id);
        text(service, "hook", "D-6");
        text(service, "description", "D-6");
        text(service, "title", "D-7");
        if (const json::value* prefetch = service.if_contains("prefetch")) {
            static const std::regex token(R"(\{\{(?!context\.(patientId|userId|encounterId)\}\}))");
            for (const auto& [key, query] : prefetch->as_object()) {
                that(!std::regex_search(std::string(query.as_string()), token),
                     "T-2, T-3: only root-level context tokens in " + std::string(key));
            }
        }
    }

    void outcome(const json::object& outcome) const {
        that(text(outcome, "resourceType", "S-6") == "OperationOutcome", "S-6: an OperationOutcome");
        const json::value* issues = outcome.if_contains("issue");
        if (!issues || !issues->is_array()) return that(false, "S-6: issue is an array");
        that(!issues->get_array().empty(), "S-6: at least one issue");
        for (const json::value& issue : issues->get_array()) {
            one_of(text(issue.as_object(), "severity", "S-6"), {"fatal", "error", "warning", "information"},
                   "S-6");
            text(issue.as_object(), "code", "S-6");
        }
    }

    void body(unsigned status, const json::object& object) {
        filled(object, "");
        if (status >= 300) return outcome(object);
        that(status == 200, "S-1, D-3: success with a body is 200");
        if (const json::value* cards = object.if_contains("cards")) {
            that(!object.contains("status"), "no top-level status: a reference client takes it for an error");
            that(!object.contains("systemActions"), "Y-2: no systemActions");
            for (const json::value& one : cards->as_array()) card(one.as_object());
        } else if (const json::value* services = object.if_contains("services")) {
            for (const json::value& one : services->as_array()) service(one.as_object());
        }
    }

  private:
    const std::source_location where_;
    std::set<std::string> uuids_;
};

}  // namespace

json::value json_of(std::string_view body, std::source_location where) {
    boost::system::error_code ec;
    json::value value = json::parse(body, ec);
    if (ec) ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line())) << "no JSON: " << body;
    return value;
}

void check(const Answer& answer, std::source_location where) {
    Checker checker(where);
    if (answer.status == 204 || answer.status == 100) {
        checker.that(answer.body.empty(), "204 has no body");
        return;
    }
    checker.that(answer.field("Content-Type") == "application/json", "J-9: Content-Type is application/json");
    checker.that(answer.status != 405 || !answer.field("Allow").empty(),
                 "RFC 9110 15.5.6: 405 names what is allowed");
    const json::value body = json_of(answer.body, where);
    if (!body.is_object()) return checker.that(false, "S-1: the body is an object");
    try {
        checker.body(answer.status, body.get_object());
    } catch (const std::exception& error) {
        checker.that(false, std::string("a member of a wrong type: ") + error.what() + " in " + answer.body);
    }
}

void check(const Response& response, std::source_location where) {
    Answer answer{response.status, response.fields, response.body};
    if (!response.body.empty()) answer.fields.push_back({"Content-Type", std::string(response.content_type)});
    check(answer, where);
}

}  // namespace hooks::testing
