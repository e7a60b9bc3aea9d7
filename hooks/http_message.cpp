// Beast parses; the guards here close what it lets through: two framings, odd codings, missing Host, endless
// trailers.
#include "hooks/http_message.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <utility>

namespace hooks {

namespace http = boost::beast::http;

namespace {

using BeastText = boost::beast::string_view;
using ErrorCode = boost::beast::error_code;

// A body that was larger than this does not keep its memory for the connection's next request.
constexpr std::size_t kept_body_bytes = 65'536;
// Most requests come in one read. Memory that no request fills is never touched.
constexpr std::size_t usual_bytes = 61'440;

std::string_view view(BeastText text) { return {text.data(), text.size()}; }

std::string too_large(std::size_t limit) {
    return "body too large: at most " + std::to_string(limit) + " bytes";
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool starts_ignoring_case(std::string_view text, std::string_view start) {
    return equal_ignoring_case(text.substr(0, start.size()), start);
}

/// uri-host [":" port] of RFC 9110 7.2, not empty.
bool is_host(std::string_view text) {
    if (text.empty()) return false;
    std::size_t host_end = 0;
    if (text.front() == '[') {
        host_end = text.find(']');
        if (host_end == std::string_view::npos) return false;
        ++host_end;
        for (const char c : text.substr(1, host_end - 2)) {
            if (!is_digit(c) && !is_alpha(c) && c != ':' && c != '.') return false;
        }
    } else {
        host_end = std::min(text.find(':'), text.size());
        if (host_end == 0) return false;
        constexpr std::string_view marks = "-._~!$&'()*+,;=%";
        for (const char c : text.substr(0, host_end)) {
            if (!is_digit(c) && !is_alpha(c) && marks.find(c) == std::string_view::npos) return false;
        }
    }
    const std::string_view port = text.substr(host_end);
    if (port.empty()) return true;
    return port.front() == ':' && port.size() <= 6 && std::all_of(port.begin() + 1, port.end(), is_digit);
}

/// The origin form of a target; false if it is no form that this method may have (RFC 9112 3.2).
bool split_target(std::string_view target, Request& request) {
    if (!std::all_of(target.begin(), target.end(),
                     [](char c) { return c > ' ' && c < '\x7f' && c != '#'; })) {
        return false;
    }
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!starts_ignoring_case(target, scheme)) continue;
        target.remove_prefix(scheme.size());
        const std::size_t end = std::min(target.find_first_of("/?"), target.size());
        if (!is_host(target.substr(0, end))) return false;
        target.remove_prefix(end);
        if (target.empty() || target.front() == '?') {
            request.path = "/";
            request.query = target.substr(std::min<std::size_t>(1, target.size()));
            return true;
        }
        break;
    }
    const bool asterisk = target == "*" && request.method == "OPTIONS";
    if (!asterisk && (target.empty() || target.front() != '/')) return false;
    const std::size_t question = std::min(target.find('?'), target.size());
    request.path = target.substr(0, question);
    request.query = target.substr(std::min(question + 1, target.size()));
    return true;
}

}  // namespace

/// Beast's events straight into a Request.
class RequestReader::Parser final : public http::basic_parser<true> {
  public:
    explicit Parser(std::size_t field_limit) : field_limit_(field_limit) {}

    Request request;
    std::string target;
    bool has_line = false;
    bool has_head = false;

