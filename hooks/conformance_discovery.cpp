// Discovery (section 3): where it is, what it says, and that its ids lead somewhere.
#include "hooks/conformance_check.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace hooks::conformance {

namespace {

using fhir::Node;

constexpr std::string_view no_services = "discovery lists no service";

bool lists_services(const Session& session) {
    const Node* services = session.discovery().array("services");
    return services && services->first_child;
}

/// Whether some entry has that member.
bool has(const Session& session, std::string_view member) {
    if (!lists_services(session)) return false;
    const auto entries = session.discovery().array("services")->children();
    return std::any_of(entries.begin(), entries.end(),
                       [&](const Node& entry) { return entry.is_object() && entry.find(member); });
}

Finding every_entry(Session& session, const Check& check) {
    return by_contract(session, check, lists_services(session), no_services);
}

template <const char* member>
Finding entries_with(Session& session, const Check& check) {
    return by_contract(session, check, has(session, member), "no entry has it");
}

constexpr char prefetch[] = "prefetch", usage[] = "usageRequirements", hook_version[] = "hookVersion",
               extension[] = "extension";

Finding is_there(Session& session, const Check&) {
    Judge judge;
    judge.that(session.discovery().is_success(), session.discovery(), "200");
    return judge.finding();
}

Finding is_200(Session& session, const Check&) {
    Judge judge;
    if (session.discovery().is_success())
        judge.that(session.discovery().status() == 200, session.discovery(), "200");
    return judge.finding("it did not succeed");
}

Finding has_services(Session& session, const Check& check) {
    if (!session.discovery().body) {
        Judge judge;
        judge.that(false, session.discovery(), "a JSON object with services");
        return judge.finding();
    }
    return by_contract(session, check, true, "");
}

Finding may_be_empty(Session& session, const Check&) {
    Judge judge;
    if (!lists_services(session)) {
        judge.that(session.discovery().status() == 200 && session.discovery().array("services"),
                   session.discovery(), "200 and an empty list");
    }
    return judge.finding("it lists services");
}

Finding ids_lead_there(Session& session, const Check& check) {
    Judge judge;
    for (const OfferedService& service : session.services()) {
        const unsigned status = service.plain->status();
        judge.that(status != 404 && status != 405, *service.plain, "the service at the path of its id");
    }
    const Finding asked = judge.finding(no_services);
    return asked.kind == Finding::Kind::broken
               ? asked
               : by_contract(session, check, lists_services(session), no_services);
}

Finding repeats_differ(Session& session, const Check&) {
    Judge judge;
    std::set<std::pair<std::string, std::string>> seen;
    for (const OfferedService& service : session.services()) {
        judge.that(seen.emplace(service.id, service.hook).second,
                   service.id + " is listed twice for " + service.hook);
    }
    return judge.finding(no_services);
}

Finding ids_are_unique(Session& session, const Check& check) {
    Judge judge;
    std::set<std::string> seen;
    for (const OfferedService& service : session.services()) {
        judge.that(seen.insert(service.id).second,
                   service.id + " is listed for several hooks; clients keep the last only");
    }
    const Finding repeated = judge.finding(no_services);
    return repeated.kind == Finding::Kind::broken ? repeated : every_entry(session, check);
}

Finding takes_tokens(Session& session, const Check&) {
    if (session.has_token()) return not_applicable("it was asked with the token given");
    Judge judge;
    const Exchange& with_token =
        session.ask("GET", "/cds-services", {}, {{"Authorization", "Bearer eyJhbGciOiJub25lIn0.e30.x"}},
                    "a bearer token that it did not ask for", Session::Of::discovery);
    judge.that(with_token.status() == session.discovery().status(), with_token,
               "what comes without: " + std::to_string(session.discovery().status()));
    return judge.finding();
}

Finding takes_slashes(Session& session, const Check&) {
    Judge judge;
    const Exchange& ends =
        session.ask("GET", "/cds-services/", {}, {}, "a slash at the end", Session::Of::discovery);
    judge.that(
        ends.status() == session.discovery().status() && ends.answer.body == session.discovery().answer.body,
        ends, "what comes without it");
    if (const OfferedService* subject = session.subject()) {
        const Exchange& twice = session.ask("POST", "/cds-services//" + subject->id, "{}",
                                            {{"Content-Type", "application/json"}}, "two slashes");
        judge.that(twice.is_refusal() || twice.is_success(), twice, "an answer or a clean 404");
    }
    return judge.finding();
}

constexpr std::array checks = {
    Check{"D-1", Level::must, "Discovery is at {base}/cds-services, by GET", is_there},
    Check{"D-2", Level::must, "Discovery is a JSON object with an array of services", has_services},
    Check{"D-3", Level::must, "Discovery's success is 200", is_200},
    Check{"D-5", Level::should, "Without services, discovery is 200 with an empty list", may_be_empty},
    Check{"D-6", Level::must, "Every service has hook, description and id", every_entry},
    Check{"D-7", Level::should, "Every service has a title", every_entry},
    Check{"D-8", Level::must, "A service answers at the path of its id", ids_lead_there},
    Check{"D-9", Level::must, "A service listed several times has different hooks", repeats_differ},
    Check{"D-10", Level::must, "prefetch is an object of template strings", entries_with<prefetch>},
    Check{"D-11", Level::must, "usageRequirements is text", entries_with<usage>},
    Check{"D-12", Level::must, "extension of a service is an object", entries_with<extension>},
    Check{"D-13", Level::should, "Every service says which version of CDS Hooks it speaks", every_entry},
    Check{"D-14", Level::must, "hookVersion is text", entries_with<hook_version>},
    Check{"D-16", Level::policy, "Ids are unique and need no escape in a path", ids_are_unique},
    Check{"D-17", Level::policy, "Discovery that is open does not mind a token", takes_tokens},
    Check{"D-18", Level::policy, "A slash too many does no harm", takes_slashes},
};

}  // namespace

std::span<const Check> discovery_checks() { return checks; }

}  // namespace hooks::conformance
