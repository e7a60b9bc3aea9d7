// Messages as a whole (sections 2, 8 and 14): JSON, its envelope, errors and transport, of all that came.
#include "hooks/conformance_check.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>

namespace hooks::conformance {

namespace {

using fhir::Node;

constexpr std::string_view no_call = "no call succeeded";

bool is_call(const Exchange& exchange) {
    return exchange.what.starts_with("POST /cds-services/") &&
           exchange.what.find("/feedback") == std::string::npos;
}

template <class Fits>
bool any(const Session& session, const Fits& fits) {
    return std::any_of(session.exchanges().begin(), session.exchanges().end(), fits);
}

bool has_success(const Session& session) {
    return any(session, [](const Exchange& one) { return is_call(one) && one.is_success(); });
}

Finding is_json(Session& session, const Check&) {
    Judge judge;
    for (const Exchange& exchange : session.exchanges()) {
        if (exchange.status() == 200 && exchange.what.find("/feedback") == std::string::npos)
            judge.that(exchange.body != nullptr, exchange, "a body in JSON");
    }
    return judge.finding();
}

Finding everywhere(Session& session, const Check& check) { return by_contract(session, check, true, {}); }

Finding media_type(Session& session, const Check&) {
    Judge judge;
    for (const Exchange& exchange : session.exchanges()) {
        if (exchange.answer.body.empty()) continue;
        judge.that(exchange.field("Content-Type").starts_with("application/json"), exchange,
                   "Content-Type application/json");
    }
    return judge.finding();
}

Finding is_object(Session& session, const Check& check) {
    return by_contract(session, check, has_success(session), no_call);
}

Finding empty_answer(Session& session, const Check& check) {
    Judge judge;
    for (const Exchange& exchange : session.exchanges()) {
        if (is_call(exchange) && exchange.is_success())
            judge.that(exchange.status() == 200, exchange, R"(200 with "cards": [])");
    }
    const Finding found = judge.finding(no_call);
    return found.kind == Finding::Kind::holds ? by_contract(session, check, true, no_call) : found;
}

Finding outcomes(Session& session, const Check&) {
    Judge judge;
    for (const Exchange& exchange : session.exchanges()) {
        if (exchange.status() < 400) continue;
        judge.that(exchange.body && exchange.faults.empty(), exchange, "an OperationOutcome in the body");
    }
    return judge.finding("it has refused nothing");
}

Finding discreet(Session& session, const Check&) {
    static const RE2 internals(
        R"((\bat [\w.$]+\([\w.]+:\d+\))|Traceback \(most recent|(/usr|/home|/var|/opt|/root)/[\w.]|[A-Z]:\\|\.(java|py|js|cs|cpp|rb|go):\d+)");
    Judge judge;
    for (const Exchange& exchange : session.exchanges()) {
        if (exchange.status() < 400) continue;
        judge.that(!RE2::PartialMatch(exchange.answer.body, internals),
                   exchange.what + ": a stack trace or a path in the body of an error");
    }
    return judge.finding("it has refused nothing");
}

/// An error of the service, whatever it was sent.
Finding stays_well(Session& session, const Check&) {
    Judge judge;
    for (const Exchange& exchange : session.exchanges()) {
        judge.that(exchange.status() != 0 && exchange.status() < 500, exchange, "an answer below 500");
    }
    return judge.finding();
}

Finding transport(Session& session, const Check&) {
    if (session.base().starts_with("https://")) return {};
    const std::string_view host = std::string_view(session.base()).substr(std::string_view("http://").size());
    if (host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]"))
        return not_applicable("asked over loopback");
    Judge judge;
    judge.that(false, "asked over http; patient data needs https");
    return judge.finding();
}

bool has_actions(const Session& session) {
    return any(session, [](const Exchange& one) { return is_call(one) && one.array("systemActions"); });
}

Finding system_actions(Session& session, const Check& check) {
    return by_contract(session, check, has_actions(session), "no answer has systemActions");
}

Finding no_system_actions(Session& session, const Check&) {
    if (!has_success(session)) return not_applicable(std::string(no_call));
    Judge judge;
    judge.that(!has_actions(session), "systemActions are applied without anyone looking: only where agreed");
    return judge.finding();
}

constexpr std::array checks = {
    Check{"J-1", Level::must, "What comes with 200 is JSON", is_json},
    Check{"J-2", Level::must, "No member is null", everywhere},
    Check{"J-3", Level::must, "No member is empty, but for services and cards", everywhere},
    Check{"J-5", Level::must, "FHIR resources are in FHIR's JSON", everywhere},
    Check{"J-9", Level::policy, "Bodies say that they are application/json", media_type},
    Check{"E-2", Level::must, "extension is an object", everywhere},
    Check{"S-2", Level::must, "An answer has cards, an array", is_object},
    Check{"S-4", Level::should, "Nothing to say is 200 with no cards, and no empty systemActions",
          empty_answer},
    Check{"S-6", Level::should, "What is not 2xx carries an OperationOutcome", outcomes},
    Check{"S-8", Level::policy, "Nothing it was sent made it fail (5xx) or fall silent", stays_well},
    Check{"S-9", Level::policy, "Errors show no stack trace and no path", discreet},
    Check{"X-1", Level::must, "Calls go over TLS", transport},
    Check{"Y-1", Level::must, "systemActions is an array of actions", system_actions},
    Check{"Y-2", Level::policy, "It sends no systemActions", no_system_actions},
};

}  // namespace

std::span<const Check> envelope_checks() { return checks; }

}  // namespace hooks::conformance
