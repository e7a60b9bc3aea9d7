// Settings: file < environment, and a message for every mistake that says where, what was expected and what
// came.
#include "hooks/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <string>

namespace {

using hooks::Environment;
using hooks::load_settings;
using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

TEST(Settings, AreTheDefaultsWithoutAFile) {
    const auto loaded = load_settings("", "", {});

    EXPECT_THAT(loaded.problems, testing::IsEmpty());
    EXPECT_EQ(loaded.settings.server.address, "127.0.0.1");
    EXPECT_EQ(loaded.settings.server.port, 8080);
    EXPECT_TRUE(loaded.settings.cors.origins.empty());
}

TEST(Settings, TheShippedFileShowsEveryKeyWithItsDefault) {
    std::ifstream in(SOURCE_DIR "/config/server.json");
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    const hooks::Settings none = load_settings("", "", {}).settings;

    const auto loaded = load_settings(text, "config/server.json", {});

    EXPECT_THAT(loaded.problems, testing::IsEmpty());
    EXPECT_EQ(loaded.settings.server.http.body_bytes, none.server.http.body_bytes);
    EXPECT_EQ(loaded.settings.server.http.header_bytes, none.server.http.header_bytes);
    EXPECT_EQ(loaded.settings.server.http.fields, none.server.http.fields);
    EXPECT_EQ(loaded.settings.server.http.overhead_bytes, none.server.http.overhead_bytes);
    EXPECT_EQ(loaded.settings.server.address, none.server.address);
    EXPECT_EQ(loaded.settings.server.tls_address, none.server.tls_address);
    EXPECT_EQ(loaded.settings.tls, none.tls);
    EXPECT_EQ(loaded.settings.tls_required, none.tls_required);
    EXPECT_EQ(loaded.settings.server.deadlines.handshake, none.server.deadlines.handshake);
    EXPECT_EQ(loaded.settings.server.connections, none.server.connections);
    EXPECT_EQ(loaded.settings.server.connections_per_address, none.server.connections_per_address);
    EXPECT_EQ(loaded.settings.server.requests_per_connection, none.server.requests_per_connection);
    EXPECT_EQ(loaded.settings.server.deadlines.header, none.server.deadlines.header);
    EXPECT_EQ(loaded.settings.server.deadlines.body, none.server.deadlines.body);
    EXPECT_EQ(loaded.settings.server.deadlines.write, none.server.deadlines.write);
    EXPECT_EQ(loaded.settings.server.deadlines.idle, none.server.deadlines.idle);
    EXPECT_EQ(loaded.settings.server.deadlines.drain, none.server.deadlines.drain);
    EXPECT_EQ(loaded.settings.server.deadlines.drain_delay, none.server.deadlines.drain_delay);
    EXPECT_EQ(loaded.settings.server.deadlines.body_pause, none.server.deadlines.body_pause);
    EXPECT_EQ(loaded.settings.server.bodies_bytes, none.server.bodies_bytes);
    EXPECT_EQ(loaded.settings.server.body_rate, none.server.body_rate);
    EXPECT_EQ(loaded.settings.request_memory, none.request_memory);
    EXPECT_EQ(loaded.settings.shared_memory, none.shared_memory);
    EXPECT_EQ(loaded.settings.admission.queue, none.admission.queue);
    EXPECT_EQ(loaded.settings.calls_per_second, none.calls_per_second);
    EXPECT_EQ(loaded.settings.admission.age, none.admission.age);
    EXPECT_EQ(loaded.settings.on_overload, none.on_overload);
    EXPECT_EQ(loaded.settings.cors.max_age, none.cors.max_age);
    EXPECT_EQ(loaded.settings.feedback.file, none.feedback.file);
    EXPECT_EQ(loaded.settings.feedback.retention, none.feedback.retention);
    EXPECT_EQ(loaded.settings.feedback.deadline, none.feedback.deadline);
    EXPECT_EQ(loaded.settings.cors.private_network, none.cors.private_network);
    EXPECT_EQ(loaded.settings.public_url, none.public_url);
    EXPECT_EQ(loaded.settings.authentication.required, none.authentication.required);
    EXPECT_EQ(loaded.settings.authentication.discovery, none.authentication.discovery);
    EXPECT_EQ(loaded.settings.authentication.stale_keys, none.authentication.stale_keys);
    EXPECT_TRUE(loaded.settings.clients.empty());
    EXPECT_EQ(loaded.settings.base_path, none.base_path);
    EXPECT_EQ(loaded.settings.log_level, none.log_level);
    EXPECT_EQ(loaded.settings.decisions.file, none.decisions.file);
    EXPECT_EQ(loaded.settings.decisions.key_file, none.decisions.key_file);
    EXPECT_EQ(loaded.settings.admin.address, none.admin.address);
    EXPECT_EQ(loaded.settings.fhir.servers, none.fhir.servers);
    EXPECT_EQ(loaded.settings.fhir.plain_http, none.fhir.plain_http);
    EXPECT_EQ(loaded.settings.fhir.without_token, none.fhir.without_token);
    EXPECT_EQ(loaded.settings.fhir.ca_file, none.fhir.ca_file);
    EXPECT_EQ(loaded.settings.fhir.proxy, none.fhir.proxy);
    EXPECT_EQ(loaded.settings.fhir.calls, none.fhir.calls);
    EXPECT_EQ(loaded.settings.fhir.calls_at_once, none.fhir.calls_at_once);
    EXPECT_EQ(loaded.settings.fhir.connections, none.fhir.connections);
    EXPECT_EQ(loaded.settings.fhir.pages, none.fhir.pages);
    EXPECT_EQ(loaded.settings.fhir.response_bytes, none.fhir.response_bytes);
    EXPECT_EQ(loaded.settings.fhir.total_bytes, none.fhir.total_bytes);
    EXPECT_EQ(loaded.settings.fhir.circuit_failures, none.fhir.circuit_failures);
    EXPECT_EQ(loaded.settings.fhir.circuit_pause, none.fhir.circuit_pause);
    EXPECT_EQ(loaded.settings.fhir.deadline, none.fhir.deadline);
    EXPECT_EQ(loaded.settings.fhir.request_deadline, none.fhir.request_deadline);
}

TEST(Settings, DecisionsMayBeKeptElsewhereOrNotAtAll) {
    const auto given =
        load_settings(R"({"decisions": {"file": "/a/b", "keyFile": "/run/secret"}})", "s.json", {});
    const auto off = load_settings("", "", {{"ASPS_CDS_DECISIONS_FILE", ""}});
    const auto wrong = load_settings(R"({"decisions": {"file": "a/", "keyFile": ""}})", "s.json", {});

    EXPECT_EQ(given.settings.decisions.file, "/a/b");
    EXPECT_EQ(given.settings.decisions.key_file, "/run/secret");
    EXPECT_EQ(off.settings.decisions.file, "");
    EXPECT_EQ(wrong.problems.size(), 2U);
}

TEST(Settings, AnAdminListenerHasAnAddressOfItsOwn) {
    const auto given = load_settings(R"({"admin": {"listen": "[::1]:9090"}})", "s.json", {});
    const auto switched_off =
        load_settings(R"({"admin": {"listen": "[::1]:9090"}})", "s.json", {{"ASPS_CDS_ADMIN_LISTEN", ""}});
    const auto wrong = load_settings(R"({"admin": {"listen": "9090"}})", "s.json", {});

    EXPECT_EQ(given.settings.admin.address, "::1");
    EXPECT_EQ(given.settings.admin.port, 9090);
    EXPECT_EQ(switched_off.settings.admin.address, "");
    EXPECT_THAT(wrong.problems, ElementsAre("s.json: admin.listen: expected \"\" or address:port such as "
                                            "127.0.0.1:9090, got \"9090\""));
}

TEST(Settings, AreReadFromAFileWithComments) {
    const auto loaded = load_settings(R"({
        // a line: "listen": "9.9.9.9:1"
        "listen": "[::1]:9000", /* a "block" */
        "basePath": "/a//b" /* not yet */ })",
                                      "s.json", {});

    EXPECT_THAT(loaded.problems,
                ElementsAre("s.json: basePath: expected \"\" or a path such as /asps, got \"/a//b\""));
    EXPECT_EQ(loaded.settings.server.address, "::1");
    EXPECT_EQ(loaded.settings.server.port, 9000);
}

