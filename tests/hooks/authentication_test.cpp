// Callers with tokens, over real connections: who is let in, what the others are told, what the log is told,
// and whose FHIR servers a call may have asked. W-6 to W-20, A-8, D-17, K-1, K-3, X-3.
#include "hooks/base64url.hpp"
#include "hooks/signing_key.hpp"
#include "hooks/uuid.hpp"
#include "tests/support/hooks_fhir.hpp"
#include "tests/support/hooks_knowledge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

namespace {

using hooks::Field;
using hooks::Settings;
using hooks::SigningKey;
using hooks::testing::Answer;
using hooks::testing::call_of;
using hooks::testing::CalledService;
using hooks::testing::Client;
using hooks::testing::FaultyServer;
using hooks::testing::patient_view_request;

const std::string north = "https://north.example.org", south = "https://south.example.org";
const std::string public_url = "https://cds.example.org/asps";
const std::string view_url = public_url + "/cds-services/demo-view";
const std::string origin = "https://app.example.org";

/// As they stand between quotes; "": none.
struct Claims {
    std::string jti = hooks::new_uuid(), tenant{};
};

/// Two clients with a key each, and a service that asks for tokens.
class Authentication : public testing::Test {
  protected:
    Authentication() {
        settings_.authentication.required = hooks::Authentication::Required::always;
        settings_.base_path = "/asps";
        settings_.public_url = public_url;  // X-5: never from Host
        settings_.cors.origins = {origin};
        settings_.fhir.plain_http = true;
        settings_.clients = {client(north, north_), client(south, south_)};
    }
    ~Authentication() override {
        for (const std::string& file : files_) std::remove(file.c_str());
    }

    hooks::TrustedClient client(const std::string& issuer, const SigningKey& key) {
        hooks::TrustedClient made;
        made.issuer = issuer;
        made.keys_file = testing::TempDir() + hooks::new_uuid() + ".json";
        std::ofstream(made.keys_file) << jwks_of(key);
        files_.push_back(made.keys_file);
        return made;
    }

    static Field token(const SigningKey& key, const std::string& issuer,
                       const std::string& audience = view_url, const Claims& more = {}) {
        const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                             std::chrono::system_clock::now().time_since_epoch())
                             .count();
        const std::string header = R"({"alg":"ES384","typ":"JWT","kid":")" + key.kid + "\"}";
        const std::string claims = R"({"iss":")" + issuer + R"(","aud":")" + audience + R"(","iat":)" +
                                   std::to_string(now) + R"(,"exp":)" + std::to_string(now + 300) +
                                   R"(,"jti":")" + more.jti + '"' +
                                   (more.tenant.empty() ? "" : R"(,"tenant":")" + more.tenant + '"') + "}";
        const std::string text = hooks::base64url(header) + "." + hooks::base64url(claims);
        return {"Authorization", "Bearer " + text + "." + hooks::base64url(sign(key, text))};
    }

    Answer call(CalledService& service, const std::vector<Field>& fields,
                const std::string& body = patient_view_request()) {
        Client connection(service.port());
        return connection.post("/asps/cds-services/demo-view", body, fields);
    }

    const SigningKey north_ = hooks::new_signing_key(hooks::Algorithm::ES384);
    const SigningKey south_ = hooks::new_signing_key(hooks::Algorithm::ES384);
    Settings settings_;
    std::vector<std::string> files_;
};

TEST_F(Authentication, LetsAKnownClientIn) {
    CalledService service(settings_);

    EXPECT_EQ(call(service, {token(north_, north)}).status, 200U);
    EXPECT_EQ(service.event().caller, north);
    EXPECT_EQ(call(service, {token(south_, south)}).status, 200U);
    EXPECT_EQ(service.event().caller, south);
}

TEST_F(Authentication, TellsTheOthersNothingAndTheLogWhy) {  // W-16
    CalledService service(settings_);
    const Field used = token(north_, north);
    ASSERT_EQ(call(service, {used}).status, 200U);
    struct Case {
        std::vector<Field> fields;
        std::string_view why;
        std::string issuer{};  // that the token names
    };
    const std::vector<Case> cases = {
        {{}, "missing"},
        {{{"Authorization", "null"}}, "missing"},
        {{{"Authorization", "Bearer undefined"}}, "malformed"},
        {{token(north_, "https://evil.example")}, "unknown-issuer", "https://evil.example"},
        {{token(south_, north)}, "unknown-key", north},
        {{token(north_, north, public_url + "/cds-services/demo-sign")}, "audience", north},
        {{used}, "replayed", north},
    };
    std::string first;
    for (const Case& given : cases) {
        const Answer answer = call(service, given.fields);

        EXPECT_EQ(answer.status, 401U) << given.why;
        EXPECT_EQ(answer.field("WWW-Authenticate"), "Bearer");
        if (first.empty()) first = answer.body;
        EXPECT_EQ(answer.body, first) << given.why;
        EXPECT_EQ(service.event().token_fault, given.why);
        EXPECT_THAT(service.log_line(),
                    testing::HasSubstr("\"tokenFault\":\"" + std::string(given.why) + '"'));
        EXPECT_EQ(service.event().token_issuer, given.issuer);
        EXPECT_EQ(service.event().caller, "") << "nobody has proven to be the client";
        EXPECT_THAT(service.log_line(), testing::Not(testing::HasSubstr("eyJ")));
        EXPECT_EQ(service.event().token_id.empty(), given.issuer.empty()) << given.why;
    }
}

