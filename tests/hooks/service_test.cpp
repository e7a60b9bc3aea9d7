// The endpoints: discovery, calls, health and CORS, each rule of the specification by its id. Every answer
// goes through check().
#include "hooks/service.hpp"

#include "hooks/uuid.hpp"
#include "tests/support/hooks_check.hpp"
#include "tests/support/hooks_client.hpp"
#include "tests/support/hooks_knowledge.hpp"
#include "tests/support/hooks_server.hpp"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <source_location>
#include <string>
#include <vector>

namespace {

namespace json = boost::json;
using hooks::Field;
using hooks::testing::Answer;
using hooks::testing::demo_knowledge;
using hooks::testing::json_of;
using hooks::testing::patient_view_request;

const std::string sandbox = "https://sandbox.cds-hooks.org";

/// A service with the demo knowledge and a pinned date, asked without a socket.
class Service : public testing::Test {
  protected:
    explicit Service(const hooks::Settings& settings = listing_the_sandbox())
        : service_(settings, demo_knowledge(), *hooks::pinned_clock("2026-01-31")) {}

    static hooks::Settings listing_the_sandbox() {
        hooks::Settings settings;
        settings.cors.origins = {sandbox};
        return settings;
    }

    hooks::Response ask(const std::string& method, const std::string& path, const std::string& body = {},
                        std::vector<Field> fields = {},
                        std::source_location where = std::source_location::current()) {
        hooks::Request request;
        request.method = method;
        request.path = path;
        request.body = body;
        request.fields = std::move(fields);
        event_ = {};
        hooks::Response response = hooks::testing::answer_of(service_, request, event_);
        hooks::testing::check(response, where);
        return response;
    }

    hooks::Response post(const std::string& id, const std::string& body,
                         std::source_location where = std::source_location::current()) {
        return ask("POST", "/cds-services/" + id, body, {{"Content-Type", "application/json"}}, where);
    }

    static std::string field(const hooks::Response& response, std::string_view name) {
        for (const Field& candidate : response.fields) {
            if (hooks::equal_ignoring_case(candidate.name, name)) return candidate.value;
        }
        return {};
    }

