// The feedback file: what is in it after writing, who may read it, which files are refused, what is
// forgotten.
#include "hooks/feedback_database.hpp"

#include "tests/support/hooks_feedback.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <SQLiteCpp/SQLiteCpp.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace {

using hooks::CardCounts;
using hooks::Feedback;
using hooks::FeedbackDatabase;
using hooks::FeedbackRow;
using hooks::testing::accepted;
using hooks::testing::issued;
using hooks::testing::overridden;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;
using Access = FeedbackDatabase::Access;

const std::string march_1 = "2026-03-01T08:00:00.000000Z";
const std::string march_9 = "2026-03-09T08:00:00.000000Z";

class FeedbackData : public hooks::testing::FeedbackFile {
  protected:
    FeedbackDatabase& database() {
        if (!database_) database_ = std::make_unique<FeedbackDatabase>(file(), Access::write);
        return *database_;
    }
    void give(const std::string& card, const std::string& topic, const std::string& at = march_1) {
        const std::array cards = {FeedbackDatabase::Issued{issued(card, topic), at}};
        database().write(cards, {});
    }
    hooks::FeedbackStore::Kept tell(std::vector<Feedback> feedback, const std::string& at = march_9) {
        std::array posts = {FeedbackDatabase::Post{"demo-view", at, std::move(feedback), {}}};
        database().write({}, posts);
        return posts[0].kept;
    }
    std::vector<FeedbackRow> rows(const std::string& since = "") {
        std::vector<FeedbackRow> found;
        database().each_feedback(since, [&found](const FeedbackRow& row) { found.push_back(row); });
        return found;
    }
    std::string refusal(Access access = Access::write) const {
        try {
            const FeedbackDatabase opened(file(), access);
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "opened";
    }

    std::unique_ptr<FeedbackDatabase> database_;
};

TEST_F(FeedbackData, HoldsFeedbackWithTheCardThatItIsAbout) {
    give("c1", "staging");

    const auto kept = tell({accepted("c1"), overridden("elsewhere")});

    EXPECT_EQ(kept.stored, 2U);
    EXPECT_EQ(kept.unknown_cards, 1U);  // F-15
    const auto found = rows();
    ASSERT_THAT(found, SizeIs(2));
    EXPECT_EQ(found[0].service, "demo-view");
    EXPECT_EQ(found[0].received_at, march_9);
    EXPECT_EQ(found[0].issued_at, march_1);
    ASSERT_TRUE(found[0].card);
    EXPECT_EQ(found[0].card->rule, "rule-of-staging");
    EXPECT_EQ(found[0].card->rule_version, "1.0.0");
    EXPECT_THAT(found[0].card->suggestions, ElementsAre("suggestion-of-c1"));
    EXPECT_THAT(found[0].feedback.accepted_suggestions, ElementsAre("suggestion-of-c1"));
    EXPECT_FALSE(found[1].card);
    EXPECT_EQ(found[1].feedback.reason_code, "doneElsewhere");
}

TEST_F(FeedbackData, HoldsAnExactRepeatOnceAndEveryOtherActOfItsOwn) {  // F-10
    Feedback with_comment = overridden("c1");
    with_comment.comment = "see letter";

    EXPECT_EQ(tell({overridden("c1")}).stored, 1U);
    EXPECT_EQ(tell({overridden("c1"), overridden("c1")}).repeated, 2U);
    EXPECT_EQ(tell({with_comment}).stored, 1U) << "said more";
    EXPECT_EQ(tell({accepted("c1")}).stored, 1U) << "accepted after an override";
    EXPECT_EQ(tell({overridden("c1", "doneElsewhere", "2026-03-03T00:00:00.000000Z")}).stored, 1U);

    EXPECT_THAT(rows(), SizeIs(4));
}

TEST_F(FeedbackData, CountsCardsByDayAndTopic) {
    give("c1", "staging");
    give("c2", "staging");
    give("c3", "staging");
    give("c4", "brainImaging", march_9);
    Feedback comment_only = overridden("c2", "");
    comment_only.comment = "x";
    tell({accepted("c1"), accepted("c1", "2026-03-05T00:00:00.000000Z"), overridden("c1"), comment_only,
          overridden("elsewhere", "")});

    const auto counts = database().counts("");

    ASSERT_THAT(counts, SizeIs(3));
    EXPECT_EQ(counts[0].day, "2026-03-01");
    EXPECT_EQ(counts[0].topic, "staging");
    EXPECT_EQ(counts[0].shown, 3U);
    EXPECT_EQ(counts[0].accepted, 1U) << "twice, but one card";
    EXPECT_EQ(counts[0].overridden, 2U);
    EXPECT_EQ(counts[0].unanswered, 1U);
    EXPECT_EQ(counts[0].commented, 1U);
    EXPECT_THAT(counts[0].reasons, UnorderedElementsAre(Pair("doneElsewhere", 1), Pair("(comment only)", 1)));
    EXPECT_EQ(counts[1].topic, "") << "unknown cards on the day of their feedback";
    EXPECT_EQ(counts[1].day, "2026-03-09");
    EXPECT_EQ(counts[1].shown, 0U);
    EXPECT_EQ(counts[1].unanswered, 0U);
    EXPECT_THAT(counts[1].reasons, ElementsAre(Pair("(no reason)", 1)));
    EXPECT_EQ(counts[2].topic, "brainImaging");
    EXPECT_EQ(counts[2].unanswered, 1U);

    EXPECT_THAT(database().counts("2026-03-09"), SizeIs(2));
    EXPECT_THAT(database().counts("2026-03-10"), SizeIs(0));
}

TEST_F(FeedbackData, WritesAllOfATransactionOrNothing) {
    tell({accepted("before")});
    SQLite::Database other(file(), SQLite::OPEN_READWRITE);
    other.exec(
        "CREATE TRIGGER refuse BEFORE INSERT ON feedback WHEN new.card = 'bad' "
        "BEGIN SELECT RAISE(ABORT, 'refused'); END");

    EXPECT_THROW(tell({accepted("good"), accepted("bad")}), std::runtime_error);

    EXPECT_THAT(rows(), SizeIs(1));
}

TEST_F(FeedbackData, ForgetsTheOldAPartAtATime) {
    give("old", "staging");
    give("answered-late", "staging");
    give("new", "staging", march_9);
    tell({accepted("old"), accepted("gone")}, march_1);
    tell({accepted("answered-late"), accepted("new")}, march_9);

    EXPECT_EQ(database().forget_before(march_9, 1), 2U) << "feedback and the card that only it held";
    EXPECT_EQ(database().forget_before(march_9, 100), 1U);
    EXPECT_EQ(database().forget_before(march_9, 100), 0U);

    const auto left = rows();
    ASSERT_THAT(left, SizeIs(2));
    EXPECT_TRUE(left[0].card) << "a card stays as long as feedback about it";
    EXPECT_THAT(database().counts(""), SizeIs(2));
}

TEST_F(FeedbackData, LeavesNothingOfAForgottenCommentInTheFile) {
    Feedback with_comment = overridden("c1");
    with_comment.comment = "MARKED-COMMENT";
    tell({with_comment}, march_1);
    const auto bytes = [this] {
        database_.reset();  // the write-ahead log goes into the file
        std::ifstream in(file(), std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(in), {});
    };
    ASSERT_THAT(bytes(), HasSubstr("MARKED-COMMENT"));

    EXPECT_EQ(database().forget_before(march_9, 100), 1U);

    EXPECT_THAT(bytes(), testing::Not(HasSubstr("MARKED-COMMENT")));
}

TEST_F(FeedbackData, IsReadableByItsOwnerAlone) {
    namespace fs = std::filesystem;
    const std::string nested = folder_ + "/var/lib/feedback.sqlite";

    FeedbackDatabase made(nested, Access::write);
    made.try_writing();

    for (const char* name : {"feedback.sqlite", "feedback.sqlite-wal", "feedback.sqlite-shm"}) {
        EXPECT_EQ(fs::status(folder_ + "/var/lib/" + name).permissions(),
                  fs::perms::owner_read | fs::perms::owner_write)
            << name;
    }
    EXPECT_EQ(fs::status(folder_ + "/var/lib").permissions(), fs::perms::owner_all);
}

TEST_F(FeedbackData, IsAWriteAheadLogWithTheVersionOfItsTables) {
    database();
    SQLite::Database other(file(), SQLite::OPEN_READONLY);

    EXPECT_EQ(other.execAndGet("PRAGMA journal_mode").getString(), "wal");
    EXPECT_EQ(other.execAndGet("PRAGMA user_version").getInt(), 2);
}

TEST_F(FeedbackData, KeepsWhatIsThereWhenItIsOpenedAgain) {
    tell({accepted("c1")});
    database_.reset();

    EXPECT_EQ(tell({accepted("c1")}).repeated, 1U);
    EXPECT_THAT(rows(), SizeIs(1));
}

/// The tables of version 0.1.0, with a card and its feedback, and a card that was given before.
constexpr const char* version_1 = R"sql(
CREATE TABLE issued_card (card TEXT PRIMARY KEY, issued_at TEXT NOT NULL, service TEXT NOT NULL,
    hook TEXT NOT NULL, topic TEXT NOT NULL, rule TEXT NOT NULL, rule_version TEXT NOT NULL,
    suggestions TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX issued_card_by_time ON issued_card (issued_at);
CREATE TABLE feedback (id INTEGER PRIMARY KEY, card TEXT NOT NULL, service TEXT NOT NULL,
    outcome TEXT NOT NULL, outcome_timestamp TEXT NOT NULL, received_at TEXT NOT NULL,
    accepted_suggestions TEXT NOT NULL, reason_system TEXT NOT NULL, reason_code TEXT NOT NULL,
    reason_display TEXT NOT NULL, user_comment TEXT NOT NULL, UNIQUE (card, outcome, outcome_timestamp,
    accepted_suggestions, reason_system, reason_code, user_comment)) STRICT;
CREATE INDEX feedback_by_time ON feedback (received_at);
INSERT INTO issued_card VALUES
    ('c1', '2026-03-02', 'demo-view', 'patient-view', 'staging', 'demo-rule', '1.0.0', '["s1"]'),
    ('c2', '2026-03-01', 'demo-view', 'patient-view', 'brainImaging', 'demo-rule', '1.0.0', '[]');
INSERT INTO feedback VALUES (1, 'c1', 'demo-view', 'accepted', '2026-03-03', '2026-03-03', '["s1"]', '', '', '', '');
PRAGMA user_version = 1;
)sql";

TEST_F(FeedbackData, OfAnOlderVersionIsTakenOver) {
    SQLite::Database(file(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec(version_1);
    const auto counted = [this] {
        std::vector<std::pair<std::string, std::size_t>> shown;
        for (const CardCounts& day : FeedbackDatabase(file(), Access::read).counts(""))
            shown.emplace_back(day.topic, day.accepted);
        return shown;
    };
    const auto expected = ElementsAre(Pair("brainImaging", 0U), Pair("staging", 1U));
    EXPECT_THAT(counted(), expected) << "as it is, by those who only read";

    EXPECT_EQ(tell({accepted("c2")}).unknown_cards, 0U);
    give("c1", "another");

    ASSERT_THAT(rows(), SizeIs(2));
    EXPECT_EQ(rows()[0].card->topic, "staging") << "a card is given once";
    EXPECT_THAT(rows()[0].card->suggestions, ElementsAre("s1"));
    EXPECT_THAT(counted(), ElementsAre(Pair("brainImaging", 1U), Pair("staging", 1U)));
    EXPECT_EQ(refusal(), "opened") << "and again";
}

TEST_F(FeedbackData, RefusesFilesThatAreNotItsOwn) {
    std::ofstream(file()) << "this is a text and no database, however long one makes it";
    EXPECT_THAT(refusal(), HasSubstr("file is not a database"));

    std::filesystem::remove(file());
    SQLite::Database(file(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE x (y)");
    EXPECT_THAT(refusal(), HasSubstr("of another program"));

    std::filesystem::remove(file());
    SQLite::Database(file(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("PRAGMA user_version = 99");
    EXPECT_THAT(refusal(), HasSubstr("made by a newer version (its schema is 99, this one knows 2)"));
    EXPECT_THAT(refusal(Access::read), HasSubstr("no feedback file of this version"));

    std::filesystem::remove(file());
    EXPECT_THAT(refusal(Access::read), HasSubstr("unable to open"));
    EXPECT_FALSE(std::filesystem::exists(file())) << "reading makes no file";

    std::filesystem::create_directory(file());
    EXPECT_THAT(refusal(), HasSubstr("cannot open " + file() + ": Is a directory"));
    std::ofstream(folder_ + "/a-file") << "x";
    const auto below_a_file = [this] {
        FeedbackDatabase opened(folder_ + "/a-file/x/y.sqlite", Access::write);
    };
    EXPECT_THROW(below_a_file(), std::runtime_error);
}

/// Overwrites the middle page of the file, which its header does not tell of.
void damage(const std::string& file) {
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(static_cast<std::streamoff>(std::filesystem::file_size(file) / 2 / 4096 * 4096));
    bytes << std::string(4096, '\xA5');
}

TEST_F(FeedbackData, IsCheckedWholeAfterItWasNotClosed) {
    std::vector<Feedback> many;
    for (int i = 0; i < 200; ++i) many.push_back(accepted("card-" + std::to_string(i)));
    tell(many);
    database_.reset();
    damage(file());
    EXPECT_EQ(refusal(), "opened") << "it was closed well: nothing to check";

    database_ = std::make_unique<FeedbackDatabase>(file(), Access::write);
    database_->try_writing();
    ASSERT_GT(std::filesystem::file_size(file() + "-wal"), 0U) << "still open: as after a crash";

    EXPECT_THAT(refusal(), HasSubstr("the file is damaged: "));
}

TEST_F(FeedbackData, NoticesThatItsFileIsNotThereAnyMore) {
    EXPECT_TRUE(database().is_in_place());

    std::filesystem::remove(file());
    EXPECT_FALSE(database().is_in_place());
    std::ofstream(file()) << "";
    EXPECT_FALSE(database().is_in_place()) << "another one in its place";
}

TEST_F(FeedbackData, IsReadWhileItIsWritten) {
    tell({accepted("c1")});

    FeedbackDatabase reader(file(), Access::read);
    tell({accepted("c2")});

    EXPECT_THAT(reader.counts(""), SizeIs(1));
    EXPECT_EQ(reader.counts("")[0].accepted, 2U);
}

}  // namespace
