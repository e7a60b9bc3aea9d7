// HttpServer: accepts connections, reads requests within limits and deadlines, has them answered, stops
// gracefully.
#pragma once

#include "hooks/http.hpp"
#include "hooks/http_message.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hooks {

class ServerTls;

struct ServerDeadlines {
    std::chrono::milliseconds handshake{5'000};  ///< of TLS, from the connection's first moment
    /// A request's head, from its first byte; a connection's first byte, too.
    std::chrono::milliseconds header{10'000};
    std::chrono::milliseconds body{20'000};  ///< its body, from the end of the head
    /// A body's bytes may fall behind ServerOptions::body_rate by so long.
    std::chrono::milliseconds body_pause{5'000};
    std::chrono::milliseconds write{10'000};  ///< one answer
    std::chrono::milliseconds idle{60'000};   ///< between requests
    std::chrono::milliseconds drain{9'000};   ///< stopping: after that, connections are cut
    std::chrono::milliseconds drain_delay{
        0};  ///< stopping: still accepting for so long, readiness already 503

    bool operator==(const ServerDeadlines&) const = default;
};

/// A listening TCP socket that whoever started the program has opened for it.
struct InheritedSocket {
    int descriptor = -1;
    bool tls = false;
    std::string address;
    std::uint16_t port = 0;
};

struct ServerOptions {
    std::string address = "127.0.0.1";  ///< of plain HTTP; "": none
    std::uint16_t port = 8080;          ///< 0: any free one
    std::string tls_address;            ///< of HTTP over TLS; "": none
    std::uint16_t tls_port = 0;
    std::vector<InheritedSocket> inherited;  ///< if there are any, they stand for both of these
    unsigned threads = 0;                    ///< 0: as many as cores
    HttpLimits http;
    /// Of all bodies that have come, in whole or in part, and are not answered. Over that, slow ones give way
    /// (body_budget.hpp), and who finds no room even so gets 503.
    std::size_t bodies_bytes = 33'554'432;
    std::size_t body_rate = 1'000;              ///< bytes a second that a body comes at, at least; 0: at any
    std::size_t connections = 1'024;            ///< over that: 503 and closed
    std::size_t connections_per_address = 256;  ///< 0: no limit
    std::size_t requests_per_connection = 10'000;
    ServerDeadlines deadlines;
};

class HttpServer {
  public:
    /// `handler` must outlive the server.
    HttpServer(const ServerOptions& options, Handler& handler);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// Connections to the TLS address that come from now on are served with it.
    void use(std::shared_ptr<const ServerTls> tls);
    /// Limits and deadlines of requests that begin from now on. Addresses and threads stay what they were.
    void use(const ServerOptions& options);
    /// Binds and listens; what went wrong, or nothing.
    std::optional<std::string> listen();
    /// The port listened on for plain HTTP, and for TLS; 0: none.
    std::uint16_t port() const;
    std::uint16_t tls_port() const;
    /// Serves on its threads and this one until stopped; true if every connection had ended by itself.
    bool run();
    /// Stops gracefully: the handler is told, no more connections are taken, idle ones are closed, requests
    /// that have begun are answered with `Connection: close`. May be called from any thread, more than once.
    void stop();
    /// SIGTERM and SIGINT then stop the server, a second one without waiting for anything; SIGHUP calls
    /// `hang_up`, if there is one, which must not wait.
    void heed_signals(std::function<void()> hang_up = nullptr);
    /// Has one of the serving threads call it: proof that they do not all hang.
    void post(std::function<void()> call);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace hooks
