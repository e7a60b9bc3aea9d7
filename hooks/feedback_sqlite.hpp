// SqliteFeedback: the FeedbackStore on one machine: an SQLite file and the only thread that writes to it.
#pragma once

#include "hooks/feedback.hpp"
#include "hooks/feedback_database.hpp"
#include "hooks/instant.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace hooks {

struct SqliteFeedbackOptions {
    std::string file;
    std::chrono::days retention{0};  ///< older feedback and cards are forgotten; 0: never
    std::function<Instant()> now = instant_now;
    std::size_t waiting_feedback = 5'000;        ///< elements; beyond it a post fails at once
    std::size_t waiting_cards = 10'000;          ///< beyond it cards are dropped
    std::chrono::milliseconds gathering{1'000};  ///< how long cards wait for others, if nothing else is kept
};

/// Whatever waits is written in one transaction (group commit), so that many senders share one wait for the
/// disk. Cards alone are in no hurry, for the more are written together, the less each costs; feedback
/// takes all along, so that it finds its card. A process that is killed has forgotten the cards that still
/// waited, and feedback about them is kept as of unknown cards. While the file cannot be written posts fail,
/// cards wait, the log says why, and every second it is tried again.
class SqliteFeedback final : public FeedbackStore {
  public:
    /// Opens the file on the writing thread: a damaged, locked or missing one delays nobody.
    explicit SqliteFeedback(SqliteFeedbackOptions options);
    /// Writes what waits, then closes the file.
    ~SqliteFeedback() override;
    SqliteFeedback(const SqliteFeedback&) = delete;
    SqliteFeedback& operator=(const SqliteFeedback&) = delete;

    void keep(std::string service, std::vector<Feedback> feedback, Done done) override;
    void remember(std::vector<IssuedCard> cards) override;
    bool is_open() const override { return open_; }
    /// Until the file was opened or could not be, `most` at the longest.
    void wait_for_first_attempt(std::chrono::milliseconds most);

  private:
    using Time = std::chrono::steady_clock;
    /// What the writing thread took out of the queues.
    struct Work {
        std::vector<FeedbackDatabase::Issued> cards;
        std::vector<FeedbackDatabase::Post> posts;
        std::vector<Done> done;    // one a post
        std::size_t feedback = 0;  // elements of all posts
        std::size_t dropped = 0;   // cards
        bool last = false;
    };

    void run(const std::stop_token& stop);
    Work next(const std::stop_token& stop);
    bool succeeds(const std::function<void()>& action);
    void write(Work& work);
    void forget();
    void failed(const std::exception& error);
    void note_attempt();
    void put_back(std::vector<FeedbackDatabase::Issued> cards);

    const SqliteFeedbackOptions options_;
    std::atomic<bool> open_ = false;

    std::mutex mutex_;  // guards the queues and attempted_
    Work queue_;
    bool attempted_ = false;
    std::condition_variable_any wake_, attempt_made_;

    // Of the writing thread alone.
    std::unique_ptr<FeedbackDatabase> database_;
    std::string problem_;  // why it fails; "": it does not
    Time::time_point next_attempt_{}, next_forgetting_{};

    std::jthread writer_;  // last: joined before what it uses is gone
};

}  // namespace hooks
