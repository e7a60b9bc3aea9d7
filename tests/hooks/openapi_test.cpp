// /openapi.json and the running server say the same: every path, method and status of the document happens,
// with the body it promises, and nothing else answers.
#include "hooks/openapi.hpp"

#include "hooks/contract.hpp"
#include "hooks/feedback_sqlite.hpp"
#include "hooks/json_schema.hpp"
#include "hooks/service.hpp"
#include "tests/support/hooks_check.hpp"
#include "tests/support/hooks_client.hpp"
#include "tests/support/hooks_feedback.hpp"
#include "tests/support/hooks_knowledge.hpp"
#include "tests/support/hooks_server.hpp"

#include <gtest/gtest.h>

#include <SQLiteCpp/SQLiteCpp.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace {

namespace json = boost::json;
using hooks::Field;
using hooks::testing::Answer;
using hooks::testing::json_of;

const std::vector<std::string> methods = {"get", "head", "post", "put", "delete", "patch", "options"};

std::string in_capitals(std::string text) {
    for (char& c : text) c = static_cast<char>(c - 'a' + 'A');
    return text;
}

/// One status of the document, and the request that brings it about.
struct Happening {
    std::string path, method, status;
    unsigned expected;
    std::string body = {};
    std::vector<Field> fields = {};
};

class OpenApi : public testing::Test {
  protected:
    OpenApi()
        : store_(in_the_folder()),
          service_(settings(), hooks::testing::demo_knowledge(), *hooks::pinned_clock("2026-01-31"), &store_),
          server_(service_, settings().server),
          asking_service_(asking(), hooks::testing::demo_knowledge(), *hooks::pinned_clock("2026-01-31"),
                          &store_),
          asking_server_(asking_service_, settings().server),
          document_(json_of(send("GET", "/asps/openapi.json").body)) {}

    hooks::SqliteFeedbackOptions in_the_folder() const {
        hooks::SqliteFeedbackOptions options;
        options.file = folder_.path + "/feedback.sqlite";
        return options;
    }

    static hooks::Settings settings() {
        hooks::Settings settings;
        settings.base_path = "/asps";
        settings.server.http.body_bytes = 4'000;
        settings.cors.origins = {"https://ehr.example.org"};
        settings.services = {{"demo-start", false}};
        return settings;
    }

    /// Those of a service that asks for tokens, for discovery too.
    static hooks::Settings asking() {
        hooks::Settings asking = settings();
        asking.authentication.required = hooks::Authentication::Required::always;
        asking.authentication.discovery = true;
        return asking;
    }

    /// On a connection of its own: some refusals end it.
    Answer send(const std::string& method, const std::string& target, const std::string& body = {},
                const std::vector<Field>& fields = {}, bool is_asking = false) {
        hooks::testing::Client client(is_asking ? asking_server_.port() : server_.port());
        return client.exchange(method, target, body, fields);
    }

    const json::object& paths() const { return document_.at("paths").as_object(); }

    /// What stands behind a $ref.
    const json::value& at(const json::value& place) const {
        const json::value* reference = place.as_object().if_contains("$ref");
        if (!reference) return place;
        return document_.at_pointer(std::string_view(reference->as_string()).substr(1));
    }

    /// The path as it is asked for: below the server that the document names for it.
    std::string target(const std::string& path, const std::string& id = "demo-view") const {
        std::string url(document_.at("servers").at(0).at("url").as_string());
        if (url == "/") url.clear();
        const std::size_t place = path.find("{id}");
        return url +
               (place == std::string::npos ? path : path.substr(0, place) + id + path.substr(place + 4));
    }

    /// What the document promises for that status, against what came.
    void expect_as_documented(const json::value& response, const Answer& answer,
                              const std::string& what) const {
        const json::value* content = at(response).as_object().if_contains("content");
        if (!content) {
            EXPECT_EQ(answer.body, "") << what;
            return;
        }
        if (content->as_object().contains("text/plain")) {
            EXPECT_TRUE(answer.field("Content-Type").starts_with("text/plain")) << what;
            return;
        }
        const json::value& schema = content->at("application/json").at("schema");
        const std::string name(std::string_view(schema.at("$ref").as_string()).substr(21));
        static const std::map<std::string, hooks::Message> messages = {
            {"Discovery", hooks::Message::discovery},
            {"Response", hooks::Message::response},
            {"OperationOutcome", hooks::Message::outcome}};
        const auto body = fhir::Document::parse(answer.body);
        ASSERT_TRUE(body) << what;
        if (const auto message = messages.find(name); message != messages.end()) {
            for (const auto& fault : hooks::contract_faults(message->second, (*body)->root()))
                ADD_FAILURE() << what << ": " << fault.text();
        } else {
            for (const auto& fault : hooks::JsonSchema(json::serialize(at(schema))).faults((*body)->root()))
                ADD_FAILURE() << what << ": " << fault.path << ": " << fault.message;
        }
    }

