// More calls than can be computed: some are served, the rest hear so at once, probes are not held up, and it
// passes (reliability R6, 7).
#include "tests/support/hooks_check.hpp"
#include "tests/support/hooks_raw.hpp"
#include "tests/support/hooks_resources.hpp"
#include "tests/support/hooks_running.hpp"

#include "cards/apply.hpp"
#include "fhir/parse.hpp"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <memory_resource>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using hooks::Settings;
using hooks::testing::Answer;
using hooks::testing::Client;
using hooks::testing::Running;

std::chrono::milliseconds since(Clock::time_point start) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
}

/// A call of asps-patient-view with so many conditions more.
std::string call_with_conditions(std::size_t count) {
    json::value call = hooks::testing::shipped_call("patient-view");
    json::object& conditions = call.at("prefetch").at("conditions").as_object();
    json::array& entries = conditions.at("entry").as_array();
    const json::value one = entries.at(0);
    for (std::size_t i = 0; i < count; ++i) {
        entries.push_back(one);
        entries.back().at("resource").as_object()["id"] = "c" + std::to_string(i);
        entries.back().as_object().erase("fullUrl");
    }
    return json::serialize(call);
}

struct Tally {
    std::mutex mutex;
    std::size_t served = 0, turned_away = 0, other = 0;
    std::vector<std::chrono::milliseconds> refusals;  // how long each took
};

TEST(Overload, ServesWhatItCanAndTellsTheRestAtOnce) {
    Settings settings;
    settings.admission.threads = 2;
    settings.admission.queue = 16;
    hooks::ServerOptions options;
    options.connections_per_address = 0;
    Running server(settings, hooks::testing::shipped_knowledge(), options);
    const std::string call = call_with_conditions(100);
    const auto alone = [&] {
        const auto start = Clock::now();
        EXPECT_EQ(Client(server.port()).post("/cds-services/asps-patient-view", call).status, 200U);
        return since(start);
    };
    alone();
    const auto quiet = alone();

    // 100 senders that do not wait before they try again: many times what two threads can do.
    Tally tally;
    std::atomic<bool> is_over = false;
    std::vector<std::jthread> senders;
    for (int i = 0; i < 100; ++i) {
        senders.emplace_back([&] {
            Client client(server.port());
            while (!is_over) {
                const auto start = Clock::now();
                const Answer answer = client.post("/cds-services/asps-patient-view", call);
                const std::lock_guard lock(tally.mutex);
                if (answer.status == 200) {
                    ++tally.served;
                } else if (answer.status == 503 && answer.field("Retry-After") == "1") {
                    ++tally.turned_away;
                    tally.refusals.push_back(since(start));
                } else {
                    ++tally.other;
                }
            }
        });
    }
    std::vector<std::chrono::milliseconds> probes;
    for (int i = 0; i < 20; ++i) {
        const auto start = Clock::now();
        EXPECT_EQ(Client(server.port()).get("/health/live").status, 200U);
        probes.push_back(since(start));
        std::this_thread::sleep_for(20ms);
    }
    is_over = true;
    senders.clear();
    const auto start = Clock::now();
    alone();
    const auto recovery = since(start);

    std::sort(probes.begin(), probes.end());
    std::sort(tally.refusals.begin(), tally.refusals.end());
    ASSERT_FALSE(tally.refusals.empty());
    const auto typical_refusal = tally.refusals[tally.refusals.size() / 2];
    std::printf(
        "%zu served, %zu turned away in %lld ms (median; the slowest %lld ms); one alone %lld ms; probes "
        "%lld ms "
        "(median); %lld ms after it one was served; RSS %zu MB\n",
        tally.served, tally.turned_away, static_cast<long long>(typical_refusal.count()),
        static_cast<long long>(tally.refusals.back().count()), static_cast<long long>(quiet.count()),
        static_cast<long long>(probes[probes.size() / 2].count()), static_cast<long long>(recovery.count()),
        hooks::testing::memory_in_mb("VmRSS"));
    EXPECT_GT(tally.served, 0U);
    EXPECT_EQ(tally.other, 0U);
    EXPECT_LT(probes[probes.size() / 2], 1s);
    EXPECT_LT(recovery, 2s + 10 * quiet);
}

