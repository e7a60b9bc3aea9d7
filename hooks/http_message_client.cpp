// The client's side of HTTP messages: requests to bytes, and what comes back to responses. Guards as in
// http_message.cpp.
#include "hooks/gzip.hpp"
#include "hooks/http_message.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <cassert>
#include <utility>

namespace hooks {

namespace http = boost::beast::http;

namespace {

using BeastText = boost::beast::string_view;
using ErrorCode = boost::beast::error_code;

constexpr std::size_t reserved_body_bytes = 65'536;

std::string_view view(BeastText text) { return {text.data(), text.size()}; }

}  // namespace

bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
}

bool is_field(const Field& field) {
    return is_token(field.name) && std::all_of(field.value.begin(), field.value.end(), [](char c) {
               return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7f');
           });
}

void append_request(std::string& out, std::string_view method, std::string_view target, std::string_view host,
                    const std::vector<Field>& fields, std::string_view body) {
    const auto append_field = [&out](std::string_view name, std::string_view value) {
        out.append(name).append(": ").append(value).append("\r\n");
    };
    out.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
    append_field("Host", host);
    for (const Field& field : fields) {
        assert(is_field(field));
        append_field(field.name, field.value);
    }
    if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
        append_field("Content-Length", std::to_string(body.size()));
    }
    out.append("\r\n").append(body);
}

/// Beast's events straight into a response.
class ResponseReader::Parser final : public http::basic_parser<false> {
  public:
    explicit Parser(std::size_t field_limit) : field_limit_(field_limit) {}

    unsigned status = 0;
    bool http_1_0 = false;
    std::vector<Field> fields;
    std::string body;
    bool has_line = false;
    bool has_head = false;

    std::size_t count(std::string_view name) const {
        return static_cast<std::size_t>(std::count_if(fields.begin(), fields.end(), [&](const Field& field) {
            return equal_ignoring_case(field.name, name);
        }));
    }
    std::string_view field(std::string_view name) const {
        for (const Field& field : fields) {
            if (equal_ignoring_case(field.name, name)) return field.value;
        }
        return {};
    }

  private:
    void on_request_impl(http::verb, BeastText, BeastText, int, ErrorCode&) override {}
    void on_response_impl(int code, BeastText, int version, ErrorCode&) override {
        status = static_cast<unsigned>(code);
        http_1_0 = version == 10;
        has_line = true;
    }
    void on_field_impl(http::field, BeastText name, BeastText value, ErrorCode& ec) override {
        if (has_head) return;  // trailers are dropped
        if (fields.size() == field_limit_) {
            ec = http::error::header_limit;
            return;
        }
        fields.push_back({std::string(view(name)), std::string(view(value))});
    }
    void on_header_impl(ErrorCode&) override { has_head = true; }
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode&) override {
        if (length) body.reserve(std::min<std::size_t>(*length, reserved_body_bytes));
    }
    std::size_t on_body_impl(BeastText bytes, ErrorCode&) override {
        body.append(view(bytes));
        return bytes.size();
    }
    // Chunks are ChunkReader's.
    void on_chunk_header_impl(std::uint64_t, BeastText, ErrorCode&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, BeastText bytes, ErrorCode&) override {
        return bytes.size();
    }
    void on_finish_impl(ErrorCode&) override {}

    const std::size_t field_limit_;
};

