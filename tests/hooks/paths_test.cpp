// Paths and methods: the base path, slashes too many, encoded segments, and what each path takes.
#include "tests/support/hooks_running.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using hooks::testing::Running;

hooks::Settings below(const std::string& base_path) {
    hooks::Settings settings;
    settings.base_path = base_path;
    return settings;
}

/// Paths with the status of a GET or, of a service, of a call.
struct Found {
    std::string path;
    unsigned status;
};

unsigned status_of(Running& running, const std::string& path) {
    const bool is_call = path.find("emo") != std::string::npos || path.find("{id}") != std::string::npos;
    return running
        .ask(is_call ? "POST" : "GET", path, is_call ? hooks::testing::patient_view_request() : std::string())
        .status;
}

TEST(Path, MayHaveSlashesTooMany) {  // D-18
    Running running;
    for (const char* path :
         {"/cds-services", "/cds-services/", "//cds-services", "/cds-services//", "/cds-services/demo-view",
          "/cds-services//demo-view", "//cds-services///demo-view//", "/health/live", "/health/live/",
          "//health//live", "/health/ready/"}) {
        EXPECT_EQ(status_of(running, path), 200U) << path;
    }
}

TEST(Path, MayBePercentEncoded) {  // RFC 3986 2.1
    Running running;
    for (const Found& found : std::vector<Found>{{"/cds%2Dservices", 200},
                                                 {"/cds%2dservices/demo%2Dview", 200},
                                                 {"/%63ds-services", 200},
                                                 {"/cds-services%2Fdemo-view", 404},
                                                 {"/cds-services/demo-view%2F", 404},
                                                 {"/cds-services/demo-view%00", 404},
                                                 {"/cds-services/demo-view%", 400},
                                                 {"/cds-services/demo-view%4", 400},
                                                 {"/cds-services/demo-view%zz", 400},
                                                 {"/cds-services/%2e%2e/health/live", 404}}) {
        EXPECT_EQ(status_of(running, found.path), found.status) << found.path;
    }
}

TEST(Path, IsTakenToTheLetterOtherwise) {
    Running running;
    for (const char* path : {"/", "/CDS-services", "/cds-services/Demo-view", "/cds-services;v=1",
                             "/cds-services/demo-view;jsessionid=1", "/cds-services/../cds-services",
                             "/./cds-services", "/cds-services/demo-view/x", "/health", "/health/live/x",
                             "/asps/cds-services", "/cds-services.json", "/cds-services/{id}"}) {
        EXPECT_EQ(status_of(running, path), 404U) << path;
    }
    EXPECT_EQ(running.ask("GET", "/cds-services?x=/y&z").status, 200U) << "the query is not looked at";
}

TEST(BasePath, StandsBeforeEveryPathAndProbesStayAtTheRootToo) {
    Running running(below("/asps/v1"));
    for (const Found& found : std::vector<Found>{{"/asps/v1/cds-services", 200},
                                                 {"/asps/v1/cds-services/", 200},
                                                 {"//asps//v1//cds-services//demo-view/", 200},
                                                 {"/asps/v%31/cds-services", 200},
                                                 {"/asps/v1/health/live", 200},
                                                 {"/asps/v1/health/ready", 200},
                                                 {"/health/live", 200},
                                                 {"/health/ready", 200},
                                                 {"/cds-services", 404},
                                                 {"/cds-services/demo-view", 404},
                                                 {"/asps/cds-services", 404},
                                                 {"/asps/v1cds-services", 404},
                                                 {"/asps%2Fv1/cds-services", 404},
                                                 {"/asps/v1/asps/v1/cds-services", 404},
                                                 {"/ASPS/v1/cds-services", 404}}) {
        EXPECT_EQ(status_of(running, found.path), found.status) << found.path;
    }
    EXPECT_NE(running.ask("GET", "/").body.find("/asps/v1/cds-services"), std::string::npos)
        << "says where they are";
}

struct Endpoint {
    const char *path, *allowed;
};

