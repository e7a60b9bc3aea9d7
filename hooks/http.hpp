// HTTP as handlers see it: a request, a response, and what answers the one with the other. No sockets, no
// Beast.
#pragma once

#include "fhir/issue.hpp"
#include "hooks/log.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hooks {

/// One header field. Names keep the case they came with; comparing ignores it.
struct Field {
    std::string name, value;
};

/// A complete request: framing already checked, transfer coding removed.
struct Request {
    std::string method;  ///< as sent, case-sensitive
    std::string path;    ///< origin form without the query, not percent-decoded: `/cds-services`
    std::string query;   ///< without `?`; may hold anything, so it is never logged
    std::vector<Field> fields;
    std::string body;
    bool is_gzip = false;  ///< the body came in that content coding and still has it
    bool http_1_0 = false;
    bool keep_alive = true;

    /// The value of the first field of that name; "" if there is none.
    std::string_view field(std::string_view name) const;
    std::size_t count(std::string_view name) const;
};

/// An answer. Content-Length, Connection and Date are the server's business.
struct Response {
    unsigned status = 200;
    std::vector<Field> fields{};
    std::string body{};
    std::string_view content_type = "application/json";  ///< of static storage; unused without a body
};

/// A request that cannot be answered by its content: broken framing, over a limit, too slow, our own mistake.
struct Refusal {
    unsigned status = 400;
    fhir::Issue issue;
    std::vector<Field> fields;
};

/// What a server answers with. Called by several threads at once.
class Handler {
  public:
    virtual ~Handler() = default;
    /// The answer to a complete request, on the connection's strand; it may wait for others, but never
    /// blocks. `event` is what the log will say of it. Both outlive the waiting.
    virtual boost::asio::awaitable<Response> answer(const Request& request, RequestEvent& event) = 0;
    /// If the head alone decides that the request is refused, the answer; its body is then not read (RFC
    /// 9110 10.1.1). Asked before the body is awaited, on the connection's strand; `event` as above.
    virtual std::optional<Response> refuse_by_head(const Request& /*head*/, RequestEvent& /*event*/) {
        return std::nullopt;
    }
    /// The answer to a request that was refused; `head` holds what was read of its fields, so that a browser
    /// may see the status (K-3).
    virtual Response refuse(const Refusal& refusal, const Request& head, RequestEvent& event) = 0;
    /// The server begins to serve. What the handler does beside answering may use `executor` until stopped().
    virtual void starting(const boost::asio::any_io_executor&) {}
    /// The server begins to stop.
    virtual void stopping() {}
    /// All threads of the server have ended; what still holds on to `executor` must let go.
    virtual void stopped() {}
};

/// ASCII comparison without case, for field names and tokens.
bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace hooks