  private:
    void on_request_impl(http::verb, BeastText method, BeastText text, int version, ErrorCode&) override {
        request.method = view(method);
        target = view(text);
        request.http_1_0 = version == 10;
        has_line = true;
    }
    void on_response_impl(int, BeastText, int, ErrorCode&) override {}
    void on_field_impl(http::field, BeastText name, BeastText value, ErrorCode& ec) override {
        if (has_head) return;  // trailers are dropped: nothing in them may change how a request is read
        if (request.fields.size() == field_limit_) {
            ec = http::error::header_limit;
            return;
        }
        request.fields.push_back({std::string(view(name)), std::string(view(value))});
    }
    void on_header_impl(ErrorCode&) override {
        has_head = true;
        request.keep_alive = keep_alive();
    }
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode&) override {
        if (length) request.body.reserve(std::min<std::size_t>(*length, kept_body_bytes));
    }
    std::size_t on_body_impl(BeastText bytes, ErrorCode&) override {
        request.body.append(view(bytes));
        return bytes.size();
    }
    void on_chunk_header_impl(std::uint64_t, BeastText, ErrorCode&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, BeastText bytes, ErrorCode&) override {
        request.body.append(view(bytes));
        return bytes.size();
    }
    void on_finish_impl(ErrorCode&) override {}

    const std::size_t field_limit_;
};

RequestReader::RequestReader(const HttpLimits& limits)
    : limits_(limits), parser_(std::make_unique<Parser>(limits.fields)) {
    size_ = std::max({limits.header_bytes, limits.overhead_bytes, usual_bytes}) + 4'096;
    buffer_ = std::make_unique_for_overwrite<char[]>(size_);
    parser_->header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    parser_->body_limit(boost::none);  // the guards come before the limit
}

RequestReader::~RequestReader() = default;

const Request& RequestReader::request() const { return parser_->request; }

std::span<char> RequestReader::space() {
    if (begin_ == end_) {
        begin_ = end_ = 0;
    } else if (size_ - end_ < 4'096) {
        std::copy(buffer_.get() + begin_, buffer_.get() + end_, buffer_.get());
        end_ -= std::exchange(begin_, 0);
    }
    return {buffer_.get() + end_, size_ - end_};
}

RequestReader::State RequestReader::received(std::size_t bytes) {
    assert(bytes <= size_ - end_);
    end_ += bytes;
    return advance();
}

RequestReader::State RequestReader::next() {
    assert(state_ != State::refused);
    if (state_ == State::complete) {
        Request request = std::move(parser_->request);
        parser_ = std::make_unique<Parser>(limits_.fields);
        parser_->header_limit(static_cast<std::uint32_t>(limits_.header_bytes));
        parser_->body_limit(boost::none);
        if (request.body.capacity() <= kept_body_bytes) {
            request.body.clear();
            parser_->request.body = std::move(request.body);
        }
        request.fields.clear();
        parser_->request.fields = std::move(request.fields);
        head_bytes_ = head_scanned_ = body_wire_bytes_ = 0;
        started_ = skipped_line_ = expects_continue_ = false;
        state_ = State::head;
    }
    return advance();
}

bool RequestReader::take_continue() {
    return state_ == State::body && begin_ == end_ && std::exchange(expects_continue_, false);
}

RequestReader::State RequestReader::refuse(unsigned status, fhir::IssueCode code, std::string diagnostics) {
    refusal_ = {status, {code, std::move(diagnostics), {}}, {}};
    if (!parser_->has_head) find_origins();
    return state_ = State::refused;
}

/// Beast looks at no field before the head is whole and right; what a browser must see of a refusal hangs on
/// one.
void RequestReader::find_origins() {
    std::vector<Field>& fields = parser_->request.fields;
    constexpr std::string_view name = "origin:";
    std::erase_if(fields, [](const Field& field) { return equal_ignoring_case(field.name, "Origin"); });
    std::string_view lines(buffer_.get(), end_);
    lines.remove_prefix(begin_ - std::min(begin_, head_bytes_));
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find('\n'), lines.size());
        std::string_view line = lines.substr(0, end);
        if (end == lines.size()) return;  // cut off: it may go on to another host
        lines.remove_prefix(end + 1);
        if (!starts_ignoring_case(line, name)) continue;
        line.remove_prefix(name.size());
        const std::size_t first = line.find_first_not_of(" \t\r"), last = line.find_last_not_of(" \t\r");
        if (first == std::string_view::npos) continue;
        fields.push_back({"Origin", std::string(line.substr(first, last - first + 1))});
    }
}