TEST_F(Authentication, TellsTheLogWhichTokenItWasInPrintableWordsOfBoundedLength) {  // W-16
    settings_.clients[0].claims.tenants = {"east", "west"};
    CalledService service(settings_);

    call(service, {token(north_, north, view_url, {.jti = "call-7", .tenant = "elsewhere"})});

    EXPECT_EQ(service.event().token_fault, "tenant");
    EXPECT_THAT(service.log_line(),
                testing::HasSubstr(R"("tokenIssuer":"https://north.example.org","tokenTenant":"elsewhere",)"
                                   R"("tokenId":"call-7")"));

    const std::string nasty = R"(\n{\"level\":\"error\"}\u001b[2J\u00e9)";
    call(service, {token(north_, north, view_url, {.jti = nasty + std::string(100, 'x'), .tenant = "no"})});

    EXPECT_EQ(service.event().token_id, "?{\"level\":\"error\"}?[2J??" + std::string(72, 'x') + "...");
    EXPECT_THAT(service.log_line(), testing::HasSubstr(R"("tokenId":"?{\"level\":\"error\"}?[2J??xxx)"));
}

TEST_F(Authentication, LetsAClientCallNoMoreOftenThanTheOperatorAllows) {  // reliability 7
    settings_.calls_per_second = 1;
    CalledService service(settings_);
    ASSERT_EQ(call(service, {token(north_, north)}).status, 200U);

    Answer answer;
    for (int i = 0; i < 50 && answer.status != 429; ++i) answer = call(service, {token(north_, north)});

    EXPECT_EQ(answer.status, 429U);
    EXPECT_EQ(answer.field("Retry-After"), "1");
    EXPECT_EQ(call(service, {token(south_, south)}).status, 200U) << "another client has its own share";
}

TEST_F(Authentication, TakesATokenAgainThatCameTooSoonAndThenOnce) {  // W-11: nothing was done for it
    settings_.calls_per_second = 1;
    CalledService service(settings_);
    std::vector<Field> tokens = {token(north_, north)};
    for (int i = 0; i < 50 && call(service, {tokens.back()}).status != 429U; ++i) {
        tokens.push_back(token(north_, north));
    }

    unsigned status = 429;
    while (status == 429U) status = call(service, {tokens.back()}).status;

    EXPECT_EQ(status, 200U) << service.event().token_fault;
    EXPECT_EQ(call(service, {tokens.back()}).status, 401U) << "now it has been used";
    EXPECT_EQ(service.event().token_fault, "replayed");
    EXPECT_EQ(call(service, {tokens.front()}).status, 401U)
        << "a replayed one uses none of the client's share";
}

TEST_F(Authentication, TakesATokenAgainWhoseCallWasTurnedAwayUnderLoad) {  // R6, W-11
    settings_.admission.queue = 0;
    CalledService service(settings_);
    const Field used = token(north_, north);

    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(call(service, {used}).status, 503U);
        EXPECT_EQ(service.event().token_fault, "");
    }
}

TEST_F(Authentication, AsksBeforeItReadsOrTellsOfServices) {
    CalledService service(settings_);
    Client connection(service.port());
    EXPECT_EQ(connection.post("/asps/cds-services/demo-view", "{").status, 401U);
    EXPECT_EQ(connection.post("/asps/cds-services/no-such-service", "{}").status, 401U);
}

TEST_F(Authentication, TurnsAwayBeforeTheBodyWhoCannotBeAClient) {  // reliability R4: it would take room
    CalledService service(settings_);
    const auto head = [](const std::vector<Field>& fields) {
        std::string lines = "POST /asps/cds-services/demo-view HTTP/1.1\r\nHost: h\r\n";
        for (const Field& field : fields) lines += field.name + ": " + field.value + "\r\n";
        return lines + "Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: " +
               std::to_string(patient_view_request().size()) + "\r\n\r\n";
    };
    struct Case {
        std::vector<Field> fields;
        std::string_view why;
        std::string issuer{};  // W-16: that the token names
    };
    const std::vector<Case> cases = {
        {{}, "missing"},
        {{{"Authorization", "Bearer undefined"}}, "malformed"},
        {{token(north_, "https://evil.example")}, "unknown-issuer", "https://evil.example"},
        {{token(north_, north, public_url + "/cds-services/demo-sign")}, "audience", north},
    };
    for (const Case& given : cases) {
        Client connection(service.port());
        connection.send(head(given.fields));
        const auto answer = connection.read();

        ASSERT_TRUE(answer) << given.why;
        EXPECT_EQ(answer->status, 401U) << given.why;
        EXPECT_EQ(answer->field("WWW-Authenticate"), "Bearer");
        EXPECT_EQ(service.event().token_fault, given.why);
        EXPECT_EQ(service.event().token_issuer, given.issuer) << given.why;
    }

    // What its keys must say is asked once, when the call is whole: a token is good for one.
    Client known(service.port());
    known.send(head({token(north_, north)}));
    EXPECT_EQ(known.read().value_or(Answer()).status, 100U);
    known.send(patient_view_request());
    EXPECT_EQ(known.read().value_or(Answer()).status, 200U);
}