TEST(Settings, TakeWhatATlsListenerNeeds) {
    const auto loaded = load_settings(
        R"({"listen":"","tls":{"listen":"[::]:8443","required":"never","certificateFile":"c.pem","keyFile":"k.pem",
            "clientCertificates":"required","clientCaFile":"ca.pem","clientCrlFile":"crl.pem",
            "clientSubjects":["CN=ehr,O=Hospital","DNS:ehr.example.org"]},"deadlinesMs":{"handshake":70}})",
        "s.json", {});
    const auto wrong = load_settings(
        R"({"tls":{"listen":"8443","required":"always","clientCertificates":"yes","clientSubjects":[""]}})",
        "s.json", {});

    EXPECT_THAT(loaded.problems, testing::IsEmpty());
    EXPECT_EQ(loaded.settings.server.address, "");
    EXPECT_EQ(loaded.settings.server.tls_address, "::");
    EXPECT_EQ(loaded.settings.server.tls_port, 8443);
    EXPECT_EQ(loaded.settings.tls_required, hooks::TlsRequired::never);
    EXPECT_EQ(loaded.settings.tls.certificate_file, "c.pem");
    EXPECT_EQ(loaded.settings.tls.key_file, "k.pem");
    EXPECT_EQ(loaded.settings.tls.client_certificates, hooks::TlsSettings::ClientCertificates::required);
    EXPECT_EQ(loaded.settings.tls.client_ca_file, "ca.pem");
    EXPECT_EQ(loaded.settings.tls.client_crl_file, "crl.pem");
    EXPECT_THAT(loaded.settings.tls.client_subjects, ElementsAre("CN=ehr,O=Hospital", "DNS:ehr.example.org"));
    EXPECT_EQ(loaded.settings.server.deadlines.handshake, 70ms);
    EXPECT_TRUE(hooks::requires_tokens(loaded.settings)) << "TLS hides, but anybody can call";
    EXPECT_EQ(hooks::public_url(loaded.settings), "https://[::]:8443");
    EXPECT_THAT(
        wrong.problems,
        ElementsAre(R"(s.json: tls.listen: expected "" or address:port such as 0.0.0.0:8443, got "8443")",
                    R"(s.json: tls.required: expected auto or never, got "always")",
                    R"(s.json: tls.clientCertificates: expected none, optional or required, got "yes")",
                    HasSubstr("s.json: tls.clientSubjects: expected a list of subjects")));
}

