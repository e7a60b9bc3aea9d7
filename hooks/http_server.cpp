// One coroutine a door accepts; each connection is a session on a strand of its own.
#include "hooks/http_server.hpp"

#include "hooks/metrics.hpp"
#include "hooks/session.hpp"
#include "hooks/stream_tls.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <csignal>
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
    /// A socket that listens.
    struct Door {
        explicit Door(const SessionStrand& strand) : acceptor(strand), pause(strand) {}
        tcp::acceptor acceptor;
        asio::steady_timer pause;
        bool tls = false;
    };

    Impl(const ServerOptions& given, Handler& answering)
        : begun_with(given),
          handler(answering),
          sessions(given, answering),
          context(static_cast<int>(thread_count())),
          strand(asio::make_strand(context)),
          timer(strand),
          signals(context) {}

    unsigned thread_count() const {
        return begun_with.threads > 0 ? begun_with.threads
                                      : std::max(1U, std::thread::hardware_concurrency());
    }

    const ServerOptions begun_with;
    Handler& handler;
    SessionContext sessions;
    asio::io_context context;
    const SessionStrand strand;  // of the doors, the timer, the signals and all that stops the server
    std::vector<std::unique_ptr<Door>> doors;
    asio::steady_timer timer;
    asio::signal_set signals;
    std::function<void()> hang_up;
    SharedValue<const ServerTls> tls_now;
    std::atomic<bool> cut = false;
    bool over = false;  // on the strand

    std::mutex mutex;  // guards the three below
    std::set<std::shared_ptr<Session>> connections;
    std::map<asio::ip::address, std::size_t> per_address;
    std::size_t turned_away = 0;  // among the connections

    std::optional<std::string> open(const std::string& address, std::uint16_t port, bool tls);
    std::optional<std::string> take_over(const InheritedSocket& inherited);
    std::uint16_t port_of(bool tls) const;
    asio::awaitable<void> accept(Door& door);
    void accept_waiting(Door& door);
    void take(tcp::socket socket, const SessionStrand& own, bool tls);
    bool make_place(const asio::ip::address* address);
    void leave(const std::shared_ptr<Session>& connection, bool was_welcome);
    void wait_for_signal();
    void begin_stop();
    void close_doors();
    void end_now();
    void end_waiting();
};

asio::awaitable<void> HttpServer::Impl::accept(Door& door) {
    Clock::time_point quiet_until;
    while (door.acceptor.is_open()) {
        const SessionStrand own = asio::make_strand(context);
        const asio::any_io_executor executor = own;
        auto [ec, socket] = co_await door.acceptor.async_accept(executor, quietly);
        if (!ec) {
            take(std::move(socket), own, door.tls);
            accept_waiting(door);
            continue;
        }
        if (ec == asio::error::operation_aborted || !door.acceptor.is_open()) co_return;
        if (ec == asio::error::connection_aborted) continue;
        if (Clock::now() >= quiet_until) {
            quiet_until = Clock::now() + between_lines;
            const std::string reason = ec.message();
            log_event(LogLevel::error, "accept-failed", {{"reason", std::string_view(reason)}});
        }
        door.pause.expires_after(accept_pause);
        auto [cancelled] = co_await door.pause.async_wait(quietly);
        if (cancelled) co_return;
    }
}

/// Takes who waits at the door, some at a time: between two turns of this strand come those of all
/// connections, and with one connection a turn many busy ones would keep all others out.
void HttpServer::Impl::accept_waiting(Door& door) {
    for (int i = 0; i < most_at_once; ++i) {
        const SessionStrand own = asio::make_strand(context);
        tcp::socket socket(own);
        boost::system::error_code ec;
        door.acceptor.accept(socket, ec);
        if (ec) return;  // nobody, or what async_accept will say
        take(std::move(socket), own, door.tls);
    }
}

