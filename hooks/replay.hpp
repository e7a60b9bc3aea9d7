// ReplayStore: token ids that were seen, until their tokens expire (W-11).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <queue>
#include <string_view>
#include <unordered_map>
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
    /// The next insert() of an id that is remembered finds it fresh.
    void take_back(std::string_view issuer, std::string_view jti);
    std::size_t size() const;

  private:
    using Digest = std::array<std::uint64_t, 4>;
    struct Hash {
        // noexcept: then the table keeps no hash beside each digest.
        std::size_t operator()(const Digest& digest) const noexcept { return digest[0]; }
    };
    struct Expiry {
        double until;
        Digest digest;
        bool operator>(const Expiry& other) const { return until > other.until; }
    };

    struct Entry {
        double until = 0;
        bool is_taken_back = false;
    };
    static Digest digest_of(std::string_view issuer, std::string_view jti);

    const std::size_t most_;
    mutable std::mutex mutex_;
    std::unordered_map<Digest, Entry, Hash> seen_;
    std::priority_queue<Expiry, std::vector<Expiry>, std::greater<>>
        expiries_;  // the next on top; most_ at most
};

}  // namespace hooks
