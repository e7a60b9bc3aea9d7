// BodyBudget: how many bytes of bodies all connections together may hold, and who gives them up for others.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace hooks {

class BodyShare;

/// Shared by all threads.
class BodyBudget {
  public:
    /// Of the last quarter of `bytes`, large bodies get nothing: senders of many of them shut no ordinary one
    /// out.
    explicit BodyBudget(std::size_t bytes) : all_(bytes) {}

    /// The limit from now on; who holds more already keeps it.
    void use(std::size_t bytes);
    std::size_t held() const;

  private:
    friend class BodyShare;
    bool has_room(std::size_t bytes, const BodyShare& asking, std::chrono::steady_clock::time_point now);

    mutable std::mutex mutex_;  // guards all below, and what the shares say of themselves
    std::size_t all_;
    std::size_t held_ = 0;
    std::vector<BodyShare*> arriving_, waiting_;  // a body may be in both
};

/// What one body holds of the budget. A body that comes slowly loses its room to one that finds none: whoever
/// sends nothing worth mention for half a second, or has been sending for two. Of these the largest goes
/// first.
class BodyShare {
  public:
    using Time = std::chrono::steady_clock::time_point;
    enum class Taken { yes, none_left, lost };

    /// From the moment that a body finds no room, so long it takes at most until those that had come before
    /// must give way.
    static constexpr std::chrono::milliseconds longest_stay{2'000}, longest_pause{500};

    explicit BodyShare(BodyBudget& budget) : budget_(budget) {}
    ~BodyShare() { give_back(); }
    BodyShare(const BodyShare&) = delete;
    BodyShare& operator=(const BodyShare&) = delete;

    /// Called once the room is lost, by whichever thread needed it: it must not wait, nor ask the budget.
    void when_lost(std::function<void()> call) { on_lost_ = std::move(call); }
    /// So many more bytes of a body that will have `in_all` at least.
    Taken take(std::size_t bytes, std::size_t in_all, Time now);
    /// The body is whole and its room nobody else's any more; false: it is lost already.
    bool keep();
    /// What it held is free for others.
    void give_back();
    bool is_lost() const { return is_lost_; }
    /// The last take() found no room.
    bool waits() const;

  private:
    friend class BodyBudget;
    bool is_slow(const BodyShare& asking, Time now) const;
    void leave();

    BodyBudget& budget_;
    std::function<void()> on_lost_;
    std::atomic<bool> is_lost_ = false;
    bool is_used_ = false;  // asked since give_back(); of the body's own thread
    // Guarded by the budget.
    bool waits_ = false;
    std::size_t in_all_ = 0, held_ = 0, next_mark_ = 0;
    Time begun_, progressed_, waits_since_;
};

}  // namespace hooks
