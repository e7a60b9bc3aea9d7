// The server over a real port: keep-alive, pipelining, deadlines, limits, and stopping without losing an
// answer.
#include "hooks/http_server.hpp"

#include "tests/support/hooks_client.hpp"
#include "tests/support/hooks_server.hpp"

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using hooks::ServerOptions;
using hooks::testing::Answer;
using hooks::testing::Client;
using hooks::testing::TestServer;

/// Answers with what it was asked; `/wait` waits until the test lets it go, `/throw` makes a mistake, of
/// `/other` it remembers how many came before.
class Echo final : public hooks::Handler {
  public:
    boost::asio::awaitable<hooks::Response> answer(const hooks::Request& request,
                                                   hooks::RequestEvent&) override {
        if (request.path == "/other") before_other = answered.load();
        ++answered;
        if (request.path == "/wait") {
            waiting.count_down();
            released.get_future().wait();
        }
        if (request.path == "/throw") throw std::logic_error("secret detail");
        hooks::Response response;
        response.body = R"({"method":")" + request.method + R"(","path":")" + request.path + R"(","bytes":)" +
                        std::to_string(request.body.size()) + "}";
        co_return response;
    }
    hooks::Response refuse(const hooks::Refusal& refusal, const hooks::Request&,
                           hooks::RequestEvent&) override {
        hooks::Response response;
        response.status = refusal.status;
        response.fields = refusal.fields;
        response.body = fhir::operation_outcome(refusal.issue);
        return response;
    }
    void stopping() override { told_to_stop = true; }

    std::atomic<int> answered = 0, before_other = 0;
    std::atomic<bool> told_to_stop = false;
    std::latch waiting{1};
    std::promise<void> released;
};

ServerOptions with_deadlines(std::chrono::milliseconds header, std::chrono::milliseconds body,
                             std::chrono::milliseconds idle) {
    ServerOptions options;
    options.deadlines.header = header;
    options.deadlines.body = body;
    options.deadlines.idle = idle;
    return options;
}

TEST(HttpServer, AnswersSeveralRequestsOnOneConnection) {
    Echo echo;
    TestServer server(echo);
    Client client(server.port());

    EXPECT_EQ(client.get("/a").body, R"({"method":"GET","path":"/a","bytes":0})");
    EXPECT_EQ(client.post("/b", "{}").body, R"({"method":"POST","path":"/b","bytes":2})");
    EXPECT_EQ(client.get("/c").status, 200U);
}