RequestReader::State RequestReader::refuse_oversized_head() {
    const std::string_view waiting(buffer_.get() + begin_, end_ - begin_);
    const bool has_line =
        parser_->has_line || waiting.substr(0, limits_.header_bytes).find('\n') != std::string_view::npos;
    if (!has_line) return refuse(414, fhir::IssueCode::too_long, "request target too long");
    return refuse(431, fhir::IssueCode::too_long,
                  "header fields too large: at most " + std::to_string(limits_.header_bytes) + " bytes and " +
                      std::to_string(limits_.fields) + " fields");
}

/// Beast waits for the CR LF that ends the head before it looks at a line; a sender of other line ends waits
/// for us.
bool RequestReader::has_bare_line_end() {
    std::size_t at = begin_ + (std::max(head_scanned_, head_bytes_) - head_bytes_);
    for (; at < end_; ++at) {
        if (buffer_[at] == '\n' && (at == begin_ || buffer_[at - 1] != '\r')) return true;
        if (buffer_[at] != '\r') continue;
        if (at + 1 == end_) break;  // looked at again with the byte behind it
        if (buffer_[at + 1] != '\n') return true;
    }
    head_scanned_ = head_bytes_ + (at - begin_);
    return false;
}

RequestReader::State RequestReader::advance() {
    while (begin_ != end_ && state_ != State::complete && state_ != State::refused) {
        started_ = true;
        if (state_ == State::head && !skipped_line_ && head_bytes_ == 0) {
            // RFC 9112 2.2: ignore one empty line before the request line.
            if (buffer_[begin_] == '\r') {
                if (end_ - begin_ < 2) return state_;
                if (buffer_[begin_ + 1] == '\n') begin_ += 2;
            }
            skipped_line_ = true;
            if (begin_ == end_) return state_;
        }
        ErrorCode ec;
        const std::size_t used =
            parser_->put(boost::asio::const_buffer(buffer_.get() + begin_, end_ - begin_), ec);
        begin_ += used;
        (state_ == State::head ? head_bytes_ : body_wire_bytes_) += used;
        if (state_ == State::head) {
            const std::size_t seen = head_bytes_ + (parser_->has_head ? 0 : end_ - begin_);
            if (seen > limits_.header_bytes || ec == http::error::header_limit)
                return refuse_oversized_head();
        } else if (ec == http::error::body_limit) {
            return refuse(413, fhir::IssueCode::too_long, too_large(limits_.body_bytes));
        } else if (parser_->chunked()) {
            const std::size_t wire = body_wire_bytes_ + (parser_->is_done() ? 0 : end_ - begin_);
            // Small chunks are legal and cost their framing: a 32nd of the body on top.
            const std::size_t body = parser_->request.body.size();
            if (wire - body > limits_.overhead_bytes + body / 32) {
                return refuse(400, fhir::IssueCode::too_long, "chunk extensions and trailers too long");
            }
        }
        if (ec == http::error::need_more) {
            if (state_ == State::head && has_bare_line_end()) {
                return refuse(400, fhir::IssueCode::structure,
                              "malformed HTTP request: line end other than CR LF");
            }
            return state_;
        }
        if (ec) return refuse(400, fhir::IssueCode::structure, "malformed HTTP request: " + ec.message());
        if (state_ == State::head) {
            if (!check_head()) return state_;
            state_ = State::body;
            parser_->eager(true);
            parser_->body_limit(limits_.body_bytes);
        }
        if (parser_->is_done()) state_ = State::complete;
    }
    return state_;
}

