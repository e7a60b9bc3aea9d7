// One pointer, many readers, and who replaces it.
#include "hooks/shared_value.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <utility>

namespace {

using hooks::SharedValue;

TEST(SharedValue, StaysWithItsReaderWhenItIsReplaced) {
    SharedValue<const int> value(std::make_shared<const int>(1));

    const auto read = value.get();
    value.set(std::make_shared<const int>(2));

    EXPECT_EQ(*read, 1);
    EXPECT_EQ(*value.get(), 2);
    value.set(nullptr);
    EXPECT_EQ(value.get(), nullptr);
    EXPECT_EQ(read.use_count(), 1) << "nobody else holds on to it";
}

TEST(SharedValue, IsOneOfThoseSetWhileOthersReplaceIt) {
    SharedValue<const std::pair<int, int>> value(std::make_shared<const std::pair<int, int>>(0, 0));
    std::atomic<bool> enough = false;
    std::thread writer([&] {
        for (int i = 1; i <= 20'000; ++i) value.set(std::make_shared<const std::pair<int, int>>(i, i));
        enough = true;
    });
    int last = 0;
    do {
        const auto read = value.get();
        EXPECT_EQ(read->first, read->second);
        EXPECT_GE(read->first, last);
        last = read->first;
    } while (!enough);
    writer.join();

    EXPECT_EQ(value.get()->first, 20'000);
}

}  // namespace
