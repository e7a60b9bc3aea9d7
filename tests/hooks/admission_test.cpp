// Admission: who is computed for, in which order, and who is turned away and how soon.
#include "hooks/admission.hpp"

#include "hooks/call_rate.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <latch>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using hooks::Admission;
using Kind = hooks::Admission::Kind;

/// An admission, and a thread on which those wait whom it serves.
class Waiting {
  public:
    explicit Waiting(const hooks::AdmissionOptions& options)
        : work_(make_work_guard(context_)), thread_([this] { context_.run(); }), admission_(options) {}
    ~Waiting() {
        work_.reset();
        thread_.join();
    }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

    std::future<bool> run(std::function<void()> work, Kind kind = Kind::ordinary, std::size_t bytes = 0) {
        return asio::co_spawn(context_, admission_.run(std::move(work), kind, bytes), asio::use_future);
    }
    /// Everybody who came before this has been let in or turned away.
    void settle() {
        std::promise<void> done;
        asio::post(context_, [&done] { done.set_value(); });
        done.get_future().wait();
    }

  private:
    asio::io_context context_;
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::thread thread_;
    Admission admission_;
};

/// Work that runs until it is let go.
struct Long {
    std::latch begun{1};
    std::promise<void> end;
    std::function<void()> work() {
        return [this] {
            begun.count_down();
            end.get_future().wait();
        };
    }
};

hooks::AdmissionOptions one_thread(std::size_t queue, std::chrono::milliseconds age = 1h) {
    return {.threads = 1, .queue = queue, .age = age};
}

TEST(Admission, RunsWhatItIsGivenElsewhereAndPassesOnWhatThatThrows) {
    Waiting waiting(one_thread(4));
    const auto here = std::this_thread::get_id();
    std::thread::id there;

    EXPECT_TRUE(waiting.run([&] { there = std::this_thread::get_id(); }).get());

    EXPECT_NE(there, here);
    auto failing = waiting.run([] { throw std::logic_error("ours"); });
    EXPECT_THROW(failing.get(), std::logic_error);
}

TEST(Admission, TurnsAwayAtOnceWhenTheQueueIsFull) {
    Waiting waiting(one_thread(2));
    Long running;
    auto first = waiting.run(running.work());
    running.begun.wait();
    auto second = waiting.run([] {}), third = waiting.run([] {});

    EXPECT_FALSE(waiting.run([] { ADD_FAILURE() << "it ran"; }).get());

    running.end.set_value();
    EXPECT_TRUE(first.get() && second.get() && third.get());
}

TEST(Admission, TurnsAwayWhoHasWaitedTooLong) {
    Waiting waiting(one_thread(8, 1ms));
    Long running;
    auto first = waiting.run(running.work(), Kind::begun);
    running.begun.wait();
    auto second = waiting.run([] { ADD_FAILURE() << "it ran"; });
    waiting.settle();
    std::this_thread::sleep_for(5ms);

    running.end.set_value();

    EXPECT_TRUE(first.get());
    EXPECT_FALSE(second.get());
}

TEST(Admission, TurnsAwayAtOnceWhoWouldWaitTooLong) {
    Waiting waiting(one_thread(100, 500ms));
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(waiting.run([] { std::this_thread::sleep_for(300ms); }).get());
    Long running;
    auto first = waiting.run(running.work());
    running.begun.wait();
    auto second = waiting.run([] {}), third = waiting.run([] {});
    waiting.settle();

    auto last = waiting.run([] { ADD_FAILURE() << "it ran"; });

    EXPECT_EQ(last.wait_for(5s), std::future_status::ready) << "it is told while the first still runs";
    running.end.set_value();
    EXPECT_FALSE(last.get()) << "two before it, at 300 ms each";
    first.get();
    second.get();
    third.get();
}

// reliability R6: what a call takes is measured, so the times of these depend on the machine, and their
// limits are so far off that no machine comes near.

TEST(Admission, LetsNobodyInWhoWouldWaitForMoreThanAThirdOfTheTimeButTheNext) {
    Waiting waiting(one_thread(100, 1h));
    EXPECT_TRUE(waiting.run([] { std::this_thread::sleep_for(50ms); }).get());
    constexpr std::size_t much = 50'000UL * 4'096;  // 50 ms each 4 kB: 40 minutes
    Long running;
    auto first = waiting.run(running.work());
    running.begun.wait();
    auto next = waiting.run([] {}, Kind::ordinary, much);
    waiting.settle();

    auto behind = waiting.run([] { ADD_FAILURE() << "it ran"; });

    EXPECT_EQ(behind.wait_for(5s), std::future_status::ready) << "it is told while the first still runs";
    running.end.set_value();
    EXPECT_FALSE(behind.get());
    EXPECT_TRUE(first.get() && next.get()) << "who is let in is served";
}

