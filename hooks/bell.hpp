// Bell: what one coroutine waits for and any thread may ring.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <memory>

namespace hooks {

/// Rings once. Owned by shared_ptr, for a ring may still be on its way when nobody waits any more.
class Bell {
  public:
    explicit Bell(const boost::asio::any_io_executor& strand) : timer_(strand) {}

    /// On the bell's strand: returns when it has rung, or then.
    boost::asio::awaitable<void> wait(std::chrono::steady_clock::time_point until) {
        if (rung_) co_return;
        timer_.expires_at(until);
        constexpr auto quietly = boost::asio::as_tuple(boost::asio::use_awaitable);
        co_await timer_.async_wait(quietly);
    }

    static void ring(const std::shared_ptr<Bell>& bell) {
        boost::asio::post(bell->timer_.get_executor(), [bell] {
            bell->rung_ = true;
            bell->timer_.cancel();
        });
    }

  private:
    boost::asio::steady_timer timer_;
    bool rung_ = false;
};

}  // namespace hooks
