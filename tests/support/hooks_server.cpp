// The real server in a thread of the test.
#include "tests/support/hooks_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <stdexcept>

namespace hooks::testing {

Response answer_of(Handler& handler, const Request& request, RequestEvent& event) {
    boost::asio::io_context context;
    auto answer = boost::asio::co_spawn(context, handler.answer(request, event), boost::asio::use_future);
    context.run();
    return answer.get();
}

ServerOptions TestServer::on_free_port(ServerOptions options) {
    options.port = 0;
    if (options.threads == 0) options.threads = 2;
    return options;
}

TestServer::TestServer(Handler& handler, ServerOptions options) : server_(on_free_port(options), handler) {
    if (const auto problem = server_.listen()) throw std::runtime_error(*problem);
    thread_ = std::thread([this] { drained_ = server_.run(); });
}

bool TestServer::wait() {
    if (thread_.joinable()) thread_.join();
    return drained_;
}

TestServer::~TestServer() {
    server_.stop();
    wait();
}

}  // namespace hooks::testing
