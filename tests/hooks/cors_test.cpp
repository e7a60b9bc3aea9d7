// What a browser of another origin gets to see: preflights, and every answer there is, broken framing too
// (spec 14.3). All over real connections.
#include "tests/support/hooks_running.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using hooks::Field;
using hooks::testing::Answer;
using hooks::testing::Client;
using hooks::testing::patient_view_request;
using hooks::testing::Running;

const std::string page = "https://sandbox.cds-hooks.org";

hooks::Settings listing(std::vector<std::string> origins) {
    hooks::Settings settings;
    settings.base_path = "/asps";
    settings.cors.origins = std::move(origins);
    return settings;
}

class Browser : public testing::Test {
  protected:
    /// What Chromium sends before a call (clients.md 2.2).
    Answer preflight(const std::string& path, const std::string& method, std::vector<Field> more = {}) {
        std::vector<Field> fields = {{"Origin", page},
                                     {"Access-Control-Request-Method", method},
                                     {"Access-Control-Request-Headers", "authorization,content-type"}};
        fields.insert(fields.end(), more.begin(), more.end());
        return running_.ask("OPTIONS", path, "", fields);
    }
    /// Sends these bytes on a connection of their own.
    Answer raw(const std::string& bytes) {
        Client client(running_.port());
        client.send(bytes);
        const auto answer = client.read();
        if (!answer) return {};
        hooks::testing::check(*answer);
        return *answer;
    }
    Running running_{listing({"https://other.example", page})};
};

TEST_F(Browser, MayAskBeforeItCallsOnEveryPathWithoutAToken) {  // K-1, K-2, K-5
    for (const char* path : {"/asps/cds-services", "/asps/cds-services/", "/asps/cds-services/demo-view",
                             "/asps/cds-services//demo-view", "/asps/cds-services/unknown",
                             "/asps/health/ready", "/asps/cds-services/demo-view/feedback", "/nowhere"}) {
        for (const char* method : {"GET", "POST"}) {
            const auto answer = preflight(path, method);

            EXPECT_EQ(answer.status, 204U) << path;
            EXPECT_EQ(answer.field("Access-Control-Allow-Origin"), page) << path;
            EXPECT_EQ(answer.field("Access-Control-Allow-Methods"), "GET, POST, OPTIONS");
            const std::string fields = answer.field("Access-Control-Allow-Headers");
            EXPECT_TRUE(fields.starts_with("authorization, content-type")) << fields;
            EXPECT_EQ(answer.field("Access-Control-Max-Age"), "600");
            EXPECT_EQ(answer.field("Vary"), "Origin");
            EXPECT_EQ(answer.field("Access-Control-Allow-Credentials"), "");
        }
    }
}

TEST_F(Browser, GetsNoPromisesWithoutAskingForAMethod) {  // an OPTIONS, but no preflight
    const auto answer = running_.ask("OPTIONS", "/asps/cds-services", "", {{"Origin", page}});

    EXPECT_EQ(answer.status, 204U);
    EXPECT_EQ(answer.field("Allow"), "GET, HEAD, OPTIONS");
    EXPECT_EQ(answer.field("Access-Control-Allow-Origin"), page);
    EXPECT_EQ(answer.field("Access-Control-Allow-Methods"), "");
    EXPECT_EQ(running_.ask("OPTIONS", "/nowhere", "", {{"Origin", page}}).status, 404U);
}

