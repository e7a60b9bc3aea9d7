// Every answer goes through the contract (hooks/contract.hpp); here stands what a schema cannot say, and what
// we hold ourselves to beyond CDS Hooks.
#include "tests/support/hooks_check.hpp"

#include "fhir/parse.hpp"
#include "hooks/contract.hpp"
#include "hooks/metrics.hpp"

#include <gtest/gtest.h>

#include <re2/re2.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <memory_resource>
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

    void contract(Message message, const std::string& body) const {
        std::pmr::monotonic_buffer_resource arena;
        const auto read = fhir::parse_json(body, arena);
        if (!read) return that(false, "J-1, J-8: " + read.error().diagnostics);
        for (const ContractFault& fault : contract_faults(message, **read)) {
            that(false, fault.text() + " in " + body);
        }
    }

    void uuid(const json::object& object, const std::string& rule) {
        static const RE2 v4("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
        const std::string id(object.at("uuid").as_string());
        that(RE2::FullMatch(id, v4), rule + ": uuid is a lower-case UUID v4, not " + id);
        that(seen_.insert(id).second, rule + ": uuid is fresh");
    }

    void card(const json::object& card) {
        const std::string summary(card.at("summary").as_string());
        // UTF-8 bytes that are no continuation count code points; four-byte ones are two UTF-16 units.
        const auto units =
            std::count_if(summary.begin(), summary.end(), [](char c) { return (c & 0xC0) != 0x80; }) +
            std::count_if(summary.begin(), summary.end(), [](char c) { return (c & 0xF8) == 0xF0; });
        that(units < 140, "C-1: summary has fewer than 140 UTF-16 units: " + summary);
        for (const char* name : {"url", "icon"}) {
            const json::value* url = card.at("source").as_object().if_contains(name);
            that(!url || url->as_string().starts_with("https://"), "C-21, C-22: https");
        }
        uuid(card, "C-16");
        const json::value* suggestions = card.if_contains("suggestions");
        if (!suggestions) return;
        for (const json::value& item : suggestions->as_array()) uuid(item.as_object(), "SG-2");
    }

    void service(const json::object& service) {
        const std::string id(service.at("id").as_string());
        that(seen_.insert(id).second, "D-16: id is there once: " + id);
    }

    void body(unsigned status, const json::object& object, const std::string& text) {
        if (status >= 300) return contract(Message::outcome, text);  // S-6
        that(status == 200, "S-1, D-3: success with a body is 200");
        if (const json::value* cards = object.if_contains("cards")) {
            contract(Message::response, text);
            that(!object.contains("status"), "no top-level status: a reference client takes it for an error");
            that(!object.contains("systemActions"), "Y-2: no systemActions");
            for (const json::value& one : cards->as_array()) card(one.as_object());
        } else if (const json::value* services = object.if_contains("services")) {
            contract(Message::discovery, text);
            for (const json::value& one : services->as_array()) service(one.as_object());
        }
    }

  private:
    const std::source_location where_;
    std::set<std::string> seen_;
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
    if (answer.field("Content-Type") == metrics::content_type) {
        checker.that(answer.status == 200, "only metrics are plain text");
        return;
    }
    checker.that(answer.field("Content-Type") == "application/json", "J-9: Content-Type is application/json");
    checker.that(answer.status != 405 || !answer.field("Allow").empty(),
                 "RFC 9110 15.5.6: 405 names what is allowed");
    const json::value body = json_of(answer.body, where);
    if (!body.is_object()) return checker.that(false, "S-1: the body is an object");
    try {
        checker.body(answer.status, body.get_object(), answer.body);
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