TEST_F(Authentication, LeavesProbesAndDiscoveryOpen) {  // D-17
    CalledService service(settings_);
    Client connection(service.port());
    for (const char* path : {"/health/live", "/health/ready", "/asps/cds-services", "/asps/openapi.json"}) {
        EXPECT_EQ(connection.get(path).status, 200U) << path;
        EXPECT_EQ(connection.get(path, {{"Authorization", "Bearer nonsense"}}).status, 200U) << path;
    }
}

TEST_F(Authentication, ClosesDiscoveryIfTheOperatorWants) {  // D-17, W-9
    settings_.authentication.discovery = true;
    CalledService service(settings_);
    Client connection(service.port());

    EXPECT_EQ(connection.get("/asps/cds-services").status, 401U);
    EXPECT_EQ(
        connection.get("/asps/cds-services", {token(north_, north, public_url + "/cds-services")}).status,
        200U);
}

TEST_F(Authentication,
       TakesTheAddressAsItWasCalled) {  // W-9, D-18: the sandbox, given the address with a slash
    CalledService service(settings_);
    Client connection(service.port());
    const std::string called = "//cds-services//demo-view/";

    const auto token_for = [this](const std::string& audience) { return token(north_, north, audience); };
    EXPECT_EQ(
        connection.post("/asps" + called, patient_view_request(), {token_for(public_url + called)}).status,
        200U);
    EXPECT_EQ(connection.post("/asps" + called, patient_view_request(), {token_for(view_url)}).status, 200U);
    EXPECT_EQ(call(service, {token_for(public_url + called)}).status, 401U) << "another was called";
}

TEST_F(Authentication, AnswersPreflightsAndLetsABrowserSeeThe401) {  // K-1, K-3
    CalledService service(settings_);
    Client connection(service.port());
    const Answer preflight =
        connection.exchange("OPTIONS", "/asps/cds-services/demo-view", {},
                            {{"Origin", origin}, {"Access-Control-Request-Method", "POST"}});
    EXPECT_EQ(preflight.status, 204U);

    const Answer refused = call(service, {{"Origin", origin}});
    EXPECT_EQ(refused.status, 401U);
    EXPECT_EQ(refused.field("Access-Control-Allow-Origin"), origin);
}

TEST_F(Authentication, TakesATokenWhereNoneIsAskedFor) {  // D-17: it must not cause failure
    settings_.authentication.required = hooks::Authentication::Required::never;
    CalledService service(settings_);

    EXPECT_EQ(call(service, {}).status, 200U);
    EXPECT_EQ(call(service, {{"Authorization", "Bearer nonsense"}}).status, 200U);
    EXPECT_EQ(service.event().caller, "");
    EXPECT_EQ(call(service, {token(north_, north)}).status, 200U);
    EXPECT_EQ(service.event().caller, north);
}

TEST_F(Authentication, AsksAClientsFhirServerForThatClientOnly) {  // A-8
    const FaultyServer server([](const std::string& request) {
        return hooks::testing::demo_answer(hooks::testing::FhirRequest(request));
    });
    settings_.clients[0].fhir_servers = {server.url("/fhir")};
    settings_.fhir.deadline = settings_.fhir.request_deadline = std::chrono::seconds(8);
    CalledService service(settings_);

    const Answer of_north = call(service, {token(north_, north)}, call_of(server.url("/fhir")));
    EXPECT_EQ(of_north.status, 200U) << of_north.body;
    EXPECT_EQ(service.event().fhir, "asked");
    const Answer of_south = call(service, {token(south_, south)}, call_of(server.url("/fhir")));
    EXPECT_EQ(of_south.status, 412U) << of_south.body;
    EXPECT_EQ(service.event().fhir, "not-listed");
}

TEST(RequiresTokens, BeyondLoopbackUnlessTheOperatorSaysOtherwise) {
    using Required = hooks::Authentication::Required;
    Settings settings;
    for (const char* loopback : {"127.0.0.1", "127.0.0.2", "::1"}) {
        settings.server.address = loopback;
        EXPECT_FALSE(requires_tokens(settings)) << loopback;
    }
    for (const char* wide : {"0.0.0.0", "10.1.2.3", "::", "192.0.2.1"}) {
        settings.server.address = wide;
        EXPECT_TRUE(requires_tokens(settings)) << wide;
    }
    settings.authentication.required = Required::never;
    EXPECT_FALSE(requires_tokens(settings));
    settings.authentication.required = Required::always;
    settings.server.address = "127.0.0.1";
    EXPECT_TRUE(requires_tokens(settings));
}

}  // namespace
