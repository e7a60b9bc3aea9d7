// One coroutine accepts, one a connection is its session; each connection on its own strand.
#include "hooks/http_server.hpp"

#include "hooks/metrics.hpp"
#include "hooks/session.hpp"
#include "hooks/stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <atomic>
#include <csignal>
#include <ctime>
#include <exception>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace hooks {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
// Out of descriptors or memory, accepting again at once would only spin.
constexpr milliseconds accept_pause{100};
// Connections over the limit whose request is read, so that a browser may see why it got nothing; more are
// answered unread.
constexpr std::size_t turned_away_most = 128;
constexpr int most_at_once = 64;
// Out of descriptors again and again, one line tells.
constexpr std::chrono::seconds between_lines{60};

}  // namespace

struct HttpServer::Impl {
    Impl(const ServerOptions& given, Handler& answering)
        : options(given),
          handler(answering),
          sessions(options, handler),
          context(static_cast<int>(thread_count())),
          acceptor(asio::make_strand(context)),
          timer(acceptor.get_executor()),
          pause(acceptor.get_executor()),
          signals(context) {}

    unsigned thread_count() const {
        return options.threads > 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
    }

    const ServerOptions options;
    Handler& handler;
    SessionContext sessions;
    asio::io_context context;
    tcp::acceptor acceptor;  // it, the timers and begin_stop() on one strand
    asio::steady_timer timer;
    asio::steady_timer pause;
    asio::signal_set signals;
    std::atomic<bool> cut = false;

    std::mutex mutex;  // guards the three below
    std::set<std::shared_ptr<Session>> connections;
    std::map<asio::ip::address, std::size_t> per_address;
    std::size_t turned_away = 0;  // among the connections

    asio::awaitable<void> accept();
    void accept_waiting();
    void take(tcp::socket socket, const SessionStrand& strand);
    void leave(const std::shared_ptr<Session>& connection, bool was_welcome);
    void begin_stop();
    void close_doors();
};

asio::awaitable<void> HttpServer::Impl::accept() {
    Clock::time_point quiet_until;
    while (acceptor.is_open()) {
        const SessionStrand strand = asio::make_strand(context);
        const asio::any_io_executor executor = strand;
        auto [ec, socket] = co_await acceptor.async_accept(executor, quietly);
        if (!ec) {
            take(std::move(socket), strand);
            accept_waiting();
            continue;
        }
        if (ec == asio::error::operation_aborted || !acceptor.is_open()) co_return;
        if (ec == asio::error::connection_aborted) continue;
        if (Clock::now() >= quiet_until) {
            quiet_until = Clock::now() + between_lines;
            const std::string reason = ec.message();
            log_event(LogLevel::error, "accept-failed", {{"reason", std::string_view(reason)}});
        }
        pause.expires_after(accept_pause);
        auto [cancelled] = co_await pause.async_wait(quietly);
        if (cancelled) co_return;
    }
}

/// Takes who waits at the door, some at a time: between two turns of this strand come those of all
/// connections, and with one connection a turn many busy ones would keep all others out.
void HttpServer::Impl::accept_waiting() {
    for (int i = 0; i < most_at_once; ++i) {
        const SessionStrand strand = asio::make_strand(context);
        tcp::socket socket(strand);
        boost::system::error_code ec;
        acceptor.accept(socket, ec);
        if (ec) return;  // nobody, or what async_accept will say
        take(std::move(socket), strand);
    }
}

/// Starts a session on a new connection, or turns it away if there are too many.
void HttpServer::Impl::take(tcp::socket socket, const SessionStrand& strand) {
    boost::system::error_code ec;
    const asio::ip::address address = socket.remote_endpoint(ec).address();
    if (ec) return;  // gone already
    bool is_welcome = true;
    {
        const std::lock_guard lock(mutex);
        const auto from_there = per_address.find(address);
        const std::size_t others = from_there == per_address.end() ? 0 : from_there->second;
        is_welcome = connections.size() - turned_away < options.connections &&
                     (options.connections_per_address == 0 || others < options.connections_per_address);
        if (!is_welcome) {
            const bool in_all = connections.size() - turned_away >= options.connections;
            metrics::rejected(in_all ? metrics::Rejection::connections
                                     : metrics::Rejection::address_connections);
        }
        const bool is_read = is_welcome || turned_away < turned_away_most;
        if (!is_read) {
            socket.non_blocking(true, ec);
            const std::string answer = too_many_connections(handler);
            socket.write_some(asio::const_buffer(answer.data(), answer.size()), ec);
            socket.shutdown(tcp::socket::shutdown_send, ec);
            return;
        }
    }
    auto connection = std::make_shared<Session>(sessions, strand, address, plain_stream(std::move(socket)));
    {
        const std::lock_guard lock(mutex);
        connections.insert(connection);
        if (is_welcome) {
            ++per_address[address];
        } else {
            ++turned_away;
        }
        metrics::connections(connections.size());
    }
    auto serving = is_welcome ? serve(connection) : turn_away(connection);
    asio::co_spawn(strand, std::move(serving), [this, connection, is_welcome](std::exception_ptr error) {
        if (error) {
            try {
                std::rethrow_exception(error);
            } catch (const std::exception& mistake) {
                log_event(LogLevel::error, "session-failed", {{"reason", std::string_view(mistake.what())}});
            }
        }
        leave(connection, is_welcome);
    });
}