    hooks::CdsService service_;
    hooks::RequestEvent event_;
};

/// `request` with the first `from` replaced.
std::string with(std::string request, const std::string& from, const std::string& to) {
    const std::size_t at = request.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return request.replace(at, from.size(), to);
}

/// The summaries of the cards of an answer.
std::vector<std::string> summaries(const std::string& body) {
    std::vector<std::string> found;
    const json::value response = json_of(body);
    for (const json::value& card : response.at("cards").as_array()) {
        found.emplace_back(card.at("summary").as_string());
    }
    return found;
}

std::string expression(const hooks::Response& response) {
    const json::value body = json_of(response.body);
    const json::object& issue = body.at("issue").at(0).as_object();
    const json::value* where = issue.if_contains("expression");
    return where ? std::string(where->at(0).as_string()) : "";
}

// ---- discovery

TEST_F(Service, ListsItsServices) {  // D-1, D-2, D-3, D-6
    const auto response = ask("GET", "/cds-services");

    EXPECT_EQ(response.status, 200U);
    const json::value body = json_of(response.body);
    ASSERT_EQ(body.at("services").as_array().size(), 5U);
    EXPECT_EQ(body.at("services").at(0).at("id"), "demo-view");
    EXPECT_EQ(body.at("services").at(0).at("prefetch").at("conditions"),
              "Condition?patient={{context.patientId}}");
}

TEST_F(Service, ListsThemWithATrailingSlashAndWithAToken) {  // D-18, D-17
    const std::string listed = ask("GET", "/cds-services").body;

    EXPECT_EQ(ask("GET", "/cds-services/").body, listed);
    EXPECT_EQ(ask("GET", "/cds-services", "", {{"Authorization", "Bearer x.y.z"}}).body, listed);
    EXPECT_EQ(ask("GET", "/cds-services", "", {{"Authorization", "null"}}).body, listed);
    EXPECT_EQ(ask("HEAD", "/cds-services").body, listed) << "the server leaves the body out";
}

class SwitchedService : public Service {
  protected:
    SwitchedService() : Service(switched()) {}
    static hooks::Settings switched() {
        hooks::Settings settings;
        settings.services = {{"demo-off", true}, {"demo-view", false}};
        return settings;
    }
};

TEST_F(SwitchedService, ListsAndAnswersWhatTheSettingsSwitchOn) {
    const json::value body = json_of(ask("GET", "/cds-services").body);

    EXPECT_EQ(body.at("services").at(0).at("id"), "demo-start");
    EXPECT_EQ(post("demo-off", patient_view_request()).status, 200U);
    EXPECT_EQ(post("demo-view", patient_view_request()).status, 404U);
}

class SwitchedRule : public Service {
  protected:
    SwitchedRule() : Service(switched()) {}
    static hooks::Settings switched() {
        hooks::Settings settings;
        settings.rules = {{"has-conditions", false}};
        return settings;
    }
};

TEST_F(SwitchedRule, DoesNotSpeak) {
    const auto response = post("demo-view", patient_view_request());

    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(summaries(response.body), std::vector<std::string>{});
}

// ---- calls

TEST_F(Service, AnswersACallWithCards) {  // S-1, S-2
    const auto response = post("demo-view", patient_view_request());

    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(summaries(response.body), std::vector<std::string>{"This patient has 1 conditions"});
    const json::value card = json_of(response.body).at("cards").at(0);
    EXPECT_EQ(card.at("suggestions").at(0).at("actions").at(0).at("resource").at("subject").at("reference"),
              "Patient/1");
}

TEST_F(Service, GivesFreshUuidsAndOtherwiseTheSameAnswer) {  // C-16
    const json::value first = json_of(post("demo-view", patient_view_request()).body).at("cards").at(0);
    const json::value second = json_of(post("demo-view", patient_view_request()).body).at("cards").at(0);

    EXPECT_NE(first.at("uuid"), second.at("uuid"));
    EXPECT_EQ(first.at("summary"), second.at("summary"));
}

TEST_F(Service, AnswersNothingToSayWithAnEmptyList) {  // S-4
    const std::string none =
        R"({"hook":"patient-view","hookInstance":"x","context":{"userId":"Practitioner/1","patientId":"1"},
        "prefetch":{"patient":{"resourceType":"Patient","id":"1"},"conditions":null}})";

    EXPECT_EQ(post("demo-view", none).body, R"({"cards":[]})");
}

TEST_F(Service, AnswersUnknownServicesAndPathsWith404) {  // R-15
    EXPECT_EQ(post("unknown", patient_view_request()).status, 404U);
    EXPECT_EQ(post("demo-off", patient_view_request()).status, 404U) << "switched off";
    for (const char* path :
         {"/", "/cds-service", "/cds-services/demo-view/other", "/asps/cds-services", "/health"}) {
        EXPECT_EQ(ask("GET", path).status, 404U) << path;
    }
    EXPECT_EQ(ask("POST", "/cds-services/demo-view/feedback", "{}").status, 404U) << "no store";
}

TEST_F(Service, AnswersDoubledSlashesAsOne) {  // D-18
    EXPECT_EQ(post("/demo-view", patient_view_request()).status, 200U);
    EXPECT_EQ(post("demo-view/", patient_view_request()).status, 200U);
}

TEST_F(Service, NamesTheAllowedMethodsWith405) {  // R-15
    const auto get = ask("GET", "/cds-services/demo-view");
    const auto post_discovery = ask("POST", "/cds-services", "{}");

    EXPECT_EQ(get.status, 405U);
    EXPECT_EQ(field(get, "Allow"), "POST, OPTIONS");
    EXPECT_EQ(post_discovery.status, 405U);
    EXPECT_EQ(field(post_discovery, "Allow"), "GET, HEAD, OPTIONS");
    for (const char* method : {"TRACE", "DELETE", "PUT", "PATCH", "get", "BREW"}) {
        EXPECT_EQ(ask(method, "/cds-services").status, 405U) << method;
    }
}

