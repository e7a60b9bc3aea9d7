// SqliteFeedback: kept before it says so, by many threads at once; and what it does while its file is locked,
// full, damaged or gone.
#include "hooks/feedback_sqlite.hpp"

#include "tests/support/hooks_feedback.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <SQLiteCpp/SQLiteCpp.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using hooks::Feedback;
using hooks::FeedbackDatabase;
using hooks::FeedbackRow;
using hooks::SqliteFeedback;
using hooks::testing::accepted;
using hooks::testing::eventually;
using hooks::testing::issued;
using hooks::testing::keep;
using hooks::testing::overridden;
using testing::SizeIs;
using namespace std::chrono_literals;

class SqliteStore : public hooks::testing::FeedbackFile {
  protected:
    hooks::SqliteFeedbackOptions options() const {
        hooks::SqliteFeedbackOptions options;
        options.file = file();
        return options;
    }
    /// What another process sees in the file.
    std::vector<FeedbackRow> rows() const {
        std::vector<FeedbackRow> found;
        FeedbackDatabase reader(file(), FeedbackDatabase::Access::read);
        reader.each_feedback("", [&found](const FeedbackRow& row) { found.push_back(row); });
        return found;
    }
};

TEST_F(SqliteStore, HasKeptWhatItSaysItHas) {
    SqliteFeedback store(options());

    const auto kept = keep(store, {accepted("c1"), overridden("c2")});

    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->stored, 2U);
    EXPECT_EQ(kept->unknown_cards, 2U);
    EXPECT_TRUE(store.is_open());
    EXPECT_THAT(rows(), SizeIs(2));
}

TEST_F(SqliteStore, KnowsTheCardsThatItWasToldOfBefore) {
    SqliteFeedback store(options());

    store.remember({issued("c1"), issued("c2")});
    const auto kept = keep(store, {accepted("c2")});

    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->unknown_cards, 0U);
    EXPECT_EQ(rows()[0].card->topic, "staging");
}