TEST(Settings, TakeEveryKindOfValue) {
    const auto loaded = load_settings(
        R"({"threads":3,"services":{"a":true,"b":false},"rules":{"r":true},"limits":{"bodyBytes":2048},"deadlinesMs":{"idle":5,"feedback":7},
            "cors":{"origins":["https://a.example","http://localhost:3000"],"maxAgeSeconds":0,"privateNetwork":true},"log":{"level":"warn"},
            "feedback":{"file":"","retentionDays":0}})",
        "s.json", {});

    EXPECT_THAT(loaded.problems, testing::IsEmpty());
    EXPECT_EQ(loaded.settings.server.threads, 3U);
    EXPECT_TRUE(loaded.settings.services.at("a"));
    EXPECT_FALSE(loaded.settings.services.at("b"));
    EXPECT_TRUE(loaded.settings.rules.at("r"));
    EXPECT_EQ(loaded.settings.server.http.body_bytes, 2048U);
    EXPECT_EQ(loaded.settings.server.deadlines.idle, 5ms);
    EXPECT_THAT(loaded.settings.cors.origins, ElementsAre("https://a.example", "http://localhost:3000"));
    EXPECT_EQ(loaded.settings.cors.max_age, 0s);
    EXPECT_EQ(loaded.settings.feedback.file, "");
    EXPECT_EQ(loaded.settings.feedback.deadline, 7ms);
    EXPECT_EQ(loaded.settings.feedback.retention, std::chrono::days(0));
    EXPECT_TRUE(loaded.settings.cors.private_network);
    EXPECT_EQ(loaded.settings.log_level, hooks::LogLevel::warn);
}

