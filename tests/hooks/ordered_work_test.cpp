// Work on several threads: in order, bounded, and at an end when somebody has had enough or fails.
#include "hooks/ordered_work.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using Work = hooks::OrderedWork<int, std::string>;

constexpr Work::Limits limits{.threads = 4, .most_pieces = 8, .most_bytes = 100};

TEST(OrderedWork, GivesResultsInTheOrderOfThePieces) {
    std::vector<std::string> given;
    Work work(
        limits,
        [](int piece) {
            if (piece % 5 == 0) std::this_thread::yield();
            return std::to_string(piece);
        },
        [&](const std::string& done) {
            given.push_back(done);
            return true;
        });

    for (int i = 0; i < 1'000; ++i) ASSERT_TRUE(work.add(i, 1));
    work.finish();

    ASSERT_EQ(given.size(), 1'000U);
    for (int i = 0; i < 1'000; ++i) EXPECT_EQ(given[static_cast<std::size_t>(i)], std::to_string(i));
}

TEST(OrderedWork, HoldsNoMoreThanItsLimits) {
    std::atomic<int> under_way = 0, most = 0;
    Work work(
        limits, [](int piece) { return std::to_string(piece); },
        [&](const std::string&) {
            --under_way;
            return true;
        });

    for (int i = 0; i < 200; ++i) {
        ASSERT_TRUE(work.add(i, i % 50 == 0 ? 1'000 : 30));  // one that is over the limit goes alone
        most = std::max(most.load(), ++under_way);
    }
    work.finish();

    EXPECT_LE(most, 4) << "three of 30 bytes, and the one that was just added";
    EXPECT_EQ(under_way, 0);
}

TEST(OrderedWork, EndsWhenNothingMoreIsWanted) {
    int given = 0;
    Work work(
        limits, [](int piece) { return std::to_string(piece); },
        [&](const std::string&) { return ++given < 3; });

    int added = 0;
    while (added < 100'000 && work.add(added, 1)) ++added;
    work.finish();

    EXPECT_EQ(given, 3);
    EXPECT_LT(added, 100);
}

TEST(OrderedWork, HandsOnWhatAThreadThrows) {
    Work work(
        limits,
        [](int piece) {
            if (piece == 7) throw std::runtime_error("seven");
            return std::to_string(piece);
        },
        [](const std::string&) { return true; });

    int added = 0;
    while (added < 100'000 && work.add(added, 1)) ++added;

    EXPECT_LT(added, 100);
    EXPECT_THROW(work.finish(), std::runtime_error);
}

}  // namespace
