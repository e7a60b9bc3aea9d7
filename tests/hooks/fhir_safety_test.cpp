// A call names the server to ask, and servers name further ones: nobody is called who is not on the list
// (R11). And whatever a listed server does, the answer says what is known.
#include "fhir/json_writer.hpp"
#include "tests/support/hooks_fhir.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace hooks::testing;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

const std::string patient = R"("patient":{"resourceType":"Patient","id":"1"})";
const std::string a_cough =
    R"({"resourceType":"Condition","id":"c1","subject":{"reference":"Patient/1"},"code":{"text":"Cough"}})";
const std::string conditions = R"("conditions":)" + bundle({a_cough});
const std::string observations = R"("observations":)" + bundle({});

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

/// The text as the inside of a JSON string.
std::string escaped(const std::string& text) {
    std::string out;
    fhir::write_json_string(out, text);
    return out.substr(1, out.size() - 2);
}

/// A service with one listed server, and a canary that nobody may call. In URLs, CANARY is the canary's port
/// and LISTED the server's.
class Ssrf : public testing::Test {
  protected:
    std::string with_ports(const std::string& url) const {
        return replaced(replaced(url, "CANARY", std::to_string(canary_.port())), "LISTED",
                        std::to_string(server_.port()));
    }

    FaultyServer canary_{std::vector<Script>{{read_request(), send(fhir_bytes(bundle({a_cough})))}}};
    Script condition_answer_;  // of the listed server
    FaultyServer server_{[this](const std::string& bytes) {
        const FhirRequest request(bytes);
        return request.is_for("Condition") ? condition_answer_ : demo_answer(request);
    }};
    CalledService service_{listing(server_.url("/r4"))};
};

TEST_F(Ssrf, NoFormOfFhirServerLeadsOffTheList) {  // A-8
    const std::vector<std::string> forms = {
        "http://127.0.0.1:CANARY/r4", "http://127.0.0.1:CANARY", "http://localhost:CANARY/r4",
        "http://LOCALHOST:CANARY/r4", "http://localhost.:CANARY/r4", "https://127.0.0.1:CANARY/r4",
        "HTTP://127.0.0.1:CANARY/r4", "http:127.0.0.1:CANARY/r4", "http:/127.0.0.1:CANARY/r4",
        "http:///127.0.0.1:CANARY/r4", "//127.0.0.1:CANARY/r4", "127.0.0.1:CANARY/r4",
        "http:\\\\127.0.0.1:CANARY\\r4", "http://127.0.0.1:LISTED@127.0.0.1:CANARY/r4",
        "http://127.0.0.1:LISTED/r4@127.0.0.1:CANARY/", "http://127.0.0.1:LISTED%2fr4@127.0.0.1:CANARY/r4",
        "http://127.0.0.1:LISTED\\@127.0.0.1:CANARY/r4", "http://127.0.0.1:LISTED#@127.0.0.1:CANARY/r4",
        "http://127.0.0.1:LISTED/r4#@127.0.0.1:CANARY/", "http://127.0.0.1:CANARY#127.0.0.1:LISTED/r4",
        "http://127.0.0.1:CANARY?127.0.0.1:LISTED/r4",
        "http://127.0.0.1:CANARY/?x=http://127.0.0.1:LISTED/r4",
        "http://127.0.0.1:CANARY/http://127.0.0.1:LISTED/r4", "http://a:b@127.0.0.1:CANARY/r4",
        "http://:@127.0.0.1:CANARY/r4", "http://@127.0.0.1:CANARY/r4", "http://127.1:CANARY/r4",
        "http://127.0.1:CANARY/r4", "http://2130706433:CANARY/r4", "http://0x7f000001:CANARY/r4",
        "http://0x7f.0.0.1:CANARY/r4", "http://0177.0.0.1:CANARY/r4", "http://017700000001:CANARY/r4",
        "http://127.0.0.1.:CANARY/r4", "http://[::1]:CANARY/r4", "http://[::ffff:127.0.0.1]:CANARY/r4",
        "http://[::ffff:7f00:1]:CANARY/r4", "http://[0:0:0:0:0:0:0:1]:CANARY/r4", "http://[::]:CANARY/r4",
        "http://0:CANARY/r4", "http://0.0.0.0:CANARY/r4", "http://127.0.0.2:CANARY/r4",
        "http://\xE2\x91\xA0\xE2\x91\xA1\xE2\x91\xA6.0.0.1:CANARY/r4", "http://127.0.0.1%3aCANARY/r4",
        "http://%31%32%37.0.0.1:CANARY/r4", "http://127%2e0.0.1:CANARY/r4", "http://127.0.0.1:0CANARY/r4",
        "http://127.0.0.1:CANARY\t/r4", "\thttp://127.0.0.1:CANARY/r4", "http://127.0.0.1\r\n:CANARY/r4",
        "http://127.0.0.1:LISTED /r4\r\nHost: 127.0.0.1:CANARY", "ftp://127.0.0.1:CANARY/r4",
        "gopher://127.0.0.1:CANARY/_GET", "file:///proc/self/environ", "dict://127.0.0.1:CANARY/x",
        "jar:http://127.0.0.1:CANARY!/r4", "unix:/run/docker.sock", "http://169.254.169.254/latest/meta-data",
        // the right server, beside the base
        "http://127.0.0.1:LISTED", "http://127.0.0.1:LISTED/", "http://127.0.0.1:LISTED/r",
        "http://127.0.0.1:LISTED/r44", "http://127.0.0.1:LISTED/r4/..", "http://127.0.0.1:LISTED/r4/../admin",
        "http://127.0.0.1:LISTED/r4/%2e%2e/admin", "http://127.0.0.1:LISTED/r4/.%2E/admin",
        "http://127.0.0.1:LISTED/r4/%252e%252e/admin", "http://127.0.0.1:LISTED/r4/..;x/admin",
        "http://127.0.0.1:LISTED/r4%2f..%2fadmin", "http://127.0.0.1:LISTED//r4",
        "http://127.0.0.1:LISTED/R4", "http://127.0.0.1:LISTED/r4?x", "https://127.0.0.1:LISTED/r4"};
    ASSERT_GE(forms.size(), 60U);
    for (const std::string& form : forms) {
        const Answer answer = service_.call(call_of(escaped(with_ports(form)), patient));

        // 400: no URL at all; 412: one that is not listed, and conditions are needed.
        EXPECT_TRUE(answer.status == 400 || answer.status == 412) << form;
        EXPECT_EQ(service_.event().fhir, answer.status == 412 ? "not-listed" : "") << form;
        EXPECT_EQ(service_.event().fhir_calls, 0) << form;
    }
    EXPECT_EQ(canary_.connections(), 0U);
    EXPECT_EQ(server_.connections(), 0U);
}

