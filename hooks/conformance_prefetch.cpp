// Prefetch as it arrives (section 6): each key in each state, and what belongs to nobody.
#include "hooks/conformance_check.hpp"
#include "hooks/conformance_request.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <array>

namespace hooks::conformance {

namespace {

namespace json = boost::json;

bool is_read(std::string_view text) { return text.find('?') == std::string_view::npos; }

/// Calls every service once for each of its keys, that key's value being what `value` makes of its template
/// (nullopt: left out), and once for all keys together. `of_searches`: keys that are reads keep what they
/// have.
template <class Value, class Right>
Finding every_key(Session& session, const char* state, const Value& value, const Right& right,
                  std::string_view expected, bool of_searches = false) {
    Judge judge;
    const auto set = [&](json::object& prefetch, const std::pair<std::string, std::string>& key) {
        const std::optional<json::value> one = value(key.second);
        if (one) {
            prefetch[key.first] = *one;
        } else {
            prefetch.erase(key.first);
        }
    };
    for (const OfferedService& service : session.services()) {
        if (!service.plain->is_success() || service.prefetch.empty()) continue;
        json::object all = service.request;
        if (!all["prefetch"].is_object()) all["prefetch"] = json::object();
        for (const auto& key : service.prefetch) {
            if (of_searches && is_read(key.second)) continue;
            json::object request = service.request;
            if (!request["prefetch"].is_object()) request["prefetch"] = json::object();
            set(request["prefetch"].as_object(), key);
            set(all["prefetch"].as_object(), key);
            const Exchange& answer = session.call(service, request, "prefetch." + key.first + " " + state);
            judge.that(right(answer), answer, expected);
        }
        const Exchange& answer = session.call(service, all, std::string("every prefetch key ") + state);
        judge.that(right(answer), answer, expected);
    }
    return judge.finding("no service has prefetch and answered a plain call");
}

bool is_200(const Exchange& answer) { return answer.status() == 200; }
bool is_200_or_412(const Exchange& answer) { return answer.status() == 200 || answer.status() == 412; }
bool is_clean(const Exchange& answer) { return answer.status() == 200 || answer.is_refusal(); }

/// Reads are left as they are: the patient of the context exists.
Finding nulls(Session& session, const Check&) {
    return every_key(
        session, "null", [](std::string_view) { return std::optional<json::value>(nullptr); }, is_200,
        "200, for null says that there is none", true);
}

Finding missing(Session& session, const Check&) {
    return every_key(
        session, "left out", [](std::string_view) { return std::optional<json::value>(); }, is_200_or_412,
        "200, or 412 if it cannot do without");
}

Finding failed(Session& session, const Check&) {
    const json::object issue = {{"severity", "error"}, {"code", "timeout"}};
    const json::object outcome = {{"resourceType", "OperationOutcome"}, {"issue", json::array{issue}}};
    return every_key(
        session, "an OperationOutcome", [&](std::string_view) { return std::optional<json::value>(outcome); },
        is_200_or_412, "200, or 412 if it cannot do without");
}

Finding loose_bundles(Session& session, const Check&) {
    json::array entries;
    entries.push_back(json::object());
    entries.push_back(
        json::object{{"search", {{"mode", "outcome"}}},
                     {"resource", {{"resourceType", "OperationOutcome"}, {"issue", json::array()}}}});
    const json::object no_entry = {{"resourceType", "Bundle"}};
    const json::object odd_entries = {{"resourceType", "Bundle"}, {"type", "collection"}, {"entry", entries}};
    Finding first = every_key(
        session, "a Bundle without type, total and entry",
        [&](std::string_view) { return std::optional<json::value>(no_entry); }, is_200,
        "200, for an empty Bundle says that there is none", true);
    if (first.kind != Finding::Kind::holds) return first;
    return every_key(
        session, "a Bundle with entries that hold nothing",
        [&](std::string_view) { return std::optional<json::value>(odd_entries); }, is_200_or_412,
        "200, or 412", true);
}

Finding pages(Session& session, const Check&) {
    const json::object next = {{"relation", "next"}, {"url", "https://fhir.example.org/r4?page=2"}};
    const json::object paged = {{"resourceType", "Bundle"},
                                {"type", "searchset"},
                                {"link", json::array{next}},
                                {"entry", json::array()}};
    return every_key(
        session, "a page with more behind it",
        [&](std::string_view) { return std::optional<json::value>(paged); }, is_200_or_412, "200, or 412");
}

Finding wrong_types(Session& session, const Check&) {
    const std::array<std::pair<const char*, json::value>, 6> values = {{
        {"a text", "text"},
        {"a number", 7},
        {"an array", json::array{1}},
        {"an empty object", json::object()},
        {"a resource of another type", json::object{{"resourceType", "Basic"}, {"id", "1"}}},
        {"true", true},
    }};
    for (const auto& [what, value] : values) {
        const json::value& one = value;
        Finding found = every_key(
            session, what, [&](std::string_view) { return std::optional<json::value>(one); }, is_clean,
            "200 or a clean 4xx");
        if (found.kind != Finding::Kind::holds) return found;
    }
    return {};
}

Finding others_data(Session& session, const Check&) {
    Judge judge;
    for (const OfferedService& service : session.services()) {
        const fhir::Node* cards = service.plain->array("cards");
        if (service.is_invented || !cards || !cards->first_child) continue;
        json::object request = service.request;
        request["context"].as_object()["patientId"] = "conformance-other-patient";
        const Exchange& answer = session.call(service, request, "data of another patient than the context's");
        judge.that(answer.gist() != service.plain->gist() || !answer.is_success(), answer,
                   "other cards than that patient's own");
    }
    return judge.finding("asked with requests of yours that yield cards (--request)");
}

Finding unrequested(Session& session, const Check&) {
    Judge judge;
    for (const OfferedService& service : session.services()) {
        if (!service.plain->is_success()) continue;
        json::object request = service.request;
        if (!request["prefetch"].is_object()) request["prefetch"] = json::object();
        request["prefetch"].as_object()["conformance-unrequested"] = json::object{{"resourceType", "Basic"}};
        const Exchange& answer = session.call(service, request, "a prefetch key that it did not ask for");
        judge.that(answer.status() == service.plain->status() && answer.gist() == service.plain->gist(),
                   answer, "what comes without");
    }
    return judge.finding("no service answered a plain call");
}

constexpr std::array checks = {
    Check{"P-5", Level::policy, "null says that there is none: no 412", nulls},
    Check{"P-7", Level::should, "An OperationOutcome in prefetch is seen as what could not be had", failed},
    Check{"P-8", Level::must, "A key that is left out is fetched, done without, or answered with 412",
          missing},
    Check{"P-11", Level::policy, "Bundles may lack type, total and entries", loose_bundles},
    Check{"P-12", Level::policy, "A page with a next link does no harm", pages},
    Check{"P-13", Level::policy, "Prefetch of a wrong kind does no harm", wrong_types},
    Check{"P-14", Level::policy, "Data of another patient is not used", others_data},
    Check{"P-15", Level::policy, "Keys that it did not ask for are ignored", unrequested},
};

}  // namespace

std::span<const Check> prefetch_checks() { return checks; }

}  // namespace hooks::conformance
