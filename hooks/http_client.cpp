// A call: a checked request, a leased connection, one exchange over it.
#include "hooks/http_client.hpp"

#include "hooks/client_exchange.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
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

}  // namespace

struct HttpClient::Impl {
    Impl(const asio::any_io_executor& executor, ClientOptions given)
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
            means.proxy = *parsed;
        }
    }

    const ClientOptions options;
    std::optional<std::string> problem;
    Names names;
    ConnectionPool pool;
    TlsTrust trust;
    Means means{names, trust, std::nullopt};

    std::string bytes_of(const ClientRequest& request, const WebUrl& url) const;
};

std::string HttpClient::Impl::bytes_of(const ClientRequest& request, const WebUrl& url) const {
    std::vector<Field> fields = request.fields;
    const bool named = std::any_of(fields.begin(), fields.end(), [](const Field& field) {
        return equal_ignoring_case(field.name, "User-Agent");
    });
    if (!named) fields.push_back({"User-Agent", "asps-cds"});
    fields.push_back({"Accept-Encoding", "gzip"});
    const bool absolute = means.proxy && !url.tls;  // RFC 9112 3.2.2
    std::string bytes;
    append_request(bytes, request.method, absolute ? url.origin() + url.target : url.target, url.authority(),
                   fields, request.body);
    return bytes;
}

HttpClient::HttpClient(const asio::any_io_executor& executor, ClientOptions options)
    : impl_(std::make_unique<Impl>(executor, std::move(options))) {}

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
    const auto question = std::make_shared<Question>();
    question->url = *url;
    question->bytes = impl.bytes_of(request, *url);
    question->limits.header_bytes = impl.options.header_bytes;
    question->limits.body_bytes = request.response_bytes;
    question->room = std::move(request.room);
    question->no_body = request.method == "HEAD";
    question->listed = request.listed;
    question->repeatable = request.repeatable || request.method == "GET" || request.method == "HEAD";
    question->until = until;

    // A connection to a listed origin was opened under other rules.
    std::string origin = (request.listed ? "listed " : "") + url->origin();
    std::optional<ConnectionPool::Lease> lease = co_await impl.pool.lease(std::move(origin), until);
    if (!lease) {
        answer.fault = ClientFault::timeout;
        answer.detail = url->origin() + ": the deadline passed while all connections were in use";
        co_return answer;
    }
    auto exchanging = exchange(impl.means, lease->connection(), question);
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
