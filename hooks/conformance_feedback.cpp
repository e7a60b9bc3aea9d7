// Feedback (section 11): what clients report is taken, what is no report is refused.
#include "hooks/conformance_check.hpp"

#include "hooks/uuid.hpp"

#include <array>

namespace hooks::conformance {

namespace {

constexpr std::string_view not_offered = "the service does not offer feedback";

/// The service whose feedback is asked: the subject, or else the first.
const OfferedService* service_of(const Session& session) {
    if (session.subject()) return session.subject();
    return session.services().empty() ? nullptr : &session.services().front();
}

/// One report of a card that nobody has issued; `more` after its card.
std::string report(const std::string& more, const std::string& card = new_uuid()) {
    return R"({"card":")" + card + R"(",)" + more + "}";
}

std::string body(const std::string& reports) { return R"({"feedback":[)" + reports + "]}"; }

const std::string at = R"("outcomeTimestamp":"2026-01-15T09:14:07.120Z")";
const std::string overridden = R"("outcome":"overridden",)" + at;

std::string accepted() {
    return R"("outcome":"accepted","acceptedSuggestions":[{"id":")" + new_uuid() + R"("}],)" + at;
}

/// An override with that reason.
std::string because(const std::string& reason) { return overridden + R"(,"overrideReason":)" + reason; }

/// Whether it is offered is asked once; every check asks the session for that answer.
bool is_offered(Session& session) {
    const OfferedService* service = service_of(session);
    if (!service) return false;
    for (const Exchange& exchange : session.exchanges()) {
        if (exchange.what.ends_with("/feedback with an acceptance"))
            return exchange.status() != 404 && exchange.status() != 405 && exchange.status() != 501;
    }
    session.feedback(*service, body(report(accepted())), "an acceptance");
    return is_offered(session);
}

struct Report {
    const char* what;
    std::string body;
};

template <class Right>
Finding each(Session& session, const std::vector<Report>& reports, const Right& right,
             std::string_view expected) {
    if (!is_offered(session)) return not_applicable(std::string(not_offered));
    Judge judge;
    for (const Report& one : reports) {
        const Exchange& answer = session.feedback(*service_of(session), one.body, one.what);
        judge.that(right(answer), answer, expected);
    }
    return judge.finding();
}

Finding taken(Session& session, const std::vector<Report>& reports) {
    return each(
        session, reports, [](const Exchange& answer) { return answer.is_success(); }, "2xx");
}

Finding refused(Session& session, const std::vector<Report>& reports) {
    return each(
        session, reports,
        [](const Exchange& answer) { return answer.status() == 400 || answer.status() == 422; }, "400");
}

Finding acceptance(Session& session, const Check&) {
    if (!is_offered(session)) return not_applicable(std::string(not_offered));
    Judge judge;
    for (const Exchange& exchange : session.exchanges()) {
        if (exchange.what.ends_with("/feedback with an acceptance"))
            judge.that(exchange.is_success(), exchange, "2xx");
    }
    return judge.finding();
}

Finding bare_override(Session& session, const Check&) {
    return taken(session, {{"an override without reason", body(report(overridden))}});
}

Finding reason(Session& session, const Check&) {
    const std::string code = R"("reason":{"code":"c","system":"urn:org.example:reasons")";
    return taken(session, {{"a reason without display", body(report(because("{" + code + "}}")))},
                           {"a reason with display and comment",
                            body(report(because("{" + code + R"(,"display":"d"},"userComment":"x"})")))}});
}

Finding comment(Session& session, const Check&) {
    return taken(session,
                 {{"a comment alone", body(report(because(R"({"userComment":"seen elsewhere"})")))}});
}

Finding seconds(Session& session, const Check&) {
    return taken(
        session,
        {{"whole seconds",
          body(report(R"("outcome":"overridden","outcomeTimestamp":"2026-01-15T09:14:07Z")"))},
         {"nanoseconds",
          body(report(R"("outcome":"overridden","outcomeTimestamp":"2026-01-15T09:14:07.123456789Z")"))}});
}

Finding several(Session& session, const Check&) {
    const std::string card = new_uuid(), acceptance = report(accepted(), card);
    return taken(session, {{"two cards", body(report(accepted()) + "," + report(overridden))},
                           {"one card, accepted", body(acceptance)},
                           {"the same again", body(acceptance)},
                           {"the same card, overridden after all", body(report(overridden, card))}});
}

Finding strangers(Session& session, const Check&) {
    return taken(
        session,
        {{"a card that it never sent", body(report(overridden, "conformance-card"))},
         {"a reason that it never offered",
          body(report(because(R"({"reason":{"code":"none","system":"urn:org.example:none"}})")))},
         {"an offset other than Z",
          body(report(R"("outcome":"overridden","outcomeTimestamp":"2026-01-15T09:14:07+01:00")"))}});
}

Finding no_list(Session& session, const Check&) {
    return refused(session, {{"no feedback", "{}"},
                             {"one report that is no list", R"({"feedback":)" + report(overridden) + "}"},
                             {"an array", "[]"},
                             {"no JSON", "{"}});
}

Finding no_members(Session& session, const Check&) {
    return refused(session, {{"no card", body("{" + overridden + "}")},
                             {"a number as card", body(R"({"card":1,)" + overridden + "}")},
                             {"no outcome", body(report(at))},
                             {"no outcomeTimestamp", body(report(R"("outcome":"overridden")"))},
                             {"a date as outcomeTimestamp",
                              body(report(R"("outcome":"overridden","outcomeTimestamp":"2026-01-15")"))},
                             {"text as outcomeTimestamp",
                              body(report(R"("outcome":"overridden","outcomeTimestamp":"today")"))}});
}

Finding no_outcome(Session& session, const Check&) {
    return refused(session, {{"the outcome ignored", body(report(R"("outcome":"ignored",)" + at))}});
}

Finding no_suggestion(Session& session, const Check&) {
    return refused(session, {{"an acceptance of nothing", body(report(R"("outcome":"accepted",)" + at))},
                             {"accepted suggestions that are texts",
                              body(report(R"("outcome":"accepted","acceptedSuggestions":["x"],)" + at))}});
}

Finding all_or_nothing(Session& session, const Check&) {
    return refused(session, {{"a good and a bad report",
                              body(report(overridden) + "," + report(R"("outcome":"ignored",)" + at))}});
}

Finding unknown_id(Session& session, const Check&) {
    if (!is_offered(session)) return not_applicable(std::string(not_offered));
    Judge judge;
    OfferedService nobody;
    nobody.id = "no-such-service";
    const Exchange& answer = session.feedback(nobody, body(report(overridden)), "an id that is not listed");
    judge.that(answer.status() == 404, answer, "404");
    return judge.finding();
}

// The rules bind clients: a service that offers feedback takes what they may send. That it refuses the rest
// is our policy.
constexpr std::array checks = {
    Check{"F-1", Level::must, "A report of an accepted suggestion is taken", acceptance},
    Check{"F-2", Level::policy, "A body without a list of reports is refused with 400", no_list},
    Check{"F-3", Level::policy, "A report without card, outcome or time is refused with 400", no_members},
    Check{"F-4", Level::policy, "An outcome that is neither accepted nor overridden is refused with 400",
          no_outcome},
    Check{"F-5", Level::policy, "An acceptance that names no suggestion is refused with 400", no_suggestion},
    Check{"F-6", Level::must, "An override without reason is taken", bare_override},
    Check{"F-7", Level::must, "A coded reason is taken, with display and without", reason},
    Check{"F-8", Level::must, "A comment without coded reason is taken", comment},
    Check{"F-9", Level::must, "outcomeTimestamp is taken with fractions of a second and without", seconds},
    Check{"F-10", Level::must, "Several cards at once, and the same card again, are taken", several},
    Check{"F-13", Level::policy, "Feedback for an unknown id is refused with 404", unknown_id},
    Check{"F-15", Level::policy, "Cards, reasons and offsets that it does not know are taken", strangers},
    Check{"F-16", Level::policy, "One bad report refuses the whole body with 400", all_or_nothing},
};

}  // namespace

std::span<const Check> feedback_checks() { return checks; }

}  // namespace hooks::conformance
