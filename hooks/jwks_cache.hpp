// JwksCache: clients' public keys from their registered addresses, kept fresh and kept through outages.
#pragma once

#include "hooks/http_client.hpp"
#include "hooks/jwk.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace hooks {

using KeySet = std::shared_ptr<const std::vector<Jwk>>;

struct JwksTimes {
    std::chrono::seconds fresh{
        3'600};  ///< a set is asked for again after that, or after its max-age if shorter
    std::chrono::seconds least_fresh{30};  ///< however short its max-age
    std::chrono::seconds unknown_kid{
        30};  ///< a key that is not in the set has it fetched again, so often at most
    std::chrono::seconds most_pause{30};  ///< after fetches that failed: 1, 2, 4 s and so on up to that
    std::chrono::seconds stale{86'400};   ///< in an outage keys are used for so long after their last fetch
    std::chrono::milliseconds fetch{2'000};
};

/// Safe to use from any thread. Fetches follow no redirect and take at most 256 kB.
class JwksCache {
  public:
    using Now = std::function<std::chrono::steady_clock::time_point()>;

    /// `client` must outlive the cache, and `executor` its fetches.
    JwksCache(HttpClient& client, const boost::asio::any_io_executor& executor, const JwksTimes& times = {},
              Now now = std::chrono::steady_clock::now);
    ~JwksCache();
    JwksCache(const JwksCache&) = delete;
    JwksCache& operator=(const JwksCache&) = delete;

    /// The keys at `url`, with `kid` among them if the server has it now. One fetch at a time for a URL;
    /// others wait for it. Null: none could be had.
    boost::asio::awaitable<KeySet> keys(std::string url, std::string kid);

  private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace hooks