    hooks::testing::TemporaryFolder folder_;
    hooks::SqliteFeedback store_;
    hooks::CdsService service_;
    hooks::testing::TestServer server_;
    hooks::CdsService asking_service_;
    hooks::testing::TestServer asking_server_;
    json::value document_;
};

std::vector<Happening> happenings() {
    const std::vector<Field> as_json = {{"Content-Type", "application/json"}};
    const std::vector<Field> as_text = {{"Content-Type", "text/plain"}};
    const std::vector<Field> too_long = {{"X-Long", std::string(20'000, 'x')}};
    const std::string call = hooks::testing::patient_view_request(), calls = "/cds-services/{id}";
    const std::string told = "/cds-services/{id}/feedback";
    const std::string feedback =
        R"({"feedback":[{"card":"c","outcome":"overridden","outcomeTimestamp":"2026-01-15T09:14:07Z"}]})";
    const std::string nothing_sent =
        R"({"hook":"patient-view","hookInstance":"d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
            "context":{"userId":"Practitioner/p","patientId":"1"}})";
    std::vector<Happening> all = {
        {calls, "post", "200", 200, call, as_json},
        {calls, "post", "400", 400, "{", as_json},
        {calls, "post", "401", 401, call, as_json},
        {calls, "post", "404", 404, call, as_json},
        {calls, "post", "412", 412, nothing_sent, as_json},
        {calls, "post", "413", 413, std::string(5'000, ' '), as_json},
        {calls, "post", "415", 415, call, as_text},
        {calls, "post", "default", 431, {}, too_long},
        {calls, "options", "204", 204},
        {told, "post", "200", 200, feedback, as_json},
        {told, "post", "400", 400, "{}", as_json},
        {told, "post", "401", 401, feedback, as_json},
        {told, "post", "404", 404, feedback, as_json},
        {told, "post", "413", 413, std::string(5'000, ' '), as_json},
        {told, "post", "415", 415, feedback, as_text},
        {told, "post", "503", 503, feedback, as_json},
        {told, "post", "default", 431, {}, too_long},
        {told, "options", "204", 204},
        {"/cds-services", "get", "401", 401},
    };
    for (const std::string path :
         {"/cds-services", "/openapi.json", "/metrics", "/health/live", "/health/ready"}) {
        for (const std::string method : {"get", "head"}) {
            all.push_back({path, method, "200", 200});
            all.push_back({path, method, "default", 431, {}, too_long});
        }
        all.push_back({path, "options", "204", 204});
    }
    all.push_back({"/health/ready", "get", "503", 503});  // after all others: it stops
    return all;
}

TEST_F(OpenApi, EachStatusOfItHappensWithTheBodyItPromises) {
    std::set<std::string> happened, documented;
    for (const Happening& given : happenings()) {
        const std::string what = given.path + " " + given.method + " " + given.status;
        if (given.path == "/health/ready" && given.expected == 503) service_.stopping();
        std::optional<SQLite::Database> other;
        std::optional<SQLite::Transaction> lock;
        if (given.path.ends_with("/feedback") && given.expected == 503) {
            other.emplace(in_the_folder().file, SQLite::OPEN_READWRITE);
            lock.emplace(*other, SQLite::TransactionBehavior::IMMEDIATE);
        }
        const Answer answer = send(in_capitals(given.method),
                                   target(given.path, given.expected == 404 ? "demo-start" : "demo-view"),
                                   given.body, given.fields, given.expected == 401);

        lock.reset();
        EXPECT_TRUE(hooks::testing::eventually([this] { return store_.is_open(); }));
        EXPECT_EQ(answer.status, given.expected) << what << ": " << answer.body;
        happened.insert(what);
        const json::value* response =
            paths().at(given.path).at(given.method).at("responses").as_object().if_contains(given.status);
        if (response && given.method != "head") expect_as_documented(*response, answer, what);
    }

    for (const auto& [path, item] : paths()) {
        for (const auto& [method, operation] : item.as_object()) {
            if (method == "parameters") continue;
            for (const auto& [status, response] : operation.at("responses").as_object())
                documented.insert(std::string(path) + " " + std::string(method) + " " + std::string(status));
        }
    }
    EXPECT_EQ(happened, documented);
}

TEST_F(OpenApi, OtherMethodsAreRefusedAndAllowNamesThoseOfTheDocument) {
    for (const auto& [path, item] : paths()) {
        std::string allowed;
        for (const std::string& method : methods) {
            if (item.as_object().contains(method))
                allowed += (allowed.empty() ? "" : ", ") + in_capitals(method);
        }
        for (const std::string& method : methods) {
            if (item.as_object().contains(method)) continue;
            const Answer answer = send(in_capitals(method), target(path));

            EXPECT_EQ(answer.status, 405U) << method << " " << path;
            EXPECT_EQ(answer.field("Allow"), allowed) << method << " " << path;
        }
    }
}

TEST_F(OpenApi, NothingAnswersThatIsNotInIt) {
    std::set<std::string> known;
    for (const auto& [path, item] : paths()) {
        known.insert(target(std::string(path)));
        if (path.starts_with("/health") || path == "/metrics")
            known.insert(std::string(path));  // "also at the root"
    }
    EXPECT_EQ(send("GET", "/health/live").status, 200U);

    for (const std::string path : {"/",
                                   "/asps",
                                   "/asps/",
                                   "/cds-services",
                                   "/openapi.json",
                                   "/asps/openapi",
                                   "/asps/health/live",
                                   "/health/ready",
                                   "/health",
                                   "/health/",
                                   "/metrics",
                                   "/asps/metrics",
                                   "/console",
                                   "/console/",
                                   "/asps/console/",
                                   "/asps/cds-services/demo-view/feedback",
                                   "/asps/cds-services/demo-view/analytics",
                                   "/asps/cds-services/demo-view",
                                   "/asps/cds-services",
                                   "/favicon.ico"}) {
        for (const std::string& method : methods) {
            const Answer answer = send(in_capitals(method), path);
            EXPECT_TRUE(answer.status == 404 || known.contains(path))
                << method << " " << path << " " << answer.status;
        }
    }
}

TEST_F(OpenApi, NamesTheBasePathTheServicesThatAreOnAndTheVersion) {
    EXPECT_EQ(document_.at("servers").at(0).at("url"), "/asps");
    const json::array& ids = document_.at_pointer("/components/parameters/Id/schema/enum").as_array();
    EXPECT_EQ(ids, (json::array{"demo-view", "demo-select", "demo-sign", "demo-problem"}));
    EXPECT_NE(document_.at("info").at("version"), "<version>");
    EXPECT_EQ(json_of(hooks::openapi_json("", {})).at("servers").at(0).at("url"), "/");
}

TEST_F(OpenApi, LeavesOutWhatIsSwitchedOff) {
    const auto paths_of = [](hooks::OfferedEndpoints offered) {
        return json_of(hooks::openapi_json("", {}, offered)).at("paths").as_object();
    };

    EXPECT_TRUE(paths_of({}).contains("/cds-services/{id}/feedback"));
    EXPECT_FALSE(paths_of({.feedback = false}).contains("/cds-services/{id}/feedback"));
    EXPECT_EQ(paths_of({.feedback = false}).size() + 1, paths_of({}).size());
    EXPECT_TRUE(paths_of({}).contains("/metrics"));
    EXPECT_FALSE(paths_of({.metrics = false}).contains("/metrics"));
}

TEST_F(OpenApi, MayBeReadByAPageOfAListedOrigin) {  // K-3
    const Answer read = send("GET", "/asps/openapi.json", "", {{"Origin", "https://ehr.example.org"}});
    const Answer preflight =
        send("OPTIONS", "/asps/openapi.json", "",
             {{"Origin", "https://ehr.example.org"}, {"Access-Control-Request-Method", "GET"}});

    EXPECT_EQ(read.field("Access-Control-Allow-Origin"), "https://ehr.example.org");
    EXPECT_EQ(preflight.field("Access-Control-Allow-Origin"), "https://ehr.example.org");
    EXPECT_NE(preflight.field("Access-Control-Allow-Methods"), "");
}

}  // namespace
