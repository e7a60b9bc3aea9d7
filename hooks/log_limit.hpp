// LogLimit: keeps one trouble that happens a thousand times a second from filling the log.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hooks {

/// Lets through so many lines of one event in a window of time, and counts the others. Events are words of
/// ours: there are few. Safe to use from any thread.
class LogLimit {
  public:
    using Time = std::chrono::steady_clock::time_point;

    LogLimit(std::size_t lines, std::chrono::milliseconds window) : most_(lines), window_(window) {}

    /// Nothing: this line is one too many. Else how many have been left out since the last that was let
    /// through.
    std::optional<std::int64_t> admit(std::string_view event, Time now);
    /// Events with lines left out of which no line has told yet; they count as told then.
    std::vector<std::pair<std::string, std::int64_t>> untold();

  private:
    struct Window {
        Time start{};
        std::size_t lines = 0;
        std::int64_t left_out = 0;
    };
    const std::size_t most_;
    const std::chrono::milliseconds window_;
    std::mutex mutex_;
    std::map<std::string, Window, std::less<>> windows_;
};

}  // namespace hooks