void HttpServer::Impl::leave(const std::shared_ptr<Session>& connection, bool was_welcome) {
    bool last = false;
    {
        const std::lock_guard lock(mutex);
        connections.erase(connection);
        if (was_welcome) {
            const auto count = per_address.find(connection->address());
            if (--count->second == 0) per_address.erase(count);
        } else {
            --turned_away;
        }
        metrics::connections(connections.size());
        last = connections.empty();
    }
    if (last && sessions.stopping) {
        asio::post(acceptor.get_executor(), [this] {
            if (!acceptor.is_open()) timer.cancel();
        });
    }
}

void HttpServer::Impl::begin_stop() {
    if (sessions.stopping.exchange(true)) return;
    handler.stopping();
    boost::system::error_code ignored;
    signals.cancel(ignored);
    log_event(LogLevel::info, "stopping");
    if (options.deadlines.drain_delay.count() == 0) return close_doors();
    timer.expires_after(options.deadlines.drain_delay);
    timer.async_wait([this](boost::system::error_code) { close_doors(); });
}

void HttpServer::Impl::close_doors() {
    boost::system::error_code ignored;
    sessions.closed = true;
    acceptor.close(ignored);
    pause.cancel();
    const std::lock_guard lock(mutex);
    if (connections.empty()) {
        timer.cancel();
        return;
    }
    for (const auto& connection : connections) {
        asio::post(connection->strand(), [connection] { connection->end_if_idle(); });
    }
    timer.expires_after(options.deadlines.drain);
    timer.async_wait([this](boost::system::error_code ec) {
        if (ec) return;
        cut = true;
        context.stop();
    });
}

HttpServer::HttpServer(const ServerOptions& options, Handler& handler)
    : impl_(std::make_unique<Impl>(options, handler)) {}

HttpServer::~HttpServer() = default;

std::optional<std::string> HttpServer::listen() {
    const std::string where = impl_->options.address + ":" + std::to_string(impl_->options.port);
    boost::system::error_code ec;
    const asio::ip::address address = asio::ip::make_address(impl_->options.address, ec);
    if (ec) return "cannot listen on " + where + ": not an IP address";
    const tcp::endpoint endpoint(address, impl_->options.port);
    tcp::acceptor& acceptor = impl_->acceptor;
    acceptor.open(endpoint.protocol(), ec);
    if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
    if (!ec) acceptor.bind(endpoint, ec);
    if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
    if (!ec) acceptor.non_blocking(true, ec);
    if (ec) return "cannot listen on " + where + ": " + ec.message();
    return std::nullopt;
}

std::uint16_t HttpServer::port() const {
    boost::system::error_code ec;
    return impl_->acceptor.local_endpoint(ec).port();
}

bool HttpServer::run() {
    Impl& impl = *impl_;
    impl.handler.starting(impl.context.get_executor());
    asio::co_spawn(impl.acceptor.get_executor(), impl.accept(), [](std::exception_ptr error) {
        if (error) std::rethrow_exception(error);
    });
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < impl.thread_count(); ++i) {
        threads.emplace_back([&impl] { impl.context.run(); });
    }
    impl.context.run();
    for (std::thread& thread : threads) thread.join();
    impl.handler.stopped();
    return !impl.cut;
}

void HttpServer::stop() {
    asio::post(impl_->acceptor.get_executor(), [impl = impl_.get()] { impl->begin_stop(); });
}

void HttpServer::stop_on_signals() {
    impl_->signals.add(SIGTERM);
    impl_->signals.add(SIGINT);
    impl_->signals.async_wait([this](boost::system::error_code ec, int) {
        if (!ec) stop();
    });
}

}  // namespace hooks
