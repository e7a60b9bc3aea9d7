// What all requests take together: bounded whatever the number of threads, and nobody whose call is small or
// honest is worse off for it (reliability R5).
#include "hooks/gzip.hpp"
#include "hooks/request_memory.hpp"
#include "tests/support/hooks_fhir.hpp"
#include "tests/support/hooks_resources.hpp"
#include "tests/support/hooks_running.hpp"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <future>
#include <memory_resource>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using hooks::NoRoomBeside;
using hooks::Place;
using hooks::RequestMemory;
using hooks::Settings;
using hooks::SharedMemory;
using hooks::TooMuchMemory;
using hooks::testing::Answer;
using hooks::testing::Client;
using hooks::testing::gzipped;
using hooks::testing::Running;

constexpr std::size_t mebi = 1'048'576;

using Bytes = std::pmr::vector<std::byte>;

TEST(SharedMemory, LeavesEachThreadAPartThatNoOtherTakes) {
    SharedMemory shared(32 * mebi, 0, 16);
    ASSERT_EQ(shared.block(), mebi);
    ASSERT_EQ(shared.own(), mebi / 2);
    RequestMemory large(48 * mebi, &shared, Place::beside), small(48 * mebi, &shared, Place::beside);
    Bytes most(8 * mebi + mebi / 2, std::byte(), &large);

    EXPECT_THROW(Bytes(1, std::byte(), &large), NoRoomBeside);
    EXPECT_NO_THROW(Bytes(mebi / 2, std::byte(), &small));
    EXPECT_THROW(Bytes(mebi / 2 + 1, std::byte(), &small), NoRoomBeside);
    Bytes(&large).swap(most);
    EXPECT_NO_THROW(Bytes(8 * mebi, std::byte(), &small)) << "it was given back";
}