TEST_F(Ssrf, NoPageLinkLeadsAway) {
    const std::vector<std::string> links = {"http://127.0.0.1:CANARY/r4?page=2",
                                            "http://localhost:CANARY/r4?page=2",
                                            "//127.0.0.1:CANARY/r4?page=2",
                                            "///127.0.0.1:CANARY/r4",
                                            "\\\\127.0.0.1:CANARY\\r4",
                                            "/\\127.0.0.1:CANARY/r4",
                                            "http://127.0.0.1:LISTED@127.0.0.1:CANARY/r4",
                                            "http://127.0.0.1:LISTED/r4@127.0.0.1:CANARY",
                                            "http://127.0.0.1:LISTED\\@127.0.0.1:CANARY/r4",
                                            "http://[::1]:CANARY/r4",
                                            "http://2130706433:CANARY/r4",
                                            "http://localhost:LISTED/r4?page=2",
                                            "https://127.0.0.1:LISTED/r4?page=2",
                                            "http://127.0.0.1:LISTED/?page=2",
                                            "http://127.0.0.1:LISTED/r44?page=2",
                                            "http://127.0.0.1:LISTED/r4/../admin",
                                            "/admin",
                                            "/r4/%2e%2e/admin",
                                            "../admin",
                                            "?page=2",
                                            "http:127.0.0.1:CANARY/r4",
                                            "http://127.0.0.1:LISTED/r4?page=2\r\nHost: x",
                                            "urn:x",
                                            "javascript:fetch(1)",
                                            "http://169.254.169.254/r4"};
    for (const std::string& link : links) {
        condition_answer_ = {send(fhir_bytes(bundle({a_cough}, escaped(with_ports(link)))))};
        const std::size_t before = server_.requests().size();

        service_.call(call_of(server_.url("/r4"), patient + "," + observations));

        EXPECT_EQ(server_.requests().size(), before + 1) << link;
        EXPECT_THAT(service_.log_line(), HasSubstr(R"("fhirFaults":{"foreign-link":1})")) << link;
    }
    EXPECT_EQ(canary_.connections(), 0U);
}

