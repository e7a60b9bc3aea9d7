// Calls (sections 5 and 8): plain ones, those with something missing or wrong, and the HTTP around them.
#include "hooks/conformance_check.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>

namespace hooks::conformance {

namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

constexpr std::string_view no_subject = "no service answered a plain call";
constexpr std::string_view no_open_service = "no service may be called without a token that it knows";

/// Asks what one service settles.
template <class Asks>
Finding of_subject(Session& session, const Asks& asks) {
    const OfferedService* subject = session.subject();
    if (!subject) return not_applicable(std::string(no_subject));
    Judge judge;
    asks(*subject, judge);
    return judge.finding();
}

bool is_locked(const Exchange& exchange) { return exchange.status() == 401 || exchange.status() == 403; }

/// 412 is another rule's business.
Finding plain_calls(Session& session, const Check& check) {
    Judge judge;
    for (const OfferedService& service : session.services()) {
        const unsigned status = service.plain->status();
        if (!is_locked(*service.plain)) judge.that(status == 200 || status == 412, *service.plain, "200");
    }
    const Finding found = judge.finding(no_open_service);
    return found.kind == Finding::Kind::holds ? by_contract(session, check, true, {}) : found;
}

bool is_whole(const OfferedService& service) {
    if (service.prefetch.empty()) return true;
    const json::value* sent = service.request.if_contains("prefetch");
    return sent && sent->is_object() &&
           std::all_of(service.prefetch.begin(), service.prefetch.end(),
                       [&](const auto& key) { return sent->get_object().contains(key.first); });
}

Finding whole_calls(Session& session, const Check&) {
    Judge judge;
    for (const OfferedService& service : session.services()) {
        if (!is_locked(*service.plain) && is_whole(service))
            judge.that(service.plain->status() != 412, *service.plain,
                       "no 412, for all of prefetch was sent");
    }
    return judge.finding(
        "no service may be called without a token that it knows, or with all of its prefetch");
}

Finding refuses_without(Session& session, const char* member) {
    return of_subject(session, [&](const OfferedService& subject, Judge& judge) {
        json::object request = subject.request;
        request.erase(member);
        const Exchange& answer = session.post(subject, json::serialize(request), std::string("no ") + member);
        judge.that(answer.status() == 400, answer, "400");
    });
}

Finding without_hook(Session& session, const Check&) { return refuses_without(session, "hook"); }
Finding without_instance(Session& session, const Check&) { return refuses_without(session, "hookInstance"); }
Finding without_context(Session& session, const Check&) { return refuses_without(session, "context"); }

Finding wrong_kinds(Session& session, const Check&) {
    return of_subject(session, [&](const OfferedService& subject, Judge& judge) {
        struct Wrong {
            const char* member;
            json::value value;
        };
        for (const Wrong& wrong :
             {Wrong{"hook", 1}, Wrong{"hook", ""}, Wrong{"hookInstance", json::array()},
              Wrong{"context", json::array{1}}, Wrong{"context", "text"}, Wrong{"prefetch", "text"},
              Wrong{"fhirServer", 5}, Wrong{"fhirAuthorization", "token"}}) {
            json::object request = subject.request;
            request["fhirServer"] = "https://fhir.example.org/r4";
            request[wrong.member] = wrong.value;
            const Exchange& answer =
                session.post(subject, json::serialize(request),
                             std::string(wrong.member) + " " + json::serialize(wrong.value));
            judge.that(answer.status() == 400 || answer.status() == 422, answer, "400");
        }
        json::object request = subject.request;
        request["context"].as_object()["patientId"] = 17;
        const Exchange& answer = session.call(subject, request, "a number as patientId");
        judge.that(answer.status() == 400 || answer.status() == 422, answer, "400");
    });
}

Finding other_hook(Session& session, const Check&) {
    return of_subject(session, [&](const OfferedService& subject, Judge& judge) {
        json::object request = subject.request;
        request["hook"] = "org.example.nothing-happens";
        const Exchange& answer = session.call(subject, request, "a hook that it is not listed for");
        judge.that(answer.status() == 400, answer, "400");
    });
}

Finding instances(Session& session, const Check&) {
    return of_subject(session, [&](const OfferedService& subject, Judge& judge) {
        for (const char* id :
             {"D1577C69-DFBE-44AD-BA6D-3E05E953B2EA", "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
              "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", "2c5ea2c0-1d02-11b2-8000-001122334455"}) {
            json::object request = subject.request;
            request["hookInstance"] = id;
            const Exchange& answer =
                session.post(subject, json::serialize(request), std::string("hookInstance ") + id);
            judge.that(answer.status() == subject.plain->status() && answer.gist() == subject.plain->gist(),
                       answer, "what comes to any other hookInstance");
        }
    });
}

Finding authorization(Session& session, const Check&) {
    return of_subject(session, [&](const OfferedService& subject, Judge& judge) {
        json::object request = subject.request;
        request.erase("fhirServer");
        request["fhirAuthorization"] = json::object{{"access_token", "conformance"},
                                                    {"token_type", "Bearer"},
                                                    {"expires_in", 300},
                                                    {"scope", "user/Condition.read"},
                                                    {"subject", "conformance"}};
        const Exchange& answer = session.call(subject, request, "fhirAuthorization and no fhirServer");
        judge.that(answer.status() == 400, answer, "400");
    });
}

Finding speed(Session& session, const Check&) {
    std::vector<std::chrono::milliseconds> took;
    for (const OfferedService& service : session.services()) {
        if (service.plain->is_success()) took.push_back(service.plain->took);
    }
    if (took.empty()) return not_applicable(std::string(no_subject));
    std::sort(took.begin(), took.end());
    const auto median = took[took.size() / 2];
    Judge judge;
    judge.that(median <= 500ms,
               "plain calls take " + std::to_string(median.count()) + " ms; expected 500 ms at most");
    return judge.finding();
}

Finding http(Session& session, const Check&) {
    return of_subject(session, [&](const OfferedService& subject, Judge& judge) {
        const std::string body = json::serialize(subject.request);
        const auto post = [&](const std::string& path, const char* type,
                              const std::string& with) -> const Exchange& {
            return session.ask("POST", path, body, {{"Content-Type", type}}, with);
        };
        const Exchange& unknown =
            post("/cds-services/no-such-service", "application/json", "an id that is not listed");
        judge.that(unknown.status() == 404, unknown, "404");
        const Exchange& read = session.ask("GET", path_of(subject), {}, {}, "a method that it does not have");
        judge.that(read.status() == 405 && read.field("Allow").find("POST") != std::string_view::npos, read,
                   "405 and Allow with POST");
        const Exchange& text = post(path_of(subject), "text/plain", "a body of text/plain");
        judge.that(text.status() == 415, text, "415");
        for (const char* type : {"application/json; charset=utf-8", "application/fhir+json"}) {
            const Exchange& taken = post(path_of(subject), type, std::string("a body of ") + type);
            judge.that(taken.status() == subject.plain->status(), taken, "what comes to application/json");
        }
    });
}

constexpr std::array checks = {
    Check{"S-1", Level::must, "A well-formed call is answered with 200", plain_calls},
    Check{"P-9", Level::must, "412 is for data that was not sent, and no other", whole_calls},
    Check{"R-2", Level::policy, "A call without hook is refused with 400", without_hook},
    Check{"R-3", Level::policy, "A call without hookInstance is refused with 400", without_instance},
    Check{"R-4", Level::policy, "A call without context is refused with 400", without_context},
    Check{"R-10", Level::should, "A call is answered within about half a second", speed},
    Check{"R-11", Level::policy, "A member of a wrong type is refused with 400", wrong_kinds},
    Check{"R-12", Level::policy, "A hook that the id is not listed for is refused with 400", other_hook},
    Check{"R-13", Level::policy, "A hookInstance of any version and case is taken, also a second time",
          instances},
    Check{"R-14", Level::policy, "fhirAuthorization without fhirServer is refused with 400", authorization},
    Check{"R-15", Level::policy, "404, 405 and 415 are used as HTTP means them", http},
};

}  // namespace

std::span<const Check> call_checks() { return checks; }

}  // namespace hooks::conformance
