// What real clients and careless ones send (sections 2, 5 and 13): nothing of it may end in an error of the
// service, and what is only unknown changes nothing.
#include "hooks/conformance_check.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <array>

namespace hooks::conformance {

namespace {

namespace json = boost::json;

constexpr std::string_view no_subject = "no service answered a plain call";

/// An object in which no client and no service finds anything that it knows.
json::object unknown() { return {{"org.example.unknown", {{"nested", json::array{1, "a", nullptr}}}}}; }

void same(const OfferedService& service, const Exchange& answer, Judge& judge) {
    judge.that(answer.status() == service.plain->status() && answer.gist() == service.plain->gist(), answer,
               "what comes without");
}

Finding unknown_members(Session& session, const Check&) {
    const OfferedService* subject = session.subject();
    if (!subject) return not_applicable(std::string(no_subject));
    Judge judge;
    json::object request = subject->request;
    request["org.example.unknown"] = unknown();
    request["cards"] = json::array{1};
    same(*subject, session.call(*subject, request, "members that are not known"), judge);
    request = subject->request;
    if (!request.contains("fhirAuthorization")) request["fhirAuthorization"] = nullptr;
    if (!request.contains("fhirServer")) request["fhirServer"] = nullptr;
    if (!request.contains("extension")) request["extension"] = nullptr;
    same(*subject, session.call(*subject, request, "optional members that are null"), judge);
    return judge.finding();
}

Finding unknown_context(Session& session, const Check&) {
    const OfferedService* subject = session.subject();
    if (!subject) return not_applicable(std::string(no_subject));
    Judge judge;
    json::object request = subject->request;
    request["context"].as_object()["org.example.unknown"] = unknown();
    same(*subject, session.call(*subject, request, "a member of context that is not known"), judge);
    return judge.finding();
}

Finding extensions(Session& session, const Check&) {
    const OfferedService* subject = session.subject();
    if (!subject) return not_applicable(std::string(no_subject));
    Judge judge;
    json::object request = subject->request;
    request["extension"] = unknown();
    request["context"].as_object()["extension"] = unknown();
    same(*subject, session.call(*subject, request, "extensions that are not known"), judge);
    return judge.finding();
}

Finding hostile_bodies(Session& session, const Check&) {
    const OfferedService* subject = session.subject();
    if (!subject) return not_applicable(std::string(no_subject));
    const std::string call = json::serialize(subject->request);
    struct Body {
        const char* what;
        std::string text;
    };
    const std::array bodies = {Body{"no body", ""},
                               Body{"a body of blanks", "  \n"},
                               Body{"a call cut short", call.substr(0, call.size() / 2)},
                               Body{"text behind the call", call + "x"},
                               Body{"null", "null"},
                               Body{"an array", "[]"},
                               Body{"a number", "17"},
                               Body{"a string", "\"hook\""},
                               Body{"an empty object", "{}"},
                               Body{"a trailing comma", call.substr(0, call.size() - 1) + ",}"},
                               Body{"single quotes", "{'hook':'patient-view'}"},
                               Body{"a comment", "/* " + call},
                               Body{"a member twice", R"({"hook":"a",)" + call.substr(1)},
                               Body{"invalid UTF-8", R"({"x":")"
                                                     "\xC3\x28"
                                                     R"(",)" +
                                                         call.substr(1)},
                               Body{"half a surrogate pair", R"({"x":"\ud83d",)" + call.substr(1)},
                               Body{"a control character", std::string("{\"x\":\"\x01\",") + call.substr(1)},
                               Body{"a number without end", R"({"x":1e999999,)" + call.substr(1)},
                               Body{"NaN", R"({"x":NaN,)" + call.substr(1)},
                               Body{"a nest of 100,000 arrays", std::string(100'000, '[')},
                               Body{"a nest of 50,000 objects", [] {
                                        std::string text;
                                        for (int i = 0; i < 50'000; ++i) text += R"({"a":)";
                                        return text;
                                    }()}};
    Judge judge;
    for (const Body& body : bodies) {
        const Exchange& answer = session.post(*subject, body.text, body.what);
        judge.that(answer.is_refusal(), answer, "400");
    }
    const Exchange& after = session.call(*subject, subject->request, "a plain call after those");
    judge.that(after.status() == subject->plain->status(), after, "what came before");
    return judge.finding();
}

Finding ids(Session& session, const Check&) {
    const OfferedService* subject = session.subject();
    if (!subject) return not_applicable(std::string(no_subject));
    Judge judge;
    json::object request = subject->request;
    request.erase("prefetch");
    json::object& context = request["context"].as_object();
    context["patientId"] = "e" + std::string(199, '0') + ".-x";
    context["userId"] = "PractitionerRole/e" + std::string(199, '0');
    const Exchange& long_ids = session.call(*subject, request, "ids of 200 characters and no prefetch");
    judge.that(long_ids.is_success() || long_ids.status() == 412, long_ids,
               "200, or 412 for want of prefetch");
    context["patientId"] = "Patient/conformance-patient";
    const Exchange& typed = session.call(*subject, request, "patientId Patient/... and no prefetch");
    judge.that(typed.is_success() || typed.status() == 400 || typed.status() == 412, typed, "400 or 200");
    return judge.finding();
}

/// A context as some client has sent it; `context` goes over the plain one's.
struct Shape {
    const char *what, *hook, *context;
};

constexpr std::array shapes = {
    Shape{
        "an order before a drug was chosen, in a Bundle without type", "order-select",
        R"({"selections":["MedicationRequest/request-123"],"draftOrders":{"resourceType":"Bundle","entry":[{"resource":
              {"resourceType":"MedicationRequest","id":"request-123","status":"draft","subject":{"reference":"Patient/1"}}}]}})"},
    Shape{
        "objects for arrays in category and reasonCode", "order-select",
        R"({"selections":["MedicationRequest/request-123"],"draftOrders":{"resourceType":"Bundle","entry":[{"resource":
              {"resourceType":"MedicationRequest","id":"request-123","status":"draft","intent":"order",
               "category":{"coding":[{"code":"outpatient"}]},"reasonCode":{"text":"x"},"medicationCodeableConcept":{"text":"x"}}}]}})"},
    Shape{"neither selections nor draftOrders", "order-select", R"({"selections":null,"draftOrders":null})"},
    Shape{"an empty coding and an empty reasonCode", "order-select",
          R"({"selections":["ServiceRequest/1"],"draftOrders":{"resourceType":"Bundle","entry":[{"resource":
              {"resourceType":"ServiceRequest","id":"1","intent":"plan","code":{"coding":[{}]},"reasonCode":[]}}]}})"},
    Shape{
        "a drug by a reference that leads nowhere and a requester that is only absent", "order-select",
        R"({"selections":["MedicationRequest/1"],"draftOrders":{"resourceType":"Bundle","type":"collection","entry":[{"resource":
              {"resourceType":"MedicationRequest","id":"1","status":"draft","intent":"order",
               "medicationReference":{"reference":"Medication/none","display":"x"},"requester":{"extension":[
               {"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}}}]}})"},
    Shape{"a Bundle without entries", "order-select",
          R"({"selections":[],"draftOrders":{"resourceType":"Bundle"}})"},
    Shape{
        "entries without resource, and null", "order-select",
        R"({"selections":["MedicationRequest/1"],"draftOrders":{"resourceType":"Bundle","entry":[{},null,{"resource":null},7]}})"},
    Shape{"no Bundle", "order-sign", R"({"draftOrders":[]})"},
    Shape{
        "a Bundle whose entry is an object", "order-sign",
        R"({"draftOrders":{"resourceType":"Bundle","entry":{"resource":{"resourceType":"ServiceRequest"}}}})"},
    Shape{
        "an order that is signed again", "order-sign",
        R"({"draftOrders":{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"MedicationRequest","id":"1",
              "status":"active","intent":"order","medicationCodeableConcept":{"text":"x"}}}]}})"},
    Shape{"a category that is a string, and a date of STU3", "problem-list-item-create",
          R"({"conditions":{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Condition","id":"1",
              "category":"problem-list-item","assertedDate":"2026-01-01","code":{"text":"x"}}}]}})"},
    Shape{"a Condition instead of a Bundle", "problem-list-item-create",
          R"({"conditions":{"resourceType":"Condition","id":"1"}})"},
};

