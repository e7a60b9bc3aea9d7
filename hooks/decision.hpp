// Decision: what is kept of one evaluation for audit: who asked, what was looked at, what every rule said.
// Nothing of the patient but a keyed name. It borrows from the call, and becomes text before that ends.
#pragma once

#include "cards/apply.hpp"
#include "cards/chart.hpp"
#include "hooks/instant.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hooks {

struct Decision {
    Instant time;
    std::string_view request_id;
    std::string
        hook_instance;  ///< as it came if it is a UUID, else a keyed name: a client may put anything there
    std::string_view issuer;  ///< of the caller's token; "" if nobody known called
    const cards::Knowledge* knowledge = nullptr;
    const cards::Service* service = nullptr;
    std::string patient, user;      ///< keyed names (digest.hpp)
    std::string_view user_type;     ///< "Practitioner" of `Practitioner/1`; "" if it is no type of R4
    std::string input;              ///< SHA-256 of the body as it came
    std::string date;               ///< today() of the rules
    unsigned status = 200;          ///< of the answer
    std::int64_t microseconds = 0;  ///< from the whole request to its answer
    std::span<const cards::Outcome> rules;
    std::span<const cards::Card> cards;

    /// What was known of one prefetch key that the service has.
    struct Input {
        std::size_t index = 0;  ///< of Knowledge::inputs()
        cards::InputState state = cards::InputState::missing;
        std::size_t resources = 0;
        std::size_t dropped = 0;  ///< of another patient
    };
    std::vector<Input> inputs;
    std::string_view fhir;     ///< whether the EHR's FHIR server was asked (prefetch.hpp)
    std::int64_t fetched = 0;  ///< inputs had from there
};

/// The record as one JSON object: event "decision". Rules that are silent or not checked for the same reason
/// stand together.
void append_decision(std::string& out, const Decision& decision);

}  // namespace hooks