/// Starts a session on a new connection, or turns it away if there are too many.
void HttpServer::Impl::take(tcp::socket socket, const SessionStrand& own, bool tls) {
    const std::shared_ptr<const ServerOptions> now = sessions.options.get();
    const ServerOptions& options = *now;
    boost::system::error_code ec;
    const asio::ip::address address = socket.remote_endpoint(ec).address();
    if (ec) return;  // gone already
    bool is_welcome = true;
    {
        const std::lock_guard lock(mutex);
        const auto from_there = per_address.find(address);
        const std::size_t others = from_there == per_address.end() ? 0 : from_there->second;
        const bool in_all = connections.size() - turned_away >= options.connections;
        const bool from_one =
            options.connections_per_address > 0 && others >= options.connections_per_address;
        is_welcome = (!in_all && !from_one) || make_place(from_one ? &address : nullptr);
        if (!is_welcome) {
            metrics::rejected(in_all ? metrics::Rejection::connections
                                     : metrics::Rejection::address_connections);
        }
        const bool is_read = is_welcome || turned_away < turned_away_most;
        if (!is_welcome && tls) return;  // a handshake only to say so would cost more than the connection
        if (!is_read) {
            socket.non_blocking(true, ec);
            const std::string answer = too_many_connections(handler);
            socket.write_some(asio::const_buffer(answer.data(), answer.size()), ec);
            socket.shutdown(tcp::socket::shutdown_send, ec);
            return;
        }
    }
    auto stream = tls ? tls_stream(std::move(socket), tls_now.get()) : plain_stream(std::move(socket));
    auto connection = std::make_shared<Session>(sessions, own, address, std::move(stream));
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
    asio::co_spawn(own, std::move(serving), [this, connection, is_welcome](std::exception_ptr error) {
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

/// Under the lock: has the connection end that has waited longest for a request, of those from `address` if
/// there is one. False: none has waited long.
bool HttpServer::Impl::make_place(const asio::ip::address* address) {
    std::shared_ptr<Session> longest;
    Clock::time_point since = Clock::now();
    for (const std::shared_ptr<Session>& connection : connections) {
        const auto from = connection->gives_place_from();
        if (!from || *from > since || (address && connection->address() != *address)) continue;
        longest = connection;
        since = *from;
    }
    if (longest) longest->give_place();
    return longest != nullptr;
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
        asio::post(strand, [this] {
            if (sessions.closed) end_waiting();
        });
    }
}

void HttpServer::Impl::wait_for_signal() {
    signals.async_wait([this](boost::system::error_code ec, int number) {
        if (ec) return;
        asio::post(strand, [this, number] {
            if (number == SIGHUP) {
                if (hang_up && !sessions.stopping) hang_up();
            } else if (sessions.stopping) {
                return end_now();
            } else {
                begin_stop();
            }
            if (!over) wait_for_signal();
        });
    });
}

void HttpServer::Impl::begin_stop() {
    if (sessions.stopping.exchange(true)) return;
    handler.stopping();
    log_event(LogLevel::info, "stopping");
    const milliseconds delay = sessions.options.get()->deadlines.drain_delay;
    if (delay.count() == 0) return close_doors();
    timer.expires_after(delay);
    timer.async_wait([this](boost::system::error_code) { close_doors(); });
}

void HttpServer::Impl::close_doors() {
    boost::system::error_code ignored;
    if (sessions.closed.exchange(true)) return;
    for (const auto& door : doors) {
        // They have connected, and would be reset. A passed socket keeps them for who comes next.
        if (begun_with.inherited.empty()) accept_waiting(*door);
        door->acceptor.close(ignored);
        door->pause.cancel();
    }
    const std::lock_guard lock(mutex);
    if (connections.empty()) return end_waiting();
    for (const auto& connection : connections) {
        asio::post(connection->strand(), [connection] { connection->end_if_idle(); });
    }
    timer.expires_after(sessions.options.get()->deadlines.drain);
    timer.async_wait([this](boost::system::error_code ec) {
        if (!ec) end_now();
    });
}

/// Nobody is left to wait for.
void HttpServer::Impl::end_waiting() {
    over = true;
    timer.cancel();
    boost::system::error_code ignored;
    signals.cancel(ignored);
}

void HttpServer::Impl::end_now() {
    cut = true;
    context.stop();
}

std::optional<std::string> HttpServer::Impl::open(const std::string& address, std::uint16_t port, bool tls) {
    const std::string where = address + ":" + std::to_string(port);
    boost::system::error_code ec;
    const asio::ip::address parsed = asio::ip::make_address(address, ec);
    if (ec) return "cannot listen on " + where + ": not an IP address";
    const tcp::endpoint endpoint(parsed, port);
    auto door = std::make_unique<Door>(strand);
    door->tls = tls;
    tcp::acceptor& acceptor = door->acceptor;
    acceptor.open(endpoint.protocol(), ec);
    if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
    if (!ec) acceptor.bind(endpoint, ec);
    if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
    if (!ec) acceptor.non_blocking(true, ec);
    if (ec) return "cannot listen on " + where + ": " + ec.message();
    doors.push_back(std::move(door));
    return std::nullopt;
}

std::optional<std::string> HttpServer::Impl::take_over(const InheritedSocket& inherited) {
    boost::system::error_code ec;
    const bool is_v6 = inherited.address.find(':') != std::string::npos;
    auto door = std::make_unique<Door>(strand);
    door->tls = inherited.tls;
    door->acceptor.assign(is_v6 ? tcp::v6() : tcp::v4(), inherited.descriptor, ec);
    if (!ec) door->acceptor.non_blocking(true, ec);
    if (ec) return "cannot take the socket over that was passed: " + ec.message();
    doors.push_back(std::move(door));
    return std::nullopt;
}

std::uint16_t HttpServer::Impl::port_of(bool tls) const {
    for (const auto& door : doors) {
        boost::system::error_code ec;
        if (door->tls == tls) return door->acceptor.local_endpoint(ec).port();
    }
    return 0;
}

HttpServer::HttpServer(const ServerOptions& options, Handler& handler)
    : impl_(std::make_unique<Impl>(options, handler)) {}

HttpServer::~HttpServer() = default;

void HttpServer::use(std::shared_ptr<const ServerTls> tls) { impl_->tls_now.set(std::move(tls)); }

void HttpServer::use(const ServerOptions& options) {
    impl_->sessions.options.set(std::make_shared<const ServerOptions>(options));
    impl_->sessions.bodies.use(options.bodies_bytes);
}

std::optional<std::string> HttpServer::listen() {
    const ServerOptions& options = impl_->begun_with;
    std::optional<std::string> problem;
    for (const InheritedSocket& inherited : options.inherited) {
        if (!problem) problem = impl_->take_over(inherited);
    }
    if (problem || !options.inherited.empty()) return problem;
    if (!options.address.empty()) problem = impl_->open(options.address, options.port, false);
    if (!problem && !options.tls_address.empty()) {
        problem = impl_->open(options.tls_address, options.tls_port, true);
    }
    return problem;
}

std::uint16_t HttpServer::port() const { return impl_->port_of(false); }

std::uint16_t HttpServer::tls_port() const { return impl_->port_of(true); }

bool HttpServer::run() {
    Impl& impl = *impl_;
    impl.handler.starting(impl.context.get_executor());
    for (const auto& door : impl.doors) {
        asio::co_spawn(impl.strand, impl.accept(*door), [](std::exception_ptr error) {
            if (error) std::rethrow_exception(error);
        });
    }
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
    asio::post(impl_->strand, [impl = impl_.get()] { impl->begin_stop(); });
}

void HttpServer::heed_signals(std::function<void()> hang_up) {
    impl_->hang_up = std::move(hang_up);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) impl_->signals.add(number);
    impl_->wait_for_signal();
}

void HttpServer::post(std::function<void()> call) { asio::post(impl_->context, std::move(call)); }

}  // namespace hooks