TEST_F(Browser, SeesEveryAnswerOfTheService) {  // K-3, K-4
    const std::vector<Field> plain = {{"Origin", page}, {"Content-Type", "text/plain"}},
                             json = {{"Origin", page}, {"Content-Type", "application/json"}};
    const std::string call = patient_view_request();
    const std::string without = std::string(call).replace(call.find("\"prefetch\""), 10, "\"prefetched\"");
    const std::string older =
        R"({"hook":"order-sign","hookInstance":"x","context":{"userId":"Practitioner/1",)"
        R"("patientId":"1","draftOrders":{"entry":[{"resource":{"resourceType":"MedicationOrder"}}]}}})";
    const std::vector<Answer> answers = {running_.ask("GET", "/asps/cds-services", "", json),
                                         running_.ask("POST", "/asps/cds-services/demo-view", call, json),
                                         running_.ask("POST", "/asps/cds-services/demo-view", "{", json),
                                         running_.ask("GET", "/nowhere", "", json),
                                         running_.ask("POST", "/asps/cds-services/unknown", call, json),
                                         running_.ask("GET", "/asps/cds-services/demo-view", "", json),
                                         running_.ask("POST", "/asps/cds-services/demo-view", without, json),
                                         running_.ask("POST", "/asps/cds-services/demo-view", call, plain),
                                         running_.ask("POST", "/asps/cds-services/demo-sign", older, json)};
    const std::vector<unsigned> expected = {200, 200, 400, 404, 404, 405, 412, 415, 422};

    ASSERT_EQ(answers.size(), expected.size());
    for (std::size_t i = 0; i < answers.size(); ++i) {
        EXPECT_EQ(answers[i].status, expected[i]);
        EXPECT_EQ(answers[i].field("Access-Control-Allow-Origin"), page) << expected[i];
        EXPECT_EQ(answers[i].field("Access-Control-Expose-Headers"), "Retry-After, X-Request-Id")
            << expected[i];
        EXPECT_EQ(answers[i].field("Vary"), "Origin") << expected[i];
    }
    running_.service().stopping();
    const auto stopping = running_.ask("GET", "/asps/health/ready", "", json);
    EXPECT_EQ(stopping.status, 503U);
    EXPECT_EQ(stopping.field("Access-Control-Allow-Origin"), page);
}

struct Broken {
    const char* name;
    std::string bytes;
    unsigned status;
};

