// HTTP messages: bytes to requests with framing guards and limits, and responses to bytes. The only user of
// Beast.
#pragma once

#include "hooks/http.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace hooks {

struct HttpLimits {
    std::size_t header_bytes = 16'384;    ///< request line and fields: 431, or 414 if it is the target
    std::size_t fields = 100;             ///< 431
    std::size_t body_bytes = 4'194'304;   ///< 413
    std::size_t overhead_bytes = 16'384;  ///< chunk sizes, extensions and trailers of one body: 400
};

/// Reads one request after the other from bytes as they come. Bytes behind a request are kept for the next
/// one (pipelining). Refuses whatever two parties could frame differently (RFC 9112 3.2, 6.1, 6.3, 11.2).
class RequestReader {
  public:
    enum class State { head, body, complete, refused };

    explicit RequestReader(const HttpLimits& limits);
    ~RequestReader();
    RequestReader(const RequestReader&) = delete;
    RequestReader& operator=(const RequestReader&) = delete;

    /// Where the next bytes go; never empty in the states head and body.
    std::span<char> space();
    /// That many bytes were put there.
    State received(std::size_t bytes);
    /// The request was answered: on to the next, as far as its bytes are here.
    State next();

    /// At least one byte of the current request has come.
    bool started() const { return started_; }
    /// The head came with `Expect: 100-continue` and the body is awaited; true once a request (RFC
    /// 9110 10.1.1).
    bool take_continue();

    const Request& request() const;
    /// In state refused. What follows on the connection cannot be read: answer and close.
    const Refusal& refusal() const { return refusal_; }

  private:
    class Parser;
    State advance();
    State refuse(unsigned status, fhir::IssueCode code, std::string diagnostics);
    State refuse_oversized_head();
    /// Of a head that could not be read, the Origin fields among its bytes (K-3).
    void find_origins();
    bool check_head();
    bool has_bare_line_end();

    const HttpLimits limits_;
    std::string buffer_;  // bytes [begin_, end_) are read and not yet parsed
    std::size_t begin_ = 0, end_ = 0;
    std::size_t head_bytes_ = 0, head_scanned_ = 0, body_wire_bytes_ = 0;
    State state_ = State::head;
    bool started_ = false, skipped_line_ = false, expects_continue_ = false;
    Refusal refusal_;
    std::unique_ptr<Parser> parser_;
};

/// How a response is sent.
struct Sending {
    bool head_only = false;  ///< HEAD: all fields, no body
    bool close = false;      ///< Connection: close
    bool keep_alive_1_0 = false;
};

/// Appends the response as HTTP/1.1 bytes; `date` is the value of the Date field.
void append_response(std::string& out, const Response& response, const Sending& sending,
                     std::string_view date);

/// "Unprocessable Entity"; "Unknown" for codes nobody registered.
std::string_view reason_phrase(unsigned status);

}  // namespace hooks
