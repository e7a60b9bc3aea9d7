// One coroutine accepts, one a connection reads, has answered and writes; each connection on its own strand.
#include "hooks/http_server.hpp"

#include "hooks/metrics.hpp"
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
// A refused sender may still be sending; closing at once would reset the connection and eat the answer.
constexpr milliseconds linger_time{2'000};
constexpr std::size_t linger_bytes = 1'048'576;

/// `Mon, 23 Nov 2026 19:03:12 GMT` (RFC 9110 5.6.7), made once a second and thread.
std::string_view http_date() {
    thread_local std::time_t known_second = -1;
    thread_local std::array<char, 32> text = {};
    const std::time_t second = std::time(nullptr);
    if (second != known_second) {
        known_second = second;
        std::tm utc{};
        gmtime_r(&second, &utc);
        constexpr std::string_view days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
        constexpr std::string_view months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        // strftime's names follow the locale; these must not.
        char format[] = "www, %d mmm %Y %H:%M:%S GMT";
        days[static_cast<std::size_t>(utc.tm_wday)].copy(format, 3);
        months[static_cast<std::size_t>(utc.tm_mon)].copy(format + 8, 3);
        std::strftime(text.data(), text.size(), format, &utc);
    }
    return {text.data(), 29};
}

std::int64_t microseconds_since(Clock::time_point start) {
    return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count();
}

}  // namespace

struct HttpServer::Impl {
    using Strand = asio::strand<asio::io_context::executor_type>;

    struct Connection {
        Connection(Strand on, asio::ip::address peer, std::unique_ptr<Stream> bytes, const HttpLimits& limits)
            : strand(std::move(on)), address(std::move(peer)), stream(std::move(bytes)), reader(limits) {}
        Strand strand;
        asio::ip::address address;
        std::unique_ptr<Stream> stream;
        RequestReader reader;
        std::string out;    // the answer's bytes; kept for its memory
        bool idle = false;  // waits for a request's first byte
    };

    Impl(const ServerOptions& given, Handler& answering)
        : options(given),
          handler(answering),
          context(static_cast<int>(thread_count())),
          acceptor(asio::make_strand(context)),
          timer(acceptor.get_executor()),
          pause(acceptor.get_executor()),
          signals(context) {}

    /// The answer to a connection over the limit.
    std::string too_busy() const {
        const Refusal refusal{
            503, {fhir::IssueCode::throttled, "too many connections", {}}, {{"Retry-After", "1"}}};
        RequestEvent unlogged;
        const Response response = handler.refuse(refusal, Request{}, unlogged);
        std::string answer;
        append_response(answer, response, {.close = true}, http_date());
        return answer;
    }

    unsigned thread_count() const {
        return options.threads > 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
    }

    const ServerOptions options;
    Handler& handler;
    asio::io_context context;
    tcp::acceptor acceptor;  // it, the timers and begin_stop() on one strand
    asio::steady_timer timer;
    asio::steady_timer pause;
    asio::signal_set signals;
    std::atomic<bool> stopping = false;
    std::atomic<bool> closed = false;  // doors are shut: only requests that have begun are answered
    std::atomic<bool> cut = false;

    std::mutex mutex;  // guards the two below
    std::set<std::shared_ptr<Connection>> connections;
    std::map<asio::ip::address, std::size_t> per_address;

    asio::awaitable<void> accept();
    asio::awaitable<void> serve(std::shared_ptr<Connection> connection);
    asio::awaitable<bool> send(Connection& connection, const Response& response, Sending sending,
                               RequestEvent& event, Clock::time_point start);
    asio::awaitable<void> send_refusal(Connection& connection, const Refusal& refusal);
    void take(tcp::socket socket, const Strand& strand);
    asio::awaitable<Response> answer(const Request& request, RequestEvent& event);
    void leave(const std::shared_ptr<Connection>& connection);
    void begin_stop();
    void close_doors();
};

asio::awaitable<void> HttpServer::Impl::accept() {
    bool out_of_resources = false;
    while (acceptor.is_open()) {
        const Strand strand = asio::make_strand(context);
        const asio::any_io_executor executor = strand;
        auto [ec, socket] = co_await acceptor.async_accept(executor, quietly);
        if (!ec) {
            out_of_resources = false;
            take(std::move(socket), strand);
            continue;
        }
        if (ec == asio::error::operation_aborted || !acceptor.is_open()) co_return;
        if (ec == asio::error::connection_aborted) continue;
        if (!std::exchange(out_of_resources, true)) {
            const std::string reason = ec.message();
            log_event(LogLevel::error, "accept-failed", {{"reason", std::string_view(reason)}});
        }
        pause.expires_after(accept_pause);
        auto [cancelled] = co_await pause.async_wait(quietly);
        if (cancelled) co_return;
    }
}

/// Starts a session on a new connection, or turns it away if there are too many.
void HttpServer::Impl::take(tcp::socket socket, const Strand& strand) {
    boost::system::error_code ec;
    const asio::ip::address address = socket.remote_endpoint(ec).address();
    if (ec) return;  // gone already
    {
        const std::lock_guard lock(mutex);
        const auto from_there = per_address.find(address);
        const bool too_many = connections.size() >= options.connections ||
                              (options.connections_per_address > 0 && from_there != per_address.end() &&
                               from_there->second >= options.connections_per_address);
        if (too_many) {
            socket.non_blocking(true, ec);
            const std::string answer = too_busy();
            socket.write_some(asio::const_buffer(answer.data(), answer.size()), ec);
            socket.shutdown(tcp::socket::shutdown_send, ec);
            return;
        }
    }
    auto connection =
        std::make_shared<Connection>(strand, address, plain_stream(std::move(socket)), options.http);
    {
        const std::lock_guard lock(mutex);
        connections.insert(connection);
        ++per_address[address];
    }
    asio::co_spawn(strand, serve(connection), [this, connection](std::exception_ptr error) {
        if (error) {
            try {
                std::rethrow_exception(error);
            } catch (const std::exception& mistake) {
                log_event(LogLevel::error, "session-failed", {{"reason", std::string_view(mistake.what())}});
            }
        }
        leave(connection);
    });
}