TEST(HttpServer, AnswersPipelinedRequestsInTheirOrder) {
    Echo echo;
    TestServer server(echo);
    Client client(server.port());
    std::string bytes;
    for (int i = 0; i < 50; ++i) {
        bytes += hooks::testing::request_bytes("POST", "/" + std::to_string(i), std::string(1'000, 'x'), {});
    }

    client.send(bytes);

    for (int i = 0; i < 50; ++i) {
        const auto answer = client.read();
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->body, R"({"method":"POST","path":"/)" + std::to_string(i) + R"(","bytes":1000})");
    }
}

TEST(HttpServer, AnswersHeadWithTheFieldsOfGetAndNoBody) {
    Echo echo;
    TestServer server(echo);
    Client client(server.port());

    const Answer head = client.exchange("HEAD", "/a");

    EXPECT_EQ(head.status, 200U);
    EXPECT_EQ(head.field("Content-Length"), "39");
    EXPECT_EQ(client.get("/b").status, 200U) << "nothing of a body came before this answer";
}

TEST(HttpServer, AnswersWithADate) {
    Echo echo;
    TestServer server(echo);
    Client client(server.port());

    const std::string date = client.get("/").field("Date");

    EXPECT_EQ(date.size(), 29U) << date;
    EXPECT_TRUE(date.ends_with(" GMT")) << date;
}

TEST(HttpServer, ClosesWhenAskedToAndForHttp10) {
    Echo echo;
    TestServer server(echo);
    Client asking(server.port());
    Client old(server.port());

    EXPECT_EQ(asking.get("/", {{"Connection", "close"}}).field("Connection"), "close");
    EXPECT_TRUE(asking.is_closed_by_peer());
    old.send("GET / HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(old.read());
    EXPECT_TRUE(old.is_closed_by_peer());
}

TEST(HttpServer, SaysContinueBeforeTheBody) {  // RFC 9110 10.1.1
    Echo echo;
    TestServer server(echo);
    Client client(server.port());

    client.send("POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    const auto interim = client.read();
    client.send("{}");
    const auto answer = client.read();

    ASSERT_TRUE(interim && answer);
    EXPECT_EQ(interim->status, 100U);
    EXPECT_EQ(answer->status, 200U);
}

TEST(HttpServer, AnswersBrokenFramingThenCloses) {  // reliability R3
    Echo echo;
    TestServer server(echo);
    Client client(server.port());

    client.send(
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\nContent-Length: 60\r\n\r\n"
        "GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto answer = client.read();

    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 400U);
    EXPECT_EQ(answer->field("Connection"), "close");
    client.finish_writing();
    EXPECT_TRUE(client.is_closed_by_peer());
    EXPECT_EQ(echo.answered, 0) << "the hidden request was not seen";
}

TEST(HttpServer, AnswersATooLargeBodyWhileItIsStillBeingSent) {
    Echo echo;
    TestServer server(echo);
    Client client(server.port());

    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000000\r\n\r\n");
    client.send(std::string(500'000, 'x'));
    const auto answer = client.read();

    ASSERT_TRUE(answer) << "a reset ate the answer";
    EXPECT_EQ(answer->status, 413U);
}

TEST(HttpServer, HidesItsOwnMistakesBehind500AndGoesOn) {
    Echo echo;
    TestServer server(echo);
    Client client(server.port());

    const Answer answer = client.get("/throw");

    EXPECT_EQ(answer.status, 500U);
    EXPECT_EQ(answer.body.find("secret"), std::string::npos);
    EXPECT_EQ(client.get("/a").status, 200U);
}

TEST(HttpServer,
     GivesAHeadThatTrickles408AtItsDeadline) {  // reliability R4: the head as a whole, not each byte
    Echo echo;
    TestServer server(echo, with_deadlines(300ms, 10s, 10s));
    Client client(server.port());
    const auto start = std::chrono::steady_clock::now();

    std::jthread drip([&client](const std::stop_token& stop) {
        client.send("GET / HTTP/1.1\r\nHost: h\r\n");
        while (!stop.stop_requested() && client.send("X: y\r\n")) std::this_thread::sleep_for(20ms);
    });
    const auto answer = client.read();
    drip.request_stop();

    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 408U);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
}

TEST(HttpServer, GivesABodyThatNeverEnds408AtItsDeadline) {
    Echo echo;
    TestServer server(echo, with_deadlines(10s, 200ms, 10s));
    Client client(server.port());

    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{");
    const auto answer = client.read();

    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 408U);
}

TEST(HttpServer, ClosesIdleConnectionsWithoutAWord) {
    Echo echo;
    TestServer server(echo, with_deadlines(10s, 10s, 200ms));
    Client served(server.port());

    EXPECT_EQ(served.get("/").status, 200U);

    EXPECT_TRUE(served.is_closed_by_peer());
}

TEST(HttpServer, GivesAFreshConnectionTheTimeOfAHeadOnly) {
    Echo echo;
    TestServer server(echo, with_deadlines(200ms, 10s, 60s));
    Client silent(server.port());

    EXPECT_TRUE(silent.is_closed_by_peer());
}

TEST(HttpServer, ServesOthersBesideManySlowSenders) {  // reliability R4
    Echo echo;
    TestServer server(echo);
    std::vector<std::unique_ptr<Client>> slow;
    for (int i = 0; i < 200; ++i) {
        slow.push_back(std::make_unique<Client>(server.port()));
        slow.back()->send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n{");
    }
    const auto start = std::chrono::steady_clock::now();

    EXPECT_EQ(Client(server.port()).get("/").status, 200U);

    EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
}

TEST(HttpServer, ServesOthersBesideOneThatHasAlwaysSentItsNextRequest) {
    Echo echo;
    ServerOptions options;
    options.threads = 1;
    TestServer server(echo, options);
    Client busy(server.port()), other(server.port());
    ASSERT_EQ(other.get("/").status, 200U);
    std::string bytes = hooks::testing::request_bytes("GET", "/wait", {}, {});
    for (int i = 0; i < 500; ++i) bytes += hooks::testing::request_bytes("GET", "/busy", {}, {});

    busy.send(bytes);
    echo.waiting.wait();
    other.send(hooks::testing::request_bytes("GET", "/other", {}, {}));
    echo.released.set_value();

    ASSERT_TRUE(other.read());
    EXPECT_LT(echo.before_other, 100);
}

TEST(HttpServer, ClosesAtTheDeadlineAfterTheLastOfManyRequests) {
    Echo echo;
    TestServer server(echo, with_deadlines(10s, 10s, 300ms));
    Client client(server.port());
    const auto start = std::chrono::steady_clock::now();
    auto last = start;

    // Longer than the first deadline takes, so that deadlines have moved on while one was waited for.
    for (; last - start < 500ms; last = std::chrono::steady_clock::now()) {
        ASSERT_EQ(client.get("/").status, 200U);
    }

    EXPECT_TRUE(client.is_closed_by_peer());
    EXPECT_GE(std::chrono::steady_clock::now() - last, 250ms);
    EXPECT_LT(std::chrono::steady_clock::now() - last, 5s);
}

TEST(HttpServer, TurnsConnectionsOverTheLimitAwayWith503) {
    Echo echo;
    ServerOptions options;
    options.connections = 2;
    TestServer server(echo, options);
    Client first(server.port()), second(server.port());
    ASSERT_EQ(first.get("/").status, 200U);
    ASSERT_EQ(second.get("/").status, 200U);

    Client third(server.port());
    const auto answer = third.read();

    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 503U);
    EXPECT_EQ(answer->field("Retry-After"), "1");
    EXPECT_EQ(first.get("/").status, 200U) << "the others are served on";
}

TEST(HttpServer, GivesThePlaceOfWhoBringsNoRequestToAnother) {
    Echo echo;
    for (const bool in_all : {true, false}) {
        ServerOptions options = with_deadlines(60s, 60s, 60s);
        (in_all ? options.connections : options.connections_per_address) = 2;
        TestServer server(echo, options);
        Client silent(server.port()), slow(server.port());
        slow.send("GET / HTTP/1.1\r\nHo");

        unsigned status = 0;
        const auto start = std::chrono::steady_clock::now();
        while (status != 200 && std::chrono::steady_clock::now() - start < 10s) {
            std::this_thread::sleep_for(20ms);
            status = Client(server.port()).get("/").status;
        }

        EXPECT_EQ(status, 200U);
        EXPECT_TRUE(silent.is_closed_by_peer()) << "it had waited longest";
        slow.send("st: h\r\n\r\n");
        EXPECT_EQ(slow.read().value_or(Answer()).status, 200U) << "one place was enough";
    }
}

TEST(HttpServer, LimitsTheConnectionsOfOneAddress) {
    Echo echo;
    ServerOptions options;
    options.connections_per_address = 1;
    TestServer server(echo, options);
    Client first(server.port());
    ASSERT_EQ(first.get("/").status, 200U);

    const auto answer = Client(server.port()).read();

    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 503U);
}

TEST(HttpServer, ClosesAConnectionAfterItsShareOfRequests) {
    Echo echo;
    ServerOptions options;
    options.requests_per_connection = 2;
    TestServer server(echo, options);
    Client client(server.port());

    EXPECT_EQ(client.get("/").field("Connection"), "");
    EXPECT_EQ(client.get("/").field("Connection"), "close");
    EXPECT_TRUE(client.is_closed_by_peer());
}

TEST(HttpServer, StopsAfterAnsweringWhatHasBegun) {  // reliability R7
    Echo echo;
    TestServer server(echo);
    Client busy(server.port());
    Client idle(server.port());
    ASSERT_EQ(idle.get("/").status, 200U);
    busy.send(hooks::testing::request_bytes("GET", "/wait", "", {}));
    echo.waiting.wait();

    server.stop();
    EXPECT_TRUE(idle.is_closed_by_peer());
    echo.released.set_value();
    const auto answer = busy.read();

    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200U);
    EXPECT_EQ(answer->field("Connection"), "close");
    EXPECT_TRUE(server.wait());
    EXPECT_TRUE(echo.told_to_stop);
    EXPECT_FALSE(Client(server.port()).send("GET / HTTP/1.1\r\nHost: h\r\n\r\n") &&
                 Client(server.port()).read())
        << "nobody is let in any more";
}

TEST(HttpServer, AnswersTheFirstRequestOfWhoHadConnectedBeforeTheStop) {  // R7: it may be on the way
    Echo echo;
    TestServer server(echo);
    Client used(server.port()), fresh(server.port()), silent(server.port());
    ASSERT_EQ(used.get("/").status, 200U);

    server.stop();
    ASSERT_TRUE(used.is_closed_by_peer()) << "between requests nothing is on the way";
    const auto answer = fresh.get("/");

    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.field("Connection"), "close");
    EXPECT_TRUE(silent.is_closed_by_peer());
    EXPECT_TRUE(server.wait());
}

TEST(HttpServer, AnswersARequestWhoseBodyComesAfterTheStop) {
    Echo echo;
    TestServer server(echo);
    Client client(server.port());
    ASSERT_EQ(client.get("/").status, 200U);
    client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    ASSERT_TRUE(client.read());  // 100: the head has been read

    server.stop();
    client.send("{}");
    const auto answer = client.read();

    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200U);
    EXPECT_EQ(answer->field("Connection"), "close");
    EXPECT_TRUE(server.wait());
}

