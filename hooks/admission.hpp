// Admission: which calls are computed, and when. A bounded queue stands before a few threads, so that those
// who only move bytes stay quick, and who cannot be served in time hears so at once.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace hooks {

struct AdmissionOptions {
    unsigned threads = 0;     ///< 0: as many as cores
    std::size_t queue = 256;  ///< calls that wait at most
    /// Who has waited longer is turned away. Nobody is let in who would wait for more than a third of it, so
    /// that those who are let in are served and those who are not hear it at once.
    std::chrono::milliseconds age{250};
};

class Admission {
  public:
    /// heavy: takes long or much memory, so that one at a time runs, beside ordinary ones. begun: is never
    /// turned away. begun_heavy: neither the one nor the other.
    enum class Kind : std::uint8_t { ordinary, heavy, begun, begun_heavy };

    explicit Admission(const AdmissionOptions& options);
    /// Waits for what runs; what waits is never run.
    ~Admission();
    Admission(const Admission&) = delete;
    Admission& operator=(const Admission&) = delete;

    /// Runs `work` on one of the threads and throws what it throws; false: it was turned away and not run.
    /// `bytes`: how much text it is about, from which it is told how long it will take. Must be awaited to
    /// its end as long as this lives.
    boost::asio::awaitable<bool> run(std::function<void()> work, Kind kind, std::size_t bytes = 0);
    std::size_t threads() const { return threads_.size(); }

  private:
    using Clock = std::chrono::steady_clock;
    struct Job;
    struct Lane {
        std::deque<std::shared_ptr<Job>> waiting{};
        std::size_t running = 0, most_running = 1;
        std::size_t bytes_waiting = 0, bytes_running = 0;
        double time_learnt = 0, bytes_learnt = 0;  // nanoseconds that were taken lately, and for how much
        Clock::duration begun{0};                  // the moments when those that run began, added up
        /// What so many bytes take.
        std::chrono::nanoseconds time_of(std::size_t bytes) const;
        /// What one thread would need for all that is in it.
        std::chrono::nanoseconds work(Clock::time_point now) const;
    };
    Lane& lane_of(Kind kind) {
        return lanes_[static_cast<std::size_t>(kind == Kind::begun_heavy ? Kind::heavy : kind)];
    }
    const Lane& lane_of(Kind kind) const { return lanes_[static_cast<std::size_t>(kind)]; }
    std::chrono::nanoseconds wait_in(const Lane& lane, Clock::time_point now) const;
    static void learn(Lane& lane, std::size_t bytes, std::chrono::nanoseconds took);
    void shorten(Lane& lane, Clock::time_point now);
    bool enter(const std::shared_ptr<Job>& job, Kind kind);
    Lane* next_lane();
    void work();

    const AdmissionOptions options_;
    std::mutex mutex_;  // guards the four below
    std::condition_variable wake_;
    std::array<Lane, 3> lanes_;  // by kind; see lane_of()
    bool ending_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace hooks
