// TimedSocket: a server's socket with the one timer that cancels whatever waits on it when the deadline has
// passed.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <utility>

namespace hooks {

/// Shared with the timer's handler, which may run once more after the stream is gone.
struct TimedSocket {
    using Clock = std::chrono::steady_clock;

    explicit TimedSocket(boost::asio::ip::tcp::socket connected)
        : socket(std::move(connected)), timer(socket.get_executor()) {
        boost::system::error_code ignored;  // without it answers are only slower
        socket.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
    }

    /// From now on for all that waits, until the next call.
    static void expires_after(const std::shared_ptr<TimedSocket>& timed, std::chrono::milliseconds time) {
        timed->expired = false;
        timed->deadline = Clock::now() + time;
        timed->timer.expires_at(timed->deadline);
        timed->timer.async_wait([weak = std::weak_ptr(timed)](boost::system::error_code ec) {
            const auto late = weak.lock();
            // A handler that was queued before the deadline moved on comes without an error: ask the clock.
            if (ec || !late || Clock::now() < late->deadline) return;
            late->expire();
        });
    }

    void expire() {
        expired = true;
        boost::system::error_code ignored;
        socket.cancel(ignored);
    }

    void close() {
        boost::system::error_code ignored;
        socket.close(ignored);
        timer.cancel();
    }

    boost::asio::ip::tcp::socket socket;
    boost::asio::steady_timer timer;
    Clock::time_point deadline = Clock::time_point::max();
    bool expired = false;
};

}  // namespace hooks
