// One exchange a call: a leased connection, opened if it is new, then bytes out and bytes in on its strand.
#include "hooks/http_client.hpp"

#include "hooks/address_policy.hpp"
#include "hooks/connection_pool.hpp"
#include "hooks/http_message.hpp"
#include "hooks/names.hpp"
#include "hooks/web_url.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <span>
#include <utility>

namespace hooks {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::string_view own_fields[] = {
    "Host",    "Content-Length", "Transfer-Encoding",   "Accept-Encoding",  "Connection",
    "Expect",  "Keep-Alive",     "Proxy-Authorization", "Proxy-Connection", "TE",
    "Trailer", "Upgrade"};

/// What may not be sent, or "". Says the name of a field, never its value.
std::string problem_of(const ClientRequest& request) {
    if (!is_token(request.method) || request.method == "CONNECT" || request.method == "TRACE") {
        return "a method that is not sent";
    }
    for (const Field& field : request.fields) {
        if (!is_token(field.name)) return "a field whose name is no token";
        if (!is_field(field)) return "control bytes in the field " + field.name;
        for (const std::string_view own : own_fields) {
            if (equal_ignoring_case(field.name, own))
                return "the field " + std::string(own) + " is the client's";
        }
    }
    return {};
}

std::string_view stream_fault_words(ClientStream::End end) {
    switch (end) {
        case ClientStream::End::open:
            return "";
        case ClientStream::End::closed:
            return "closed before the answer was whole";
        case ClientStream::End::broken:
            return "broke before the answer was whole";
        case ClientStream::End::expired:
            return "the deadline passed before the answer was whole";
    }
    return "";
}

ClientFault fault_of(ClientStream::End end) {
    switch (end) {
        case ClientStream::End::closed:
            return ClientFault::closed;
        case ClientStream::End::expired:
            return ClientFault::timeout;
        case ClientStream::End::open:
        case ClientStream::End::broken:
            break;
    }
    return ClientFault::reset;
}

/// One question, as its coroutine on the connection's strand needs it.
struct Job {
    WebUrl url;
    std::string bytes;  // of the whole request
    ResponseLimits limits;
    bool no_body = false;  // HEAD
    bool listed = false;
    bool repeatable = false;
    Clock::time_point until;
};

struct Failure {
    ClientFault fault = ClientFault::reset;
    std::string detail{};
};

}  // namespace

struct HttpClient::Impl {
    Impl(asio::any_io_executor executor, ClientOptions given)
        : options(std::move(given)),
          names(executor, options.names),
          pool(executor, {options.connections_per_origin, options.idle_connections, options.idle}),
          trust(options.ca_file) {
        if (trust.problem()) problem = *trust.problem();
        if (options.proxy.empty()) return;
        const auto parsed = parse_web_url(options.proxy);
        if (!parsed || parsed->tls || parsed->target != "/") {
            problem = "the proxy: expected a URL such as http://proxy.example.org:3128";
        } else {
            proxy = *parsed;
        }
    }

    const ClientOptions options;
    std::optional<WebUrl> proxy;
    std::optional<std::string> problem;
    Names names;
    ConnectionPool pool;
    TlsTrust trust;

    std::string bytes_of(const ClientRequest& request, const WebUrl& url) const;
    asio::awaitable<ClientAnswer> exchange(std::shared_ptr<Connection> connection,
                                           std::shared_ptr<const Job> job);
    asio::awaitable<std::optional<Failure>> open(Connection& connection, const Job& job);
    asio::awaitable<std::optional<Failure>> addresses(Connection& connection, const Job& job,
                                                      std::vector<asio::ip::address>& found);
    asio::awaitable<std::optional<Failure>> ask_proxy(ClientStream& stream, const WebUrl& url);
};

namespace {

/// Reads until the response is whole or cannot become so.
asio::awaitable<ResponseReader::State> receive(ClientStream& stream, ResponseReader& reader) {
    using State = ResponseReader::State;
    State state = State::head;
    while (state == State::head || state == State::body) {
        const std::span<char> space = reader.space();
        const std::size_t bytes = co_await stream.read_some(space);
        if (bytes == 0) {
            if (stream.end() == ClientStream::End::closed) state = reader.closed();
            break;
        }
        state = reader.received(bytes);
    }
    co_return state;
}

/// Why no whole response came.
Failure failure_of(ResponseReader::State state, const ClientStream& stream, const ResponseReader& reader) {
    if (state == ResponseReader::State::too_large) return {ClientFault::too_large, reader.reason()};
    if (state == ResponseReader::State::malformed) return {ClientFault::malformed, reader.reason()};
    return {fault_of(stream.end()), std::string(stream_fault_words(stream.end()))};
}

}  // namespace

