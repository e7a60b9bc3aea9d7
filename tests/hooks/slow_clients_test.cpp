// Slow and silent clients beside good ones: they are dropped at their deadlines, harm nobody, and hold
// neither files nor memory afterwards (reliability R4, R5).
#include "tests/support/hooks_raw.hpp"
#include "tests/support/hooks_resources.hpp"
#include "tests/support/hooks_running.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using hooks::ServerOptions;
using hooks::testing::Answer;
using hooks::testing::Client;
using hooks::testing::Running;

std::chrono::milliseconds since(Clock::time_point start) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
}

ServerOptions impatient() {
    ServerOptions options;
    options.connections_per_address = 0;
    options.deadlines.header = 600ms;
    options.deadlines.body = 900ms;
    options.deadlines.write = 600ms;
    options.deadlines.idle = 900ms;
    return options;
}

using Clients = std::vector<std::unique_ptr<Client>>;

Clients begin(std::uint16_t port, int count, const std::string& bytes) {
    Clients clients;
    for (int i = 0; i < count; ++i) {
        clients.push_back(std::make_unique<Client>(port));
        clients.back()->send(bytes);
    }
    return clients;
}

std::string call_with(const std::string& lines) {
    return "POST /cds-services/demo-view HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n" + lines +
           "\r\n";
}

/// The slowest of good calls, each on a connection of its own.
std::chrono::milliseconds slowest_of_good(std::uint16_t port, int count) {
    std::chrono::milliseconds slowest{0};
    for (int i = 0; i < count; ++i) {
        const auto start = Clock::now();
        EXPECT_EQ(Client(port).post("/cds-services/demo-view", hooks::testing::call_body()).status, 200U);
        slowest = std::max(slowest, since(start));
    }
    return slowest;
}

