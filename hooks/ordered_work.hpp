// OrderedWork: pieces of work done by several threads, their results given on in the order in which they
// came.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace hooks {

/// One thread calls add(), then finish(). `work` is called on the threads, `give` by one of them at a time,
/// in order; if it gives false, nothing more is done. add() waits while more than `most_pieces`, or more than
/// `most_bytes` but in one piece, are under way: so memory stays bounded whoever is slow.
template <class Piece, class Done>
class OrderedWork {
  public:
    struct Limits {
        std::size_t threads = 1, most_pieces = 1, most_bytes = 1;
    };
    using Work = std::function<Done(Piece)>;
    using Give = std::function<bool(Done)>;

    OrderedWork(Limits limits, Work work, Give give)
        : limits_(limits), work_(std::move(work)), give_(std::move(give)) {
        for (std::size_t i = 0; i < limits_.threads; ++i)
            threads_.push_back(std::async(std::launch::async, [this] { run(); }));
    }
    ~OrderedWork() { stop(); }  // the futures wait for their threads
    OrderedWork(const OrderedWork&) = delete;
    OrderedWork& operator=(const OrderedWork&) = delete;

    /// False if nothing more is wanted.
    bool add(Piece piece, std::size_t bytes) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] {
            const std::size_t under_way = next_added_ - next_given_;
            return stopped_ || under_way == 0 ||
                   (under_way < limits_.most_pieces && bytes_ + bytes <= limits_.most_bytes);
        });
        if (stopped_) return false;
        waiting_.push_back({next_added_++, bytes, std::move(piece)});
        bytes_ += bytes;
        changed_.notify_all();
        return true;
    }

    /// Waits until all is given on. Throws what a thread threw.
    void finish() {
        {
            const std::lock_guard lock(mutex_);
            finished_ = true;
        }
        changed_.notify_all();
        for (std::future<void>& thread : threads_) thread.get();
    }

  private:
    struct Waiting {
        std::size_t number = 0, bytes = 0;
        Piece piece;
    };

    void stop() {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        changed_.notify_all();
    }

    void run() {
        /// A thread that dies of an exception leaves a gap that would never be given on.
        struct StopUnlessDone {
            OrderedWork& all;
            bool is_done = false;
            ~StopUnlessDone() {
                if (!is_done) all.stop();
            }
        } guard{*this};
        while (std::optional<Waiting> next = take()) {
            Done done = work_(std::move(next->piece));
            put(next->number, next->bytes, std::move(done));
        }
        guard.is_done = true;
    }

    std::optional<Waiting> take() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stopped_ || finished_ || !waiting_.empty(); });
        if (stopped_ || waiting_.empty()) return std::nullopt;
        Waiting next = std::move(waiting_.front());
        waiting_.pop_front();
        return next;
    }

    void put(std::size_t number, std::size_t bytes, Done done) {
        std::unique_lock lock(mutex_);
        done_.emplace(number, std::pair(bytes, std::move(done)));
        if (giving_) return;  // whoever gives takes it along
        giving_ = true;
        while (!stopped_ && !done_.empty() && done_.begin()->first == next_given_) {
            auto [first_bytes, first] = std::move(done_.begin()->second);
            done_.erase(done_.begin());
            lock.unlock();
            const bool goes_on = give_(std::move(first));
            lock.lock();
            stopped_ = stopped_ || !goes_on;
            ++next_given_;
            bytes_ -= first_bytes;
            changed_.notify_all();
        }
        giving_ = false;
    }

    const Limits limits_;
    const Work work_;
    const Give give_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Waiting> waiting_;
    std::map<std::size_t, std::pair<std::size_t, Done>> done_;  // not given on yet
    std::size_t next_added_ = 0, next_given_ = 0, bytes_ = 0;
    bool giving_ = false, finished_ = false, stopped_ = false;
    std::vector<std::future<void>> threads_;  // last: they use all of the above
};

}  // namespace hooks
