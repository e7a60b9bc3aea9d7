// CallRate: how many calls a second one client may make (a token bucket for each).
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>

namespace hooks {

/// Shared by all threads. Clients are those of the settings, so there are few.
class CallRate {
  public:
    using Time = std::chrono::steady_clock::time_point;

    /// `calls` a second, and as many at once after a second of silence; 0: any number.
    explicit CallRate(std::size_t calls) : calls_(static_cast<double>(calls)) {}

    bool admits(const std::string& client, Time now) {
        if (calls_ <= 0) return true;
        const std::lock_guard lock(mutex_);
        Bucket& bucket = buckets_.try_emplace(client, Bucket{calls_, now}).first->second;
        const std::chrono::duration<double> passed = now - bucket.filled;
        bucket.left = std::min(calls_, bucket.left + std::max(passed.count(), 0.0) * calls_);
        bucket.filled = std::max(bucket.filled, now);
        if (bucket.left < 1) return false;
        bucket.left -= 1;
        return true;
    }

  private:
    struct Bucket {
        double left;
        Time filled;
    };
    const double calls_;
    std::mutex mutex_;
    std::map<std::string, Bucket> buckets_;
};

}  // namespace hooks