ResponseReader::ResponseReader(const ResponseLimits& limits, bool no_body)
    : limits_(limits), no_body_(no_body) {
    buffer_.resize(std::max(limits.header_bytes, limits.overhead_bytes) + 4'096);
    renew();
}

ResponseReader::~ResponseReader() = default;

void ResponseReader::renew() {
    parser_ = std::make_unique<Parser>(limits_.fields);
    parser_->header_limit(static_cast<std::uint32_t>(limits_.header_bytes));
    parser_->body_limit(boost::none);  // the guards come before the limit
    parser_->skip(no_body_);
    scanned_ = head_bytes_;
    line_bytes_ = 0;
}

unsigned ResponseReader::status() const { return parser_->has_head ? parser_->status : 0; }
std::vector<Field>& ResponseReader::fields() { return parser_->fields; }
std::string& ResponseReader::body() { return parser_->body; }

bool ResponseReader::keeps_alive() const {
    return state_ == State::complete && begin_ == end_ && parser_->keep_alive();
}

std::span<char> ResponseReader::space() {
    if (begin_ == end_) {
        begin_ = end_ = 0;
    } else if (buffer_.size() - end_ < 4'096) {
        std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
                  buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
        end_ -= std::exchange(begin_, 0);
    }
    return std::span(buffer_).subspan(end_);
}

ResponseReader::State ResponseReader::received(std::size_t bytes) {
    assert(bytes <= buffer_.size() - end_);
    end_ += bytes;
    started_ = started_ || bytes > 0;
    return advance();
}

ResponseReader::State ResponseReader::closed() {
    if (state_ != State::body || chunks_) return state_;
    ErrorCode ec;
    parser_->put_eof(ec);
    return ec ? state_ : finish();
}

ResponseReader::State ResponseReader::refuse(State state, std::string reason) {
    reason_ = std::move(reason);
    return state_ = state;
}

/// Beast waits for the empty line that ends the head; what is no HTTP may never send one.
bool ResponseReader::can_be_head() {
    constexpr std::string_view start = "HTTP/1.";
    const std::string_view waiting = std::string_view(buffer_).substr(begin_, end_ - begin_);
    const std::size_t common = std::min(start.size(), waiting.size());
    if (!parser_->has_line && waiting.substr(0, common) != start.substr(0, common)) return false;
    for (std::size_t at = begin_ + (scanned_ - head_bytes_); at < end_; ++at) {
        const char byte = buffer_[at];
        ++scanned_;
        ++line_bytes_;
        if (byte == '\n') {
            if (last_ != '\r') return false;
            if (line_bytes_ == 2) return true;
            line_bytes_ = 0;
        }
        last_ = byte;
    }
    return true;
}

ResponseReader::State ResponseReader::advance() {
    while (begin_ != end_ && (state_ == State::head || state_ == State::body)) {
        if (state_ == State::head && !can_be_head()) return refuse(State::malformed, "not HTTP/1.1");
        if (chunks_) {
            read_chunks();
            continue;
        }
        ErrorCode ec;
        const std::size_t used =
            parser_->put(boost::asio::const_buffer(buffer_.data() + begin_, end_ - begin_), ec);
        begin_ += used;
        if (state_ == State::head) {
            head_bytes_ += used;
            const std::size_t seen = head_bytes_ + (parser_->has_head ? 0 : end_ - begin_);
            if (seen > limits_.header_bytes || ec == http::error::header_limit) {
                return refuse(State::too_large, "header fields too large");
            }
        } else if (ec == http::error::body_limit) {
            return refuse(State::too_large, "body too large");
        }
        if (ec == http::error::need_more) return state_;
        if (ec) return refuse(State::malformed, ec.message());
        if (state_ == State::head) {
            if (parser_->status / 100 == 1) {
                if (parser_->status == 101) return refuse(State::malformed, "a protocol nobody asked for");
                renew();
                continue;
            }
            if (!check_head()) return state_;
            state_ = State::body;
            if (parser_->chunked() && !parser_->is_done()) {
                // A server that flushes often sends small chunks: as much framing as content is bearable.
                chunks_.emplace(limits_.body_bytes, limits_.overhead_bytes, 1);
                continue;
            }
            parser_->eager(true);
            parser_->body_limit(limits_.body_bytes);
        }
        if (parser_->is_done()) return finish();
    }
    return state_;
}

/// Not left to Beast 1.81, which loses count when an empty last chunk comes in pieces.
void ResponseReader::read_chunks() {
    std::string_view bytes = std::string_view(buffer_).substr(begin_, end_ - begin_);
    const ChunkReader::State read = chunks_->read(bytes, parser_->body);
    begin_ = end_ - bytes.size();
    switch (read) {
        case ChunkReader::State::more:
            return;
        case ChunkReader::State::whole:
            finish();
            return;
        case ChunkReader::State::too_large:
            refuse(State::too_large, "body too large");
            return;
        case ChunkReader::State::too_much_overhead:
            refuse(State::too_large, std::string(chunks_->what()));
            return;
        case ChunkReader::State::malformed:
            refuse(State::malformed, std::string(chunks_->what()));
            return;
    }
}

/// The guards of RFC 9112 6.1 and 6.3 that Beast leaves to us. False: refused.
bool ResponseReader::check_head() {
    const std::size_t codings = parser_->count("Transfer-Encoding"),
                      lengths = parser_->count("Content-Length");
    const auto bad = [this](std::string reason) {
        refuse(State::malformed, std::move(reason));
        return false;
    };
    if (status() < 100) return bad("a status that is none");  // RFC 9110 15
    if (codings > 0 && lengths > 0) return bad("both Transfer-Encoding and Content-Length");
    if (codings > 0 && parser_->http_1_0) return bad("Transfer-Encoding in HTTP/1.0");
    if (codings > 1 ||
        (codings == 1 && !equal_ignoring_case(parser_->field("Transfer-Encoding"), "chunked"))) {
        return bad("Transfer-Encoding other than chunked");
    }
    if (lengths > 1) return bad("more than one Content-Length");
    const std::size_t content_codings = parser_->count("Content-Encoding");
    const std::string_view coding = parser_->field("Content-Encoding");
    const bool known = coding.empty() || equal_ignoring_case(coding, "identity") ||
                       equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip");
    if (content_codings > 1 || !known) return bad("Content-Encoding other than gzip");
    if (!parser_->is_done() && parser_->content_length().value_or(0) > limits_.body_bytes) {
        refuse(State::too_large, "body too large");
        return false;
    }
    return true;
}

ResponseReader::State ResponseReader::finish() {
    const std::string_view coding = parser_->field("Content-Encoding");
    if (parser_->body.empty() || coding.empty() || equal_ignoring_case(coding, "identity")) {
        return state_ = State::complete;
    }
    std::string unpacked;
    switch (gunzip(parser_->body, limits_.body_bytes, unpacked)) {
        case Unpacked::whole:
            break;
        case Unpacked::too_large:
            return refuse(State::too_large, "body too large after decoding");
        case Unpacked::malformed:
            return refuse(State::malformed, "gzip that does not decode");
    }
    parser_->body = std::move(unpacked);
    std::erase_if(parser_->fields,
                  [](const Field& field) { return equal_ignoring_case(field.name, "Content-Encoding"); });
    return state_ = State::complete;
}

}  // namespace hooks
