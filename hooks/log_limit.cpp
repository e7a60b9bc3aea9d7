// Windows begin with the first line in them.
#include "hooks/log_limit.hpp"

namespace hooks {

std::optional<std::int64_t> LogLimit::admit(std::string_view event, Time now) {
    const std::lock_guard lock(mutex_);
    auto found = windows_.find(event);
    if (found == windows_.end()) found = windows_.emplace(std::string(event), Window{now}).first;
    Window& window = found->second;
    if (now - window.start >= window_) {
        window.start = now;
        window.lines = 0;
    }
    if (window.lines >= most_) {
        ++window.left_out;
        return std::nullopt;
    }
    ++window.lines;
    return std::exchange(window.left_out, 0);
}

std::vector<std::pair<std::string, std::int64_t>> LogLimit::untold() {
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<std::string, std::int64_t>> all;
    for (auto& [event, window] : windows_) {
        if (window.left_out > 0) all.emplace_back(event, std::exchange(window.left_out, 0));
    }
    return all;
}

}  // namespace hooks