std::string HttpClient::Impl::bytes_of(const ClientRequest& request, const WebUrl& url) const {
    std::vector<Field> fields = request.fields;
    const bool named = std::any_of(fields.begin(), fields.end(), [](const Field& field) {
        return equal_ignoring_case(field.name, "User-Agent");
    });
    if (!named) fields.push_back({"User-Agent", "asps-cds"});
    fields.push_back({"Accept-Encoding", "gzip"});
    const bool absolute = proxy && !url.tls;  // RFC 9112 3.2.2
    std::string bytes;
    append_request(bytes, request.method, absolute ? url.origin() + url.target : url.target, url.authority(),
                   fields, request.body);
    return bytes;
}

/// The addresses that may be connected to: those that were looked at, and no others.
asio::awaitable<std::optional<Failure>> HttpClient::Impl::addresses(Connection& connection, const Job& job,
                                                                    std::vector<asio::ip::address>& found) {
    const WebUrl& url = proxy ? *proxy : job.url;
    std::optional<Failure> failure;
    if (url.is_address) {
        found.push_back(asio::ip::make_address(url.host));
    } else {
        Resolved resolved = co_await names.find(url.host, connection.strand, job.until);
        if (resolved.addresses.empty()) {
            failure.emplace();
            failure->fault = resolved.late ? ClientFault::timeout : ClientFault::unresolved;
            failure->detail =
                resolved.late ? "the deadline passed while the name was resolved" : resolved.reason;
            co_return failure;
        }
        found = std::move(resolved.addresses);
    }
    if (proxy) co_return failure;
    std::erase_if(found, [&](const asio::ip::address& address) { return !may_call(address, job.listed); });
    if (found.empty()) {
        failure.emplace();
        failure->fault = ClientFault::forbidden_address;
        failure->detail = "its address may not be called";
    }
    co_return failure;
}

asio::awaitable<std::optional<Failure>> HttpClient::Impl::ask_proxy(ClientStream& stream, const WebUrl& url) {
    std::optional<Failure> failure;
    const std::string host = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
    const std::string target = host + ":" + std::to_string(url.port);
    const std::vector<Field> fields{{"User-Agent", "asps-cds"}};
    std::string bytes;
    append_request(bytes, "CONNECT", target, target, fields, {});
    ResponseLimits limits;
    limits.header_bytes = options.header_bytes;
    ResponseReader reader(limits, true);
    ResponseReader::State state = ResponseReader::State::head;
    const bool sent = co_await stream.write(bytes);
    if (sent) state = co_await receive(stream, reader);
    if (state != ResponseReader::State::complete) {
        failure = failure_of(state, stream, reader);
        if (failure->fault != ClientFault::timeout) failure->fault = ClientFault::proxy;
        failure->detail = "the proxy: " + failure->detail;
    } else if (reader.status() / 100 != 2) {
        failure.emplace();
        failure->fault = ClientFault::proxy;
        failure->detail = "the proxy answered " + std::to_string(reader.status());
    }
    co_return failure;
}

/// Gives the connection a stream to the origin, TLS included; or says why not.
asio::awaitable<std::optional<Failure>> HttpClient::Impl::open(Connection& connection, const Job& job) {
    std::vector<asio::ip::address> found;
    std::optional<Failure> failure = co_await addresses(connection, job, found);
    if (failure) co_return failure;
    connection.stream = std::make_unique<ClientStream>(connection.strand);
    ClientStream& stream = *connection.stream;
    stream.expires_at(job.until);
    const WebUrl& peer = proxy ? *proxy : job.url;
    const bool connected = co_await stream.connect(std::move(found), peer.port);
    if (!connected) {
        names.forget(peer.host);
        failure.emplace();
        const bool late = stream.end() == ClientStream::End::expired;
        failure->fault = late ? ClientFault::timeout : proxy ? ClientFault::proxy : ClientFault::refused;
        failure->detail = late ? "the deadline passed while connecting" : "no connection: " + stream.reason();
        co_return failure;
    }
    if (!job.url.tls) co_return failure;
    if (proxy) {
        failure = co_await ask_proxy(stream, job.url);
        if (failure) co_return failure;
    }
    const bool secured = co_await stream.start_tls(trust, job.url.host, job.url.is_address);
    if (!secured) {
        failure.emplace();
        const bool late = stream.end() == ClientStream::End::expired;
        failure->fault = late ? ClientFault::timeout : ClientFault::tls;
        failure->detail = late ? "the deadline passed during the TLS handshake" : "TLS: " + stream.reason();
    }
    co_return failure;
}

