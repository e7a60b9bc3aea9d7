// Opening and writing; what is asked of the file stands in feedback_queries.cpp.
#include "hooks/feedback_database.hpp"

#include "fhir/json_writer.hpp"
#include "hooks/feedback_connection.hpp"

#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Transaction.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <utility>

namespace hooks {

namespace {

namespace fs = std::filesystem;

// Longer than a commit of another writer takes, shorter than the deadline of a feedback call
// (command_serve.cpp), so that its sender hears why.
constexpr int busy_milliseconds = 500;

/// Each entry brings the tables from the version of its place to the next; entries are never changed once
/// released.
constexpr std::array migrations = {
    R"sql(
CREATE TABLE issued_card (
    card TEXT PRIMARY KEY,
    issued_at TEXT NOT NULL,
    service TEXT NOT NULL,
    hook TEXT NOT NULL,
    topic TEXT NOT NULL,
    rule TEXT NOT NULL,
    rule_version TEXT NOT NULL,
    suggestions TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX issued_card_by_time ON issued_card (issued_at);
CREATE TABLE feedback (
    id INTEGER PRIMARY KEY,
    card TEXT NOT NULL,
    service TEXT NOT NULL,
    outcome TEXT NOT NULL,
    outcome_timestamp TEXT NOT NULL,
    received_at TEXT NOT NULL,
    accepted_suggestions TEXT NOT NULL,
    reason_system TEXT NOT NULL,
    reason_code TEXT NOT NULL,
    reason_display TEXT NOT NULL,
    user_comment TEXT NOT NULL,
    UNIQUE (card, outcome, outcome_timestamp, accepted_suggestions, reason_system, reason_code, user_comment)
) STRICT;
CREATE INDEX feedback_by_time ON feedback (received_at);
)sql",
    // Cards stand in the order in which they were given and no longer in that of their uuids, which are
    // random: writing many changes the last pages and those of one small index, not a page for each.
    R"sql(
ALTER TABLE issued_card RENAME TO issued_card_1;
CREATE TABLE issued_card (
    number INTEGER PRIMARY KEY,
    card TEXT NOT NULL UNIQUE,
    issued_at TEXT NOT NULL,
    service TEXT NOT NULL,
    hook TEXT NOT NULL,
    topic TEXT NOT NULL,
    rule TEXT NOT NULL,
    rule_version TEXT NOT NULL,
    suggestions TEXT NOT NULL
) STRICT;
INSERT INTO issued_card (card, issued_at, service, hook, topic, rule, rule_version, suggestions)
    SELECT card, issued_at, service, hook, topic, rule, rule_version, suggestions FROM issued_card_1
    ORDER BY issued_at;
DROP TABLE issued_card_1;
)sql"};
constexpr int newest_version = static_cast<int>(migrations.size());
// What is asked of a file by those who only read it can be asked of all versions from this one on.
constexpr int oldest_readable = 1;

constexpr const char* forget_feedback =
    "DELETE FROM feedback WHERE id IN (SELECT id FROM feedback WHERE received_at < ?1 LIMIT ?2)";

/// Looks at cards from the oldest on, up to the first that is not too old.
constexpr const char* forget_cards = R"sql(
DELETE FROM issued_card WHERE number IN (SELECT number FROM issued_card WHERE issued_at < ?1
    AND number < ifnull((SELECT number FROM issued_card WHERE issued_at >= ?1 ORDER BY number LIMIT 1),
        9223372036854775807)
    AND NOT EXISTS (SELECT 1 FROM feedback WHERE feedback.card = issued_card.card) ORDER BY number LIMIT ?2)
)sql";

/// Makes an empty file for the owner alone, in a folder of the same kind; SQLite would let others read it.
void make_file(const std::string& file) {
    const fs::path folder = fs::path(file).parent_path();
    std::error_code ec;
    if (!folder.empty() && !fs::exists(folder, ec)) {
        fs::create_directories(folder, ec);
        if (ec) throw std::runtime_error("cannot make the folder " + folder.string() + ": " + ec.message());
        fs::permissions(folder, fs::perms::owner_all, ec);
    }
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0)
        throw std::runtime_error("cannot open " + file + ": " + std::string(std::strerror(errno)));
    ::close(descriptor);
}

/// SQLite takes its write-ahead log away when the last connection closes: if it is there, nobody closed.
bool was_left_open(const std::string& file) {
    std::error_code ec;
    const auto bytes = fs::file_size(file + "-wal", ec);
    return !ec && bytes > 0;
}

void check_integrity(SQLite::Database& database) {
    SQLite::Statement check(database, "PRAGMA integrity_check(1)");
    if (!check.executeStep() || check.getColumn(0).getString() != "ok")
        throw std::runtime_error("the file is damaged: " + check.getColumn(0).getString());
}

void migrate(SQLite::Database& database) {
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    const int version = database.execAndGet("PRAGMA user_version").getInt();
    if (version > newest_version)
        throw std::runtime_error("the file was made by a newer version (its schema is " +
                                 std::to_string(version) + ", this one knows " +
                                 std::to_string(newest_version) + ")");
    if (version == 0 && database.execAndGet("SELECT count(*) FROM sqlite_schema").getInt() > 0)
        throw std::runtime_error("the file is an SQLite database of another program");
    for (std::size_t i = static_cast<std::size_t>(version); i < migrations.size(); ++i) {
        database.exec(migrations[i]);
        database.exec("PRAGMA user_version = " + std::to_string(i + 1));
    }
    transaction.commit();
}

