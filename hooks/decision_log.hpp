// DecisionLog: decisions on their way to the disk: a bounded queue and the only thread that writes the file.
#pragma once

#include "hooks/decision.hpp"
#include "hooks/decision_file.hpp"
#include "hooks/digest.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace hooks {

struct DecisionLogOptions {
    std::string file;
    std::string key;  ///< of names()
    std::function<Instant()> now = instant_now;
    std::size_t waiting =
        10'000;  ///< decisions; beyond it they are lost, and the file, a metric and the log say so
};

/// Decisions of 100 ms share one sync of the disk. While the file cannot be written they wait, the log says
/// why, and every second it is tried again. A file that was renamed (logrotate) is followed by a new one that
/// continues its chain.
class DecisionLog {
  public:
    /// Opens the file on the writing thread.
    explicit DecisionLog(DecisionLogOptions options);
    /// Writes what waits, then closes the file.
    ~DecisionLog();
    DecisionLog(const DecisionLog&) = delete;
    DecisionLog& operator=(const DecisionLog&) = delete;

    /// What ids of patients and users are called in decisions.
    const Pseudonyms& names() const { return names_; }
    /// Never waits for the disk. May be called by many threads at once.
    void record(const Decision& decision);
    /// Whether writing worked when it was last tried.
    bool is_open() const { return open_; }
    /// Until the file was opened or could not be, `most` at the longest.
    void wait_for_first_attempt(std::chrono::milliseconds most);

  private:
    using Time = std::chrono::steady_clock;

    /// Lines of JSON, each with its line feed, and how many of them are decisions.
    struct Waiting {
        std::string lines;
        std::size_t decisions = 0;
    };

    void run(const std::stop_token& stop);
    bool write(Waiting& waiting);
    void open();
    void failed(const char* problem);
    std::string note(std::string_view event, std::size_t decisions = 0) const;

    const DecisionLogOptions options_;
    const Pseudonyms names_;
    std::atomic<bool> open_ = false;

    std::mutex mutex_;  // guards the four below
    Waiting queue_;
    std::size_t taken_ = 0;  // decisions that the writer holds and has not written
    std::size_t lost_ = 0;
    bool attempted_ = false;
    std::condition_variable_any wake_, attempt_made_;

    // Of the writing thread alone.
    std::unique_ptr<DecisionFile> file_;
    ChainEnd end_;
    std::string problem_;  // why it fails; "": it does not
    Time::time_point next_attempt_{};

    std::jthread writer_;  // last: joined before what it uses is gone
};

}  // namespace hooks