TEST(SlowClients, HarmNobodyAndLeaveNothingBehind) {
    Running server({}, hooks::testing::demo_knowledge(), impatient());
    slowest_of_good(server.port(), 5);
    const std::size_t files_before = hooks::testing::open_files();
    const std::size_t memory_before = hooks::testing::memory_in_mb("VmRSS");

    const std::string many_answers = [] {
        std::string bytes;
        for (int i = 0; i < 2'000; ++i) bytes += "GET /openapi.json HTTP/1.1\r\nHost: h\r\n\r\n";
        return bytes;
    }();
    Clients silent = begin(server.port(), 100, "");
    Clients heads = begin(server.port(), 200, "POST /cds-services/demo-view HTTP/1.1\r\nHost: h\r\n");
    Clients bodies = begin(server.port(), 200, call_with("Content-Length: 500\r\n") + "{");
    Clients chunks = begin(server.port(), 200, call_with("Transfer-Encoding: chunked\r\n") + "1\r\n{\r\n");
    Clients readers = begin(server.port(), 40, many_answers);
    const auto slowest = slowest_of_good(server.port(), 20);

    for (auto& client : heads) EXPECT_EQ(client->read().value_or(Answer()).status, 408U);
    for (auto& client : bodies) EXPECT_EQ(client->read().value_or(Answer()).status, 408U);
    for (auto& client : chunks) EXPECT_EQ(client->read().value_or(Answer()).status, 408U);
    for (auto& client : silent) EXPECT_TRUE(client->is_closed_by_peer()) << "without a word";
    std::printf("740 slow clients: good calls took %lld ms at most; RSS %zu MB, %zu MB before\n",
                static_cast<long long>(slowest.count()), hooks::testing::memory_in_mb("VmRSS"),
                memory_before);
    EXPECT_LT(slowest, 1s);
    for (Clients* all : {&silent, &heads, &bodies, &chunks, &readers}) all->clear();
    const auto start = Clock::now();
    while (hooks::testing::open_files() > files_before + 1 && since(start) < 10s)
        std::this_thread::sleep_for(10ms);
    EXPECT_LE(hooks::testing::open_files(), files_before + 1) << "but for the good client of this test";
}

TEST(SlowClients, AReaderThatNeverReadsIsCutAtTheDeadlineOfWriting) {
    Running server({}, hooks::testing::demo_knowledge(), impatient());
    Client reader(server.port());

    // Until neither side's buffers take any more: then the server waits, in writing, for us.
    const auto start = Clock::now();
    while (reader.send("GET /openapi.json HTTP/1.1\r\nHost: h\r\n\r\n")) {
    }

    EXPECT_LT(since(start), 10s) << "the connection is gone, for sending fails";
}

TEST(SlowClients, ABodyMayPauseButNotCrawl) {
    ServerOptions options = impatient();
    options.deadlines.body = 30s;
    options.deadlines.body_pause = 400ms;
    options.body_rate = 1'000'000;
    Running server({}, hooks::testing::demo_knowledge(), options);

    Client crawling(server.port()), quick(server.port());
    const auto start = Clock::now();
    crawling.send(call_with("Content-Length: 100000\r\n") + std::string(1'000, ' '));
    quick.send(call_with("Content-Length: 1000000\r\n") + std::string(900'000, ' '));
    const auto dropped = crawling.read();
    const auto after = since(start);
    quick.send(std::string(100'000, ' '));
    const auto answered = quick.read();

    ASSERT_TRUE(dropped && answered);
    EXPECT_EQ(dropped->status, 408U);
    EXPECT_GE(after, 395ms);
    EXPECT_LT(after, 10s);
    EXPECT_EQ(answered->status, 400U) << "blanks are no JSON, but they were all taken";
}

TEST(SlowClients, AnEmptyLineBeginsNoRequest) {  // RFC 9112 2.2: some send one behind a body
    ServerOptions options = impatient();
    options.deadlines.header = 50ms;
    Running server({}, hooks::testing::demo_knowledge(), options);
    Client client(server.port());

    client.send("GET /health/live HTTP/1.1\r\nHost: h\r\n\r\n\r\n");
    ASSERT_TRUE(client.read());

    EXPECT_TRUE(client.is_closed_by_peer()) << "idle, so closed without a 408";
}

TEST(ManyConnections, OverTheLimitReadWhyWithWhatABrowserNeeds) {  // K-3
    ServerOptions options;
    options.connections = 1;
    hooks::Settings settings;
    settings.cors.origins = {"https://ehr.example"};
    Running server(settings, hooks::testing::demo_knowledge(), options);
    Client first(server.port());
    ASSERT_EQ(first.get("/health/live").status, 200U);

    const Answer busy =
        Client(server.port()).post("/cds-services/demo-view", "{}", {{"Origin", "https://ehr.example"}});

    EXPECT_EQ(busy.status, 503U);
    EXPECT_EQ(busy.field("Retry-After"), "1");
    EXPECT_EQ(busy.field("Connection"), "close");
    EXPECT_EQ(busy.field("Access-Control-Allow-Origin"), "https://ehr.example");
    EXPECT_EQ(first.get("/health/live").status, 200U);
}

TEST(ManyConnections, FarOverTheLimitAreAnsweredUnread) {
    ServerOptions options;
    options.connections = 1;
    Running server({}, hooks::testing::demo_knowledge(), options);
    Client first(server.port());
    ASSERT_EQ(first.get("/health/live").status, 200U);

    Clients more = begin(server.port(), 300, "");

    for (auto& client : more) EXPECT_EQ(client->read().value_or(Answer()).status, 503U);
    EXPECT_EQ(first.get("/health/live").status, 200U);
}

TEST(BodyMemory, IsBoundedOverAllConnections) {  // reliability R5
    ServerOptions options;
    options.connections_per_address = 0;
    options.bodies_bytes = 8'388'608;
    Running server({}, hooks::testing::demo_knowledge(), options);
    slowest_of_good(server.port(), 2);
    const std::size_t before = hooks::testing::memory_in_mb("VmRSS");
    hooks::testing::reset_peak();

    // 200 bodies of 1 MB that lack their last byte.
    Clients large = begin(server.port(), 200, call_with("Content-Length: 1000000\r\n"));
    const std::string body(999'999, ' ');
    std::size_t busy = 0;
    for (auto& client : large) client->send(body);
    const auto slowest = slowest_of_good(server.port(), 10);
    const std::size_t peak = hooks::testing::memory_in_mb("VmHWM");
    for (auto& client : large) {
        client->send(" ");
        const auto answer = client->read();
        if (!answer) {
            // Closed so long ago that the byte behind took the answer away (a reset).
        } else if (answer->status == 503) {
            EXPECT_EQ(answer->field("Retry-After"), "1");
        } else if (answer->status != 408) {  // that one gave its room up
            continue;
        }
        ++busy;
    }

    std::printf(
        "200 bodies of 1 MB: %zu turned away, RSS %zu MB before, %zu MB at most, good calls %lld ms at "
        "most\n",
        busy, before, peak, static_cast<long long>(slowest.count()));
    EXPECT_GE(busy, 190U) << "six fit: large ones get three quarters";
    EXPECT_LT(busy, 200U);
    if (!hooks::testing::is_sanitized) {
        EXPECT_LT(peak, before + 60) << "the 200 bodies would be 200 MB";
    }
    EXPECT_LT(slowest, 1s) << "and ordinary calls have the last quarter";
}

TEST(BodyMemory, GoesFromWhoSendsSlowlyToWhoDoesNot) {  // reliability R4
    Running server;
    const std::string large = "{\"a\":\"" + std::string(4'194'000, 'x');
    // One more than fits, and they go on, a byte at a time.
    Clients slow = begin(server.port(), 6, call_with("Content-Length: 4194304\r\n"));
    std::vector<std::jthread> senders;
    for (auto& client : slow) {
        senders.emplace_back([&client, &large](const std::stop_token& stop) {
            for (bool goes_on = client->send(large); goes_on && !stop.stop_requested();) {
                std::this_thread::sleep_for(50ms);
                goes_on = client->send("x");
            }
        });
    }
    std::this_thread::sleep_for(200ms);

    const std::string body = hooks::testing::call_body() + std::string(300'000, ' ');
    std::chrono::milliseconds slowest{0};
    for (int i = 0; i < 10; ++i) {
        const auto start = Clock::now();
        EXPECT_EQ(Client(server.port()).post("/cds-services/demo-view", body).status, 200U);
        slowest = std::max(slowest, since(start));
    }
    std::size_t dropped = 0;
    for (auto& sender : senders) sender.request_stop();
    senders.clear();
    for (auto& client : slow) {
        client->finish_writing();
        const auto answer = client->read();
        if (!answer) continue;
        // 503 if it was itself still waiting for room.
        EXPECT_TRUE(answer->status == 408U || answer->status == 503U) << answer->body;
        EXPECT_EQ(answer->field("Connection"), "close");
        ++dropped;
    }

    std::printf("6 slow senders of 4 MB: good calls of 300 kB took %lld ms at most; %zu gave way\n",
                static_cast<long long>(slowest.count()), dropped);
    EXPECT_LT(slowest, 3s);
    EXPECT_GE(dropped, 1U);
}

}  // namespace