TEST_F(Browser, SeesTheAnswersToBrokenRequestsToo) {  // K-3
    const std::string origin = "Origin: " + page + "\r\n",
                      post = "POST /asps/cds-services/demo-view HTTP/1.1\r\n";
    const std::vector<Broken> all = {
        {"body too large", post + "Host: h\r\n" + origin + "Content-Length: 99999999\r\n\r\n", 413},
        {"coded body", post + "Host: h\r\n" + origin + "Content-Encoding: br\r\nContent-Length: 1\r\n\r\nx",
         415},
        {"expectation", post + "Host: h\r\n" + origin + "Expect: more\r\nContent-Length: 1\r\n\r\nx", 417},
        {"two lengths", post + "Host: h\r\n" + origin + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nx",
         400},
        {"no host", post + origin + "\r\n", 400},
        {"fields too large", post + "Host: h\r\n" + origin + "X: " + std::string(20'000, 'x') + "\r\n\r\n",
         431},
        {"too many fields",
         [&] {
             std::string bytes = post + "Host: h\r\n" + origin;
             for (int i = 0; i < 200; ++i) bytes += "X" + std::to_string(i) + ": 1\r\n";
             return bytes + "\r\n";
         }(),
         431},
        {"a field that is none", post + "Host: h\r\n" + origin + "no colon\r\n\r\n", 400},
        {"a field that is none, first", post + "Host: h\r\nno colon\r\n" + origin + "\r\n", 400},
    };
    for (const Broken& broken : all) {
        const auto answer = raw(broken.bytes);

        EXPECT_EQ(answer.status, broken.status) << broken.name;
        EXPECT_EQ(answer.field("Access-Control-Allow-Origin"), page) << broken.name;
        EXPECT_EQ(answer.field("Vary"), "Origin") << broken.name;
    }
}

TEST_F(Browser,
       IsNotRecognisedByTheBeginningOfItsOrigin) {  // K-4: the head ends, by our limit, within the field
    const auto answer = raw("GET /asps/cds-services HTTP/1.1\r\nHost: h\r\nOrigin: " + page +
                            std::string(30'000, 'x') + "\r\n\r\n");

    EXPECT_EQ(answer.status, 431U);
    EXPECT_EQ(answer.field("Access-Control-Allow-Origin"), "");
}

TEST_F(Browser, OfAnotherOriginIsToldNothing) {  // K-4
    for (const std::string origin :
         {"https://evil.example", "null", "*", "", "http://sandbox.cds-hooks.org",
          "https://sandbox.cds-hooks.org:443", "https://SANDBOX.cds-hooks.org",
          "https://sandbox.cds-hooks.org.evil.example", "https://sandbox.cds-hooks.org/",
          "https://sandbox.cds-hooks.org, https://other.example"}) {
        const auto asked = running_.ask("OPTIONS", "/asps/cds-services", "",
                                        {{"Origin", origin}, {"Access-Control-Request-Method", "GET"}});
        const auto called = running_.ask("GET", "/asps/cds-services", "", {{"Origin", origin}});

        EXPECT_EQ(asked.status, 204U) << origin;
        EXPECT_EQ(called.status, 200U) << "CORS is no access control (K-6)";
        for (const Answer* answer : {&asked, &called}) {
            EXPECT_EQ(answer->field("Access-Control-Allow-Origin"), "") << origin;
            EXPECT_EQ(answer->field("Access-Control-Allow-Methods"), "") << origin;
            EXPECT_EQ(answer->field("Vary"), "Origin") << "or a cache gives this answer to the listed origin";
        }
        EXPECT_EQ(running_
                      .ask("OPTIONS", "/nowhere", "",
                           {{"Origin", origin}, {"Access-Control-Request-Method", "GET"}})
                      .status,
                  404U);
    }
}

TEST_F(Browser, HasOneOrigin) {  // K-4: of two, no browser sent them
    const auto answer = running_.ask("GET", "/asps/cds-services", "",
                                     {{"Origin", page}, {"Origin", "https://other.example"}});

    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.field("Access-Control-Allow-Origin"), "");
}

TEST_F(Browser, ThatCallsFromThePublicWebIntoAPrivateNetworkNeedsASetting) {
    const Field asks = {"Access-Control-Request-Private-Network", "true"};
    EXPECT_EQ(preflight("/asps/cds-services", "GET", {asks}).field("Access-Control-Allow-Private-Network"),
              "");

    hooks::Settings settings = listing({page});
    settings.cors.private_network = true;
    Running open(settings);
    const std::vector<Field> fields = {{"Origin", page}, {"Access-Control-Request-Method", "GET"}};
    std::vector<Field> asking = fields, foreign = {{"Origin", "https://evil.example"}, fields[1], asks};
    asking.push_back(asks);

    EXPECT_EQ(
        open.ask("OPTIONS", "/asps/cds-services", "", asking).field("Access-Control-Allow-Private-Network"),
        "true");
    EXPECT_EQ(
        open.ask("OPTIONS", "/asps/cds-services", "", fields).field("Access-Control-Allow-Private-Network"),
        "");
    EXPECT_EQ(
        open.ask("OPTIONS", "/asps/cds-services", "", foreign).field("Access-Control-Allow-Private-Network"),
        "");
}

TEST(BackEnd, WithoutAnOriginIsUnaffected) {  // K-6
    Running listed(listing({page})), unlisted(listing({}));
    for (Running* running : {&listed, &unlisted}) {
        const auto answer = running->ask("POST", "/asps/cds-services/demo-view", patient_view_request(),
                                         {{"Content-Type", "application/json"}});

        EXPECT_EQ(answer.status, 200U);
        EXPECT_EQ(answer.field("Access-Control-Allow-Origin"), "");
        EXPECT_EQ(answer.field("Vary"), running == &listed ? "Origin" : "");
    }
}

}  // namespace