TEST(Settings, SayWhatIsDoneUnderLoad) {
    const auto loaded = load_settings(
        R"({"limits":{"bodyBytes":2048,"bodyBytesInFlight":4096,"bodyBytesPerSecond":0,"requestMemoryBytes":2000000,"sharedMemoryBytes":3000000,"callsWaiting":9,"callsPerSecond":8},
            "deadlinesMs":{"bodyPause":11,"waiting":12},"onOverload":"empty"})",
        "s.json", {});

    EXPECT_THAT(loaded.problems, testing::IsEmpty());
    EXPECT_EQ(loaded.settings.server.bodies_bytes, 4'096U);
    EXPECT_EQ(loaded.settings.server.body_rate, 0U);
    EXPECT_EQ(loaded.settings.request_memory, 2'000'000U);
    EXPECT_EQ(loaded.settings.shared_memory, 3'000'000U);
    EXPECT_EQ(loaded.settings.admission.queue, 9U);
    EXPECT_EQ(loaded.settings.calls_per_second, 8U);
    EXPECT_EQ(loaded.settings.server.deadlines.body_pause, 11ms);
    EXPECT_EQ(loaded.settings.admission.age, 12ms);
    EXPECT_EQ(loaded.settings.on_overload, hooks::OnOverload::empty);
    EXPECT_THAT(load_settings(R"({"onOverload":"429"})", "s.json", {}).problems,
                ElementsAre("s.json: onOverload: expected 503 or empty, got \"429\""));
}

TEST(Settings, LeaveRoomForTheLargestBody) {
    const auto loaded = load_settings(R"({"limits":{"bodyBytes":20000000}})", "s.json", {});

    EXPECT_THAT(
        loaded.problems,
        ElementsAre("limits.bodyBytesInFlight: expected at least twice limits.bodyBytes, got 33554432"));
}

TEST(Settings, KnowWhenNoTokenCanNameTheAddressThatClientsCall) {
    const std::string client = R"("clients":[{"issuer":"https://ehr.example.org","keysFile":"k.json")";
    const std::string plain = client + "}]", agreed = client + R"(,"audiences":["agreed"]}])";
    const std::pair<std::string, std::string_view> cases[] = {
        {plain + R"(,"listen":"127.0.0.1:8080")", ""},
        {plain + R"(,"listen":"127.0.0.1:0")", "http://127.0.0.1:0"},
        {plain + R"(,"listen":"127.0.0.1:0","basePath":"/asps")", "http://127.0.0.1:0/asps"},
        {plain + R"(,"tls":{"listen":"0.0.0.0:8443"})", "https://0.0.0.0:8443"},
        {plain + R"(,"tls":{"listen":"[::]:8443"})", "https://[::]:8443"},
        {plain + R"(,"listen":"127.0.0.1:0","publicUrl":"https://cds.example.org")", ""},
        {agreed + R"(,"listen":"127.0.0.1:0")", ""},
        {R"("listen":"127.0.0.1:0")", ""}};
    for (const auto& [members, url] : cases) {
        const auto loaded = load_settings("{" + members + "}", "s.json", {});

        ASSERT_THAT(loaded.problems, testing::IsEmpty()) << members;
        const std::string problem = public_url_problem(loaded.settings);
        EXPECT_EQ(problem.empty(), url.empty()) << members;
        EXPECT_THAT(problem, testing::HasSubstr(std::string(url)));
    }
}

TEST(Settings, TakeClientsThatMayCall) {  // W-7, W-12
    const auto loaded = load_settings(
        R"({"publicUrl":"https://cds.example.org/asps","auth":{"required":"always","discovery":true,"staleKeysSeconds":7200},"clients":[
            {"issuer":"https://ehr.example.org","jku":"https://ehr.example.org/jwks.json","algorithms":["ES384","RS256"],
             "audiences":["agreed"],"subjects":["ehr"],"lifetimeSeconds":900,"leewaySeconds":5,"tokensOnce":false,
             "fhirServers":["https://ehr.example.org/fhir"]},
            {"issuer":"https://cloud.example.org","keysFile":"cloud.json","tenants":["north"]},
            {"issuer":"https://cloud.example.org","keysFile":"cloud.json","tenants":["south"]},
            {"issuer":"https://test.example.org","jku":"http://localhost:3000/jwks.json"}]})",
        "s.json", {});

    EXPECT_THAT(loaded.problems, testing::IsEmpty());
    const hooks::Settings& settings = loaded.settings;
    EXPECT_EQ(public_url(settings), "https://cds.example.org/asps");
    EXPECT_EQ(settings.authentication.required, hooks::Authentication::Required::always);
    EXPECT_TRUE(settings.authentication.discovery);
    EXPECT_EQ(settings.authentication.stale_keys, 7'200s);
    ASSERT_EQ(settings.clients.size(), 4U);
    const hooks::TrustedClient& ehr = settings.clients[0];
    EXPECT_EQ(ehr.jku, "https://ehr.example.org/jwks.json");
    EXPECT_THAT(ehr.algorithms, ElementsAre(hooks::Algorithm::ES384, hooks::Algorithm::RS256));
    EXPECT_THAT(ehr.claims.audiences, ElementsAre("agreed"));
    EXPECT_THAT(ehr.claims.subjects, ElementsAre("ehr"));
    EXPECT_EQ(ehr.claims.most_lifetime, 900);
    EXPECT_EQ(ehr.claims.leeway, 5);
    EXPECT_FALSE(ehr.tokens_once);
    EXPECT_THAT(ehr.fhir_servers, ElementsAre("https://ehr.example.org/fhir"));
    EXPECT_EQ(settings.clients[2].keys_file, "cloud.json");
    EXPECT_THAT(settings.clients[2].claims.tenants, ElementsAre("south"));
}

