// CORS (section 14.3): what a page of an allowed origin needs, and what no other page gets.
#include "hooks/conformance_check.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace hooks::conformance {

namespace {

/// A path, the method that a page would use there and the fields it would send.
struct Path {
    std::string path, method, fields;
};

std::vector<Path> paths(const Session& session) {
    std::vector<Path> all = {{"/cds-services", "GET", "authorization"}};
    for (const OfferedService& service : session.services()) {
        all.push_back({path_of(service), "POST", "authorization,content-type"});
        all.push_back({path_of(service) + "/feedback", "POST", "authorization,content-type"});
        break;
    }
    return all;
}

const Exchange& preflight(Session& session, const Path& path, const std::string& origin) {
    return session.ask("OPTIONS", path.path, {},
                       {{"Origin", origin},
                        {"Access-Control-Request-Method", path.method},
                        {"Access-Control-Request-Headers", path.fields}},
                       "origin " + origin);
}

std::string lower(std::string_view text) {
    std::string copy(text);
    std::transform(copy.begin(), copy.end(), copy.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return copy;
}

std::string_view allowed_origin(const Exchange& exchange) {
    return exchange.field("Access-Control-Allow-Origin");
}

/// Runs `asks` if there is an origin to ask as. A path without feedback has no preflight to give.
template <class Asks>
Finding with_origin(Session& session, const Asks& asks) {
    if (session.origin().empty()) return not_applicable("asked with --origin only");
    Judge judge;
    asks(session.origin(), judge);
    return judge.finding();
}

bool lacks_feedback(const Path& path, const Exchange& exchange) {
    return exchange.status() == 404 && path.path.ends_with("/feedback");
}

Finding preflights(Session& session, const Check&) {
    return with_origin(session, [&](const std::string& origin, Judge& judge) {
        for (const Path& path : paths(session)) {
            const Exchange& answer = preflight(session, path, origin);
            if (lacks_feedback(path, answer)) continue;
            judge.that(answer.is_success(), answer, "2xx without a token");
            judge.that(allowed_origin(answer) == origin || allowed_origin(answer) == "*", answer,
                       "Access-Control-Allow-Origin: " + origin);
        }
    });
}

Finding what_is_allowed(Session& session, const Check&) {
    return with_origin(session, [&](const std::string& origin, Judge& judge) {
        for (const Path& path : paths(session)) {
            const Exchange& answer = preflight(session, path, origin);
            if (lacks_feedback(path, answer)) continue;
            const std::string fields = lower(answer.field("Access-Control-Allow-Headers"));
            // GET and POST need no leave.
            judge.that(fields.find("authorization") != std::string::npos &&
                           (path.method == "GET" || fields.find("content-type") != std::string::npos),
                       answer, "Access-Control-Allow-Headers with " + path.fields);
        }
    });
}

Finding answers_show(Session& session, const Check&) {
    return with_origin(session, [&](const std::string& origin, Judge& judge) {
        const std::vector<Field> from_page = {{"Origin", origin}, {"Content-Type", "application/json"}};
        const auto shown = [&](const Exchange& answer) {
            judge.that(allowed_origin(answer) == origin || allowed_origin(answer) == "*", answer,
                       "Access-Control-Allow-Origin: " + origin);
        };
        shown(session.ask("GET", "/cds-services", {}, from_page, "origin " + origin));
        shown(session.ask("POST", "/cds-services/no-such-service", "{}", from_page, "origin " + origin));
        for (const OfferedService& service : session.services()) {
            shown(session.ask("POST", path_of(service), "{", from_page, "no JSON and origin " + origin));
            break;
        }
    });
}

Finding no_others(Session& session, const Check&) {
    return with_origin(session, [&](const std::string& origin, Judge& judge) {
        for (const std::string other : {"https://conformance.invalid", "null"}) {
            const Exchange& answer =
                session.ask("GET", "/cds-services", {}, {{"Origin", other}}, "origin " + other);
            judge.that(allowed_origin(answer).empty(), answer, "no Access-Control-Allow-Origin");
        }
        const Exchange& own =
            session.ask("GET", "/cds-services", {}, {{"Origin", origin}}, "origin " + origin);
        judge.that(own.field("Access-Control-Allow-Credentials").empty(), own,
                   "no Access-Control-Allow-Credentials");
        judge.that(lower(own.field("Vary")).find("origin") != std::string::npos, own, "Vary: Origin");
    });
}

Finding is_remembered(Session& session, const Check&) {
    return with_origin(session, [&](const std::string& origin, Judge& judge) {
        const Exchange& answer = preflight(session, paths(session).front(), origin);
        judge.that(!answer.field("Access-Control-Max-Age").empty(), answer, "Access-Control-Max-Age");
    });
}

constexpr std::array checks = {
    Check{"K-1", Level::policy, "A preflight is answered on every path, without a token", preflights},
    Check{"K-2", Level::policy, "A preflight allows authorization and content-type", what_is_allowed},
    Check{"K-3", Level::policy, "Every answer, also of an error, can be read by the page", answers_show},
    Check{"K-4", Level::policy, "No other origin is allowed, no credentials, and caches know", no_others},
    Check{"K-5", Level::policy, "A preflight may be remembered", is_remembered},
};

}  // namespace

std::span<const Check> cors_checks() { return checks; }

}  // namespace hooks::conformance
