// Card: one CDS Hooks card with its suggestions, and the response that carries it.
#pragma once

#include "fhir/document.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cards {

/// card.indicator in rising urgency (C-2).
enum class Indicator : std::uint8_t { info, warning, critical };
std::string_view to_string(Indicator indicator);

/// The CDS Hooks Coding: code and system always, display where there is one (C-24).
struct Coding {
    std::string system, code, display;
};

/// card.links[] (L-1 to L-3): always type "absolute".
struct Link {
    std::string label, url;
};

/// card.source (C-20 to C-23). Empty members are left out.
struct Source {
    std::string label, url, icon;
    Coding topic;
};

/// suggestion.actions[] (AC-1 to AC-5).
struct Action {
    enum class Type : std::uint8_t { create, update, remove } type = Type::create;
    std::string description;
    const fhir::Node* resource = nullptr;  ///< create, update; lives in the request's arena
    std::string resource_id;               ///< remove: "MedicationRequest/1"
};

struct Suggestion {
    std::string label, uuid;
    bool is_recommended = false;
    std::vector<Action> actions;
};

struct Rule;

/// One card. What is the same for every patient (source, links, reasons) is borrowed from the Knowledge.
struct Card {
    std::string uuid, summary, detail;
    Indicator indicator = Indicator::info;
    const Rule* rule = nullptr;
    std::vector<Suggestion> suggestions;
};

/// A fresh random UUID v4, lower case, without "urn:uuid:" (C-16).
using UuidSource = std::function<std::string()>;

/// Writes once, at load, what all cards of a rule have alike.
void write_fixed_members(Rule& rule);

/// The body of a 200 answer: {"cards":[...]} (S-2, S-4).
std::string response_json(const std::vector<Card>& cards);

}  // namespace cards
