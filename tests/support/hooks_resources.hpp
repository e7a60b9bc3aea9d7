// What this process holds: memory and open files, for tests of bounds.
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>

namespace hooks::testing {

/// Resident memory in megabytes: `VmRSS` now, `VmHWM` at most since reset_peak().
inline std::size_t memory_in_mb(const std::string& name) {
    std::ifstream in("/proc/self/status");
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with(name + ":")) return std::stoul(line.substr(name.size() + 1)) / 1'024;
    }
    return 0;
}
inline void reset_peak() { std::ofstream("/proc/self/clear_refs") << 5; }

inline std::size_t open_files() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
    return count;
}

/// A sanitizer's own memory and slowness say nothing of ours.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool is_sanitized = true;
#else
inline constexpr bool is_sanitized = false;
#endif

}  // namespace hooks::testing
