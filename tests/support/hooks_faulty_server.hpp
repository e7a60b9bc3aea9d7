// FaultyServer: a server on loopback that does to its callers what servers do on bad days, byte by byte.
#pragma once

#include "tests/support/hooks_certificates.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace hooks::testing {

/// What a connection does next.
struct Step {
    enum class Does {
        read,     ///< one request: head and, by its Content-Length, body
        send,     ///< the bytes
        drip,     ///< the bytes, one every few milliseconds
        endless,  ///< the bytes again and again
        hang,     ///< nothing, until the caller has closed or the server stops
        close,    ///< orderly, under TLS too
        cut,      ///< as if the host had gone down: under TLS without its farewell
        reset     ///< the caller sees ECONNRESET
    };
    Does does;
    std::string bytes{};
};

using Script = std::vector<Step>;

inline Step read_request() { return {Step::Does::read}; }
inline Step send(std::string bytes) { return {Step::Does::send, std::move(bytes)}; }
inline Step drip(std::string bytes) { return {Step::Does::drip, std::move(bytes)}; }
inline Step endless(std::string bytes) { return {Step::Does::endless, std::move(bytes)}; }
inline Step hang() { return {Step::Does::hang}; }
inline Step close_connection() { return {Step::Does::close}; }
inline Step cut_connection() { return {Step::Does::cut}; }
inline Step reset_connection() { return {Step::Does::reset}; }

/// `HTTP/1.1 200 OK` with Content-Length, `fields` (each with its line end) and body.
std::string ok_bytes(const std::string& body,
                     const std::string& fields = "Content-Type: application/json\r\n");

struct FaultyTls {
    Certificate certificate;
    bool only_tls_1_1 = false;
};

/// The text as a gzip file (RFC 1952).
std::string gzipped(const std::string& text);

/// Listens on 127.0.0.1 and a free port until the end of the scope.
class FaultyServer {
  public:
    /// The first connection plays the first script, and so on; the last is played again for all that follow.
    /// At a script's end the connection is closed.
    explicit FaultyServer(std::vector<Script> scripts, std::shared_ptr<const FaultyTls> tls = nullptr);
    /// Every request, of any connection, gets what `answer` makes of its bytes; called by several threads.
    /// The connection is kept unless the script ends it.
    explicit FaultyServer(std::function<Script(const std::string& request)> answer,
                          std::shared_ptr<const FaultyTls> tls = nullptr);
    ~FaultyServer();
    FaultyServer(const FaultyServer&) = delete;
    FaultyServer& operator=(const FaultyServer&) = delete;

    std::uint16_t port() const;
    /// `http://127.0.0.1:port/path`, or https.
    std::string url(const std::string& path = "/") const;
    /// Taken so far.
    std::size_t connections() const;
    /// Returns when that many connections have been closed by the server.
    void wait_until_closed(std::size_t count) const;
    /// Returns when that many requests have been read.
    void wait_for_requests(std::size_t count) const;
    /// Read so far, whole, in the order they came.
    std::vector<std::string> requests() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// A port of `address` where nobody listens and nobody will.
class ClosedPort {
  public:
    explicit ClosedPort(const char* address = "127.0.0.1", std::uint16_t port = 0);
    ~ClosedPort();
    ClosedPort(const ClosedPort&) = delete;
    ClosedPort& operator=(const ClosedPort&) = delete;
    std::uint16_t port() const { return port_; }

  private:
    int socket_ = -1;
    std::uint16_t port_ = 0;
};

/// A port of `address` where connecting takes for ever: its queue is full.
class SilentPort {
  public:
    explicit SilentPort(const char* address = "127.0.0.1", std::uint16_t port = 0);
    ~SilentPort();
    SilentPort(const SilentPort&) = delete;
    SilentPort& operator=(const SilentPort&) = delete;
    std::uint16_t port() const { return port_; }

  private:
    int socket_ = -1;
    std::uint16_t port_ = 0;
    std::vector<int> queued_;
};

}  // namespace hooks::testing