/// The guards of RFC 9112 and 9110 that Beast leaves to us. False: refused.
bool RequestReader::check_head() {
    Request& request = parser_->request;
    const auto bad = [this](std::string diagnostics, unsigned status = 400) {
        refuse(status, fhir::IssueCode::structure, std::move(diagnostics));
        return false;
    };
    if (!split_target(parser_->target, request)) return bad("invalid request target");

    const std::size_t hosts = request.count("Host");
    if (hosts > 1) return bad("more than one Host field");
    if (hosts == 0 && !request.http_1_0) return bad("no Host field");
    if (hosts == 1 && !is_host(request.field("Host"))) return bad("invalid Host field");

    const std::size_t codings = request.count("Transfer-Encoding"), lengths = request.count("Content-Length");
    if (codings > 0) {
        if (lengths > 0) return bad("both Transfer-Encoding and Content-Length");
        if (request.http_1_0) return bad("Transfer-Encoding in HTTP/1.0");
        const std::string_view coding = request.field("Transfer-Encoding");
        if (codings > 1 || !equal_ignoring_case(coding, "chunked")) {
            const std::size_t comma = coding.rfind(',');
            std::string_view last =
                coding.substr(comma == std::string_view::npos ? coding.size() : comma + 1);
            while (last.starts_with(' ') || last.starts_with('\t')) last.remove_prefix(1);
            const bool coded = codings == 1 && comma != 0 && equal_ignoring_case(last, "chunked");
            return bad("Transfer-Encoding other than chunked", coded ? 501 : 400);
        }
    }
    if (lengths > 0) {
        const std::string_view length = request.field("Content-Length");
        if (lengths > 1 || length.empty() || !std::all_of(length.begin(), length.end(), is_digit)) {
            return bad("invalid Content-Length");
        }
        if (parser_->content_length().value_or(0) > limits_.body_bytes) {
            refuse(413, fhir::IssueCode::too_long, too_large(limits_.body_bytes));
            return false;
        }
    }
    const std::string_view content_coding = request.field("Content-Encoding");
    if (!content_coding.empty() && !equal_ignoring_case(content_coding, "identity")) {
        refuse(415, fhir::IssueCode::not_supported,
               "Content-Encoding is not supported: send the body as it is");
        refusal_.fields.push_back({"Accept-Encoding", "identity"});
        return false;
    }
    const std::string_view expectation = request.field("Expect");
    if (!expectation.empty() && !request.http_1_0) {
        if (!equal_ignoring_case(expectation, "100-continue")) {
            refuse(417, fhir::IssueCode::not_supported, "Expect other than 100-continue");
            return false;
        }
        expects_continue_ = !parser_->is_done();
    }
    return true;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view Request::field(std::string_view name) const {
    for (const Field& field : fields) {
        if (equal_ignoring_case(field.name, name)) return field.value;
    }
    return {};
}

std::size_t Request::count(std::string_view name) const {
    return static_cast<std::size_t>(std::count_if(fields.begin(), fields.end(), [&](const Field& field) {
        return equal_ignoring_case(field.name, name);
    }));
}

std::string_view reason_phrase(unsigned status) {
    return view(http::obsolete_reason(http::int_to_status(status)));
}

void append_response(std::string& out, const Response& response, const Sending& sending,
                     std::string_view date) {
    const auto append_field = [&out](std::string_view name, std::string_view value) {
        out.append(name).append(": ").append(value).append("\r\n");
    };
    out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
    out.append(reason_phrase(response.status)).append("\r\n");
    append_field("Date", date);
    for (const Field& field : response.fields) {
        assert(field.value.find_first_of("\r\n") == std::string::npos);
        append_field(field.name, field.value);
    }
    if (response.status != 204) {
        if (!response.body.empty()) append_field("Content-Type", response.content_type);
        append_field("Content-Length", std::to_string(response.body.size()));
    }
    if (sending.close) {
        append_field("Connection", "close");
    } else if (sending.keep_alive_1_0) {
        append_field("Connection", "keep-alive");
    }
    out.append("\r\n");
    if (!sending.head_only && response.status != 204) out.append(response.body);
}

}  // namespace hooks