TEST_F(Ssrf, NoRedirectIsFollowedAndNoAddressInAnAnswerIsCalled) {
    const std::string location = "Location: http://127.0.0.1:CANARY/r4\r\n";
    std::vector<std::string> answers;
    for (const char* status : {"300 Many", "301 Moved", "302 Found", "303 Other", "305 Proxy", "307 There",
                               "308 There", "401 Who", "503 Later"}) {
        answers.push_back(std::string("HTTP/1.1 ") + status + "\r\n" + location +
                          "Refresh: 0; url=http://127.0.0.1:CANARY/\r\nWWW-Authenticate: Bearer "
                          "uri=\"http://127.0.0.1:CANARY/\"\r\nContent-Length: 0\r\n\r\n");
    }
    const std::string full =
        R"({"resourceType":"Condition","id":"c1","subject":{"reference":"http://127.0.0.1:CANARY/Patient/1"},
        "encounter":{"reference":"http://127.0.0.1:CANARY/Encounter/1"},"meta":{"source":"http://127.0.0.1:CANARY/"}})";
    answers.push_back(with_ports(fhir_bytes(bundle({with_ports(full)}))));
    answers.push_back(
        fhir_bytes(bundle({}), "200 OK",
                   "application/fhir+json\r\nLink: <http://127.0.0.1:CANARY/>; rel=\"next\"\r\n" + location +
                       "Alt-Svc: h2=\"127.0.0.1:CANARY\""));
    answers.push_back(fhir_bytes(
        R"(<!DOCTYPE x SYSTEM "http://127.0.0.1:CANARY/x.dtd"><Bundle xmlns="http://hl7.org/fhir"/>)",
        "200 OK", "application/fhir+xml"));
    for (const std::string& answer : answers) {
        condition_answer_ = {send(with_ports(answer))};

        service_.call(call_of(server_.url("/r4"), patient + "," + observations));
    }
    EXPECT_EQ(canary_.connections(), 0U);
    EXPECT_EQ(server_.requests().size(), answers.size());
}

// ---- every failure, as the caller sees it

struct Failing {
    const char* name;
    Script script;  ///< in place of the answer
    std::string_view kind;
};

/// A service whose server fails in one way for one type of resource.
class Failure : public testing::TestWithParam<Failing> {
  protected:
    static hooks::Settings settings(const std::string& base) {
        hooks::Settings settings = listing(base);
        if (GetParam().kind == "timeout") settings.fhir.deadline = 300ms;
        return settings;
    }

    FaultyServer server_{[](const std::string&) { return GetParam().script; }};
    CalledService service_{settings(server_.url("/r4"))};
};

TEST_P(Failure, OfRequiredDataIs412AndSaysWhy) {  // P-9, S-5, A-12
    const Answer answer = service_.call(call_of(server_.url("/r4"), patient + "," + observations));

    EXPECT_EQ(answer.status, 412U);
    EXPECT_THAT(answer.body, HasSubstr("FHIR access: asked: conditions " + std::string(GetParam().kind)));
    EXPECT_THAT(answer.body, Not(HasSubstr(std::string(demo_token))));
    EXPECT_LT(service_.event().microseconds, 8'000'000);
}

TEST_P(Failure, OfOtherDataLeavesTheCardsOfWhatIsKnown) {
    const Answer answer = service_.call(call_of(server_.url("/r4"), patient + "," + conditions));

    EXPECT_EQ(answer.status, 200U);
    EXPECT_THAT(answer.body, HasSubstr("This patient has 1 conditions"));
    EXPECT_THAT(answer.body, Not(HasSubstr("No observation is on record"))) << "nobody could look";
    EXPECT_EQ(service_.event().not_checked, 1);
    EXPECT_THAT(service_.log_line(),
                HasSubstr("\"fhirFaults\":{\"" + std::string(GetParam().kind) + "\":1}"));
}

TEST(FailureToAnswer, LeavesTheRulesTimeThoughTheServerMayTakeAsLongAsTheCall) {
    const FaultyServer server([](const std::string&) { return Script{hang()}; });
    for (const std::chrono::milliseconds fhir : {1'000ms, 60'000ms}) {
        hooks::Settings settings = listing(server.url("/r4"));
        settings.fhir.request_deadline = 1s;
        settings.fhir.deadline = fhir;
        CalledService service(settings);

        const Answer some = service.call(call_of(server.url("/r4"), patient + "," + conditions));
        const auto not_checked = service.event().not_checked;
        const Answer none = service.call(call_of(server.url("/r4")));

        EXPECT_EQ(some.status, 200U) << some.body;
        EXPECT_THAT(some.body, HasSubstr("This patient has 1 conditions"));
        EXPECT_EQ(not_checked, 1);
        EXPECT_EQ(none.status, 412U) << none.body;
        EXPECT_THAT(none.body, HasSubstr("conditions timeout"));
    }
}

const std::string head =
    "HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: 9000\r\n\r\n{";