TEST(Admission, LetsABurstOfSmallOnesInAfterLargeOnesThatTookLong) {
    Waiting waiting(one_thread(200, 1min));
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(
            waiting.run([] { std::this_thread::sleep_for(100ms); }, Kind::ordinary, 10'000'000).get());
    }
    Long running;
    std::vector<std::future<bool>> all;
    all.push_back(waiting.run(running.work()));
    running.begun.wait();
    for (int i = 0; i < 200; ++i) all.push_back(waiting.run([] {}, Kind::ordinary, 4'000));
    waiting.settle();

    running.end.set_value();

    for (auto& one : all) EXPECT_TRUE(one.get()) << "as 100 ms each they would take 20 s";
}

TEST(Admission, KeepsWhoHasWaitedForSomeTimeThoughItWillBeLate) {
    Waiting waiting(one_thread(100, 1h));
    Long running;
    auto first = waiting.run(running.work());
    running.begun.wait();
    constexpr std::size_t much = 1'000'000'000;  // for as long as the first takes each 4 kB: over an hour
    auto second = waiting.run([] {}, Kind::ordinary, much), third = waiting.run([] {}, Kind::ordinary, much);
    waiting.settle();
    std::this_thread::sleep_for(60ms);

    running.end.set_value();

    EXPECT_TRUE(first.get() && second.get() && third.get()) << "to be told late is no better than to wait";
}

TEST(Admission, CountsTheLargeOneThatRunsBesideWhenItSaysHowLongOneWillWait) {
    Waiting waiting({.threads = 1, .queue = 100, .age = 1h});
    EXPECT_TRUE(waiting.run([] { std::this_thread::sleep_for(50ms); }, Kind::heavy).get());
    Long running;
    auto first = waiting.run(running.work());
    running.begun.wait();
    auto heavy = waiting.run([] {}, Kind::heavy, 100'000UL * 4'096);  // 80 minutes
    waiting.settle();

    auto ordinary = waiting.run([] { ADD_FAILURE() << "it ran"; });

    EXPECT_EQ(ordinary.wait_for(5s), std::future_status::ready);
    running.end.set_value();
    EXPECT_FALSE(ordinary.get());
    EXPECT_TRUE(first.get() && heavy.get());
}

TEST(Admission, TakesTheNextAfterOneThatTookFarTooLong) {
    Waiting waiting(one_thread(100, 500ms));
    EXPECT_TRUE(waiting.run([] { std::this_thread::sleep_for(1ms); }).get());
    EXPECT_TRUE(waiting.run([] { std::this_thread::sleep_for(2s); }).get())
        << "as if the process had been stopped";
    Long running;
    auto first = waiting.run(running.work());
    running.begun.wait();
    auto second = waiting.run([] {}), third = waiting.run([] {});
    waiting.settle();

    running.end.set_value();

    EXPECT_TRUE(second.get());
    EXPECT_TRUE(third.get()) << "nothing says that the second takes long";
    first.get();
}

TEST(Admission, NeverTurnsAwayWhatHasBegun) {
    Waiting waiting(one_thread(1, 1ms));
    Long running;
    auto first = waiting.run(running.work(), Kind::begun);
    running.begun.wait();
    std::vector<std::future<bool>> begun;
    for (int i = 0; i < 10; ++i) begun.push_back(waiting.run([] {}, Kind::begun));
    waiting.settle();
    std::this_thread::sleep_for(5ms);

    running.end.set_value();

    for (auto& one : begun) EXPECT_TRUE(one.get());
}

TEST(Admission, RunsHeavyWorkThatHasBegunNextAndNeverTurnsItAway) {
    Waiting waiting({.threads = 3, .queue = 1, .age = 1h});
    Long heavy;
    auto first = waiting.run(heavy.work(), Kind::heavy);
    heavy.begun.wait();
    std::atomic<bool> is_first_over = false;
    std::atomic<int> begun_ran = 0;
    auto late =
        waiting.run([&] { EXPECT_EQ(begun_ran, 5) << "those that had begun go before"; }, Kind::heavy);
    std::vector<std::future<bool>> begun;
    for (int i = 0; i < 5; ++i) {
        begun.push_back(waiting.run(
            [&] {
                EXPECT_TRUE(is_first_over) << "one at a time";
                ++begun_ran;
            },
            Kind::begun_heavy));
    }
    EXPECT_TRUE(waiting.run([] {}).get()) << "beside it";
    waiting.settle();

    is_first_over = true;
    heavy.end.set_value();

    for (auto& one : begun) EXPECT_TRUE(one.get());
    EXPECT_TRUE(late.get());
    first.get();
}

TEST(Admission, RunsHeavyWorkOneAtATimeBesideOrdinary) {
    Waiting waiting({.threads = 2, .queue = 8, .age = 1h});
    Long heavy;
    auto first = waiting.run(heavy.work(), Kind::heavy);
    heavy.begun.wait();
    std::atomic<bool> second_ran = false;
    auto second = waiting.run([&] { second_ran = true; }, Kind::heavy);

    for (int i = 0; i < 20; ++i) EXPECT_TRUE(waiting.run([] {}).get()) << "an ordinary one is not held up";
    EXPECT_FALSE(second_ran);

    heavy.end.set_value();
    EXPECT_TRUE(first.get() && second.get());
    EXPECT_TRUE(second_ran);
}

TEST(CallRate, LetsEachClientCallSoManyTimesASecond) {
    hooks::CallRate rate(2);
    const hooks::CallRate::Time start{};

    EXPECT_TRUE(rate.admits("a", start) && rate.admits("a", start));
    EXPECT_FALSE(rate.admits("a", start));
    EXPECT_TRUE(rate.admits("b", start)) << "another client has its own";
    EXPECT_TRUE(rate.admits("a", start + 500ms));
    EXPECT_FALSE(rate.admits("a", start + 500ms));
    EXPECT_TRUE(rate.admits("a", start + 1h) && rate.admits("a", start + 1h));
    EXPECT_FALSE(rate.admits("a", start + 1h)) << "no more than a second's worth is saved up";
}

TEST(CallRate, IsUnboundedByDefault) {
    hooks::CallRate rate(0);

    for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(rate.admits("a", {}));
}

}  // namespace
