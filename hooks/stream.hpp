// Stream: bytes over a connection, with deadlines. The only module that reads or writes a socket.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace hooks {

/// One connection's bytes. All members are called on the connection's strand.
struct Stream {
    virtual ~Stream() = default;
    /// Before all else, within a deadline of its own: under TLS the handshake. False: there will be nothing
    /// to read.
    virtual boost::asio::awaitable<bool> open() = 0;
    /// 0: the peer closed, went away, or the deadline passed.
    virtual boost::asio::awaitable<std::size_t> read_some(std::span<char> into) = 0;
    /// False: the peer went away or the deadline passed.
    virtual boost::asio::awaitable<bool> write(std::string_view bytes) = 0;
    /// From now on for all reads and writes until the next call.
    virtual void expires_after(std::chrono::milliseconds) = 0;
    /// The last deadline has passed.
    virtual bool expired() const = 0;
    /// What waits, and all that follows, fails as if the deadline had passed.
    virtual void cancel() = 0;
    /// No more will be written; the peer may still be read from.
    virtual void finish_writing() = 0;
};

/// Plain TCP. The socket's executor must be the connection's strand.
std::unique_ptr<Stream> plain_stream(boost::asio::ip::tcp::socket socket);

}  // namespace hooks
