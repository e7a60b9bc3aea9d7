// Cards (sections 9 and 10): all that came, by the contract and by what a schema cannot say.
#include "hooks/conformance_check.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace hooks::conformance {

namespace {

using fhir::Node;

/// Every card that came, with the exchange it came in.
template <class Each>
void every_card(const Session& session, const Each& each) {
    for (const Exchange& exchange : session.exchanges()) {
        const Node* cards = exchange.is_success() ? exchange.array("cards") : nullptr;
        if (!cards) continue;
        for (const Node& card : cards->children()) {
            if (card.is_object()) each(exchange, card);
        }
    }
}

/// The items of the member `name`, an array.
Node::Children items(const Node& object, std::string_view name) {
    const Node* member = object.is_object() ? object.find(name) : nullptr;
    return {member && member->is_array() ? member->first_child : nullptr};
}

/// Whether a card has that member; "": whether there is a card.
bool is_seen(const Session& session, std::string_view member) {
    bool seen = false;
    every_card(session, [&](const Exchange&, const Node& card) {
        seen = seen || member.empty() || card.find(member);
    });
    return seen;
}

/// Whether a suggestion has an action of that type; "": of any.
bool has_action(const Session& session, std::string_view type) {
    bool seen = false;
    every_card(session, [&](const Exchange&, const Node& card) {
        for (const Node& suggestion : items(card, "suggestions")) {
            for (const Node& action : items(suggestion, "actions"))
                seen = seen || type.empty() || (action.is_object() && action.text_of("type") == type);
        }
    });
    return seen;
}

Finding cards(Session& session, const Check& check) {
    return by_contract(session, check, is_seen(session, ""),
                       "no card came; ask with requests that yield some (--request)");
}

template <const char* member>
Finding cards_with(Session& session, const Check& check) {
    return by_contract(session, check, is_seen(session, member), "no card has it");
}

template <const char* type>
Finding actions(Session& session, const Check& check) {
    return by_contract(session, check, has_action(session, type), "no suggestion has such an action");
}

constexpr char uuid[] = "uuid", detail[] = "detail", suggestions[] = "suggestions", links[] = "links",
               reasons[] = "overrideReasons", behavior[] = "selectionBehavior";
constexpr char any_type[] = "", create[] = "create", update[] = "update", remove[] = "delete";

Finding source_with(Session& session, const Check& check, std::string_view member) {
    bool seen = false;
    every_card(session, [&](const Exchange&, const Node& card) {
        const Node* source = card.find("source");
        seen = seen || (source && source->is_object() && source->find(member));
    });
    return by_contract(session, check, seen, "no source has it");
}

Finding source_url(Session& session, const Check& check) { return source_with(session, check, "url"); }
Finding source_icon(Session& session, const Check& check) { return source_with(session, check, "icon"); }
Finding source_topic(Session& session, const Check& check) { return source_with(session, check, "topic"); }

Finding codings(Session& session, const Check& check) {
    const bool seen =
        is_seen(session, reasons) || source_topic(session, check).kind != Finding::Kind::not_applicable;
    return by_contract(session, check, seen, "no card has a coding");
}

Finding fresh_uuids(Session& session, const Check& check) {
    Judge judge;
    std::set<std::string_view> seen;
    every_card(session, [&](const Exchange& exchange, const Node& card) {
        const std::string_view id = card.text_of("uuid");
        if (!id.empty())
            judge.that(seen.insert(id).second,
                       exchange.what + ": the uuid " + std::string(id) + " came before");
    });
    const Finding found = judge.finding();
    return found.kind == Finding::Kind::broken ? found : cards(session, check);
}

Finding by_urgency(Session& session, const Check&) {
    constexpr std::array<std::string_view, 3> order = {"critical", "warning", "info"};
    Judge judge;
    for (const Exchange& exchange : session.exchanges()) {
        const Node* all = exchange.is_success() ? exchange.array("cards") : nullptr;
        if (!all || !all->first_child) continue;
        std::ptrdiff_t before = 0;
        bool sorted = true;
        for (const Node& card : all->children()) {
            const std::string_view indicator =
                card.is_object() ? card.text_of("indicator") : std::string_view();
            const auto rank = std::find(order.begin(), order.end(), indicator) - order.begin();
            sorted = sorted && rank >= before;
            before = rank;
        }
        judge.that(sorted, exchange.what + ": expected cards by falling urgency");
    }
    return judge.finding("no card came");
}

Finding one_action(Session& session, const Check&) {
    Judge judge;
    every_card(session, [&](const Exchange& exchange, const Node& card) {
        for (const Node& suggestion : items(card, "suggestions")) {
            const auto all = items(suggestion, "actions");
            judge.that(std::distance(all.begin(), all.end()) <= 1,
                       exchange.what + ": a suggestion has several actions; some clients take one only");
        }
    });
    return judge.finding("no card has suggestions");
}

constexpr std::array checks = {
    Check{"C-1", Level::must, "summary is text of fewer than 140 characters", cards},
    Check{"C-2", Level::must, "indicator is info, warning or critical", cards},
    Check{"C-3", Level::must, "A card has its source", cards},
    Check{"C-4", Level::must, "uuid is text", cards_with<uuid>},
    Check{"C-6", Level::must, "detail is text", cards_with<detail>},
    Check{"C-7", Level::policy, "detail has no HTML", cards_with<detail>},
    Check{"C-8", Level::must, "suggestions is an array of suggestions", cards_with<suggestions>},
    Check{"C-9", Level::must, "Suggestions come with a selectionBehavior", cards_with<suggestions>},
    Check{"C-10", Level::must, "selectionBehavior is at-most-one or any", cards_with<behavior>},
    Check{"C-12", Level::must, "overrideReasons is an array of codings", cards_with<reasons>},
    Check{"C-13", Level::must, "links is an array of links", cards_with<links>},
    Check{"C-16", Level::policy, "Every card has a fresh random uuid and a topic", fresh_uuids},
    Check{"C-17", Level::policy, "Cards come by falling urgency", by_urgency},
    Check{"C-20", Level::must, "source has a label", cards},
    Check{"C-21", Level::must, "source.url is absolute", source_url},
    Check{"C-22", Level::must, "source.icon is absolute", source_icon},
    Check{"C-23", Level::must, "source.topic is a coding", source_topic},
    Check{"C-24", Level::must, "A coding has code and system, and no member of FHIR's beside display",
          codings},
    Check{"O-1", Level::must, "An override reason has code, system and display", cards_with<reasons>},
    Check{"L-1", Level::must, "A link has label, url and type", cards_with<links>},
    Check{"L-2", Level::must, "A link's type is absolute or smart", cards_with<links>},
    Check{"L-3", Level::must, "appContext is for links of type smart", cards_with<links>},
    Check{"L-4", Level::must, "autolaunchable is a boolean", cards_with<links>},
    Check{"L-6", Level::policy, "Links are https", cards_with<links>},
    Check{"SG-1", Level::must, "A suggestion has a label", cards_with<suggestions>},
    Check{"SG-2", Level::policy, "A suggestion has a uuid", cards_with<suggestions>},
    Check{"SG-3", Level::must, "isRecommended is a boolean", cards_with<suggestions>},
    Check{"SG-4", Level::must, "Where one may be selected, one at most is recommended",
          cards_with<suggestions>},
    Check{"SG-5", Level::must, "actions is an array of actions", cards_with<suggestions>},
    Check{"SG-7", Level::must, "actionSelectionBehavior is not sent to clients that may not know it",
          cards_with<suggestions>},
    Check{"SG-8", Level::policy, "A suggestion has one action", one_action},
    Check{"AC-1", Level::must, "An action's type is create, update or delete", actions<any_type>},
    Check{"AC-2", Level::must, "An action says what it does", actions<any_type>},
    Check{"AC-3", Level::must, "create has a whole resource", actions<create>},
    Check{"AC-4", Level::must, "update has a whole resource", actions<update>},
    Check{"AC-5", Level::should, "delete has a resourceId Type/id and no resource", actions<remove>},
    Check{"cds-resp-1", Level::must, "HL7: at most one suggestion is recommended where one may be selected",
          cards},
    Check{"cds-resp-2", Level::should, "HL7: delete has resourceId and no resource", actions<remove>},
    Check{"cds-resp-3", Level::must, "HL7: appContext is for smart links", cards_with<links>},
    Check{"cds-resp-4", Level::must, "HL7: override reasons have display", cards_with<reasons>},
    Check{"cds-resp-5", Level::must, "HL7: actions have description", actions<any_type>},
    Check{"cds-resp-6", Level::must, "HL7: suggestions come with selectionBehavior", cards_with<suggestions>},
    Check{"cds-resp-7", Level::must, "HL7: actionSelectionBehavior is all, any or at-most-one",
          cards_with<suggestions>},
};

}  // namespace

std::span<const Check> card_checks() { return checks; }

}  // namespace hooks::conformance
