// Progress: a bar of bytes, a count, a rate.
#include "hooks/progress.hpp"

#include "hooks/population_summary.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

namespace hooks {

namespace {

constexpr std::size_t bar_width = 30;
constexpr std::chrono::milliseconds pause{200};

}  // namespace

Progress::Progress(std::optional<std::uint64_t> bytes)
    : is_terminal_(::isatty(STDERR_FILENO) == 1), is_shared_(::isatty(STDOUT_FILENO) == 1), bytes_(bytes) {}

void Progress::show(std::size_t patients, std::uint64_t bytes_read) {
    const auto now = Time::now();
    if (!is_terminal_ || (now < next_ && !is_shared_)) return;
    next_ = now + pause;
    std::string line = "\r";
    if (bytes_ && *bytes_ > 0) {
        const auto done = std::min(bytes_read, *bytes_);
        const auto filled = static_cast<std::size_t>(done * bar_width / *bytes_);
        line += '[' + std::string(filled, '#') + std::string(bar_width - filled, '.') + "] " +
                std::to_string(done * 100 / *bytes_) + "%  ";
    }
    const std::chrono::duration<double> time = now - start_;
    const double rate = time.count() > 0 ? static_cast<double>(patients) / time.count() : 0;
    line += grouped(patients) + " patients, " + grouped(static_cast<std::size_t>(rate)) + "/s\x1b[K";
    std::fputs(line.c_str(), stderr);
    is_shown_ = true;
}

void Progress::make_room() {
    if (is_shared_) clear();
}

void Progress::clear() {
    if (is_shown_) std::fputs("\r\x1b[K", stderr);
    is_shown_ = false;
}

}  // namespace hooks
