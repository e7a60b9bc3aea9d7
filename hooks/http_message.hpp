// HTTP messages: bytes to requests and responses with framing guards and limits, and both to bytes. The only
// user of Beast.
#pragma once

#include "hooks/http.hpp"
#include "hooks/http_chunks.hpp"
#include "hooks/http_head.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hooks {

struct HttpLimits {
    std::size_t header_bytes = 16'384;    ///< request line and fields: 431, or 414 if it is the target
    std::size_t fields = 100;             ///< 431
    std::size_t body_bytes = 4'194'304;   ///< 413
    std::size_t overhead_bytes = 16'384;  ///< chunk sizes, extensions and trailers of one body: 400

    bool operator==(const HttpLimits&) const = default;
};

class BodyBudget;
class BodyShare;

/// Reads one request after the other from bytes as they come. Bytes behind a request are kept for the next
/// one (pipelining). Refuses whatever two parties could frame differently (RFC 9112 3.2, 6.1, 6.3, 11.2).
class RequestReader {
  public:
    enum class State { head, body, complete, refused };

    /// `budget`: what the bodies of all connections together may hold; null: no such bound. It must outlive
    /// the reader.
    explicit RequestReader(const HttpLimits& limits, BodyBudget* budget = nullptr);
    ~RequestReader();
    RequestReader(const RequestReader&) = delete;
    RequestReader& operator=(const RequestReader&) = delete;

    /// Where the next bytes go; never empty in the states head and body.
    std::span<char> space();
    /// That many bytes were put there.
    State received(std::size_t bytes);
    /// The request was answered: on to the next, as far as its bytes are here.
    State next();

    /// In state body: nothing can be read before there is room for what has come. settle() says whether there
    /// is by now, refuse_for_room() that no more is hoped for.
    bool lacks_room() const { return wanted_ > 0; }
    State settle();
    State refuse_for_room();
    /// In state body: it came slowly, and another one needed its room; settle() then refuses it.
    bool has_lost_room() const;
    /// Called once that is so, by whichever thread: it must not wait.
    void when_room_is_lost(std::function<void()> call);

    /// At least one byte of the current request has come; an empty line before it is none.
    bool started() const { return started_; }
    /// Of the current request's body, as sent.
    std::size_t body_bytes_received() const { return body_wire_bytes_; }
    /// The head came with `Expect: 100-continue` and the body is awaited; true once a request (RFC
    /// 9110 10.1.1).
    bool take_continue();

    /// In state body: what is to come of it is little, and nothing holds the peer back from sending it.
    bool comes_soon() const;

    const Request& request() const;
    /// In state complete: what the request's body held is free for others; its size.
    std::size_t drop_body();
    /// Room for bytes that nobody will read; nothing can be read behind it.
    std::span<char> unused() { return {buffer_.get(), size_}; }
    /// In state refused. What follows on the connection cannot be read: answer and close.
    const Refusal& refusal() const { return refusal_; }

  private:
    class Parser;
    State advance();
    void read_head();
    void read_body();
    State refuse(unsigned status, fhir::IssueCode code, std::string diagnostics);
    void refuse_oversized_head();
    /// Of a head that could not be read, the Origin fields among its bytes (K-3).
    void find_origins();
    bool check_head();
    bool check_framing();
    /// So many more bytes of the body are here, the last ones or not.
    void hold(std::size_t bytes, bool is_whole);
    void let_go();
    void make_room(std::size_t bytes);

    const HttpLimits limits_;
    const std::unique_ptr<BodyShare> share_;  // null: unbounded
    std::unique_ptr<char[]> buffer_;          // of size_; bytes [begin_, end_) are read and not yet parsed
    std::size_t size_ = 0, begin_ = 0, end_ = 0;
    std::size_t length_ = 0, body_read_ = 0;  // of a body with Content-Length
    std::size_t wanted_ = 0, body_wire_bytes_ = 0;
    bool is_whole_ = false;  // of the body, all has come
    State state_ = State::head;
    bool started_ = false, skipped_line_ = false, expects_continue_ = false;
    bool into_body_ = false;  // space() gave a part of the body itself
    Refusal refusal_;
    HeadGuard guard_;
    std::optional<ChunkReader> chunks_;
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

/// Appends a request as HTTP/1.1 bytes, with Content-Length where there is a body or the method calls for
/// one. `target` and `host` have been checked (web_url.hpp), the fields by is_field().
void append_request(std::string& out, std::string_view method, std::string_view target, std::string_view host,
                    const std::vector<Field>& fields, std::string_view body);

/// `text` is a token (RFC 9110 5.6.2), such as a method or a field's name.
bool is_token(std::string_view text);

/// A name and a value that mean one field to every reader: no CR, LF, NUL or other control bytes.
bool is_field(const Field& field);

struct ResponseLimits {
    std::size_t header_bytes = 32'768;  ///< of the head, interim ones included
    std::size_t fields = 200;
    std::size_t body_bytes = 4'194'304;  ///< as sent, and again after decoding
    std::size_t overhead_bytes =
        16'384;  ///< of chunk sizes, extensions and trailers beyond the body's own size
};

/// Reads one response from bytes as they come: skips interim ones, drops trailers, takes content coding gzip
/// off. Refuses two framings, as RequestReader does.
class ResponseReader {
  public:
    enum class State { head, body, complete, too_large, malformed };

    /// `no_body`: to HEAD, or to CONNECT.
    ResponseReader(const ResponseLimits& limits, bool no_body);
    ~ResponseReader();
    ResponseReader(const ResponseReader&) = delete;
    ResponseReader& operator=(const ResponseReader&) = delete;

    /// Where the next bytes go; never empty in the states head and body.
    std::span<char> space();
    /// That many bytes were put there.
    State received(std::size_t bytes);
    /// The server closed as it should: completes a body that goes on to the end of the connection, and
    /// nothing else.
    State closed();

    /// At least one byte has come.
    bool started() const { return started_; }
    /// What is wrong, in words of ours; in the states too_large and malformed.
    const std::string& reason() const { return reason_; }
    /// Once complete: the connection may carry another request.
    bool keeps_alive() const;

    unsigned status() const;  ///< 0 until the head is there
    std::vector<Field>& fields();
    std::string& body();

  private:
    class Parser;
    State advance();
    State refuse(State state, std::string reason);
    State finish();
    void renew();
    void read_chunks();
    bool check_head();
    bool can_be_head();

    const ResponseLimits limits_;
    const bool no_body_;
    std::string buffer_;  // bytes [begin_, end_) are read and not yet parsed
    std::size_t begin_ = 0, end_ = 0;
    std::size_t head_bytes_ = 0, scanned_ = 0, line_bytes_ = 0;
    char last_ = 0;  // of what is scanned
    State state_ = State::head;
    bool started_ = false;
    std::string reason_;
    std::unique_ptr<Parser> parser_;
    std::optional<ChunkReader> chunks_;
};

/// "Unprocessable Entity"; "Unknown" for codes nobody registered.
std::string_view reason_phrase(unsigned status);

}  // namespace hooks