TEST_F(SqliteStore, WritesCardsWithFeedbackOrWhenThereAreManyThoughTheirTimeIsNotUp) {
    hooks::SqliteFeedbackOptions slow = options();
    slow.gathering = 24h;
    SqliteFeedback store(slow);
    const auto shown = [this] {
        FeedbackDatabase reader(file(), FeedbackDatabase::Access::read);
        std::size_t cards = 0;
        for (const hooks::CardCounts& counts : reader.counts("")) cards += counts.shown;
        return cards;
    };

    store.remember({issued("c1")});
    ASSERT_TRUE(keep(store, {accepted("c1")}));
    EXPECT_EQ(shown(), 1U);

    std::vector<hooks::IssuedCard> many;
    for (int i = 0; i < 2'000; ++i) many.push_back(issued("many-" + std::to_string(i)));
    store.remember(std::move(many));
    EXPECT_TRUE(eventually([&shown] { return shown() == 2'001U; }));
}

TEST_F(SqliteStore, WritesCardsWithoutFeedbackToo) {
    SqliteFeedback store(options());

    store.remember({issued("c1")});

    EXPECT_TRUE(eventually([&store] { return store.is_open(); }));
    FeedbackDatabase reader(file(), FeedbackDatabase::Access::read);
    EXPECT_TRUE(eventually([&reader] { return reader.counts("").size() == 1; }));
}

TEST_F(SqliteStore, WritesWhatWaitsBeforeItEnds) {
    std::atomic<int> told = 0;
    {
        SqliteFeedback store(options());
        for (int i = 0; i < 50; ++i) {
            store.remember({issued("c" + std::to_string(i))});
            store.keep("demo-view", {accepted("c" + std::to_string(i))},
                       [&told](const auto& kept) { told += kept ? 1 : 0; });
        }
    }

    EXPECT_FALSE(std::filesystem::exists(file() + "-wal")) << "closed";
    EXPECT_EQ(told, 50);
    EXPECT_THAT(rows(), SizeIs(50));
}

TEST_F(SqliteStore, KeepsWhatManyThreadsBringAtOnce) {
    SqliteFeedback store(options());
    std::atomic<std::size_t> stored = 0;
    std::vector<std::thread> senders;
    for (int sender = 0; sender < 8; ++sender) {
        senders.emplace_back([&store, &stored, sender] {
            for (int i = 0; i < 50; ++i) {
                const std::string card = std::to_string(sender) + "-" + std::to_string(i);
                store.remember({issued(card)});
                const auto kept = keep(store, {accepted(card)});
                if (kept && kept->unknown_cards == 0) stored += kept->stored;
            }
        });
    }
    for (std::thread& sender : senders) sender.join();

    EXPECT_EQ(stored, 400U);
    EXPECT_THAT(rows(), SizeIs(400));
}

TEST_F(SqliteStore, FailsWhileAnotherHoldsTheFileAndRecovers) {
    SqliteFeedback store(options());
    ASSERT_TRUE(keep(store, {accepted("before")}));
    {
        SQLite::Database other(file(), SQLite::OPEN_READWRITE);
        SQLite::Transaction lock(other, SQLite::TransactionBehavior::IMMEDIATE);

        EXPECT_FALSE(keep(store, {accepted("locked-out")}));
        EXPECT_FALSE(store.is_open());
    }

    EXPECT_TRUE(keep(store, {accepted("after")}));
    EXPECT_TRUE(store.is_open());
    EXPECT_THAT(rows(), SizeIs(2));
}

TEST_F(SqliteStore, RecoversWithoutAnybodyAskingIt) {  // else a probe would keep those away who ask
    SqliteFeedback store(options());
    ASSERT_TRUE(keep(store, {accepted("before")}));
    {
        SQLite::Database other(file(), SQLite::OPEN_READWRITE);
        SQLite::Transaction lock(other, SQLite::TransactionBehavior::IMMEDIATE);
        store.remember({issued("waits")});
        EXPECT_TRUE(eventually([&store] { return !store.is_open(); }));
    }

    EXPECT_TRUE(eventually([&store] { return store.is_open(); }));
    EXPECT_EQ(keep(store, {accepted("waits")})->unknown_cards, 0U) << "the card had waited";
}

TEST_F(SqliteStore, WaitsForAFolderThatIsNotThereYet) {
    hooks::SqliteFeedbackOptions elsewhere = options();
    std::ofstream(folder_ + "/var") << "a file where a folder should be";
    elsewhere.file = folder_ + "/var/feedback.sqlite";
    SqliteFeedback store(elsewhere);
    EXPECT_FALSE(keep(store, {accepted("c1")}));
    EXPECT_FALSE(store.is_open());

    std::filesystem::remove(folder_ + "/var");

    EXPECT_TRUE(eventually([&store] { return store.is_open(); }));
    EXPECT_TRUE(keep(store, {accepted("c1")}));
}

TEST_F(SqliteStore, LeavesADamagedFileAloneUntilSomebodyTakesItAway) {
    std::ofstream(file()) << "this is a text and no database, however long one makes it";
    SqliteFeedback store(options());
    EXPECT_FALSE(keep(store, {accepted("c1")}));

    std::filesystem::rename(file(), file() + ".damaged");

    EXPECT_TRUE(eventually([&store] { return store.is_open(); }));
    EXPECT_TRUE(keep(store, {accepted("c1")}));
    EXPECT_THAT(rows(), SizeIs(1));
}

TEST_F(SqliteStore, BeginsAnewWhenItsFileWasTakenAway) {
    SqliteFeedback store(options());
    ASSERT_TRUE(keep(store, {accepted("before")}));
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(file() + end);

    EXPECT_TRUE(keep(store, {accepted("after")}));

    EXPECT_THAT(rows(), SizeIs(1));
}

TEST_F(SqliteStore, TakesNoMoreThanItCanHold) {
    hooks::SqliteFeedbackOptions small = options();
    small.waiting_feedback = 2;
    small.waiting_cards = 1;
    std::atomic<int> refused = 0, others = 0;
    {
        SQLite::Database other(file(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        SQLite::Transaction lock(other, SQLite::TransactionBehavior::IMMEDIATE);
        SqliteFeedback store(small);
        for (int i = 0; i < 100; ++i) {
            store.remember({issued("c" + std::to_string(i))});
            store.keep("demo-view", {accepted("c" + std::to_string(i))},
                       [&](const auto& kept) { kept ? ++others : ++refused; });
        }
        EXPECT_GT(refused, 0) << "at once, while the writer waits for the lock";
    }
    EXPECT_EQ(refused, 100) << "every sender is told";
    EXPECT_EQ(others, 0);
}

TEST_F(SqliteStore, ForgetsWhatIsOlderThanItsRetention) {
    hooks::SqliteFeedbackOptions aging = options();
    aging.retention = std::chrono::days(30);
    aging.now = [] { return *hooks::read_instant("2026-01-01T00:00:00Z"); };
    {
        SqliteFeedback store(aging);
        store.remember({issued("old")});
        std::vector<Feedback> many;
        for (int i = 0; i < 1'200; ++i) many.push_back(accepted("old" + std::to_string(i)));
        ASSERT_TRUE(keep(store, many));
    }
    aging.now = [] { return *hooks::read_instant("2026-01-31T00:00:01Z"); };

    SqliteFeedback store(aging);

    ASSERT_TRUE(keep(store, {accepted("new")}));
    EXPECT_TRUE(eventually([this] { return rows().size() == 1; }));
    EXPECT_EQ(rows()[0].feedback.card, "new");
}

}  // namespace