TEST(Method, ThatAPathDoesNotTakeIsAnswered405WithThoseItTakes) {
    Running running;
    const std::vector<Endpoint> endpoints = {{"/cds-services", "GET, HEAD, OPTIONS"},
                                             {"/cds-services/demo-view", "POST, OPTIONS"},
                                             {"/cds-services/unknown", "POST, OPTIONS"},
                                             {"/health/live", "GET, HEAD, OPTIONS"},
                                             {"/health/ready", "GET, HEAD, OPTIONS"}};
    for (const Endpoint& endpoint : endpoints) {
        const std::string allowed = endpoint.allowed;
        for (const char* method :
             {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "get", "Post", "BREW"}) {
            if (allowed.find(method) != std::string::npos) continue;
            const auto answer = running.ask(method, endpoint.path);

            EXPECT_EQ(answer.status, 405U) << method << ' ' << endpoint.path;
            EXPECT_EQ(answer.field("Allow"), allowed) << method << ' ' << endpoint.path;
        }
        const auto options = running.ask("OPTIONS", endpoint.path);
        EXPECT_EQ(options.status, 204U) << endpoint.path;
        EXPECT_EQ(options.field("Allow"), allowed) << endpoint.path;
    }
    EXPECT_EQ(running.ask("OPTIONS", "*").status, 204U);
    EXPECT_EQ(running.ask("OPTIONS", "/nowhere").status, 404U);
}

TEST(Method, HeadHasTheFieldsOfGetAndNoBody) {
    Running running;
    for (const char* path : {"/cds-services", "/health/live", "/health/ready", "/nowhere"}) {
        const auto get = running.ask("GET", path), head = running.ask("HEAD", path);

        EXPECT_EQ(head.status, get.status) << path;
        EXPECT_EQ(head.field("Content-Length"), std::to_string(get.body.size())) << path;
        EXPECT_EQ(head.body, "") << path;
    }
}

TEST(MediaType, OfACallIsJsonOrNotSaid) {  // R-15, J-9
    Running running;
    const auto status = [&running](const std::vector<std::string>& types) {
        std::vector<hooks::Field> fields;
        for (const std::string& type : types) fields.push_back({"Content-Type", type});
        const auto answer =
            running.ask("POST", "/cds-services/demo-view", hooks::testing::patient_view_request(), fields);
        return answer.status;
    };

    for (const char* type :
         {"application/json", "application/json;charset=utf-8", "APPLICATION/JSON ; charset=\"UTF-8\"",
          "application/fhir+json; fhirVersion=4.0; charset=Utf-8", "application/json+fhir+json", "text/json",
          "application/json; charset=utf8; x", "application/json; a=\"; charset=latin1\"; b=\"\\\"\"",
          "application/json;", "application/json; charset", "application/json; x-charset=latin1"})
        EXPECT_EQ(status({type}), 200U) << type;
    for (const char* type : {"application/json; charset=iso-8859-1", "application/json;charset=latin1",
                             "application/fhir+json; fhirVersion=4.0 ; CHARSET=\"UTF-16\"",
                             "application/json; charset=", "application/json; charset=utf-8; charset=latin1",
                             "application/json; charset=\"utf-8"}) {
        const auto answer = running.ask("POST", "/cds-services/demo-view", "{}", {{"Content-Type", type}});
        EXPECT_EQ(answer.status, 415U) << type;  // RFC 8259 8.1
        EXPECT_NE(answer.body.find("expected JSON in UTF-8"), std::string::npos) << answer.body;
    }
    for (const char* type : {"text/plain", "application/xml", "application/x-www-form-urlencoded",
                             "multipart/form-data; boundary=x", "*/*", "application/jsonp", "+json", ";"})
        EXPECT_EQ(status({type}), std::string_view(type) == ";" ? 200U : 415U) << type;
    EXPECT_EQ(status({}), 200U);
    EXPECT_EQ(status({"application/json", "application/json"}), 200U);
    EXPECT_EQ(status({"application/json", "text/plain"}), 415U);
}

}  // namespace
