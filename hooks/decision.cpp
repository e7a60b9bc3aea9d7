// Reasons are words of the knowledge, so the record holds no value of the patient.
#include "hooks/decision.hpp"

#include "fhir/json_writer.hpp"
#include "fhir/model.hpp"
#include "hooks/commands.hpp"

#include <algorithm>
#include <array>
#include <utility>

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

using Outcomes = std::span<const cards::Outcome>;

bool is_like(const cards::Outcome& one, const cards::Outcome& other) {
    return one.kind == other.kind && one.reason == other.reason;
}

// Names of ours need no escapes, and there are a hundred in a record: what is the same each time is written
// in one piece.

/// The rules of the first outcome and of those like it, with their reason.
void write_same(fhir::JsonWriter& json, Outcomes outcomes) {
    thread_local std::string text, name;
    text = R"({"rules":[)";
    for (const cards::Outcome& outcome : outcomes) {
        if (!is_like(outcome, outcomes.front())) continue;
        name = outcome.rule->id;
        if (!outcome.rule->version.empty()) name.append("|").append(outcome.rule->version);
        if (text.back() != '[') text += ',';
        fhir::write_json_string(text, name);
    }
    text += R"(],"why":)";
    fhir::write_json_string(text, outcomes.front().reason);
    text += '}';
    json.written(text);
}

void write_rules(fhir::JsonWriter& json, Outcomes outcomes, const Group& group) {
    bool has_any = false;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        if (outcomes[i].kind != group.kind) continue;
        const auto like_this = [&](const cards::Outcome& other) { return is_like(other, outcomes[i]); };
        const Outcomes before = outcomes.first(i);
        if (std::any_of(before.begin(), before.end(), like_this)) continue;  // told with that one
        if (!std::exchange(has_any, true)) {
            json.key(group.member);
            json.begin_array();
        }
        write_same(json, outcomes.subspan(i));
    }
    if (has_any) json.end_array();
}

void write_cards(fhir::JsonWriter& json, const Decision& decision) {
    json.key("cards");
    json.begin_array();
    for (const cards::Card& card : decision.cards) {
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
    thread_local std::string text;
    json.key("inputs");
    json.begin_object();
    for (const Decision::Input& read : decision.inputs) {
        const cards::Input& input = decision.knowledge->inputs()[read.index];
        text = R"({"type":")";
        text.append(fhir::Model::r4().type_name(input.type));
        text.append(R"(","state":")").append(to_string(read.state));
        text.append(R"(","count":)").append(std::to_string(read.resources));
        if (read.dropped > 0) text.append(R"(,"dropped":)").append(std::to_string(read.dropped));
        text += '}';
        json.key(input.id);
        json.written(text);
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
    json.member("requestId", decision.request_id);
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
    for (const Group& group : groups) write_rules(json, decision.rules, group);
    write_cards(json, decision);
    write_inputs(json, decision);
    write_unless_empty(json, "fhir", decision.fhir);
    if (decision.fetched > 0) json.member("fetched", decision.fetched);
    json.end_object();
}

}  // namespace hooks