TEST(SharedMemory, IsNoMoreInAllForAnyNumberOfThreads) {
    for (const std::size_t threads : {1U, 2U, 3U, 16U, 31U, 32U, 64U, 256U}) {
        SharedMemory shared(32 * mebi, 0, threads);
        std::size_t rest = 0;
        while (shared.take(4'096)) rest += 4'096;

        EXPECT_LE((shared.block() + shared.own()) * threads + rest, 32 * mebi) << threads;
        EXPECT_GE((shared.block() + shared.own()) * threads + rest, 31 * mebi) << threads;
    }
}

TEST(SharedMemory, GivesThePartOfALargeOneToTheOthersWhileThereIsNone) {
    SharedMemory shared(2 * mebi, 8 * mebi, 2);  // all but the large part are the two blocks
    RequestMemory small(48 * mebi, &shared, Place::beside);
    Bytes whole(8 * mebi, std::byte(), &small);
    EXPECT_THROW(Bytes(1, std::byte(), &small), NoRoomBeside);
    std::promise<void> got;
    std::jthread alone([&] {
        RequestMemory large(8 * mebi, &shared);
        const Bytes some(mebi, std::byte(), &large);
        got.set_value();
        EXPECT_THROW(Bytes(7 * mebi + 1, std::byte(), &large), TooMuchMemory);
        EXPECT_THROW(Bytes(1, std::byte(), &small), NoRoomBeside) << "it is the large one's now";
    });
    std::future<void> waiting = got.get_future();
    EXPECT_EQ(waiting.wait_for(20ms), std::future_status::timeout) << "it waits for those who hold of it";

    Bytes(&small).swap(whole);

    EXPECT_EQ(waiting.wait_for(10s), std::future_status::ready);
    alone.join();
    EXPECT_NO_THROW(Bytes(8 * mebi, std::byte(), &small)) << "there is no large one any more";
}

/// `call` with half a megabyte of text that no rule reads, as gzip whose end states another size: that it
/// must be computed alone is seen only when it is unpacked.
std::string understated(std::string call) {
    std::mt19937 random(7);  // so that it packs no better than text does
    call.pop_back();
    call += R"(,"extension":{"x":")";
    for (int i = 0; i < 600'000; ++i) call += static_cast<char>('a' + random() % 16);
    // The second member states its own size: none.
    std::string packed = gzipped(call + "\"}}") + gzipped("");
    EXPECT_EQ(hooks::stated_size(packed), 0U);
    return packed;
}
const std::vector<hooks::Field> as_gzip = {{"Content-Encoding", "gzip"}};

TEST(NoRoom, BesideOthersMakesACallBeComputedAloneAndAnsweredTheSame) {
    Settings settings;
    settings.admission.age = 10s;
    Running server(settings, hooks::testing::shipped_knowledge());
    for (const std::string_view hook : hooks::testing::shipped_hooks) {
        const json::value call = hooks::testing::shipped_call(hook);
        const std::string service = "asps-" + std::string(hook);

        const Answer answer = server.call(service, understated(json::serialize(call)), as_gzip);

        EXPECT_EQ(answer.status, 200U) << hook;
        EXPECT_FALSE(hooks::testing::cards_of(answer).empty()) << hook;
        EXPECT_EQ(hooks::testing::cards_of(answer), hooks::testing::cards_of(server.call(service, call)));
    }
}

TEST(NoRoom, BesideOthersLosesNothingThatWasFetched) {
    using namespace hooks::testing;
    FaultyServer ehr([](const std::string& bytes) { return demo_answer(FhirRequest(bytes)); });
    CalledService service(listing(ehr.url("/r4")));
    const std::string call = call_of(ehr.url("/r4"));
    const Answer expected = service.call(call);

    const Answer answer = Client(service.port()).post("/cds-services/demo-view", understated(call), as_gzip);

    EXPECT_EQ(answer.status, 200U) << answer.body;
    EXPECT_EQ(without_uuids(answer.body), without_uuids(expected.body));
    EXPECT_EQ(service.event().fhir, "asked");
}

/// The call with so many numbers more, which take 50 bytes each once they are read.
std::string call_with_numbers(std::size_t count) {
    std::string call = json::serialize(hooks::testing::shipped_call("patient-view"));
    call.pop_back();
    call += R"(,"extension":{"x":[)";
    std::mt19937 random(7);  // with other digits here and there, or it would pack too well to be taken
    for (std::size_t i = 0; i < count; ++i) {
        call += static_cast<char>(i % 64 == 0 ? '1' + random() % 9 : '1');
        call += ',';
    }
    return call + "0]}}";
}

TEST(SharedMemory, BoundsWhatManyThreadsTakeForMuchInLittleWhileOthersGetTheirCards) {
    Settings settings;
    settings.admission.threads = 16;
    settings.admission.age = 60s;  // it is not for time that anyone is turned away here
    settings.fhir.request_deadline = 60s;
    hooks::ServerOptions options;
    options.connections_per_address = 0;
    Running server(settings, hooks::testing::shipped_knowledge(), options);
    const json::value ordinary = hooks::testing::shipped_call("patient-view");
    ASSERT_EQ(server.call("asps-patient-view", ordinary).status, 200U);
    // Under sanitizers each takes ten times as long, and what all take together is not looked at.
    const std::size_t part = hooks::testing::is_sanitized ? 8 : 1;
    const std::string packed = gzipped(call_with_numbers(600'000 / part)), unstated = packed + gzipped("");
    const std::string plain = call_with_numbers(240'000 / part);
    ASSERT_LT(packed.size(), 16'384U);
    ASSERT_LT(plain.size(), 524'288U);
    const std::size_t before = hooks::testing::memory_in_mb("VmRSS");
    hooks::testing::reset_peak();

    std::atomic<std::size_t> served = 0, turned_away = 0, other = 0;
    std::atomic<bool> is_over = false;
    std::vector<std::jthread> senders;
    const auto keep_sending = [&](const std::string& body, const std::vector<hooks::Field>& fields) {
        senders.emplace_back([&, fields] {
            Client client(server.port());
            while (!is_over) {
                const Answer answer = client.post("/cds-services/asps-patient-view", body, fields);
                ++(answer.status == 200 ? served : answer.status == 503 ? turned_away : other);
            }
        });
    };
    for (int i = 0; i < 8; ++i) {
        keep_sending(packed, as_gzip);
        keep_sending(unstated, as_gzip);
        keep_sending(plain, {});
    }
    std::size_t with_cards = 0;
    for (int i = 0; i < 20; ++i) {
        const Answer answer = server.call("asps-patient-view", ordinary);
        EXPECT_EQ(answer.status, 200U) << answer.body;
        if (answer.status == 200 && !hooks::testing::cards_of(answer).empty()) ++with_cards;
    }
    is_over = true;
    senders.clear();

    const std::size_t peak = hooks::testing::memory_in_mb("VmHWM");
    std::printf("%zu large ones served, %zu turned away; RSS %zu MB before, %zu MB at most\n", served.load(),
                turned_away.load(), before, peak);
    EXPECT_GT(served.load(), 0U);
    EXPECT_EQ(other.load(), 0U);
    EXPECT_EQ(with_cards, 20U);
    if (!hooks::testing::is_sanitized) {
        EXPECT_LT(peak, before + 120);
    }
}

}  // namespace