TEST(HttpServer, CutsConnectionsThatOutlastTheDrain) {
    Echo echo;
    ServerOptions options;
    options.deadlines.drain = 200ms;
    TestServer server(echo, options);
    Client client(server.port());
    client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    ASSERT_TRUE(client.read());

    server.stop();

    EXPECT_FALSE(server.wait());
}

TEST(HttpServer, StillLetsProbesInDuringTheDrainDelay) {  // so that a load balancer sees it is stopping
    Echo echo;
    ServerOptions options;
    options.deadlines.drain_delay = 300ms;
    TestServer server(echo, options);

    server.stop();
    Client probe(server.port());
    const auto answer = probe.get("/");

    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.field("Connection"), "close");
    EXPECT_TRUE(server.wait());
}

TEST(HttpServer, SaysWhyItCannotListen) {
    Echo echo;
    TestServer server(echo);
    ServerOptions options;
    options.port = server.port();
    hooks::HttpServer second(options, echo);

    const auto problem = second.listen();

    ASSERT_TRUE(problem);
    EXPECT_NE(problem->find("127.0.0.1:" + std::to_string(server.port())), std::string::npos) << *problem;
}

/// CPU time of this process.
std::chrono::microseconds cpu_time() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return std::chrono::seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           std::chrono::microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

TEST(HttpServer, DoesNotSpinWhenDescriptorsRunOut) {  // reliability 11: fd limit
    Echo echo;
    TestServer server(echo);
    Client first(server.port());
    ASSERT_EQ(first.get("/").status, 200U);
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    std::vector<std::unique_ptr<Client>> clients;
    const rlimit tight{64, before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &tight);
    for (int i = 0; i < 64; ++i) clients.push_back(std::make_unique<Client>(server.port()));

    const auto cpu_before = cpu_time();
    const auto wall_before = std::chrono::steady_clock::now();
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(first.get("/").status, 200U);
        std::this_thread::sleep_for(200ms);
    }
    const auto used = cpu_time() - cpu_before;
    const auto passed = std::chrono::steady_clock::now() - wall_before;
    clients.clear();
    setrlimit(RLIMIT_NOFILE, &before);

    EXPECT_LT(used, passed / 2) << "a loop that spins takes a whole core";
    EXPECT_EQ(Client(server.port()).get("/").status, 200U) << "it takes connections again";
}

}  // namespace
