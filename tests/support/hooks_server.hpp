// A server on a port of its own, for the time of one test.
#pragma once

#include "hooks/http_server.hpp"

#include <cstdint>
#include <thread>

namespace hooks::testing {

/// The handler's answer, without a socket.
Response answer_of(Handler& handler, const Request& request, RequestEvent& event);

/// Listens on 127.0.0.1 and a free port; stops gracefully at the end of the scope.
class TestServer {
  public:
    explicit TestServer(Handler& handler, ServerOptions options = {});
    ~TestServer();
    std::uint16_t port() const { return server_.port(); }
    /// Asks it to stop; does not wait.
    void stop() { server_.stop(); }
    /// Waits until it has stopped; true if every connection had ended by itself.
    bool wait();

  private:
    static ServerOptions on_free_port(ServerOptions options);
    HttpServer server_;
    bool drained_ = false;
    std::thread thread_;
};

}  // namespace hooks::testing
