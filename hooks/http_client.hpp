// HttpClient: asks other servers over HTTP/1.1 and TLS, within one deadline, and only those that may be
// asked.
#pragma once

#include "hooks/http.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hooks {

/// Why there is no answer.
enum class ClientFault {
    bad_url,            ///< not an absolute http(s) URL as web_url.hpp wants it
    bad_request,        ///< a method or field that cannot be sent, or is the client's own business
    unresolved,         ///< the host name has no address
    forbidden_address,  ///< it has, but none that may be called (address_policy.hpp)
    refused,            ///< no connection: refused, unreachable
    proxy,              ///< the proxy would not let us through
    tls,                ///< no TLS 1.2, or a certificate that is not trusted or not this host's
    timeout,            ///< the deadline passed, wherever that was
    closed,             ///< the server closed before its answer was whole
    reset,              ///< the connection broke before the answer was whole
    too_large,          ///< head or body (after decoding) over the limit
    malformed           ///< not HTTP/1.1, framed in two ways, or a content coding that does not decode
};

/// `forbidden-address`, for logs and metrics.
std::string_view to_string(ClientFault fault);

struct ClientRequest {
    std::string method = "GET";
    std::string url;  ///< absolute; its path and query are sent as they stand
    /// Sent as they are. Host, Content-Length, Accept-Encoding, Connection and the like are the client's
    /// business.
    std::vector<Field> fields{};
    std::string body{};
    /// The operator named this origin: it may stand at a private or loopback address.
    bool listed = false;
    /// A POST that changes nothing, such as FHIR's `_search`: like GET it is sent again, once, if a kept
    /// connection turns out to be dead.
    bool repeatable = false;
    std::size_t response_bytes = 4'194'304;  ///< of the body at most, after decoding
    /// Told while it comes how many bytes the body takes by now; false: too many. Called by one thread at a
    /// time, and not once the answer is there.
    std::function<bool(std::size_t bytes)> room{};
};

/// A fault, or a status with fields and body. Redirects are answers: they are never followed.
struct ClientAnswer {
    std::optional<ClientFault> fault{};
    std::string detail{};  ///< of a fault, for logs: names the origin, never path, query, field or body
    unsigned status = 0;   ///< 0 if no head came
    std::vector<Field> fields{};  ///< of the head, without trailers; names keep their case
    std::string body{};           ///< transfer and content coding removed; empty after a fault

    /// The value of the first field of that name; "" if there is none.
    std::string_view field(std::string_view name) const;
};

struct ClientOptions {
    std::size_t connections_per_origin = 16;  ///< over that, callers wait within their deadline
    std::size_t idle_connections = 64;        ///< kept open in all
    std::chrono::milliseconds idle{30'000};   ///< kept no longer than that
    std::chrono::milliseconds names{30'000};  ///< a resolved name is not asked again for so long
    std::size_t header_bytes = 32'768;        ///< of an answer's head, interim ones included
    std::string ca_file{};                    ///< PEM; trusted beside the system's store
    /// `http://host:port`, or none. It resolves the names then, so that address_policy.hpp cannot be asked
    /// about those it connects to.
    std::string proxy{};
};

/// Keeps connections open for the next request to the same origin. Safe to use from any thread.
class HttpClient {
  public:
    /// Its sockets live on strands of `executor`.
    HttpClient(const boost::asio::any_io_executor& executor, ClientOptions options);
    /// No ask() may be waited for any more.
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    /// What is wrong with the options: a CA file that cannot be read, a proxy that is no URL. Every ask()
    /// will fail then.
    std::optional<std::string> problem() const;

    /// Asks, and resumes on the caller's executor. `deadline` stands over all of it: waiting for a free
    /// connection, resolving, connecting, handshakes, sending and receiving.
    boost::asio::awaitable<ClientAnswer> ask(ClientRequest request, std::chrono::milliseconds deadline);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace hooks