void HttpServer::Impl::leave(const std::shared_ptr<Connection>& connection) {
    bool last = false;
    {
        const std::lock_guard lock(mutex);
        connections.erase(connection);
        const auto count = per_address.find(connection->address);
        if (--count->second == 0) per_address.erase(count);
        last = connections.empty();
    }
    if (last && stopping) {
        asio::post(acceptor.get_executor(), [this] {
            if (!acceptor.is_open()) timer.cancel();
        });
    }
}

asio::awaitable<void> HttpServer::Impl::serve(std::shared_ptr<Connection> connection) {
    using State = RequestReader::State;
    Stream& stream = *connection->stream;
    RequestReader& reader = connection->reader;
    for (std::size_t served = 1;; ++served) {
        State state = reader.next();
        if ((closed || (stopping && served > 1)) && !reader.started()) co_return;
        stream.expires_after(reader.started() ? options.deadlines.header : options.deadlines.idle);
        bool head_begun = reader.started(), body_begun = false;
        while (state == State::head || state == State::body) {
            if (state == State::body && !std::exchange(body_begun, true)) {
                stream.expires_after(options.deadlines.body);
            }
            if (reader.take_continue()) {
                const bool sent = co_await stream.write("HTTP/1.1 100 Continue\r\n\r\n");
                if (!sent) co_return;
            }
            connection->idle = !reader.started();
            const std::span<char> space = reader.space();
            const std::size_t bytes = co_await stream.read_some(space);
            connection->idle = false;
            if (bytes == 0) {
                if (!reader.started() || !stream.expired()) co_return;
                const Refusal slow{
                    408, {fhir::IssueCode::timeout, "the request took too long to arrive", {}}, {}};
                co_await send_refusal(*connection, slow);
                co_return;
            }
            state = reader.received(bytes);
            if (state == State::head && !std::exchange(head_begun, true)) {
                stream.expires_after(options.deadlines.header);
            }
        }
        if (state == State::refused) {
            co_await send_refusal(*connection, reader.refusal());
            co_return;
        }

        const Clock::time_point start = Clock::now();
        const Request& request = reader.request();
        RequestEvent event;
        const Response response = co_await answer(request, event);
        Sending sending;
        sending.head_only = request.method == "HEAD";
        sending.close = !request.keep_alive || stopping || served >= options.requests_per_connection;
        sending.keep_alive_1_0 = request.http_1_0;
        const bool sent = co_await send(*connection, response, sending, event, start);
        if (!sent || sending.close) co_return;
    }
}

asio::awaitable<bool> HttpServer::Impl::send(Connection& connection, const Response& response,
                                             Sending sending, RequestEvent& event, Clock::time_point start) {
    connection.out.clear();
    append_response(connection.out, response, sending, http_date());
    event.status = response.status;
    event.microseconds = microseconds_since(start);
    metrics::answered(event);  // before the sender knows: who asks for the figures then finds it counted
    connection.stream->expires_after(options.deadlines.write);
    const bool sent = co_await connection.stream->write(connection.out);
    event.microseconds = microseconds_since(start);
    event.bytes_in = connection.reader.request().body.size();
    event.bytes_out = connection.out.size();
    log_request(event);
    if (connection.out.capacity() > 65'536) std::string().swap(connection.out);
    co_return sent;
}

/// Answers what cannot be answered by its content, then closes without eating the answer.
asio::awaitable<void> HttpServer::Impl::send_refusal(Connection& connection, const Refusal& refusal) {
    const Clock::time_point start = Clock::now();
    RequestEvent event;
    const Response response = handler.refuse(refusal, connection.reader.request(), event);
    Sending sending;
    sending.head_only = connection.reader.request().method == "HEAD";
    sending.close = true;
    const bool sent = co_await send(connection, response, sending, event, start);
    if (!sent) co_return;
    connection.stream->finish_writing();
    connection.stream->expires_after(linger_time);
    std::array<char, 4096> discarded;
    for (std::size_t total = 0; total < linger_bytes;) {
        const std::span<char> space(discarded);
        const std::size_t bytes = co_await connection.stream->read_some(space);
        if (bytes == 0) co_return;
        total += bytes;
    }
}

/// The handler's answer; our own mistakes become a 500 without detail, and a line in the log with it.
asio::awaitable<Response> HttpServer::Impl::answer(const Request& request, RequestEvent& event) {
    try {
        Response response = co_await handler.answer(request, event);
        co_return response;
    } catch (const std::exception& mistake) {
        log_event(LogLevel::error, "request-failed", {{"reason", std::string_view(mistake.what())}});
        const Refusal failed{500, {fhir::IssueCode::exception, "internal error", {}}, {}};
        co_return handler.refuse(failed, request, event);
    }
}

void HttpServer::Impl::begin_stop() {
    if (stopping.exchange(true)) return;
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
    closed = true;
    acceptor.close(ignored);
    pause.cancel();
    const std::lock_guard lock(mutex);
    if (connections.empty()) {
        timer.cancel();
        return;
    }
    for (const auto& connection : connections) {
        asio::post(connection->strand, [connection] {
            if (connection->idle) connection->stream->cancel();
        });
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
