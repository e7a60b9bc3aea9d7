// Names: the addresses of host names, asked for once for all who want them at the same time, and kept a
// while.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace hooks {

struct Resolved {
    std::vector<boost::asio::ip::address> addresses{};  ///< none: the name has none, or `late`
    bool late = false;
    std::string reason{};  ///< why there is none, in the resolver's words
};

/// Safe to use from any thread.
class Names {
  public:
    /// Addresses are kept for `keep`; failures are not.
    Names(boost::asio::any_io_executor executor, std::chrono::milliseconds keep);

    /// Runs on `strand`, which must be the caller's. The system's resolver cannot be interrupted: when
    /// `until` has passed it works on, and nobody waits for it.
    boost::asio::awaitable<Resolved> find(std::string host, boost::asio::any_io_executor strand,
                                          std::chrono::steady_clock::time_point until);
    /// Nothing answered there: ask again next time.
    void forget(const std::string& host);

  private:
    struct Table;
    boost::asio::any_io_executor executor_;
    std::shared_ptr<Table> table_;
};

}  // namespace hooks
