// Progress: one line on a terminal that says how far a long run is; nothing where there is no terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace hooks {

class Progress {
  public:
    /// On stderr, if that is a terminal. `bytes`: how many there are to read, if known.
    explicit Progress(std::optional<std::uint64_t> bytes);

    /// Shows it, a few times a second at most.
    void show(std::size_t patients, std::uint64_t bytes_read);
    /// Takes it away for what is written to stdout, if that is the same terminal.
    void make_room();
    void clear();

  private:
    using Time = std::chrono::steady_clock;
    bool is_terminal_, is_shared_, is_shown_ = false;
    std::optional<std::uint64_t> bytes_;
    Time::time_point start_ = Time::now(), next_ = start_;
};

}  // namespace hooks
