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
        // A timer that ends sooner stays as it is, for deadlines move on with every read and write: it then
        // waits for what is left.
        if (!timed->is_waiting || timed->timer.expiry() > timed->deadline) wait(timed);
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
    bool is_waiting = false;  // the timer, for the deadline or an earlier one
    bool expired = false;

  private:
    static void wait(const std::shared_ptr<TimedSocket>& timed) {
        timed->is_waiting = true;
        timed->timer.expires_at(timed->deadline);
        timed->timer.async_wait([weak = std::weak_ptr(timed)](boost::system::error_code ec) {
            const auto late = weak.lock();
            if (ec || !late) return;  // another wait took its place, or the stream is gone
            if (Clock::now() < late->deadline) return wait(late);
            late->is_waiting = false;
            late->expire();
        });
    }
};

}  // namespace hooks
