// Reasons are words of the knowledge, so the record holds no value of the patient.
#include "hooks/decision.hpp"

#include "fhir/json_writer.hpp"
#include "fhir/model.hpp"
#include "hooks/commands.hpp"

#include <array>
#include <map>

namespace hooks {

namespace {

using Kind = cards::Outcome::Kind;

struct Group {
    Kind kind;
    std::string_view member;
};
constexpr std::array groups = {Group{Kind::fired, "fired"}, Group{Kind::silent, "notFired"},
                               Group{Kind::not_checked, "notChecked"}, Group{Kind::dropped, "dropped"},
                               Group{Kind::error, "failed"}};

void write_rules(fhir::JsonWriter& json, const Decision& decision, const Group& group) {
    std::map<std::string_view, std::vector<const cards::Rule*>> by_reason;
    for (const cards::Outcome& outcome : decision.rules) {
        if (outcome.kind == group.kind) by_reason[outcome.reason].push_back(outcome.rule);
    }
    if (by_reason.empty()) return;
    json.key(group.member);
    json.begin_array();
    for (const auto& [reason, rules] : by_reason) {
        json.begin_object();
        json.key("rules");
        json.begin_array();
        for (const cards::Rule* rule : rules) {
            json.value(std::string_view(rule->version.empty() ? rule->id : rule->id + "|" + rule->version));
        }
        json.end_array();
        json.member("why", reason);
        json.end_object();
    }
    json.end_array();
}

void write_cards(fhir::JsonWriter& json, const Decision& decision) {
    json.key("cards");
    json.begin_array();
    for (const Decision::Card& card : decision.cards) {
        json.begin_object();
        json.member("uuid", std::string_view(card.uuid));
        json.member("rule", std::string_view(card.rule->id));
        json.member("topic", std::string_view(card.rule->source.topic.code));
        json.member("indicator", to_string(card.indicator));
        json.end_object();
    }
    json.end_array();
}

void write_inputs(fhir::JsonWriter& json, const Decision& decision) {
    json.key("inputs");
    json.begin_object();
    for (const Decision::Input& read : decision.inputs) {
        const cards::Input& input = decision.knowledge->inputs()[read.index];
        json.key(input.id);
        json.begin_object();
        json.member("type", fhir::Model::r4().type_name(input.type));
        json.member("state", to_string(read.state));
        json.member("count", static_cast<std::int64_t>(read.resources));
        if (read.dropped > 0) json.member("dropped", static_cast<std::int64_t>(read.dropped));
        json.end_object();
    }
    json.end_object();
}

void write_unless_empty(fhir::JsonWriter& json, std::string_view name, std::string_view text) {
    if (!text.empty()) json.member(name, text);
}

}  // namespace

void append_decision(std::string& out, const Decision& decision) {
    fhir::JsonWriter json(out);
    json.begin_object();
    json.member("event", "decision");
    json.member("time", std::string_view(utc_text(decision.time)));
    json.member("requestId", std::string_view(decision.request_id));
    write_unless_empty(json, "hookInstance", decision.hook_instance);
    write_unless_empty(json, "issuer", decision.issuer);
    json.member("service", std::string_view(decision.service->id));
    json.member("hook", std::string_view(decision.service->hook));
    write_unless_empty(json, "patient", decision.patient);
    write_unless_empty(json, "user", decision.user);
    write_unless_empty(json, "userType", decision.user_type);
    json.member("input", std::string_view(decision.input));
    json.member("program", version());
    json.member("knowledge", std::string_view(decision.knowledge->version()));
    json.member("date", std::string_view(decision.date));
    json.member("status", std::int64_t{decision.status});
    json.member("us", decision.microseconds);
    for (const Group& group : groups) write_rules(json, decision, group);
    write_cards(json, decision);
    write_inputs(json, decision);
    write_unless_empty(json, "fhir", decision.fhir);
    if (decision.fetched > 0) json.member("fetched", decision.fetched);
    json.end_object();
}

}  // namespace hooks