std::string json_array(const std::vector<std::string>& texts) {
    std::string out;
    fhir::JsonWriter json(out);
    json.begin_array();
    for (const std::string& text : texts) json.value(std::string_view(text));
    json.end_array();
    return out;
}

/// Runs `statement` with `values` and makes it ready for the next time; rows changed.
int run(SQLite::Statement& statement, std::initializer_list<std::string_view> values) {
    statement.tryReset();  // tells of the last run's failure, which is known
    int index = 0;
    for (const std::string_view value : values) statement.bind(++index, std::string(value));
    return statement.exec();
}

std::pair<std::uint64_t, std::uint64_t> identity(const std::string& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return {0, 0};
    return {status.st_dev, status.st_ino};
}

}  // namespace

FeedbackDatabase::Connection::Connection(const std::string& file, Access access)
    : database(file, access == Access::write ? SQLite::OPEN_READWRITE : SQLite::OPEN_READONLY,
               busy_milliseconds) {}

FeedbackDatabase::FeedbackDatabase(std::string file, Access access) : file_(std::move(file)) {
    if (access == Access::read) {
        connection_ = std::make_unique<Connection>(file_, access);
        const int version = connection_->database.execAndGet("PRAGMA user_version").getInt();
        if (version < oldest_readable || version > newest_version)
            throw std::runtime_error(file_ + " is no feedback file of this version (its schema is " +
                                     std::to_string(version) + ")");
        return;
    }
    make_file(file_);
    const bool left_open = was_left_open(file_);
    connection_ = std::make_unique<Connection>(file_, access);
    std::tie(device_, inode_) = identity(file_);
    SQLite::Database& database = connection_->database;
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = FULL");  // an acknowledged feedback survives a power cut
    database.exec("PRAGMA secure_delete = ON");  // comments that are forgotten are gone
    if (left_open) check_integrity(database);
    migrate(database);
    connection_->prepare();
}

FeedbackDatabase::~FeedbackDatabase() = default;

void FeedbackDatabase::Connection::prepare() {
    add_card.emplace(database,
                     "INSERT INTO issued_card (card, issued_at, service, hook, topic, rule, rule_version, "
                     "suggestions) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
    add_feedback.emplace(database,
                         "INSERT INTO feedback (card, service, outcome, outcome_timestamp, received_at, "
                         "accepted_suggestions, reason_system, reason_code, reason_display, user_comment) "
                         "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
    find_card.emplace(database, "SELECT 1 FROM issued_card WHERE card = ?");
}

void FeedbackDatabase::write(std::span<const Issued> cards, std::span<Post> posts) {
    Connection& to = *connection_;
    SQLite::Transaction transaction(to.database, SQLite::TransactionBehavior::IMMEDIATE);
    for (const auto& [card, issued_at] : cards) {
        run(*to.add_card, {card.card, issued_at, card.service, card.hook, card.topic, card.rule,
                           card.rule_version, json_array(card.suggestions)});
    }
    for (Post& post : posts) {
        post.kept = {};
        for (const Feedback& item : post.feedback) {
            const int added = run(*to.add_feedback,
                                  {item.card, post.service, to_string(item.outcome), item.timestamp,
                                   post.received_at, json_array(item.accepted_suggestions),
                                   item.reason_system, item.reason_code, item.reason_display, item.comment});
            ++(added > 0 ? post.kept.stored : post.kept.repeated);
            if (added > 0 && item.outcome == Feedback::Outcome::accepted) ++post.kept.accepted;
            to.find_card->tryReset();
            to.find_card->bind(1, item.card);
            if (!to.find_card->executeStep()) ++post.kept.unknown_cards;
            to.find_card->tryReset();
        }
    }
    transaction.commit();
}

void FeedbackDatabase::try_writing() {
    // Larger than a page, so that it needs new ones; they are free for feedback afterwards.
    static const std::string filler(8'192, ' ');
    Connection& to = *connection_;
    SQLite::Transaction transaction(to.database, SQLite::TransactionBehavior::IMMEDIATE);
    run(*to.add_card, {"probe", "", "", "", "", "", "", filler});
    to.database.exec("DELETE FROM issued_card WHERE card = 'probe'");
    transaction.commit();
}

bool FeedbackDatabase::is_in_place() const { return identity(file_) == std::pair(device_, inode_); }

std::size_t FeedbackDatabase::forget_before(const std::string& time, std::size_t most) {
    SQLite::Transaction transaction(connection_->database, SQLite::TransactionBehavior::IMMEDIATE);
    int gone = 0;
    for (const char* sql : {forget_feedback, forget_cards}) {
        SQLite::Statement statement(connection_->database, sql);
        statement.bind(1, time);
        statement.bind(2, static_cast<std::int64_t>(most));
        gone += statement.exec();
    }
    transaction.commit();
    return static_cast<std::size_t>(gone);
}

bool FeedbackDatabase::is_passing(const std::exception& error) {
    const auto* sqlite = dynamic_cast<const SQLite::Exception*>(&error);
    if (!sqlite) return false;
    const int code = sqlite->getErrorCode() & 0xFF;
    return code == SQLITE_BUSY || code == SQLITE_LOCKED || code == SQLITE_FULL;
}

}  // namespace hooks
