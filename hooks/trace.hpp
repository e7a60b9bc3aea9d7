// Trace: by what one request is followed through systems: its id, and the W3C trace that it belongs to.
#pragma once

#include <string>
#include <string_view>

namespace hooks {

struct Request;

struct Trace {
    std::string request_id;  ///< X-Request-Id if it is well-formed, else the trace's id if one was sent, else
                             ///< a fresh UUID
    std::string trace_id;    ///< 32 lower-case hex digits, of `traceparent` if it is valid, else fresh
    std::string span_id;     ///< 16 hex digits: this request, fresh
    std::string_view flags = "00";  ///< "01": the caller records this trace

    /// `traceparent` for a request that this one leads to, with a span of its own (W3C Trace Context 3.2).
    std::string child() const;
    /// `traceparent` that names this request itself, for its answer.
    std::string own() const;
};

/// What the fields of `request` say. Nothing of a field that is not well-formed is taken over: an id
/// goes into logs and to other systems. An id has 1 to 64 letters, digits, `-`, `_` and `.`.
Trace trace_of(const Request& request);

}  // namespace hooks