TEST_F(Service, TakesJsonMediaTypesOnly) {  // R-15
    const auto status = [this](const std::string& type) {
        return ask("POST", "/cds-services/demo-view", patient_view_request(), {{"Content-Type", type}})
            .status;
    };

    for (const char* type :
         {"application/json", "application/json; charset=utf-8", "Application/JSON ;charset=UTF-8",
          "application/fhir+json", "application/json+fhir+json", ""}) {
        EXPECT_EQ(status(type), 200U) << type;
    }
    for (const char* type :
         {"text/plain", "application/x-www-form-urlencoded", "application/xml", "+json", "json"}) {
        EXPECT_EQ(status(type), 415U) << type;
    }
}

TEST_F(Service, RefusesWhatIsNoCall) {  // R-11, J-8
    for (const char* body : {"", "{", "[]", "null", "7", "{\"hook\":\"a\",\"hook\":\"b\"}", "{\"a\":1e400}",
                             "\xff{}", "\xEF\xBB\xBF{}", "{\"a\":\"\\ud800\"}", "{,}", "{\"a\":1,}"}) {
        EXPECT_EQ(post("demo-view", body).status, 400U) << body;
    }
    EXPECT_EQ(post("demo-view", std::string(100'000, '[')).status, 400U);
    EXPECT_EQ(post("demo-view",
                   R"({"hook":"patient-view","context":)" + std::string(60, '[') + std::string(60, ']') + "}")
                  .status,
              400U);
}

TEST_F(Service, NamesThePlaceOfAFault) {  // R-11, R-16
    const auto response =
        post("demo-view", with(patient_view_request(), R"("patientId":"1")", R"("patientId":"Patient/1")"));

    EXPECT_EQ(response.status, 400U);
    EXPECT_EQ(expression(response), "context.patientId");
}

TEST_F(Service, RefusesAHookThatIsNotItsOwn) {  // R-12, D-9
    const auto response = post("demo-start", patient_view_request());

    EXPECT_EQ(response.status, 400U);
    EXPECT_EQ(expression(response), "hook");
}

struct PrefetchCase {
    const char* name;
    std::string prefetch;  // the member and its comma, or nothing
    unsigned status;
    std::size_t cards;
};

class Prefetch : public Service, public testing::WithParamInterface<PrefetchCase> {};

TEST_P(Prefetch, IsAnsweredByWhatIsKnown) {
    const std::string body = R"({"hook":"patient-view","hookInstance":"x",)" + GetParam().prefetch +
                             R"("context":{"userId":"Practitioner/1","patientId":"1"}})";

    const auto response = post("demo-view", body);

    EXPECT_EQ(response.status, GetParam().status) << response.body;
    if (response.status == 200) {
        EXPECT_EQ(summaries(response.body).size(), GetParam().cards);
    }
}

const std::string patient = R"("patient":{"resourceType":"Patient","id":"1"})";
const std::string cough = R"({"resourceType":"Condition","id":"c","subject":{"reference":"Patient/1"}})";

// Fixture 7: P-4 to P-14
INSTANTIATE_TEST_SUITE_P(
    States, Prefetch,
    testing::Values(
        PrefetchCase{"None", "", 412, 0},                     // P-9
        PrefetchCase{"Null", R"("prefetch":null,)", 412, 0},  // J-7
        PrefetchCase{"Empty", R"("prefetch":{},)", 412, 0},   // P-8
        PrefetchCase{"RequiredKeyMissing", R"("prefetch":{)" + patient + "},", 412, 0},
        PrefetchCase{"RequiredIsNull", R"("prefetch":{)" + patient + R"(,"conditions":null},)", 200,
                     0},  // P-5
        PrefetchCase{"RequiredIsAnEmptyBundle",
                     R"("prefetch":{)" + patient + R"(,"conditions":{"resourceType":"Bundle","entry":[]}},)",
                     200, 0},
        PrefetchCase{
            "RequiredIsABundleWithoutEntry",
            R"("prefetch":{)" + patient + R"(,"conditions":{"resourceType":"Bundle","type":"searchset"}},)",
            200, 0},
        PrefetchCase{
            "RequiredFailed",  // P-6, P-7
            R"("prefetch":{)" + patient +
                R"(,"conditions":{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"timeout"}]}},)",
            412, 0},
        PrefetchCase{"RequiredIsAText", R"("prefetch":{)" + patient + R"(,"conditions":"x"},)", 412, 0},
        PrefetchCase{"RequiredIsAnEmptyObject", R"("prefetch":{)" + patient + R"(,"conditions":{}},)", 412,
                     0},
        PrefetchCase{"OneResourceInsteadOfABundle",  // P-13
                     R"("prefetch":{)" + patient + R"(,"conditions":)" + cough + "},", 200, 1},
        PrefetchCase{
            "ABundleOfTypeCollection",
            R"("prefetch":{)" + patient +
                R"(,"conditions":{"resourceType":"Bundle","type":"collection","entry":[{"resource":)" +
                cough + "}]}},",
            200, 1},
        PrefetchCase{
            "AnotherPatientsDataBesideOwn",  // P-14
            R"("prefetch":{)" + patient + R"(,"conditions":{"resourceType":"Bundle","entry":[{"resource":)" +
                cough +
                R"(},{"resource":{"resourceType":"Condition","id":"d","subject":{"reference":"Patient/2"}}}]}},)",
            200, 1},
        PrefetchCase{
            "AnotherPatientsDataOnly",
            R"("prefetch":{)" + patient +
                R"(,"conditions":{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/2"}}},)",
            412, 0},
        PrefetchCase{"KnownToHaveNoObservation",
                     R"("prefetch":{)" + patient + R"(,"conditions":)" + cough + R"(,"observations":null},)",
                     200, 2},
        PrefetchCase{"UnknownKeys",  // P-15
                     R"("prefetch":{"deviceRequestBundle":{"resourceType":"Bundle"},)" + patient +
                         R"(,"conditions":)" + cough + "},",
                     200, 1}),
    [](const auto& test) { return test.param.name; });

