// What is asked of the feedback file: counts for the report, rows for the export.
#include "hooks/feedback_connection.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Transaction.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <map>
#include <utility>

namespace hooks {

namespace {

// Every card of which something is known: given out by us, or only named in feedback.
constexpr const char* cards_and_feedback = R"sql(
WITH known AS (
    SELECT card, substr(issued_at, 1, 10) AS day, issued_at AS at, topic, 1 AS shown FROM issued_card
    UNION ALL
    SELECT card, substr(min(received_at), 1, 10), min(received_at), '', 0 FROM feedback
        WHERE NOT EXISTS (SELECT 1 FROM issued_card WHERE issued_card.card = feedback.card) GROUP BY card),
told AS (
    SELECT card, max(outcome = 'accepted') AS accepted, max(outcome = 'overridden') AS overridden,
        max(user_comment <> '') AS commented FROM feedback GROUP BY card)
)sql";

constexpr const char* by_day_and_topic = R"sql(
SELECT day, topic, sum(shown), sum(accepted), sum(overridden), sum(shown AND accepted IS NULL), sum(commented)
FROM known LEFT JOIN told USING (card) WHERE at >= ? GROUP BY day, topic
)sql";

constexpr const char* reasons_by_day_and_topic = R"sql(
SELECT day, topic, CASE WHEN reason_code <> '' THEN reason_code WHEN user_comment <> '' THEN '(comment only)'
    ELSE '(no reason)' END AS reason, count(DISTINCT card)
FROM feedback JOIN known USING (card) WHERE outcome = 'overridden' AND at >= ? GROUP BY day, topic, reason
)sql";

constexpr const char* all_feedback = R"sql(
SELECT card, feedback.service, outcome, outcome_timestamp, received_at, accepted_suggestions, reason_system, reason_code,
    reason_display, user_comment, issued_at, issued_card.service, hook, topic, rule, rule_version, suggestions
FROM feedback LEFT JOIN issued_card USING (card) WHERE received_at >= ? ORDER BY id
)sql";

/// NULL, which a sum over nothing gives, counts as 0.
std::size_t count_of(SQLite::Statement& row, int column) {
    return static_cast<std::size_t>(row.getColumn(column).getInt64());
}

std::vector<std::string> texts_of(const std::string& json_array) {
    std::vector<std::string> texts;
    const boost::json::value parsed = boost::json::parse(json_array);
    for (const boost::json::value& item : parsed.as_array()) texts.emplace_back(item.as_string());
    return texts;
}

}  // namespace

std::vector<CardCounts> FeedbackDatabase::counts(const std::string& since) {
    SQLite::Database& database = connection_->database;
    SQLite::Transaction one_state(database);  // both questions of the same state of the file
    std::map<std::pair<std::string, std::string>, CardCounts> found;
    SQLite::Statement row(database, std::string(cards_and_feedback) + by_day_and_topic);
    row.bind(1, since);
    while (row.executeStep()) {
        CardCounts counts;
        counts.day = row.getColumn(0).getString();
        counts.topic = row.getColumn(1).getString();
        counts.shown = count_of(row, 2);
        counts.accepted = count_of(row, 3);
        counts.overridden = count_of(row, 4);
        counts.unanswered = count_of(row, 5);
        counts.commented = count_of(row, 6);
        found.emplace(std::pair(counts.day, counts.topic), std::move(counts));
    }
    SQLite::Statement reason(database, std::string(cards_and_feedback) + reasons_by_day_and_topic);
    reason.bind(1, since);
    while (reason.executeStep()) {
        CardCounts& counts = found[{reason.getColumn(0).getString(), reason.getColumn(1).getString()}];
        counts.reasons[reason.getColumn(2).getString()] += count_of(reason, 3);
    }
    std::vector<CardCounts> all;
    all.reserve(found.size());
    for (auto& [key, counts] : found) all.push_back(std::move(counts));
    return all;
}

void FeedbackDatabase::each_feedback(const std::string& since,
                                     const std::function<void(const FeedbackRow&)>& use) {
    SQLite::Statement row(connection_->database, all_feedback);
    row.bind(1, since);
    while (row.executeStep()) {
        const auto text = [&row](int column) { return row.getColumn(column).getString(); };
        FeedbackRow found;
        found.feedback.card = text(0);
        found.service = text(1);
        found.feedback.outcome =
            text(2) == "accepted" ? Feedback::Outcome::accepted : Feedback::Outcome::overridden;
        found.feedback.timestamp = text(3);
        found.received_at = text(4);
        found.feedback.accepted_suggestions = texts_of(text(5));
        found.feedback.reason_system = text(6);
        found.feedback.reason_code = text(7);
        found.feedback.reason_display = text(8);
        found.feedback.comment = text(9);
        if (!row.getColumn(10).isNull()) {
            found.issued_at = text(10);
            IssuedCard card;
            card.card = found.feedback.card;
            card.service = text(11);
            card.hook = text(12);
            card.topic = text(13);
            card.rule = text(14);
            card.rule_version = text(15);
            card.suggestions = texts_of(text(16));
            found.card = std::move(card);
        }
        use(found);
    }
}

}  // namespace hooks
