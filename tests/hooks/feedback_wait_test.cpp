// Waiting for the store in a coroutine: woken from the store's thread, at the deadline, or never because all
// is over.
#include "hooks/feedback_wait.hpp"

#include "hooks/feedback_sqlite.hpp"
#include "tests/support/hooks_feedback.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <SQLiteCpp/SQLiteCpp.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

namespace asio = boost::asio;
using hooks::FeedbackStore;
using hooks::SqliteFeedback;
using hooks::testing::accepted;
using namespace std::chrono_literals;
using Kept = std::optional<FeedbackStore::Kept>;

class FeedbackWait : public hooks::testing::FeedbackFile {
  protected:
    std::unique_ptr<SqliteFeedback> opened() const {
        hooks::SqliteFeedbackOptions options;
        options.file = file();
        auto store = std::make_unique<SqliteFeedback>(options);
        store->wait_for_first_attempt(20s);
        return store;
    }
    /// Begins to keep one feedback; what becomes of it.
    static std::future<Kept> keep(asio::io_context& context, FeedbackStore& store, const std::string& card,
                                  std::chrono::milliseconds deadline) {
        return asio::co_spawn(asio::make_strand(context),
                              hooks::kept(store, "demo-view", {accepted(card)}, deadline), asio::use_future);
    }
};

TEST_F(FeedbackWait, EndsWhenTheStoreHasKeptIt) {
    const auto store = opened();
    asio::io_context context;
    std::vector<std::future<Kept>> all;
    for (int i = 0; i < 200; ++i) all.push_back(keep(context, *store, "c" + std::to_string(i), 20s));

    std::thread other([&context] { context.run(); });
    context.run();
    other.join();

    for (std::future<Kept>& one : all) {
        const Kept kept = one.get();
        ASSERT_TRUE(kept);
        EXPECT_EQ(kept->stored, 1U);
    }
}

TEST_F(FeedbackWait, EndsAtTheDeadlineThoughTheStoreGoesOn) {
    const auto store = opened();
    asio::io_context context;
    SQLite::Database other(file(), SQLite::OPEN_READWRITE);
    std::optional<SQLite::Transaction> lock(std::in_place, other, SQLite::TransactionBehavior::IMMEDIATE);

    auto late = keep(context, *store, "c1", 1ms);
    context.run();
    EXPECT_FALSE(late.get());
    lock.reset();

    context.restart();
    auto again = keep(context, *store, "c1", 20s);
    context.run();
    EXPECT_EQ(again.get()->repeated, 1U) << "kept after all";
}

TEST_F(FeedbackWait, DoesNoHarmWhenTheServerIsGoneBeforeTheStoreAnswers) {
    auto store = opened();
    SQLite::Database other(file(), SQLite::OPEN_READWRITE);
    std::optional<SQLite::Transaction> lock(std::in_place, other, SQLite::TransactionBehavior::IMMEDIATE);
    auto context = std::make_unique<asio::io_context>();
    asio::co_spawn(asio::make_strand(*context), hooks::kept(*store, "demo-view", {accepted("c1")}, 20s),
                   asio::detached);
    context->poll();

    context.reset();
    lock.reset();
    store.reset();

    EXPECT_EQ(SQLite::Database(file()).execAndGet("SELECT count(*) FROM feedback").getInt(), 1);
}

}  // namespace
