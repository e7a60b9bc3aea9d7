// Plain sockets: bytes to and from TCP, nothing more.
#include "hooks/stream.hpp"

#include "hooks/stream_socket.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace hooks {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);

class PlainStream final : public Stream {
  public:
    explicit PlainStream(tcp::socket socket)
        : connection_(std::make_shared<TimedSocket>(std::move(socket))) {}

    ~PlainStream() override { connection_->close(); }

    asio::awaitable<bool> open() override { co_return true; }

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
        TimedSocket::expires_after(connection_, time);
    }

    bool expired() const override { return connection_->expired; }

    void cancel() override { connection_->expire(); }

    void finish_writing() override {
        boost::system::error_code ignored;  // the peer may be gone already
        connection_->socket.shutdown(tcp::socket::shutdown_send, ignored);
    }

  private:
    std::shared_ptr<TimedSocket> connection_;
};

}  // namespace

std::unique_ptr<Stream> plain_stream(tcp::socket socket) {
    return std::make_unique<PlainStream>(std::move(socket));
}

}  // namespace hooks