TEST(Settings, TakeAListOfFhirServers) {
    const auto loaded = load_settings(
        R"({"fhir":{"servers":["https://ehr.example.org/r4","http://127.0.0.1:8081/fhir"],"plainHttp":true,"withoutToken":true,
            "caFile":"/etc/ca.pem","proxy":"http://proxy.example.org:3128"},
            "limits":{"fhirCalls":8,"fhirCallsAtOnce":4,"fhirConnections":2,"fhirPages":3,"fhirResponseBytes":2000,
            "fhirTotalBytes":4000,"fhirFailures":7},
            "deadlinesMs":{"request":900,"fhir":700,"fhirPause":30}})",
        "s.json", {});

    EXPECT_THAT(loaded.problems, testing::IsEmpty());
    const hooks::FhirSettings& fhir = loaded.settings.fhir;
    EXPECT_THAT(fhir.servers, ElementsAre("https://ehr.example.org/r4", "http://127.0.0.1:8081/fhir"));
    EXPECT_TRUE(fhir.plain_http);
    EXPECT_TRUE(fhir.without_token);
    EXPECT_EQ(fhir.ca_file, "/etc/ca.pem");
    EXPECT_EQ(fhir.proxy, "http://proxy.example.org:3128");
    EXPECT_EQ(fhir.calls, 8U);
    EXPECT_EQ(fhir.calls_at_once, 4U);
    EXPECT_EQ(fhir.connections, 2U);
    EXPECT_EQ(fhir.pages, 3U);
    EXPECT_EQ(fhir.response_bytes, 2'000U);
    EXPECT_EQ(fhir.total_bytes, 4'000U);
    EXPECT_EQ(fhir.circuit_failures, 7U);
    EXPECT_EQ(fhir.circuit_pause, 30ms);
    EXPECT_EQ(fhir.deadline, 700ms);
    EXPECT_EQ(fhir.request_deadline, 900ms);
}

TEST(Settings, TakeTheFhirServersOfTheEnvironmentAndJudgeThemInTheEnd) {
    const Environment environment = {{"ASPS_CDS_FHIR_SERVERS", "http://127.0.0.1:8081/fhir"},
                                     {"ASPS_CDS_FHIR_PLAIN_HTTP", "true"}};

    EXPECT_THAT(load_settings("", "", environment).problems, testing::IsEmpty());
    EXPECT_THAT(load_settings("", "", {{"ASPS_CDS_FHIR_PLAIN_HTTP", "yes"}}).problems,
                ElementsAre("ASPS_CDS_FHIR_PLAIN_HTTP: expected true or false, got \"yes\""));
}

TEST(Settings, TheEnvironmentWinsOverTheFile) {
    const Environment environment = {{"ASPS_CDS_LISTEN", "127.0.0.1:1"},
                                     {"ASPS_CDS_LIMITS_BODY_BYTES", "5000"},
                                     {"ASPS_CDS_CORS_ORIGINS", "https://a.example,https://b.example"},
                                     {"ASPS_CDS_BASE_PATH", "/asps"},
                                     {"ASPS_CDS_CORS_PRIVATE_NETWORK", "true"},
                                     {"ASPS_CDS_SERVICES", "asps-prognosis=true"}};

    const auto loaded =
        load_settings(R"({"listen":"127.0.0.1:2","limits":{"fields":7}})", "s.json", environment);

    EXPECT_THAT(loaded.problems, testing::IsEmpty());
    EXPECT_EQ(loaded.settings.server.port, 1);
    EXPECT_EQ(loaded.settings.server.http.body_bytes, 5000U);
    EXPECT_EQ(loaded.settings.server.http.fields, 7U);
    EXPECT_EQ(loaded.settings.base_path, "/asps");
    EXPECT_TRUE(loaded.settings.cors.private_network);
    EXPECT_THAT(loaded.settings.cors.origins, ElementsAre("https://a.example", "https://b.example"));
    EXPECT_TRUE(loaded.settings.services.at("asps-prognosis"));
}

TEST(Settings, LetVariablesThroughThatKubernetesMakesOfAServiceName) {
    const auto loaded = load_settings("", "", {{"ASPS_CDS_PORT", "tcp://10.0.0.1:80"}});

    EXPECT_THAT(loaded.problems, testing::IsEmpty());
}

struct Mistake {
    const char* name;
    std::string text, message;
};

class SettingsMistake : public testing::TestWithParam<Mistake> {};

TEST_P(SettingsMistake, IsNamedWithItsPath) {
    const auto loaded = load_settings(GetParam().text, "s.json", {});

    ASSERT_FALSE(loaded.problems.empty());
    EXPECT_THAT(loaded.problems.front(), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, SettingsMistake,
    testing::Values(
        Mistake{"UnknownKey", R"({"lisen":"127.0.0.1:1"})", "s.json: lisen: unknown key; nearest: listen"},
        Mistake{"UnknownKeyInASection", R"({"limits":{"bodyByte":1}})",
                "s.json: limits.bodyByte: unknown key; nearest: limits.bodyBytes"},
        Mistake{"UnknownSection", R"({"limit":{"bodyBytes":1}})", "s.json: limit: unknown key; nearest: "},
        Mistake{"SectionIsAText", R"({"limits":"x"})", "s.json: limits: expected an object, got \"x\""},
        Mistake{"NumberAsText", R"({"threads":"2"})",
                "threads: expected a number from 0 (one a core) to 256, got \"2\""},
        Mistake{"NumberTooSmall", R"({"limits":{"bodyBytes":5}})",
                "limits.bodyBytes: expected a number from 1024"},
        Mistake{"NegativeNumber", R"({"threads":-1})",
                "threads: expected a number from 0 (one a core) to 256, got -1"},
        Mistake{"Fraction", R"({"threads":1.5})", "got 1.5"},
        Mistake{"ListenWithoutPort", R"({"listen":"127.0.0.1"})", R"(listen: expected "" or address:port)"},
        Mistake{"ListenWithHugePort", R"({"listen":"127.0.0.1:70000"})",
                R"(listen: expected "" or address:port)"},
        Mistake{"WildcardOrigin", R"({"cors":{"origins":["*"]}})",
                "cors.origins: expected a list of exact origins"},
        Mistake{"NullOrigin", R"({"cors":{"origins":["null"]}})",
                "cors.origins: expected a list of exact origins"},
        Mistake{"OriginWithPath", R"({"cors":{"origins":["https://a.example/x"]}})",
                "cors.origins: expected"},
        Mistake{"OriginWithItsOwnPort", R"({"cors":{"origins":["https://a.example:443"]}})",
                "cors.origins: expected"},
        Mistake{"OriginInCapitals", R"({"cors":{"origins":["https://A.example"]}})",
                "cors.origins: expected"},
        Mistake{"PrivateNetworkIsAText", R"({"cors":{"privateNetwork":"yes"}})",
                "cors.privateNetwork: expected true or false"},
        Mistake{"BasePathWithoutSlash", R"({"basePath":"asps"})",
                "basePath: expected \"\" or a path such as /asps"},
        Mistake{"BasePathWithSlashAtItsEnd", R"({"basePath":"/asps/"})", "basePath: expected"},
        Mistake{"ServiceIsAText", R"({"services":{"a":"on"}})",
                "services: expected service ids with true or false"},
        Mistake{"RuleIsANumber", R"({"rules":{"a":1}})", "rules: expected rule ids with true or false"},
        Mistake{"FeedbackInAFolder", R"({"feedback":{"file":"var/"}})",
                "feedback.file: expected \"\" or a file such as var/feedback.sqlite, got \"var/\""},
        Mistake{"RetentionOfACentury", R"({"feedback":{"retentionDays":40000}})",
                "feedback.retentionDays: expected days from 0 (for ever) to 36500, got 40000"},
        Mistake{"FhirServerOverHttp", R"({"fhir":{"servers":["http://ehr.example.org/r4"]}})",
                "fhir.servers: \"http://ehr.example.org/r4\": expected https; fhir.plainHttp allows http"},
        Mistake{"FhirServerWithQuery", R"({"fhir":{"servers":["https://ehr.example.org/r4?x"]}})",
                "fhir.servers: \"https://ehr.example.org/r4?x\": a base URL has no query"},
        Mistake{"FhirServersAreAText", R"({"fhir":{"servers":"https://ehr.example.org/r4"}})",
                "fhir.servers: expected a list of FHIR base URLs"},
        Mistake{"PlainHttpIsAText", R"({"fhir":{"plainHttp":"true"}})",
                "fhir.plainHttp: expected true or false"},
        Mistake{"PublicUrlIsNone", R"({"publicUrl":"cds.example.org"})",
                "publicUrl: expected \"\" or an address such as"},
        Mistake{"AuthMaybe", R"({"auth":{"required":"maybe"}})",
                "auth.required: expected auto, always or never"},
        Mistake{"StaleKeysForAMinute", R"({"auth":{"staleKeysSeconds":60}})",
                "auth.staleKeysSeconds: expected seconds from 3600"},
        Mistake{"ClientsAreAText", R"({"clients":"all"})", "clients: expected a list of objects"},
        Mistake{"ClientWithoutIssuer", R"({"clients":[{"jku":"https://a.example/k"}]})",
                "clients[0].issuer: required, expected the iss of its tokens"},
        Mistake{"ClientWithoutKeys", R"({"clients":[{"issuer":"a"}]})",
                "clients[0]: expected either jku or keysFile"},
        Mistake{"ClientWithKeysTwice",
                R"({"clients":[{"issuer":"a","jku":"https://a.example/k","keysFile":"k"}]})",
                "clients[0]: expected either jku or keysFile"},
        Mistake{"JkuOverHttp", R"({"clients":[{"issuer":"a","jku":"http://a.example/k"}]})",
                "clients[0].jku: expected the https address of its JWK Set"},
        Mistake{"JkuOfANameLikeLoopback", R"({"clients":[{"issuer":"a","jku":"http://127.evil.example/k"}]})",
                "clients[0].jku: expected the https address"},
        Mistake{"SymmetricAlgorithm", R"({"clients":[{"issuer":"a","keysFile":"k","algorithms":["HS256"]}]})",
                "clients[0].algorithms: expected a list of ES256, ES384"},
        Mistake{"UnknownMemberOfAClient", R"({"clients":[{"issuer":"a","keysFile":"k","tenant":["n"]}]})",
                "clients[0].tenant: unknown key; known: issuer, jku"},
        Mistake{"NoTenantAtAll", R"({"clients":[{"issuer":"a","keysFile":"k","tenants":[]}]})",
                "clients[0].tenants: expected a list of at least one text"},
        Mistake{"NoSubjectAtAll", R"({"clients":[{"issuer":"a","keysFile":"k","subjects":[]}]})",
                "clients[0].subjects: expected a list of at least one text"},
        Mistake{
            "IssuerTwice",
            R"({"clients":[{"issuer":"a","keysFile":"k"},{"issuer":"a","keysFile":"k","tenants":["n"]}]})",
            "clients[1].issuer: named twice; give each its own tenants"},
        Mistake{"ClientsFhirServerOverHttp",
                R"({"clients":[{"issuer":"a","keysFile":"k","fhirServers":["http://ehr.example.org/r4"]}]})",
                "clients[0].fhirServers: \"http://ehr.example.org/r4\": expected https"},
        Mistake{"UnknownLevel", R"({"log":{"level":"loud"}})",
                "log.level: expected debug, info, warn, error or off"},
        Mistake{"SameKeyTwice", R"({"threads":1,"threads":2})", "s.json: threads"},
        Mistake{"NoObject", "[]", "s.json: expected an object"}, Mistake{"OpenComment", "{ /* ", "s.json: "},
        Mistake{"NoJson", "{", "s.json: "}),
    [](const auto& test) { return test.param.name; });

TEST(Settings, AllMistakesAreToldAtOnce) {
    const auto loaded =
        load_settings(R"({"a":1,"b":2,"threads":999})", "s.json", {{"ASPS_CDS_LOG_LEVEL", "loud"}});

    EXPECT_EQ(loaded.problems.size(), 4U);
    EXPECT_THAT(loaded.problems.back(), HasSubstr("ASPS_CDS_LOG_LEVEL: expected debug"));
}

}  // namespace