TEST_F(Service, AnswersTheSandboxWithoutOrders) {  // Fixture 3
    const std::string body =
        R"({"hook":"order-select","hookInstance":"x","context":{"userId":"Practitioner/COREPRACTITIONER1","patientId":"1"},
        "prefetch":{"patient":{"resourceType":"Patient","id":"1"},"conditions":)" +
        cough + "}}";

    EXPECT_EQ(post("demo-select", body).body, R"({"cards":[]})");
}

TEST_F(Service, AnswersOrdersThatAreInvalidFhir) {  // Fixtures 1, 2, 4; R-17
    const std::string body =
        R"({"hook":"order-select","hookInstance":"x","context":{"userId":"Practitioner/1","patientId":"1",
        "selections":["MedicationRequest/1"],"draftOrders":{"resourceType":"Bundle","entry":[
          {"resource":{"resourceType":"MedicationRequest","id":"1","status":"draft","category":{"text":"x"},"reasonCode":{}}},
          {"resource":{"resourceType":"ServiceRequest","id":"2","intent":"plan","code":{"coding":[{}]},"reasonCode":[]}},
          {"resource":7}, 8, {}]}},
        "prefetch":{"patient":{"resourceType":"Patient","id":"1"},"conditions":)" +
        cough + "}}";

    EXPECT_EQ(post("demo-select", body).status, 200U);
}

TEST_F(Service, AnswersProblemsWithACategoryThatIsAText) {  // Fixture 8
    const std::string body =
        R"({"hook":"problem-list-item-create","hookInstance":"x","context":{"userId":"Practitioner/1",
        "patientId":"1","conditions":{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Condition","id":"n",
        "category":"problem-list-item","assertedDate":"2026-01-01"}}]}},
        "prefetch":{"patient":{"resourceType":"Patient","id":"1"},"conditions":)" +
        cough + "}}";

    EXPECT_EQ(summaries(post("demo-problem", body).body), std::vector<std::string>{"1 new problems"});
}

