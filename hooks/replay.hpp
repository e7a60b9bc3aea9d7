// ReplayStore: token ids that were seen, until their tokens expire (W-11).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <queue>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace hooks {

/// One instance's memory of jtis, bounded; two instances do not share it. Safe to use from any thread.
class ReplayStore {
  public:
    enum class Answer { fresh, seen, full };

    explicit ReplayStore(std::size_t most = 1'000'000) : most_(most) {}

    /// Remembers `jti` of `issuer` until `until`; `seen` if it is remembered already, `full` if there is no
    /// room left for an id that has not expired. Times are seconds since 1970.
    Answer insert(std::string_view issuer, std::string_view jti, double until, double now);
    std::size_t size() const;

  private:
    using Digest = std::array<std::uint64_t, 4>;
    struct Hash {
        std::size_t operator()(const Digest& digest) const { return digest[0]; }
    };
    struct Expiry {
        double until;
        Digest digest;
        bool operator>(const Expiry& other) const { return until > other.until; }
    };

    const std::size_t most_;
    mutable std::mutex mutex_;
    std::unordered_set<Digest, Hash> seen_;
    std::priority_queue<Expiry, std::vector<Expiry>, std::greater<>> expiries_;  // the next to expire on top
};

}  // namespace hooks
