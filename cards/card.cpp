// Card as JSON: the body of a CDS Hooks answer.
#include "cards/card.hpp"

#include "cards/knowledge.hpp"
#include "fhir/json_writer.hpp"

namespace cards {

std::string_view to_string(Indicator indicator) {
    switch (indicator) {
        case Indicator::info:
            return "info";
        case Indicator::warning:
            return "warning";
        case Indicator::critical:
            return "critical";
    }
    return "info";
}

namespace {

std::string_view to_string(Action::Type type) {
    switch (type) {
        case Action::Type::create:
            return "create";
        case Action::Type::update:
            return "update";
        case Action::Type::remove:
            return "delete";
    }
    return "create";
}

void write(fhir::JsonWriter& json, const Coding& coding) {
    json.begin_object();
    json.member("system", coding.system);
    json.member("code", coding.code);
    if (!coding.display.empty()) json.member("display", coding.display);
    json.end_object();
}

void write(fhir::JsonWriter& json, const Source& source) {
    json.begin_object();
    json.member("label", source.label);
    if (!source.url.empty()) json.member("url", source.url);
    if (!source.icon.empty()) json.member("icon", source.icon);
    if (!source.topic.code.empty()) {
        json.key("topic");
        write(json, source.topic);
    }
    json.end_object();
}

void write(fhir::JsonWriter& json, const Suggestion& suggestion) {
    json.begin_object();
    json.member("label", suggestion.label);
    json.member("uuid", suggestion.uuid);
    if (suggestion.is_recommended) json.member("isRecommended", true);
    if (!suggestion.actions.empty()) {
        json.key("actions");
        json.begin_array();
        for (const Action& action : suggestion.actions) {
            json.begin_object();
            json.member("type", to_string(action.type));
            json.member("description", action.description);
            if (action.resource != nullptr) json.member("resource", *action.resource);
            if (!action.resource_id.empty()) json.member("resourceId", action.resource_id);
            json.end_object();
        }
        json.end_array();
    }
    json.end_object();
}

/// By which version of which rule the card came about (E-1 to E-3).
void write_extension(fhir::JsonWriter& json, const Rule& rule) {
    json.key("extension");
    json.begin_object();
    json.key("org.example.asps-cds.rule");
    json.begin_object();
    json.member("id", rule.id);
    json.member("version", rule.version);
    if (!rule.reviewed.empty()) json.member("reviewed", rule.reviewed);
    json.end_object();
    json.end_object();
}

void write(fhir::JsonWriter& json, const Card& card) {
    const Rule& rule = *card.rule;
    json.begin_object();
    json.member("uuid", card.uuid);
    json.member("summary", card.summary);
    if (!card.detail.empty()) json.member("detail", card.detail);
    json.member("indicator", to_string(card.indicator));
    json.written(rule.source_json);
    if (!card.suggestions.empty()) {
        json.key("suggestions");
        json.begin_array();
        for (const Suggestion& suggestion : card.suggestions) write(json, suggestion);
        json.end_array();
        json.member("selectionBehavior", rule.selection_behavior);
    }
    json.written(rule.closing_json);
    json.end_object();
}

}  // namespace

void write_fixed_members(Rule& rule) {
    rule.source_json.clear();
    fhir::JsonWriter source(rule.source_json);
    source.key("source");
    write(source, rule.source);

    rule.closing_json.clear();
    fhir::JsonWriter json(rule.closing_json);
    if (!rule.override_reasons.empty()) {
        json.key("overrideReasons");
        json.begin_array();
        for (const Coding& reason : rule.override_reasons) write(json, reason);
        json.end_array();
    }
    if (!rule.links.empty()) {
        json.key("links");
        json.begin_array();
        for (const Link& link : rule.links) {
            json.begin_object();
            json.member("label", link.label);
            json.member("url", link.url);
            json.member("type", "absolute");
            json.end_object();
        }
        json.end_array();
    }
    write_extension(json, rule);
}

std::string response_json(const std::vector<Card>& cards) {
    std::string out;
    std::size_t size = 64;
    for (const Card& card : cards) {
        size += 512 + card.summary.size() + card.detail.size() + card.rule->source_json.size() +
                card.rule->closing_json.size() + 2'048 * card.suggestions.size();
    }
    out.reserve(size);
    fhir::JsonWriter json(out);
    json.begin_object();
    json.key("cards");
    json.begin_array();
    for (const Card& card : cards) write(json, card);
    json.end_array();
    json.end_object();
    return out;
}

}  // namespace cards