TEST_F(Service, TakesTheSameInstanceAgain) {  // R-13, fixture 6
    EXPECT_EQ(post("demo-view", patient_view_request()).status, 200U);
    EXPECT_EQ(post("demo-view", patient_view_request()).status, 200U);
}

// ---- health

TEST_F(Service, IsLiveAndReady) {
    EXPECT_EQ(ask("GET", "/health/live").status, 200U);
    const auto ready = ask("GET", "/health/ready");
    EXPECT_EQ(ready.status, 200U);
    EXPECT_EQ(json_of(ready.body).at("components").at("knowledge").at("version"), "0.0.7");
    EXPECT_EQ(ask("HEAD", "/health/ready").status, 200U);
    EXPECT_EQ(ask("POST", "/health/ready").status, 405U);
}

TEST_F(Service, IsNotReadyOnceItStops) {  // reliability R7
    service_.stopping();

    EXPECT_EQ(ask("GET", "/health/ready").status, 503U);
    EXPECT_EQ(ask("GET", "/health/live").status, 200U);
    EXPECT_EQ(post("demo-view", patient_view_request()).status, 200U) << "what still comes is answered";
}

// ---- browsers

TEST_F(Service, AnswersPreflightsOfListedOriginsOnEveryPath) {  // K-1, K-2, K-5
    for (const char* path :
         {"/cds-services", "/cds-services/", "/cds-services/demo-view", "/cds-services/unknown"}) {
        const auto response = ask("OPTIONS", path, "",
                                  {{"Origin", sandbox},
                                   {"Access-Control-Request-Method", "POST"},
                                   {"Access-Control-Request-Headers", "authorization,content-type"}});

        EXPECT_EQ(response.status, 204U);
        EXPECT_EQ(field(response, "Access-Control-Allow-Origin"), sandbox);
        EXPECT_EQ(field(response, "Access-Control-Allow-Methods"), "GET, POST, OPTIONS");
        EXPECT_NE(field(response, "Access-Control-Allow-Headers").find("authorization, content-type"),
                  std::string::npos);
        EXPECT_EQ(field(response, "Access-Control-Max-Age"), "600");
        EXPECT_EQ(field(response, "Vary"), "Origin");
        EXPECT_EQ(field(response, "Access-Control-Allow-Credentials"), "");
    }
}

TEST_F(Service, LetsAListedOriginReadErrorsToo) {  // K-3
    const std::vector<Field> origin = {{"Origin", sandbox}, {"Content-Type", "application/json"}};

    EXPECT_EQ(field(ask("POST", "/cds-services/demo-view", "{", origin), "Access-Control-Allow-Origin"),
              sandbox);
    EXPECT_EQ(field(ask("GET", "/nowhere", "", origin), "Access-Control-Allow-Origin"), sandbox);
    EXPECT_EQ(field(ask("GET", "/cds-services/demo-view", "", origin), "Access-Control-Allow-Origin"),
              sandbox);
    hooks::Request head;
    head.fields = origin;
    const hooks::Refusal refusal{413, {fhir::IssueCode::too_long, "too large", {}}, {}};
    EXPECT_EQ(field(service_.refuse(refusal, head, event_), "Access-Control-Allow-Origin"), sandbox);
}

TEST_F(Service, TellsOtherOriginsNothing) {  // K-4, K-6
    for (const std::string origin :
         {"https://evil.example", "null", "https://sandbox.cds-hooks.org.evil.example", ""}) {
        const auto response = ask("OPTIONS", "/cds-services", "",
                                  {{"Origin", origin}, {"Access-Control-Request-Method", "GET"}});

        EXPECT_EQ(response.status, 204U);
        EXPECT_EQ(field(response, "Access-Control-Allow-Origin"), "") << origin;
        EXPECT_EQ(field(response, "Access-Control-Allow-Methods"), "") << origin;
    }
    EXPECT_EQ(ask("GET", "/cds-services", "", {{"Origin", "https://evil.example"}}).status, 200U)
        << "CORS is not access control";
}

// ---- paths below a base, and the log

class BasedService : public Service {
  protected:
    BasedService() : Service(based()) {}
    static hooks::Settings based() {
        hooks::Settings settings;
        settings.base_path = "/asps";
        return settings;
    }
};

