// Plain sockets: bytes to and from TCP, nothing more.
#include "hooks/stream.hpp"

#include "hooks/stream_socket.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace hooks {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
// So many reads and writes in a row are done at once where they can be; then the connection waits its turn,
// or one that always has something to do would keep its thread from all others.
constexpr int most_in_a_row = 8;

class PlainStream final : public Stream {
  public:
    explicit PlainStream(tcp::socket socket) : connection_(std::make_shared<TimedSocket>(std::move(socket))) {
        boost::system::error_code ec;
        connection_->socket.non_blocking(true, ec);
        if (ec) at_once_ = most_in_a_row;  // then every operation waits its turn
    }

    ~PlainStream() override { connection_->close(); }

    asio::awaitable<bool> open() override { co_return true; }

    asio::awaitable<std::size_t> read_some(std::span<char> into) override {
        if (connection_->expired) co_return 0;
        const asio::mutable_buffer buffer(into.data(), into.size());
        // More of what is being read may be there already; upon an answer the next request never is.
        if (std::exchange(has_read_, true) && may_at_once()) {
            boost::system::error_code failed;
            const std::size_t there = connection_->socket.read_some(buffer, failed);
            if (failed != asio::error::would_block) co_return failed ? 0 : there;
        }
        auto [ec, bytes] = co_await connection_->socket.async_read_some(buffer, quietly);
        has_waited();
        co_return ec ? 0 : bytes;
    }

    asio::awaitable<bool> write(std::string_view bytes) override {
        has_read_ = false;
        // Piece by piece: a deadline that strikes between two pieces finds nothing to cancel.
        while (!bytes.empty()) {
            if (connection_->expired) co_return false;
            const asio::const_buffer buffer(bytes.data(), bytes.size());
            if (may_at_once()) {
                boost::system::error_code failed;
                bytes.remove_prefix(connection_->socket.write_some(buffer, failed));
                if (!failed) continue;
                if (failed != asio::error::would_block) co_return false;
            }
            auto [ec, written] = co_await connection_->socket.async_write_some(buffer, quietly);
            has_waited();
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
    bool may_at_once() {
        if (at_once_ == most_in_a_row) return false;
        ++at_once_;
        return true;
    }
    void has_waited() {
        if (connection_->socket.non_blocking()) at_once_ = 0;
    }

    std::shared_ptr<TimedSocket> connection_;
    int at_once_ = 0;        // operations since the last that waited
    bool has_read_ = false;  // and written nothing since
};

}  // namespace

std::unique_ptr<Stream> plain_stream(tcp::socket socket) {
    return std::make_unique<PlainStream>(std::move(socket));
}

}  // namespace hooks
