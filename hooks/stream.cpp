// Plain sockets: one timer a connection cancels whatever waits when the deadline has passed.
#include "hooks/stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace hooks {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

using Clock = std::chrono::steady_clock;

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);

/// What the timer's handler needs; it may run once more after the stream is gone.
struct Connection {
    explicit Connection(tcp::socket connected) : socket(std::move(connected)), timer(socket.get_executor()) {}
    tcp::socket socket;
    asio::steady_timer timer;
    Clock::time_point deadline = Clock::time_point::max();
    bool expired = false;
};

class PlainStream final : public Stream {
  public:
    explicit PlainStream(tcp::socket socket) : connection_(std::make_shared<Connection>(std::move(socket))) {
        boost::system::error_code ignored;  // without it answers are only slower
        connection_->socket.set_option(tcp::no_delay(true), ignored);
    }

    ~PlainStream() override {
        boost::system::error_code ignored;
        connection_->socket.close(ignored);
        connection_->timer.cancel();
    }

    asio::awaitable<std::size_t> read_some(std::span<char> into) override {
        if (connection_->expired) co_return 0;
        const asio::mutable_buffer buffer(into.data(), into.size());
        auto [ec, bytes] = co_await connection_->socket.async_read_some(buffer, quietly);
        co_return ec ? 0 : bytes;
    }

    asio::awaitable<bool> write(std::string_view bytes) override {
        // Piece by piece: a deadline that strikes between two pieces finds nothing to cancel.
        while (!bytes.empty()) {
            if (connection_->expired) co_return false;
            const asio::const_buffer buffer(bytes.data(), bytes.size());
            auto [ec, written] = co_await connection_->socket.async_write_some(buffer, quietly);
            if (ec) co_return false;
            bytes.remove_prefix(written);
        }
        co_return true;
    }

    void expires_after(std::chrono::milliseconds time) override {
        connection_->expired = false;
        connection_->deadline = Clock::now() + time;
        connection_->timer.expires_at(connection_->deadline);
        connection_->timer.async_wait([weak = std::weak_ptr(connection_)](boost::system::error_code ec) {
            const auto connection = weak.lock();
            // A handler that was queued before the deadline moved on comes without an error: ask the clock.
            if (ec || !connection || Clock::now() < connection->deadline) return;
            expire(*connection);
        });
    }

    bool expired() const override { return connection_->expired; }

    void cancel() override { expire(*connection_); }

    void finish_writing() override {
        boost::system::error_code ignored;  // the peer may be gone already
        connection_->socket.shutdown(tcp::socket::shutdown_send, ignored);
    }

  private:
    static void expire(Connection& connection) {
        connection.expired = true;
        boost::system::error_code ignored;
        connection.socket.cancel(ignored);
    }

    std::shared_ptr<Connection> connection_;
};

}  // namespace

std::unique_ptr<Stream> plain_stream(tcp::socket socket) {
    return std::make_unique<PlainStream>(std::move(socket));
}

}  // namespace hooks
