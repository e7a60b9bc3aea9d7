// FeedbackDatabase: the SQLite file in which feedback and issued cards stand; one connection, used by one
// thread.
#pragma once

#include "hooks/feedback.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hooks {

/// How many cards about a topic were shown on a day, and what clinicians did with them; each card counts at
/// most once in each number.
struct CardCounts {
    std::string day;    ///< of showing, UTC; of a card that is not known: of its first feedback
    std::string topic;  ///< "": cards that this file does not know
    std::size_t shown = 0, accepted = 0, overridden = 0, unanswered = 0, commented = 0;
    /// Overridden cards by the code of the reason; "(comment only)" and "(no reason)" without one.
    std::map<std::string, std::size_t> reasons;
};

/// One feedback with what is known of its card.
struct FeedbackRow {
    Feedback feedback;
    std::string service, received_at;
    std::optional<IssuedCard> card;  ///< none: not known here
    std::string issued_at;
};

/// Every function throws std::runtime_error in SQLite's words when the file does not let itself be read or
/// written; what was to be written together is then not there at all.
class FeedbackDatabase {
  public:
    /// One body to keep, and what became of it.
    struct Post {
        std::string service, received_at;
        std::vector<Feedback> feedback;
        FeedbackStore::Kept kept;
    };
    struct Issued {
        IssuedCard card;
        std::string issued_at;
    };

    enum class Access : std::uint8_t { write, read };
    /// For writing: makes the file (and its folder) if there is none, both for the owner alone; brings its
    /// tables up to date; checks it whole if it was not closed by its last writer. Refuses other SQLite files
    /// and those of a newer version.
    FeedbackDatabase(std::string file, Access access);
    ~FeedbackDatabase();
    FeedbackDatabase(const FeedbackDatabase&) = delete;
    FeedbackDatabase& operator=(const FeedbackDatabase&) = delete;

    /// Writes all of it in one transaction, which is on the disk on return. Fills `kept` of each post.
    void write(std::span<const Issued> cards, std::span<Post> posts);
    /// Writes something of a feedback's size and takes it away again.
    void try_writing();
    /// False: the file was removed or replaced since it was opened, so what is written now would be lost.
    bool is_in_place() const;
    /// Takes away feedback received before `time`, and cards issued before it of which no feedback is left;
    /// at most `most` rows of each. How many rows went.
    std::size_t forget_before(const std::string& time, std::size_t most);

    /// Cards shown, and feedback about unknown cards received, at `since` or later ("": all), by day and
    /// topic.
    std::vector<CardCounts> counts(const std::string& since);
    /// Calls `use` with all feedback received at `since` or later, in the order in which it came.
    void each_feedback(const std::string& since, const std::function<void(const FeedbackRow&)>& use);

    /// Whether the file could not be written only because another connection holds it, or there is no room:
    /// the connection itself is sound.
    static bool is_passing(const std::exception& error);

  private:
    struct Connection;
    std::string file_;
    std::uint64_t device_ = 0, inode_ = 0;
    std::unique_ptr<Connection> connection_;
};

}  // namespace hooks
