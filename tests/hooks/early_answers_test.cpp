// Requests that their head decides: they are refused before their body comes (RFC 9110 10.1.1), so that it
// takes neither time nor room.
#include "tests/support/hooks_raw.hpp"
#include "tests/support/hooks_running.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using hooks::testing::Answer;
using hooks::testing::call_body;
using hooks::testing::Client;
using hooks::testing::length_of;
using hooks::testing::Running;

struct Case {
    std::string name, request_line, lines;
    unsigned status;
};

const std::vector<Case>& cases() {
    static const std::string json = "Content-Type: application/json\r\n";
    static const std::vector<Case> all = {
        {"a path that is not there", "POST /nothing", json, 404},
        {"a service that is not there", "POST /cds-services/nothing", json, 404},
        {"feedback, which is not taken", "POST /cds-services/demo-view/feedback", json, 404},
        {"a method that the path does not have", "POST /cds-services", json, 405},
        {"another such method", "PUT /cds-services/demo-view", json, 405},
        {"a body that is no JSON", "POST /cds-services/demo-view", "Content-Type: text/plain\r\n", 415},
    };
    return all;
}

std::string head(const Case& one, const std::string& lines) {
    return one.request_line + " HTTP/1.1\r\nHost: h\r\n" + one.lines + lines + "\r\n";
}

TEST(EarlyAnswers, ComeInsteadOfContinue) {
    Running server;
    for (const Case& one : cases()) {
        Client client(server.port());
        const auto start = Clock::now();
        client.send(head(one, "Expect: 100-continue\r\nContent-Length: 400\r\n"));
        const auto answer = client.read();

        ASSERT_TRUE(answer) << one.name;
        hooks::testing::check(*answer);
        EXPECT_EQ(answer->status, one.status) << one.name;
        EXPECT_EQ(answer->field("Connection"), "close") << "whether the body comes, nobody knows";
        EXPECT_TRUE(client.is_closed_by_peer());
        EXPECT_LT(Clock::now() - start, 4s) << one.name;
    }
}

TEST(EarlyAnswers, ComeBeforeALargeBody) {
    Running server;
    for (const Case& one : cases()) {
        for (const char* framing : {"Content-Length: 4000000\r\n", "Transfer-Encoding: chunked\r\n"}) {
            Client client(server.port());
            client.send(head(one, framing));
            const auto answer = client.read();

            ASSERT_TRUE(answer) << one.name;
            EXPECT_EQ(answer->status, one.status) << one.name;
            EXPECT_EQ(answer->field("Connection"), "close") << one.name;
        }
    }
}

TEST(EarlyAnswers, ReachWhoSendsALargeBodyFirst) {
    Running server;
    for (const Case& one : cases()) {
        Client client(server.port());
        client.send(head(one, "Content-Length: 3000000\r\n") + std::string(3'000'000, ' '));

        EXPECT_EQ(client.read().value_or(Answer()).status, one.status) << one.name << ": not reset";
    }
}

TEST(EarlyAnswers, KeepTheConnectionIfLittleIsToCome) {
    Running server;
    for (const Case& one : cases()) {
        Client client(server.port());
        client.send(head(one, "Content-Length: 5\r\n"));
        const auto answer = client.read();
        client.send("12345" + hooks::testing::post(length_of(call_body()), call_body()));
        const auto next = client.read();

        ASSERT_TRUE(answer && next) << one.name;
        EXPECT_EQ(answer->status, one.status) << one.name;
        EXPECT_EQ(answer->field("Connection"), "");
        EXPECT_EQ(next->status, 200U) << one.name;
    }
}

TEST(EarlyAnswers, AreLastIfTheLittleDoesNotCome) {
    hooks::ServerOptions options;
    options.deadlines.body_pause = 100ms;
    Running server({}, hooks::testing::demo_knowledge(), options);
    Client client(server.port());

    client.send(head(cases().front(), "Content-Length: 5\r\n"));

    EXPECT_EQ(client.read().value_or(Answer()).status, 404U);
    EXPECT_TRUE(client.is_closed_by_peer()) << "without a second answer";
}

TEST(EarlyAnswers, AreNotGivenToARequestThatItsBodyDecides) {
    Running server;
    Client client(server.port());

    client.send(hooks::testing::post("Expect: 100-continue\r\n" + length_of(call_body())));
    EXPECT_EQ(client.read().value_or(Answer()).status, 100U);
    client.send(call_body());

    EXPECT_EQ(client.read().value_or(Answer()).status, 200U);
}

TEST(NoBody, IsCalledThat) {
    Running server;
    for (const char* lines : {"", "Content-Length: 0\r\n"}) {
        Client client(server.port());
        client.send(hooks::testing::post(lines));
        const auto answer = client.read();

        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->status, 400U);
        EXPECT_THAT(answer->body, testing::HasSubstr("the request has no body"));
    }
}

}  // namespace