asio::awaitable<ClientAnswer> HttpClient::Impl::exchange(std::shared_ptr<Connection> connection,
                                                         std::shared_ptr<const Job> job) {
    // Here, on its strand, a stream ends that cannot carry another request.
    struct Closing {
        Connection& connection;
        bool keep = false;
        ~Closing() {
            if (!keep) connection.stream.reset();
        }
    } closing{*connection};
    ClientAnswer answer;
    const auto fail = [&answer, &job](Failure failure) {
        answer.fault = failure.fault;
        answer.detail = job->url.origin() + ": " + failure.detail;
    };
    if (connection->stream && connection->stream->is_stale()) connection->stream.reset();
    for (;;) {
        const bool kept = connection->stream != nullptr;
        if (!kept) {
            std::optional<Failure> failure = co_await open(*connection, *job);
            if (failure) {
                fail(std::move(*failure));
                co_return answer;
            }
        }
        ClientStream& stream = *connection->stream;
        stream.expires_at(job->until);
        ResponseReader reader(job->limits, job->no_body);
        const bool sent = co_await stream.write(job->bytes);
        // A server that refuses a long request may have answered before it closed.
        ResponseReader::State state = ResponseReader::State::head;
        if (stream.end() != ClientStream::End::expired) state = co_await receive(stream, reader);
        if (state == ResponseReader::State::complete) {
            stream.rest();
            closing.keep = sent && reader.keeps_alive();
            answer.status = reader.status();
            answer.fields = std::move(reader.fields());
            answer.body = std::move(reader.body());
            co_return answer;
        }
        const bool untouched = !reader.started() && stream.end() != ClientStream::End::expired;
        if (kept && untouched && job->repeatable) {
            connection->stream.reset();
            continue;
        }
        answer.status = reader.status();
        answer.fields = std::move(reader.fields());
        fail(failure_of(state, stream, reader));
        co_return answer;
    }
}

HttpClient::HttpClient(asio::any_io_executor executor, ClientOptions options)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(options))) {}

HttpClient::~HttpClient() = default;

std::optional<std::string> HttpClient::problem() const { return impl_->problem; }

asio::awaitable<ClientAnswer> HttpClient::ask(ClientRequest request, std::chrono::milliseconds deadline) {
    Impl& impl = *impl_;
    const Clock::time_point until = Clock::now() + deadline;
    ClientAnswer answer;
    const auto url = parse_web_url(request.url);
    if (!url) {
        answer.fault = ClientFault::bad_url;
        answer.detail = url.error().diagnostics;
        co_return answer;
    }
    std::string problem = impl.problem ? *impl.problem : problem_of(request);
    if (!problem.empty()) {
        answer.fault = ClientFault::bad_request;
        answer.detail = std::move(problem);
        co_return answer;
    }
    const auto job = std::make_shared<Job>();
    job->url = *url;
    job->bytes = impl.bytes_of(request, *url);
    job->limits.header_bytes = impl.options.header_bytes;
    job->limits.body_bytes = request.response_bytes;
    job->no_body = request.method == "HEAD";
    job->listed = request.listed;
    job->repeatable = request.repeatable || request.method == "GET" || request.method == "HEAD";
    job->until = until;

    // A connection to a listed origin was opened under other rules.
    std::string origin = (request.listed ? "listed " : "") + url->origin();
    std::optional<ConnectionPool::Lease> lease = co_await impl.pool.lease(std::move(origin), until);
    if (!lease) {
        answer.fault = ClientFault::timeout;
        answer.detail = url->origin() + ": the deadline passed while all connections were in use";
        co_return answer;
    }
    auto exchanging = impl.exchange(lease->connection(), job);
    const asio::any_io_executor strand = lease->connection()->strand;
    answer = co_await asio::co_spawn(strand, std::move(exchanging), asio::use_awaitable);
    co_return answer;
}

std::string_view ClientAnswer::field(std::string_view name) const {
    for (const Field& field : fields) {
        if (equal_ignoring_case(field.name, name)) return field.value;
    }
    return {};
}

std::string_view to_string(ClientFault fault) {
    switch (fault) {
        case ClientFault::bad_url:
            return "bad-url";
        case ClientFault::bad_request:
            return "bad-request";
        case ClientFault::unresolved:
            return "unresolved";
        case ClientFault::forbidden_address:
            return "forbidden-address";
        case ClientFault::refused:
            return "refused";
        case ClientFault::proxy:
            return "proxy";
        case ClientFault::tls:
            return "tls";
        case ClientFault::timeout:
            return "timeout";
        case ClientFault::closed:
            return "closed";
        case ClientFault::reset:
            return "reset";
        case ClientFault::too_large:
            return "too-large";
        case ClientFault::malformed:
            return "malformed";
    }
    return "";
}

}  // namespace hooks
