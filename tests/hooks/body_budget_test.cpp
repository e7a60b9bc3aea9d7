// What all bodies together may hold, and who gives room up for whom (reliability R4, R5).
#include "hooks/body_budget.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>

namespace {

using namespace std::chrono_literals;
using hooks::BodyBudget;
using hooks::BodyShare;
using Taken = BodyShare::Taken;

constexpr std::size_t kB = 1'024, MB = 1'024 * kB;
const BodyShare::Time begin{};

TEST(BodyBudget, LargeBodiesGetThreeQuartersOfIt) {
    BodyBudget budget(4 * MB);
    BodyShare large(budget), another(budget), ordinary(budget);

    EXPECT_EQ(large.take(3 * MB, 3 * MB, begin), Taken::yes);

    EXPECT_EQ(another.take(1, 200 * kB, begin), Taken::none_left);
    EXPECT_EQ(ordinary.take(100 * kB, 100 * kB, begin), Taken::yes);
    large.give_back();
    EXPECT_EQ(another.take(1, 200 * kB, begin), Taken::yes);
    EXPECT_EQ(budget.held(), 100 * kB + 1);
}

TEST(BodyBudget, WhoStandsStillGivesWay) {
    BodyBudget budget(4 * MB);
    BodyShare still(budget), next(budget);
    int calls = 0;
    still.when_lost([&calls] { ++calls; });
    ASSERT_EQ(still.take(3 * MB - 10, 4 * MB, begin), Taken::yes);

    EXPECT_EQ(still.take(1, 4 * MB, begin + 450ms), Taken::yes) << "which is no progress";
    EXPECT_EQ(next.take(300 * kB, 300 * kB, begin + 499ms), Taken::none_left);
    EXPECT_FALSE(still.is_lost());
    EXPECT_EQ(next.take(300 * kB, 300 * kB, begin + 500ms), Taken::yes);

    EXPECT_TRUE(still.is_lost());
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(still.take(1, 4 * MB, begin + 600ms), Taken::lost);
    EXPECT_FALSE(still.keep());
    EXPECT_EQ(budget.held(), 300 * kB);
    still.give_back();
    EXPECT_EQ(still.take(1, 1, begin + 700ms), Taken::yes) << "its next body begins anew";
}

TEST(BodyBudget, WhoComesSwiftlyHasTwoSeconds) {
    BodyBudget budget(4 * MB);
    BodyShare swift(budget), next(budget);
    for (int i = 0; i < 12; ++i)
        ASSERT_EQ(swift.take(250 * kB, 4 * MB, begin + i * 160ms), Taken::yes) << "always more";

    EXPECT_EQ(next.take(300 * kB, 300 * kB, begin + 1'999ms), Taken::none_left);
    EXPECT_EQ(next.take(300 * kB, 300 * kB, begin + 2'000ms), Taken::yes);
    EXPECT_TRUE(swift.is_lost());
}

TEST(BodyBudget, NobodyGivesWayWhileThereIsRoom) {
    BodyBudget budget(4 * MB);
    BodyShare slow(budget), next(budget);
    ASSERT_EQ(slow.take(1 * MB, 4 * MB, begin), Taken::yes);

    EXPECT_EQ(next.take(2 * MB, 2 * MB, begin + 20s), Taken::yes);
    EXPECT_FALSE(slow.is_lost());
}

TEST(BodyBudget, TheLargestOfTheSlowGoesAndNoMoreThanNeed) {
    BodyBudget budget(4 * MB);
    BodyShare small(budget), large(budget), next(budget);
    ASSERT_EQ(small.take(1 * MB, 2 * MB, begin), Taken::yes);
    ASSERT_EQ(large.take(2 * MB, 2 * MB, begin), Taken::yes);

    ASSERT_EQ(next.take(1 * MB, 1 * MB, begin + 1s), Taken::yes);

    EXPECT_TRUE(large.is_lost());
    EXPECT_FALSE(small.is_lost());
}

TEST(BodyBudget, AWholeBodyIsNobodyElses) {
    BodyBudget budget(4 * MB);
    BodyShare whole(budget), next(budget);
    ASSERT_EQ(whole.take(3 * MB, 3 * MB, begin), Taken::yes);
    ASSERT_TRUE(whole.keep());

    EXPECT_EQ(next.take(1 * MB, 1 * MB, begin + 1h), Taken::none_left);
    EXPECT_FALSE(whole.is_lost());
}

TEST(BodyBudget, WhoWaitsForRoomIsNotTakenForSlow) {
    BodyBudget budget(4 * MB);
    BodyShare waiting(budget), whole(budget), next(budget);
    ASSERT_EQ(waiting.take(1 * MB, 2 * MB, begin), Taken::yes);
    ASSERT_EQ(whole.take(2 * MB, 2 * MB, begin), Taken::yes);
    ASSERT_TRUE(whole.keep());
    ASSERT_EQ(waiting.take(1, 2 * MB, begin + 1ms), Taken::none_left);

    EXPECT_EQ(next.take(1 * MB, 2 * MB, begin + 10s), Taken::none_left);
    EXPECT_FALSE(waiting.is_lost());
    whole.give_back();
    EXPECT_EQ(next.take(1 * MB, 2 * MB, begin + 10s), Taken::none_left) << "it came later";
    EXPECT_EQ(waiting.take(1, 2 * MB, begin + 10s), Taken::yes);
    EXPECT_EQ(next.take(2 * MB, 2 * MB, begin + 10'100ms), Taken::none_left) << "it had no time yet";
}

TEST(BodyBudget, OfThoseThatWaitTheSmallestComesFirst) {
    BodyBudget budget(4 * MB);
    BodyShare huge(budget), whole(budget), large(budget), another(budget);
    ASSERT_EQ(huge.take(1 * MB, 3 * MB, begin), Taken::yes);
    ASSERT_EQ(whole.take(2 * MB, 2 * MB, begin), Taken::yes);
    ASSERT_TRUE(whole.keep());
    ASSERT_EQ(huge.take(100 * kB, 3 * MB, begin), Taken::none_left);
    ASSERT_EQ(large.take(300 * kB, 300 * kB, begin), Taken::none_left);
    EXPECT_EQ(another.take(400 * kB, 400 * kB, begin + 1s), Taken::none_left);

    EXPECT_EQ(large.take(300 * kB, 300 * kB, begin + 1s), Taken::yes) << "of what the huge one held";

    EXPECT_TRUE(huge.is_lost());
    EXPECT_EQ(another.take(400 * kB, 400 * kB, begin + 1s), Taken::yes) << "now";
}

TEST(BodyBudget, NobodyGivesWayToABodyThatCouldNeverFit) {
    BodyBudget budget(1 * MB);
    BodyShare slow(budget), huge(budget);
    ASSERT_EQ(slow.take(100 * kB, 100 * kB, begin), Taken::yes);

    EXPECT_EQ(huge.take(2 * MB, 2 * MB, begin + 10s), Taken::none_left);
    EXPECT_FALSE(slow.is_lost());
}

}  // namespace