INSTANTIATE_TEST_SUITE_P(
    Kinds, Failure,
    testing::Values(Failing{"HangsBeforeHeaders", {hang()}, "timeout"},
                    Failing{"HangsAfterHeaders", {send(head), hang()}, "timeout"},
                    Failing{"Drips", {send(head), drip(std::string(8'000, ' '))}, "timeout"},
                    Failing{"Resets", {send(head), reset_connection()}, "reset"},
                    Failing{"HtmlWith200", {send(fhir_bytes("<html/>", "200 OK", "text/html"))}, "no-fhir"},
                    Failing{"OperationOutcomeWith200",
                            {send(fhir_bytes(R"({"resourceType":"OperationOutcome"})"))},
                            "operation-outcome"},
                    Failing{"AnotherType", {send(fhir_bytes(R"({"resourceType":"Basic"})"))}, "wrong-type"},
                    Failing{"Garbage", {send(fhir_bytes("\xFF{"))}, "no-fhir"},
                    Failing{"Unauthorized", {send(fhir_bytes("{}", "401 Who"))}, "unauthorized"},
                    Failing{"Forbidden", {send(fhir_bytes("{}", "403 No"))}, "forbidden"},
                    Failing{"NotFound", {send(fhir_bytes("{}", "404 Where"))}, "not-found"},
                    Failing{"Gone", {send(fhir_bytes("{}", "410 Gone"))}, "not-found"},
                    Failing{"Throttled", {send(fhir_bytes("{}", "429 Slow"))}, "throttled"},
                    Failing{"Broken", {send(fhir_bytes("{}", "500 Oh"))}, "server-error"},
                    Failing{"Down", {send(fhir_bytes("{}", "503 Down"))}, "server-error"},
                    Failing{"Huge",
                            {send("HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: "
                                  "5000000000\r\n\r\n")},
                            "too-large"}),
    [](const auto& test) { return test.param.name; });

TEST(FailureOfPages, InCirclesLeaveWhatWasReadAndNoCardThatNeedsTheRest) {
    std::optional<FaultyServer> server;
    server.emplace([&](const std::string&) {
        return Script{send(fhir_bytes(bundle({}, server->url("/r4/Observation?page=1"))))};
    });
    CalledService service(listing(server->url("/r4")));

    const Answer answer = service.call(call_of(server->url("/r4"), patient + "," + conditions));

    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(service.event().not_checked, 1);
    EXPECT_THAT(service.log_line(), HasSubstr("paging-loop"));
}

TEST(FailureOfContent, ThatIsAnotherPatientsIsNotTakenForNone) {  // P-14
    const std::string foreign =
        R"({"resourceType":"Observation","id":"o","subject":{"reference":"Patient/2"}})";
    const FaultyServer server(
        [&](const std::string&) { return Script{send(fhir_bytes(bundle({foreign})))}; });
    CalledService service(listing(server.url("/r4")));

    const Answer answer = service.call(call_of(server.url("/r4"), patient + "," + conditions));

    EXPECT_EQ(answer.status, 200U);
    EXPECT_THAT(answer.body, Not(HasSubstr("No observation is on record")));
    EXPECT_EQ(service.event().dropped_resources, 1);
    EXPECT_EQ(service.event().not_checked, 1);
}

TEST(FailureOfPatient, ThatIsAnotherOneIs412) {  // P-14
    const FaultyServer server([](const std::string&) {
        return Script{send(fhir_bytes(R"({"resourceType":"Patient","id":"2"})"))};
    });
    CalledService service(listing(server.url("/r4")));

    EXPECT_EQ(service.call(call_of(server.url("/r4"), conditions + "," + observations)).status, 412U);
}

TEST(FailureToConnect, Is412OrCardsOfWhatIsKnown) {
    const ClosedPort port;
    const std::string base = "http://127.0.0.1:" + std::to_string(port.port()) + "/r4";
    CalledService service(listing(base));

    EXPECT_THAT(service.call(call_of(base)).body, HasSubstr("conditions refused"));
    EXPECT_EQ(service.call(call_of(base, patient + "," + conditions)).status, 200U);
}

TEST(FailureToTrust, ACertificateIs412AndSendsNothing) {
    const auto tls = std::make_shared<const FaultyTls>(FaultyTls{make_certificate({.ip = "127.0.0.1"})});
    const FaultyServer server([](const std::string& bytes) { return demo_answer(FhirRequest(bytes)); }, tls);
    CalledService service(listing(server.url("/r4")));

    const Answer answer = service.call(call_of(server.url("/r4"), patient));

    EXPECT_EQ(answer.status, 412U);
    EXPECT_THAT(answer.body, HasSubstr("conditions tls"));
    EXPECT_TRUE(server.requests().empty());
}

TEST(FailureOfManyCalls, MakesTheServerBeLeftAlone) {
    const FaultyServer server([](const std::string&) { return Script{send(fhir_bytes("{}", "503 Down"))}; });
    CalledService service(listing(server.url("/r4")));
    for (int i = 0; i < 2; ++i) service.call(call_of(server.url("/r4")));
    const std::size_t asked = server.requests().size();

    const Answer answer = service.call(call_of(server.url("/r4")));

    EXPECT_THAT(answer.body, HasSubstr("conditions circuit-open"));
    EXPECT_EQ(server.requests().size(), asked);
    EXPECT_EQ(service.event().fhir_calls, 0);
}

}  // namespace
