// BodyBudget: how many bytes of bodies all connections together may hold.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>

namespace hooks {

/// Shared by all threads.
class BodyBudget {
  public:
    /// Of the last quarter of `bytes`, large bodies get nothing: senders of many of them shut no ordinary one
    /// out.
    explicit BodyBudget(std::size_t bytes) : all_(bytes) {}

    /// The limit from now on; who holds more already keeps it.
    void use(std::size_t bytes) { all_ = bytes; }

    /// So many more bytes of a body that will have `in_all` at least; false: there are none left for it.
    bool take(std::size_t bytes, std::size_t in_all) {
        const std::size_t all = all_.load(std::memory_order_relaxed);
        const std::size_t limit = in_all > large_body ? all - all / 4 : all;
        std::size_t held = held_.load(std::memory_order_relaxed);
        do {
            if (bytes > limit - std::min(limit, held)) return false;
        } while (!held_.compare_exchange_weak(held, held + bytes, std::memory_order_relaxed));
        return true;
    }
    void give_back(std::size_t bytes) { held_.fetch_sub(bytes, std::memory_order_relaxed); }
    std::size_t held() const { return held_.load(std::memory_order_relaxed); }

  private:
    static constexpr std::size_t large_body = 131'072;
    std::atomic<std::size_t> all_;
    std::atomic<std::size_t> held_ = 0;
};

}  // namespace hooks
