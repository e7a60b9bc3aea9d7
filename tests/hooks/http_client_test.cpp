// The client against servers that behave badly: each fault by its name, within the deadline.
#include "hooks/http_client.hpp"

#include "tests/support/hooks_asking.hpp"
#include "tests/support/hooks_faulty_server.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace hooks {

namespace {

using namespace testing;
using std::chrono::milliseconds;

// Nothing ends at it but what is meant to.
constexpr milliseconds long_enough{20'000};

std::string gzip_bytes(const std::string& packed) { return ok_bytes(packed, "Content-Encoding: gzip\r\n"); }

struct FaultCase {
    std::string name;
    Script script;
    std::optional<ClientFault> fault{};  // none: an answer
    std::string body{};
    unsigned status = 200;
};

class HttpClientMeets : public ::testing::TestWithParam<FaultCase> {};

TEST_P(HttpClientMeets, AServerThat) {
    const FaultCase& expected = GetParam();
    FaultyServer server(std::vector<Script>{expected.script});
    Asking asking;
    const bool late = expected.fault == ClientFault::timeout;

    const ClientAnswer answer = asking.get(server.url(), late ? milliseconds(200) : long_enough);

    ASSERT_EQ(answer.fault.has_value(), expected.fault.has_value()) << answer.detail;
    if (expected.fault) {
        EXPECT_EQ(to_string(*answer.fault), to_string(*expected.fault)) << answer.detail;
        EXPECT_TRUE(answer.body.empty());
        EXPECT_TRUE(answer.detail.starts_with("http://127.0.0.1:")) << answer.detail;
    } else {
        EXPECT_EQ(answer.status, expected.status);
        EXPECT_EQ(answer.body, expected.body);
    }
}

std::vector<FaultCase> fault_cases() {
    const std::string big(5'000'000, 'x');
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    const Step read = read_request();
    return {
        {.name = "AnswersByLength", .script = {read, send(ok_bytes("{}")), hang()}, .body = "{}"},
        {.name = "AnswersInChunks",
         .script =
             {read,
              send(ok + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1;x=y\r\n}\r\n0\r\nStatus: 500\r\n\r\n"),
              hang()},
         .body = "{}"},
        {.name = "AnswersToTheEndOfTheConnection",
         .script = {read, send(ok + "\r\n{}"), close_connection()},
         .body = "{}"},
        {.name = "AnswersInSmallPieces", .script = {read, drip(ok_bytes("{}")), hang()}, .body = "{}"},
        {.name = "SendsInterimResponses",
         .script = {read,
                    send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" +
                         ok_bytes("{}")),
                    hang()},
         .body = "{}"},
        {.name = "AnswersWithGzip", .script = {read, send(gzip_bytes(gzipped("{}"))), hang()}, .body = "{}"},
        {.name = "AnswersWithHtml",
         .script = {read, send(ok_bytes("<html>", "Content-Type: text/html\r\n")), hang()},
         .body = "<html>"},
        {.name = "Redirects",
         .script = {read,
                    send("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
                    hang()},
         .status = 302},
        {.name = "HasNoContent",
         .script = {read, send("HTTP/1.1 204 No Content\r\n\r\n"), hang()},
         .status = 204},

        {.name = "HangsWithoutReading", .script = {hang()}, .fault = ClientFault::timeout},
        {.name = "HangsBeforeTheHead", .script = {read, hang()}, .fault = ClientFault::timeout},
        {.name = "HangsWithinTheHead", .script = {read, send(ok), hang()}, .fault = ClientFault::timeout},
        {.name = "HangsAfterTheHead",
         .script = {read, send(ok + "Content-Length: 2\r\n\r\n"), hang()},
         .fault = ClientFault::timeout},
        {.name = "DripsItsHead",
         .script = {read, drip(ok + std::string(4'000, 'x'))},
         .fault = ClientFault::timeout},
        {.name = "DripsItsBody",
         .script = {read, send(ok + "Content-Length: 4000\r\n\r\n"), drip(std::string(4'000, 'x'))},
         .fault = ClientFault::timeout},
        {.name = "PromisesMoreThanItSends",
         .script = {read, send(ok + "Content-Length: 9\r\n\r\n{}"), hang()},
         .fault = ClientFault::timeout},
        {.name = "ClosesWithoutAnAnswer", .script = {read, close_connection()}, .fault = ClientFault::closed},
        {.name = "ClosesWithinTheHead",
         .script = {read, send(ok + "Content-"), close_connection()},
         .fault = ClientFault::closed},
        {.name = "ClosesBeforeTheLengthIsReached",
         .script = {read, send(ok + "Content-Length: 9\r\n\r\n{}"), close_connection()},
         .fault = ClientFault::closed},
        {.name = "ClosesBeforeTheLastChunk",
         .script = {read, send(ok + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"), close_connection()},
         .fault = ClientFault::closed},
        {.name = "ResetsWithoutAnAnswer", .script = {read, reset_connection()}, .fault = ClientFault::reset},
        {.name = "ResetsWithinTheBody",
         .script = {read, send(ok + "Content-Length: 9\r\n\r\n{}"), reset_connection()},
         .fault = ClientFault::reset},
        {.name = "ResetsABodyThatEndsWithTheConnection",
         .script = {read, send(ok + "\r\n{}"), reset_connection()},
         .fault = ClientFault::reset},

        {.name = "NeverEndsItsHead",
         .script = {read, send(ok), endless("X-Filler: " + std::string(80, 'x') + "\r\n")},
         .fault = ClientFault::too_large},
        {.name = "NeverEndsItsInterimResponses",
         .script = {read, endless("HTTP/1.1 100 Continue\r\n\r\n")},
         .fault = ClientFault::too_large},
        {.name = "NeverEndsItsChunks",
         .script = {read, send(ok + "Transfer-Encoding: chunked\r\n\r\n"), endless("4\r\nabcd\r\n")},
         .fault = ClientFault::too_large},
        {.name = "NeverEndsAChunkExtension",
         .script = {read, send(ok + "Transfer-Encoding: chunked\r\n\r\n4"), endless(";extension=value")},
         .fault = ClientFault::too_large},
        {.name = "NeverEndsItsTrailers",
         .script = {read, send(ok + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"),
                    endless("X-Filler: x\r\n")},
         .fault = ClientFault::too_large},
        {.name = "NeverEndsABodyWithoutLength",
         .script = {read, send(ok + "\r\n"), endless(std::string(1'000, 'x'))},
         .fault = ClientFault::too_large},
        {.name = "PromisesTooMuch",
         .script = {read, send(ok + "Content-Length: 5000000000\r\n\r\n"), hang()},
         .fault = ClientFault::too_large},
        {.name = "SendsAGzipBomb",
         .script = {read, send(gzip_bytes(gzipped(big))), hang()},
         .fault = ClientFault::too_large},

        {.name = "CutsItsGzipShort",
         .script = {read, send(gzip_bytes(gzipped(big).substr(0, 1'000))), hang()},
         .fault = ClientFault::malformed},
        {.name = "SaysGzipAndSendsText",
         .script = {read, send(gzip_bytes("{}")), hang()},
         .fault = ClientFault::malformed},
        {.name = "SendsSomethingBehindItsGzip",
         .script = {read, send(gzip_bytes(gzipped("{}") + "{}")), hang()},
         .fault = ClientFault::malformed},
        {.name = "UsesACodingNobodyAskedFor",
         .script = {read, send(ok_bytes("x", "Content-Encoding: br\r\n")), hang()},
         .fault = ClientFault::malformed},
        {.name = "SpeaksAnotherProtocol",
         .script = {send("SSH-2.0-OpenSSH_9.2\r\n"), hang()},
         .fault = ClientFault::malformed},
        {.name = "EndsItsLinesWithLfOnly",
         .script = {read, send("HTTP/1.1 200 OK\nContent-Length: 2\n\n{}"), hang()},
         .fault = ClientFault::malformed},
        {.name = "FramesItsBodyTwice",
         .script = {read,
                    send(ok + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
                    hang()},
         .fault = ClientFault::malformed},
        {.name = "HasTwoLengths",
         .script = {read, send(ok + "Content-Length: 2\r\nContent-Length: 9\r\n\r\n{}"), hang()},
         .fault = ClientFault::malformed},
        {.name = "UsesAnotherTransferCoding",
         .script = {read, send(ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), hang()},
         .fault = ClientFault::malformed},
        {.name = "MiscountsItsChunks",
         .script = {read, send(ok + "Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n"), hang()},
         .fault = ClientFault::malformed},
        {.name = "SwitchesProtocols",
         .script = {read, send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), hang()},
         .fault = ClientFault::malformed},
    };
}

INSTANTIATE_TEST_SUITE_P(, HttpClientMeets, ::testing::ValuesIn(fault_cases()),
                         [](const auto& tested) { return tested.param.name; });

TEST(HttpClient, SendsWhatItWasGivenAndItsOwnFields) {
    FaultyServer server([](const std::string&) { return Script{send(ok_bytes("{}"))}; });
    Asking asking;
    ClientRequest request;
    request.method = "POST";
    request.url = server.url("/r4/Condition/_search?_count=5");
    request.fields = {{"Authorization", "Bearer secret"},
                      {"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = "patient=1";
    request.listed = true;

    const ClientAnswer answer = asking.ask(request, long_enough);

    ASSERT_FALSE(answer.fault) << answer.detail;
    EXPECT_EQ(answer.field("content-type"), "application/json");
    const std::string port = std::to_string(server.port());
    EXPECT_EQ(
        server.requests(),
        std::vector<std::string>{"POST /r4/Condition/_search?_count=5 HTTP/1.1\r\nHost: 127.0.0.1:" + port +
                                 "\r\nAuthorization: Bearer secret\r\n"
                                 "Content-Type: application/x-www-form-urlencoded\r\nUser-Agent: asps-cds\r\n"
                                 "Accept-Encoding: gzip\r\nContent-Length: 9\r\n\r\npatient=1"});
}

TEST(HttpClient, UsesAConnectionAgain) {
    FaultyServer server([](const std::string&) { return Script{send(ok_bytes("{}"))}; });
    Asking asking;

    for (int i = 0; i < 5; ++i) EXPECT_EQ(asking.get(server.url(), long_enough).status, 200U);

    EXPECT_EQ(server.requests().size(), 5U);
    EXPECT_EQ(server.connections(), 1U);
}

TEST(HttpClient, UsesNoConnectionAgainThatMayNotBe) {
    struct Case {
        const char* name;
        std::string response;
    };
    for (const Case& given : {Case{"it says close", ok_bytes("{}", "Connection: close\r\n")},
                              Case{"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"},
                              Case{"more than the answer came", ok_bytes("{}") + "HTTP/1.1 200 OK"}}) {
        SCOPED_TRACE(given.name);
        FaultyServer server([&](const std::string&) { return Script{send(given.response)}; });
        Asking asking;

        EXPECT_EQ(asking.get(server.url(), long_enough).body, "{}");
        EXPECT_EQ(asking.get(server.url(), long_enough).body, "{}");

        EXPECT_EQ(server.connections(), 2U);
    }
}

TEST(HttpClient, AsksAgainWhereAKeptConnectionTurnsOutToBeDead) {
    const Script dies_after_one{read_request(), send(ok_bytes("1")), read_request(), close_connection()};
    FaultyServer server({dies_after_one, {read_request(), send(ok_bytes("2")), hang()}});
    Asking asking;

    EXPECT_EQ(asking.get(server.url(), long_enough).body, "1");
    EXPECT_EQ(asking.get(server.url(), long_enough).body, "2");
    EXPECT_EQ(server.connections(), 2U);
}

TEST(HttpClient, AsksAgainOnceOnlyAndNotAfterTheFirstByte) {
    const Script dies_after_one{read_request(), send(ok_bytes("1")), read_request(), send("HTTP"),
                                close_connection()};
    FaultyServer server({dies_after_one, {read_request(), send(ok_bytes("2"))}});
    FaultyServer dead({{read_request(), send(ok_bytes("1")), read_request(), reset_connection()},
                       {read_request(), reset_connection()}});
    Asking asking;

    EXPECT_EQ(asking.get(server.url(), long_enough).body, "1");
    EXPECT_EQ(asking.get(server.url(), long_enough).fault, ClientFault::closed);
    EXPECT_EQ(server.connections(), 1U);

    EXPECT_EQ(asking.get(dead.url(), long_enough).body, "1");
    EXPECT_EQ(asking.get(dead.url(), long_enough).fault, ClientFault::reset);
    EXPECT_EQ(dead.connections(), 2U);
}

TEST(HttpClient, SendsAPostAgainOnlyIfItChangesNothing) {
    for (const bool repeatable : {false, true}) {
        FaultyServer server({{read_request(), send(ok_bytes("1")), read_request(), close_connection()},
                             {read_request(), send(ok_bytes("2"))}});
        Asking asking;
        ClientRequest request;
        request.method = "POST";
        request.url = server.url();
        request.listed = true;
        request.repeatable = repeatable;

        EXPECT_EQ(asking.ask(request, long_enough).body, "1");
        const ClientAnswer second = asking.ask(request, long_enough);

        EXPECT_EQ(second.body, repeatable ? "2" : "");
        EXPECT_EQ(second.fault.has_value(), !repeatable);
        EXPECT_EQ(server.connections(), repeatable ? 2U : 1U);
    }
}

TEST(HttpClient, LeavesAConnectionThatTheServerHasClosed) {
    FaultyServer server({{read_request(), send(ok_bytes("1"))}, {read_request(), send(ok_bytes("2"))}});
    Asking asking;
    ClientRequest request;
    request.method = "POST";
    request.url = server.url();
    request.listed = true;

    EXPECT_EQ(asking.ask(request, long_enough).body, "1");
    server.wait_until_closed(1);

    EXPECT_EQ(asking.ask(request, long_enough).body, "2");
}

TEST(HttpClient, KeepsNoConnectionLongerThanItsIdleTime) {
    FaultyServer server([](const std::string&) { return Script{send(ok_bytes("{}"))}; });
    ClientOptions options;
    options.idle = milliseconds(0);
    Asking asking(options);

    EXPECT_EQ(asking.get(server.url(), long_enough).status, 200U);
    EXPECT_EQ(asking.get(server.url(), long_enough).status, 200U);

    EXPECT_EQ(server.connections(), 2U);
}

TEST(HttpClient, KeepsNoMoreConnectionsThanItMay) {
    FaultyServer one([](const std::string&) { return Script{send(ok_bytes("{}"))}; });
    FaultyServer other([](const std::string&) { return Script{send(ok_bytes("{}"))}; });
    ClientOptions options;
    options.idle_connections = 1;
    Asking asking(options);

    for (FaultyServer* server : {&one, &other, &other, &one}) {
        EXPECT_EQ(asking.get(server->url(), long_enough).status, 200U);
    }

    EXPECT_EQ(other.connections(), 1U);
    EXPECT_EQ(one.connections(), 2U);
}

TEST(HttpClient, AsksInParallelOverAsManyConnectionsAsAnOriginMayHave) {
    FaultyServer server([](const std::string&) { return Script{send(ok_bytes("{}"))}; });
    ClientOptions options;
    options.connections_per_origin = 3;
    Asking asking(options);

    const std::vector<ClientAnswer> answers = asking.get_together(server.url(), 60, long_enough);

    for (const ClientAnswer& answer : answers) EXPECT_EQ(answer.status, 200U) << answer.detail;
    EXPECT_EQ(server.requests().size(), 60U);
    EXPECT_LE(server.connections(), 3U);
}

TEST(HttpClient, WaitsForAConnectionNoLongerThanTheDeadline) {
    FaultyServer server(std::vector<Script>{{read_request(), hang()}});
    ClientOptions options;
    options.connections_per_origin = 1;
    Asking asking(options);

    AbandonedAsk busy(asking, server.url(), long_enough);
    server.wait_for_requests(1);
    const std::vector<ClientAnswer> answers = asking.get_together(server.url(), 3, milliseconds(200));

    for (const ClientAnswer& answer : answers) EXPECT_EQ(answer.fault, ClientFault::timeout) << answer.detail;
    EXPECT_EQ(server.connections(), 1U);
    busy.stop_waiting();
}

TEST(HttpClient, GivesAConnectionThatFailedToWhoWaitsForOne) {
    FaultyServer server(
        {{read_request(), reset_connection()}, {read_request(), send(ok_bytes("{}")), hang()}});
    ClientOptions options;
    options.connections_per_origin = 1;
    Asking asking(options);

    const std::vector<ClientAnswer> answers = asking.get_together(server.url(), 2, long_enough);

    EXPECT_NE(answers[0].fault.has_value(), answers[1].fault.has_value());
    EXPECT_EQ(server.connections(), 2U);
}

TEST(HttpClient, IsDoneWithWhoeverStopsWaiting) {
    FaultyServer server({{read_request(), hang()}, {read_request(), send(ok_bytes("{}")), hang()}});
    ClientOptions options;
    options.connections_per_origin = 1;
    Asking asking(options);

    // One waits for the answer, the other for the connection.
    AbandonedAsk first(asking, server.url(), long_enough), second(asking, server.url(), long_enough);
    server.wait_for_requests(1);
    second.stop_waiting();
    first.stop_waiting();

    EXPECT_EQ(asking.get(server.url(), long_enough).body, "{}");
}

TEST(HttpClient, MayEndWithItsContextWhileSomebodyWaits) {
    FaultyServer server(std::vector<Script>{{read_request(), hang()}});
    ClientOptions options;
    options.connections_per_origin = 1;
    Asking asking(options);

    const AbandonedAsk first(asking, server.url(), long_enough), second(asking, server.url(), long_enough);
    server.wait_for_requests(1);
    asking.stop();

    EXPECT_EQ(server.connections(), 1U);
}

TEST(HttpClient, SaysThatNobodyListens) {
    const ClosedPort closed;
    Asking asking;

    const ClientAnswer answer =
        asking.get("http://127.0.0.1:" + std::to_string(closed.port()) + "/", long_enough);

    EXPECT_EQ(answer.fault, ClientFault::refused);
    EXPECT_NE(answer.detail.find("Connection refused"), std::string::npos) << answer.detail;
}

TEST(HttpClient, ReachesListedNamesAndLeavesOthersInside) {
    FaultyServer server([](const std::string&) { return Script{send(ok_bytes("{}"))}; });
    Asking asking;
    ClientRequest request;
    request.url = "http://localhost:" + std::to_string(server.port()) + "/";
    request.listed = true;

    EXPECT_EQ(asking.ask(request, long_enough).status, 200U);

    request.listed = false;  // though a connection is kept
    EXPECT_EQ(asking.ask(request, long_enough).fault, ClientFault::forbidden_address);
    EXPECT_EQ(server.connections(), 1U);
}

TEST(HttpClient, CallsNoAddressInsideThatTheOperatorDidNotName) {
    FaultyServer canary(std::vector<Script>{{hang()}});
    Asking asking;
    const std::string port = ":" + std::to_string(canary.port()) + "/";

    for (const std::string host : {"127.0.0.1", "127.9.9.9", "localhost", "[::1]", "0.0.0.0", "[::]",
                                   "[64:ff9b::7f00:1]", "169.254.169.254", "[fd00:ec2::254]"}) {
        ClientRequest request;
        request.url = "http://" + host + port;
        const ClientAnswer answer = asking.ask(request, long_enough);
        ASSERT_TRUE(answer.fault) << host;
        EXPECT_EQ(to_string(*answer.fault), "forbidden-address") << host << ": " << answer.detail;
    }
    for (const std::string host :
         {"2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "[::ffff:127.0.0.1]", "127.0.0.1.",
          "127.0.0.1%00.example.org", "user@127.0.0.1"}) {
        ClientRequest request;
        request.url = "http://" + host + port;
        request.listed = true;
        EXPECT_EQ(asking.ask(request, long_enough).fault, ClientFault::bad_url) << host;
    }
    EXPECT_EQ(canary.connections(), 0U);
}

TEST(HttpClient, SaysThatANameHasNoAddress) {
    Asking asking;

    // RFC 6761: never resolves.
    const ClientAnswer answer = asking.get("http://nobody.invalid/", long_enough);

    EXPECT_EQ(answer.fault, ClientFault::unresolved) << answer.detail;
}

TEST(HttpClient, SendsNothingThatWouldBecomeAnotherField) {
    FaultyServer canary(std::vector<Script>{{hang()}});
    Asking asking;
    for (const Field& field : std::vector<Field>{{"X", "a\r\nAuthorization: b"},
                                                 {"X", std::string("a\0b", 3)},
                                                 {"X\r\nY", "a"},
                                                 {"", "a"},
                                                 {"X ", "a"},
                                                 {"Host", "elsewhere.example.org"},
                                                 {"content-length", "5"},
                                                 {"Transfer-Encoding", "chunked"}}) {
        ClientRequest request;
        request.url = canary.url();
        request.listed = true;
        request.fields = {field};
        const ClientAnswer answer = asking.ask(request, long_enough);
        EXPECT_EQ(answer.fault, ClientFault::bad_request) << field.name;
        EXPECT_EQ(answer.detail.find("Authorization"), std::string::npos) << "a value must not be told";
    }
    for (const std::string method : {"", "GET /x HTTP/1.1\r\nX:", "CONNECT", "TRACE"}) {
        ClientRequest request;
        request.url = canary.url();
        request.listed = true;
        request.method = method;
        EXPECT_EQ(asking.ask(request, long_enough).fault, ClientFault::bad_request) << method;
    }
    for (const std::string path : {"/a b", "/a\r\nX: y", "/a#b"}) {
        EXPECT_EQ(asking.get(canary.url(path), long_enough).fault, ClientFault::bad_url) << path;
    }
    EXPECT_EQ(canary.connections(), 0U);
}

TEST(HttpClient, ReadsNoBodyBehindTheAnswerToHead) {
    FaultyServer server(
        [](const std::string&) { return Script{send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")}; });
    Asking asking;
    ClientRequest request;
    request.method = "HEAD";
    request.url = server.url();
    request.listed = true;

    for (int i = 0; i < 2; ++i) EXPECT_EQ(asking.ask(request, long_enough).status, 200U);

    EXPECT_EQ(server.connections(), 1U);
}

TEST(HttpClient, TakesTheAnswerOfAServerThatReadsNoFurther) {
    FaultyServer server(std::vector<Script>{
        {send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n"), close_connection()}});
    Asking asking;

    EXPECT_EQ(asking.get(server.url(), long_enough).status, 413U);
}

TEST(HttpClient, HoldsABodyToTheLimitOfItsRequest) {
    FaultyServer server([](const std::string&) { return Script{send(ok_bytes("12345"))}; });
    Asking asking;
    ClientRequest request;
    request.url = server.url();
    request.listed = true;

    request.response_bytes = 5;
    EXPECT_EQ(asking.ask(request, long_enough).body, "12345");
    request.response_bytes = 4;
    EXPECT_EQ(asking.ask(request, long_enough).fault, ClientFault::too_large);
}

TEST(HttpClient, AsksAProxyForTheWholeUrl) {
    FaultyServer proxy([](const std::string&) { return Script{send(ok_bytes("{}"))}; });
    ClientOptions options;
    options.proxy = proxy.url("");
    Asking asking(options);

    EXPECT_EQ(asking.get("http://ehr.invalid/cds-services?x=1", long_enough).status, 200U);

    ASSERT_EQ(proxy.requests().size(), 1U);
    EXPECT_TRUE(proxy.requests()[0].starts_with(
        "GET http://ehr.invalid/cds-services?x=1 HTTP/1.1\r\nHost: ehr.invalid\r\n"))
        << proxy.requests()[0];
}

TEST(HttpClient, SaysThatTheProxyLetsItNotThrough) {
    FaultyServer proxy(std::vector<Script>{
        {read_request(), send("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")}});
    const ClosedPort closed;
    ClientOptions options;
    options.proxy = proxy.url();
    Asking asking(options);
    options.proxy = "http://127.0.0.1:" + std::to_string(closed.port());
    Asking without(options);

    const ClientAnswer answer = asking.get("https://ehr.invalid/", long_enough);

    EXPECT_EQ(answer.fault, ClientFault::proxy);
    EXPECT_NE(answer.detail.find("407"), std::string::npos) << answer.detail;
    EXPECT_EQ(without.get("https://ehr.invalid/", long_enough).fault, ClientFault::proxy);
}

TEST(HttpClient, SaysWhatIsWrongWithItsOptions) {
    for (const std::string proxy :
         {"proxy.example.org:3128", "https://proxy.example.org", "http://u:p@proxy", "http://proxy/x"}) {
        ClientOptions options;
        options.proxy = proxy;
        Asking asking(options);
        ASSERT_TRUE(asking.client.problem()) << proxy;
        EXPECT_EQ(asking.get("http://ehr.invalid/", long_enough).fault, ClientFault::bad_request);
    }
    ClientOptions options;
    options.ca_file = "/nowhere/ca.pem";
    const Asking asking(options);
    ASSERT_TRUE(asking.client.problem());
    EXPECT_NE(asking.client.problem()->find("/nowhere/ca.pem"), std::string::npos);
}

}  // namespace

}  // namespace hooks