TEST(Overload, CanBeAnsweredWithoutCardsInsteadOf503) {
    Settings settings;
    settings.admission.threads = 1;
    settings.admission.queue = 1;
    settings.on_overload = hooks::OnOverload::empty;
    Running server(settings, hooks::testing::shipped_knowledge());
    const std::string heavy = call_with_conditions(500);

    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 20; ++i) {
        clients.push_back(std::make_unique<Client>(server.port()));
        clients.back()->send(
            hooks::testing::request_bytes("POST", "/cds-services/asps-patient-view", heavy, {}));
    }
    std::size_t empty = 0;
    for (auto& client : clients) {
        const auto answer = client->read();
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->status, 200U);
        hooks::testing::check(*answer);
        if (answer->body == R"({"cards":[]})") ++empty;
    }

    EXPECT_GE(empty, 10U) << "the first, the one that waits, and those who came when one was done got cards";
}

TEST(Deadline, OfACallIsKeptInEvaluationToo) {  // reliability 7: "no advice" and "could not look" differ
    Settings settings;
    settings.fhir.request_deadline = 1ms;
    Running server(settings, hooks::testing::shipped_knowledge());

    const Answer late = server.call("asps-patient-view", call_with_conditions(3'000));

    EXPECT_EQ(late.status, 503U);
    EXPECT_EQ(late.field("Retry-After"), "1");
    EXPECT_NE(late.body.find(R"("code":"timeout")"), std::string::npos) << late.body;
}

TEST(Deadline, LeavesOutTheRulesThatHadNoTurnAndSaysSo) {
    const auto knowledge = hooks::testing::shipped_knowledge();
    const std::string text = json::serialize(hooks::testing::shipped_call("patient-view"));
    std::pmr::monotonic_buffer_resource arena;
    const fhir::Node& call = **fhir::parse_json(text, arena);
    const auto chart = cards::Chart::from_request(*knowledge, *call.find("context"), call.find("prefetch"));
    const cards::Service& service = *knowledge->service("asps-patient-view");
    const auto now = (*hooks::pinned_clock("2026-11-24"))();
    const cards::UuidSource uuid = [] { return std::string("u"); };
    const auto evaluated = [&](std::size_t turns) {
        const cards::Stop stop = [&turns] { return turns-- == 0; };
        return cards::evaluate(*knowledge, service, chart, now, uuid, arena, {}, nullptr, stop);
    };
    const auto whole = evaluated(1'000);
    ASSERT_FALSE(whole.is_stopped);
    ASSERT_FALSE(whole.cards.empty());

    for (std::size_t turns = 0; turns < whole.outcomes.size(); ++turns) {
        const auto part = evaluated(turns);
        EXPECT_EQ(part.is_stopped, turns < service.rules.size() - service.off.size()) << turns;
        if (!part.is_stopped) continue;
        EXPECT_LE(part.cards.size(), whole.cards.size());
        const auto is_late = [](const cards::Outcome& rule) {
            return rule.kind == cards::Outcome::Kind::not_checked;
        };
        EXPECT_GT(std::count_if(part.outcomes.begin(), part.outcomes.end(), is_late), 0) << turns;
        if (part.cards.empty()) continue;
        EXPECT_NE(part.cards.back().detail.find("the time was up"), std::string::npos) << turns;
    }
}

TEST(RequestMemory, IsBoundedSoThatASmallBodyOfManyValuesTakesLittle) {  // reliability R5
    Running server;
    server.ask("GET", "/health/live");
    const std::size_t before = hooks::testing::memory_in_mb("VmRSS");
    hooks::testing::reset_peak();
    std::string body = R"({"prefetch":{"a":[)";
    while (body.size() < 4'000'000) body += "[],";
    body += "[]]}}";

    const Answer answer = server.call("demo-view", body);

    const std::size_t peak = hooks::testing::memory_in_mb("VmHWM");
    std::printf("4 MB of empty arrays: %u, RSS %zu MB before, %zu MB at most\n", answer.status, before, peak);
    EXPECT_EQ(answer.status, 413U);
    EXPECT_EQ(server.ask("GET", "/health/live").status, 200U);
    if (!hooks::testing::is_sanitized) {
        EXPECT_LT(peak, before + 80);
    }
}

}  // namespace
