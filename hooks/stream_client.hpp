// ClientStream: the calling side of a connection; connects, may turn to TLS, and ends itself at its deadline.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hooks {

/// Whom TLS connections trust: the system's certificate store and, beside it, a file. TLS 1.2 with forward
/// secrecy and authenticated encryption, or 1.3.
class TlsTrust {
  public:
    /// `ca_file`: PEM, or "" for none.
    explicit TlsTrust(const std::string& ca_file);
    ~TlsTrust();
    TlsTrust(const TlsTrust&) = delete;
    TlsTrust& operator=(const TlsTrust&) = delete;

    /// Why the file could not be read, or nothing.
    const std::optional<std::string>& problem() const { return problem_; }

  private:
    friend class ClientStream;
    struct Impl;
    std::unique_ptr<Impl> impl_;
    std::optional<std::string> problem_;
};

/// All members are called on the strand, and what waits has returned before it is destroyed.
class ClientStream {
  public:
    /// How reading ended.
    enum class End { open, closed, broken, expired };

    explicit ClientStream(const boost::asio::any_io_executor& strand);
    ~ClientStream();
    ClientStream(const ClientStream&) = delete;
    ClientStream& operator=(const ClientStream&) = delete;

    /// Then whatever waits or is asked afterwards fails, and the socket is closed.
    void expires_at(std::chrono::steady_clock::time_point deadline);
    /// No deadline until the next one: the connection is kept.
    void rest();

    /// To the first address that answers. None may take the whole time, if others wait behind it.
    boost::asio::awaitable<bool> connect(std::vector<boost::asio::ip::address> addresses, std::uint16_t port);
    /// The handshake; false if there is no TLS, or if the certificate is not trusted or not for `host`
    /// (RFC 9110 4.3.4). `trust` must outlive the stream.
    boost::asio::awaitable<bool> start_tls(const TlsTrust& trust, std::string host, bool host_is_address);
    /// 0: see end().
    boost::asio::awaitable<std::size_t> read_some(std::span<char> into);
    boost::asio::awaitable<bool> write(std::string_view bytes);

    /// `closed` only if the peer said that no more will come: under TLS a cut connection is `broken`.
    End end() const;
    /// Of what failed last, for logs: "Connection refused", "certificate has expired".
    const std::string& reason() const;
    /// A kept connection that has something to read, if only its end, is of no use: nothing was asked.
    bool is_stale();

  private:
    struct State;
    void limit(std::chrono::steady_clock::time_point limit);
    static void expire(State& state);
    std::shared_ptr<State> state_;
};

}  // namespace hooks
