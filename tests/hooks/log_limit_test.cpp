// Repeated lines: the first ones are written, the others counted and told of.
#include "hooks/log_limit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using hooks::LogLimit;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using namespace std::chrono_literals;

TEST(LogLimit, LetsSoManyLinesOfAnEventThroughInAWindowAndCountsTheOthers) {
    LogLimit limit(2, 10s);
    const LogLimit::Time start{};

    EXPECT_EQ(limit.admit("a", start), 0);
    EXPECT_EQ(limit.admit("a", start + 1s), 0);
    EXPECT_EQ(limit.admit("a", start + 2s), std::nullopt);
    EXPECT_EQ(limit.admit("a", start + 9s), std::nullopt);
    EXPECT_EQ(limit.admit("b", start + 9s), 0) << "another event";
    EXPECT_EQ(limit.admit("a", start + 10s), 2) << "told by the first of the next window";
    EXPECT_EQ(limit.admit("a", start + 11s), 0);
}

TEST(LogLimit, KnowsOfWhatNoLineHasTold) {
    LogLimit limit(1, 10s);
    const LogLimit::Time start{};
    for (int i = 0; i < 5; ++i) limit.admit("a", start);
    limit.admit("b", start);

    EXPECT_THAT(limit.untold(), ElementsAre(Pair("a", 4)));
    EXPECT_THAT(limit.untold(), IsEmpty());
}

}  // namespace
