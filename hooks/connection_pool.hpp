// ConnectionPool: the connections to each origin: how many at once, who waits for one, which are kept.
#pragma once

#include "hooks/stream_client.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace hooks {

/// One connection and its strand. Without a stream it has to be opened yet.
struct Connection {
    explicit Connection(boost::asio::any_io_executor on) : strand(std::move(on)) {}
    const boost::asio::any_io_executor strand;
    std::unique_ptr<ClientStream> stream;
    std::chrono::steady_clock::time_point kept_since;
};

struct PoolLimits {
    std::size_t per_origin = 16;  ///< over that, callers wait
    std::size_t idle = 64;        ///< kept in all
    std::chrono::milliseconds idle_time{30'000};
};

/// Safe to use from any thread.
class ConnectionPool {
  private:
    struct Table;

  public:
    /// The right to one connection to one origin; its end gives it to who waits, or back. The connection is
    /// kept if it has a stream then, which must be at rest.
    class Lease {
      public:
        Lease(std::shared_ptr<Table> table, std::string origin, std::shared_ptr<Connection> leased);
        Lease(Lease&&) noexcept = default;
        Lease& operator=(Lease&&) = delete;
        ~Lease();
        const std::shared_ptr<Connection>& connection() const { return connection_; }

      private:
        std::shared_ptr<Table> table_;  // none: moved from
        std::string origin_;
        std::shared_ptr<Connection> connection_;
    };

    ConnectionPool(boost::asio::any_io_executor executor, const PoolLimits& limits);

    /// A kept connection, the youngest first, or a new one; nothing if none became free in time. Connections
    /// of one `origin` are never another's.
    boost::asio::awaitable<std::optional<Lease>> lease(std::string origin,
                                                       std::chrono::steady_clock::time_point until);

  private:
    std::shared_ptr<Table> table_;
};

}  // namespace hooks