TEST_F(BasedService, AnswersBelowItsBaseOnlyAndProbesAtTheRoot) {
    EXPECT_EQ(ask("GET", "/asps/cds-services").status, 200U);
    EXPECT_EQ(ask("POST", "/asps/cds-services/demo-view", patient_view_request()).status, 200U);
    EXPECT_EQ(ask("GET", "/cds-services").status, 404U);
    EXPECT_EQ(ask("GET", "/aspscds-services").status, 404U);
    EXPECT_EQ(ask("GET", "/health/live").status, 200U);
}

TEST_F(Service, TellsTheLogWhatHappenedButNotToWhom) {  // X-11, reliability R12
    std::string body = with(patient_view_request(), R"("patientId":"1")", R"("patientId":"SECRET")");
    body = with(body, "Practitioner/p", "Practitioner/SECRET");
    body = with(body, R"("id":"1")", R"("id":"SECRET")");

    ask("POST", "/cds-services/demo-view", body,
        {{"X-Request-Id", "abc-1"},
         {"Authorization", "Bearer SECRET"},
         {"Content-Type", "application/json"}});
    std::string line;
    hooks::append_request_line(line, event_);

    EXPECT_EQ(line.find("SECRET"), std::string::npos) << line;
    const json::value logged = json_of(line);
    EXPECT_EQ(logged.at("requestId"), "abc-1");
    EXPECT_EQ(logged.at("path"), "/cds-services/{id}");
    EXPECT_EQ(logged.at("service"), "demo-view");
    EXPECT_EQ(logged.at("hook"), "patient-view");
    EXPECT_EQ(logged.at("hookInstance"), "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea");
}

TEST_F(Service, TellsTheLogNothingThatTheCallerMadeUp) {
    ask("SECRET", "/SECRET", "", {{"X-Request-Id", "SECRET\x01 \n"}, {"traceparent", "SECRET"}});
    std::string unknown_path;
    hooks::append_request_line(unknown_path, event_);
    post("SECRET", "{}");
    std::string unknown_service;
    hooks::append_request_line(unknown_service, event_);
    post("demo-view", with(patient_view_request(), "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", "SECRET"));
    std::string no_uuid;
    hooks::append_request_line(no_uuid, event_);

    EXPECT_EQ(unknown_path.find("SECRET"), std::string::npos) << unknown_path;
    EXPECT_EQ(unknown_service.find("SECRET"), std::string::npos) << unknown_service;
    EXPECT_EQ(no_uuid.find("SECRET"), std::string::npos) << no_uuid;
}

TEST_F(Service, TakesTheTraceIdForItsRequestId) {
    const auto response = ask("GET", "/health/live", "",
                              {{"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}});

    EXPECT_EQ(field(response, "X-Request-Id"), "4bf92f3577b34da6a3ce929d0e0e4736");
    EXPECT_TRUE(hooks::is_uuid(field(ask("GET", "/health/live"), "X-Request-Id"))) << "else one of its own";
}

// ---- over a socket

TEST_F(Service, AnswersOverARealConnection) {
    hooks::testing::TestServer server(service_);
    hooks::testing::Client client(server.port());

    EXPECT_EQ(client.get("/cds-services").status, 200U);
    EXPECT_EQ(summaries(client.post("/cds-services/demo-view", patient_view_request()).body).size(), 1U);
    EXPECT_EQ(client.post("/cds-services//demo-view", patient_view_request()).status, 200U);
    EXPECT_EQ(client.post("/cds-services/demo-view", "{").status, 400U);
    EXPECT_EQ(client.get("http://other.example/health/live?x=y").status, 200U);
    EXPECT_EQ(client.exchange("OPTIONS", "/cds-services", "", {{"Origin", sandbox}}).status, 204U);
    client.send("GET / HTTP/1.1\r\n\r\n");
    const auto refused = client.read();
    ASSERT_TRUE(refused);
    hooks::testing::check(*refused);
    EXPECT_EQ(refused->status, 400U);
}

}  // namespace