json::object with_context(const OfferedService& service, const char* text) {
    json::object request = service.request;
    json::object& context = request["context"].as_object();
    const json::value changes = json::parse(text);
    for (const auto& [name, member] : changes.as_object()) {
        if (member.is_null()) {
            context.erase(name);
        } else {
            context[name] = member;
        }
    }
    return request;
}

Finding odd_shapes(Session& session, const Check&) {
    Judge judge;
    for (const OfferedService& service : session.services()) {
        if (!service.plain->is_success()) continue;
        for (const Shape& shape : shapes) {
            if (service.hook != shape.hook) continue;
            const Exchange& answer = session.call(service, with_context(service, shape.context), shape.what);
            judge.that(answer.status() == 200 || answer.is_refusal(), answer, "200 or a clean 4xx");
        }
    }
    return judge.finding("no service is offered for orders or problems");
}

Finding no_selection(Session& session, const Check&) {
    Judge judge;
    for (const OfferedService& service : session.services()) {
        if (service.hook != "order-select" || !service.plain->is_success()) continue;
        const Exchange& answer =
            session.call(service, with_context(service, R"({"selections":["MedicationRequest/not-there"]})"),
                         "a selection that is not among the orders");
        judge.that(answer.status() == 200, answer, "200");
    }
    return judge.finding("no service is offered for order-select");
}

Finding old_clients(Session& session, const Check&) {
    const OfferedService* subject = session.subject();
    if (!subject) return not_applicable(std::string(no_subject));
    Judge judge;
    json::object request = subject->request;
    request["user"] = "Practitioner/conformance-user";
    request["patient"] = "conformance-patient";
    json::object wrapped;
    for (const auto& [key, text] : subject->prefetch) {
        wrapped[key] = json::object{{"response", {{"status", "200 OK"}}},
                                    {"resource", {{"resourceType", "Bundle"}, {"entry", json::array()}}}};
    }
    if (!wrapped.empty()) request["prefetch"] = wrapped;
    const Exchange& answer = session.call(*subject, request, "members and prefetch of before 1.0");
    judge.that(answer.status() == 200 || answer.is_refusal(), answer, "200 or a clean 4xx");
    return judge.finding();
}

constexpr std::array checks = {
    Check{"J-7", Level::policy, "Unknown members are ignored and optional ones may be null", unknown_members},
    Check{"J-8", Level::policy, "A body that is no well-formed call is refused with 4xx, whatever it is",
          hostile_bodies},
    Check{"E-4", Level::policy, "Extensions that it does not know are ignored", extensions},
    Check{"H-5", Level::policy, "Members of context that it does not know are ignored", unknown_context},
    Check{"H-20", Level::policy, "A selection that matches no order is ignored", no_selection},
    Check{"R-16", Level::policy, "Ids may be long; one with its type is refused or understood", ids},
    Check{"R-17", Level::policy, "Orders and problems in the shapes that clients send do no harm",
          odd_shapes},
    Check{"V-2", Level::policy, "Members of clients older than 1.0 do no harm", old_clients},
};

}  // namespace

std::span<const Check> robustness_checks() { return checks; }

}  // namespace hooks::conformance
