// Beast parses; the guards here close what it lets through: two framings, odd codings, missing Host, endless
// trailers.
#include "hooks/http_message.hpp"

#include "hooks/body_budget.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <chrono>
#include <utility>

namespace hooks {

namespace http = boost::beast::http;

namespace {

using BeastText = boost::beast::string_view;
using ErrorCode = boost::beast::error_code;

// What is read at once into a body whose length is known: as much again as has come, so that memory is
// touched only by those who send.
constexpr std::size_t least_step = 16'384, most_step = 65'536, first_room = 65'536;

std::string_view view(BeastText text) { return {text.data(), text.size()}; }

std::string too_large(std::size_t limit) {
    return "body too large: at most " + std::to_string(limit) + " bytes";
}

bool starts_ignoring_case(std::string_view text, std::string_view start) {
    return equal_ignoring_case(text.substr(0, start.size()), start);
}

/// One coding that is not chunked, then chunked: a message one could read who knew the coding (RFC 9112 6.1).
bool is_coding_before_chunked(std::string_view codings) {
    const std::size_t comma = std::min(codings.find(','), codings.size());
    const std::string_view first = codings.substr(0, comma);
    std::string_view last = codings.substr(std::min(comma + 1, codings.size()));
    while (last.starts_with(' ') || last.starts_with('\t')) last.remove_prefix(1);
    return is_token(first) && !equal_ignoring_case(first, "chunked") && equal_ignoring_case(last, "chunked");
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
    if (!is_percent_encoded(target.substr(0, question))) return false;
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
    bool has_head = false;

  private:
    void on_request_impl(http::verb, BeastText method, BeastText text, int version, ErrorCode&) override {
        request.method = view(method);
        target = view(text);
        request.http_1_0 = version == 10;
    }
    void on_response_impl(int, BeastText, int, ErrorCode&) override {}
    void on_field_impl(http::field, BeastText name, BeastText value, ErrorCode& ec) override {
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
    // Bodies are read by RequestReader itself.
    void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
    std::size_t on_body_impl(BeastText bytes, ErrorCode&) override { return bytes.size(); }
    void on_chunk_header_impl(std::uint64_t, BeastText, ErrorCode&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, BeastText bytes, ErrorCode&) override {
        return bytes.size();
    }
    void on_finish_impl(ErrorCode&) override {}

    const std::size_t field_limit_;
};

RequestReader::RequestReader(const HttpLimits& limits, BodyBudget* budget)
    : limits_(limits),
      share_(budget ? std::make_unique<BodyShare>(*budget) : nullptr),
      parser_(std::make_unique<Parser>(limits.fields)) {
    size_ = limits.header_bytes + 4'096;
    buffer_ = std::make_unique_for_overwrite<char[]>(size_);
    parser_->header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    parser_->body_limit(boost::none);  // the guards come before the limit
}

RequestReader::~RequestReader() { let_go(); }

const Request& RequestReader::request() const { return parser_->request; }

std::span<char> RequestReader::space() {
    if (begin_ == end_) {
        begin_ = end_ = 0;
        into_body_ = state_ == State::body && !chunks_;
        if (into_body_) {
            std::string& body = parser_->request.body;
            const std::size_t step =
                std::min(length_ - body_read_, std::clamp(body_read_, least_step, most_step));
            make_room(body_read_ + step);
            body.resize(body_read_ + step);
            return {body.data() + body_read_, step};
        }
    } else if (size_ - end_ < 4'096) {
        std::copy(buffer_.get() + begin_, buffer_.get() + end_, buffer_.get());
        end_ -= std::exchange(begin_, 0);
    }
    return {buffer_.get() + end_, size_ - end_};
}

RequestReader::State RequestReader::received(std::size_t bytes) {
    if (!std::exchange(into_body_, false)) {
        assert(bytes <= size_ - end_);
        end_ += bytes;
        return advance();
    }
    body_wire_bytes_ = body_read_ += bytes;
    hold(bytes, body_read_ == length_);
    return state_;
}

RequestReader::State RequestReader::next() {
    assert(state_ != State::refused);
    if (state_ == State::complete) {
        let_go();
        std::vector<Field> fields = std::move(parser_->request.fields);
        parser_ = std::make_unique<Parser>(limits_.fields);
        parser_->header_limit(static_cast<std::uint32_t>(limits_.header_bytes));
        parser_->body_limit(boost::none);
        fields.clear();
        parser_->request.fields = std::move(fields);
        length_ = body_read_ = body_wire_bytes_ = 0;
        started_ = skipped_line_ = expects_continue_ = false;
        guard_ = HeadGuard();
        chunks_.reset();
        state_ = State::head;
    }
    return advance();
}

bool RequestReader::take_continue() {
    return state_ == State::body && begin_ == end_ && std::exchange(expects_continue_, false);
}

bool RequestReader::comes_soon() const {
    return !chunks_ && !expects_continue_ && length_ - body_read_ <= least_step;
}

void RequestReader::hold(std::size_t bytes, bool is_whole) {
    if (share_) wanted_ += bytes;
    is_whole_ = is_whole;
    settle();
}

RequestReader::State RequestReader::settle() {
    if (state_ != State::body) return state_;
    bool is_lost = has_lost_room();
    if (is_lost && share_->waits()) return refuse_for_room();  // it was not slow
    if (!is_lost && wanted_ > 0) {
        const std::size_t in_all = std::max(length_, parser_->request.body.size());
        const BodyShare::Taken taken = share_->take(wanted_, in_all, std::chrono::steady_clock::now());
        if (taken == BodyShare::Taken::none_left) return state_;
        is_lost = taken == BodyShare::Taken::lost;
        wanted_ = 0;
    }
    if (!is_lost && is_whole_) {
        if (!share_ || share_->keep()) return state_ = State::complete;
        is_lost = true;
    }
    if (!is_lost) return state_;
    return refuse(408, fhir::IssueCode::timeout, "the request took too long to arrive while others waited");
}

RequestReader::State RequestReader::refuse_for_room() {
    refuse(503, fhir::IssueCode::throttled, "too many bodies at once: please send it again");
    refusal_.fields.push_back({"Retry-After", "1"});
    return state_;
}

bool RequestReader::has_lost_room() const { return share_ && share_->is_lost(); }

void RequestReader::when_room_is_lost(std::function<void()> call) {
    if (share_) share_->when_lost(std::move(call));
}

/// In a body of known length, for so many bytes and what may come soon: who announces much gets little for
/// it.
void RequestReader::make_room(std::size_t bytes) {
    std::string& body = parser_->request.body;
    if (bytes > body.capacity()) body.reserve(std::min(length_, std::max(first_room, bytes * 4)));
}

std::size_t RequestReader::drop_body() {
    const std::size_t bytes = parser_->request.body.size();
    let_go();
    return bytes;
}

void RequestReader::let_go() {
    std::string().swap(parser_->request.body);  // first: others count on it
    if (share_) share_->give_back();
    wanted_ = 0;
    is_whole_ = false;
}

RequestReader::State RequestReader::refuse(unsigned status, fhir::IssueCode code, std::string diagnostics) {
    refusal_ = {status, {code, std::move(diagnostics), {}}, {}};
    if (!parser_->has_head) find_origins();
    let_go();
    return state_ = State::refused;
}

/// Beast looks at no field before the head is whole and right; what a browser must see of a refusal hangs on
/// one.
void RequestReader::find_origins() {
    std::vector<Field>& fields = parser_->request.fields;
    constexpr std::string_view name = "origin:";
    std::erase_if(fields, [](const Field& field) { return equal_ignoring_case(field.name, "Origin"); });
    std::string_view lines(buffer_.get() + begin_, end_ - begin_);
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

void RequestReader::refuse_oversized_head() {
    const std::size_t line = guard_.request_line_size();
    if (line == 0 || line > limits_.header_bytes) {
        refuse(414, fhir::IssueCode::too_long, "request target too long");
        return;
    }
    refuse(431, fhir::IssueCode::too_long,
           "header fields too large: at most " + std::to_string(limits_.header_bytes) + " bytes and " +
               std::to_string(limits_.fields) + " fields");
}

RequestReader::State RequestReader::advance() {
    if (state_ == State::head) read_head();
    if (state_ == State::body) read_body();
    return state_;
}

void RequestReader::read_head() {
    // RFC 9112 2.2: ignore one empty line before the request line.
    if (!skipped_line_ && begin_ != end_) {
        if (buffer_[begin_] == '\r') {
            if (end_ - begin_ < 2) return;
            if (buffer_[begin_ + 1] == '\n') begin_ += 2;
        }
        skipped_line_ = true;
    }
    if (begin_ == end_) return;
    started_ = true;
    char* const head = buffer_.get() + begin_;
    const std::size_t here = end_ - begin_;
    if (const auto fault = guard_.look({head, here})) {
        refuse(fault->status, fhir::IssueCode::structure,
               "malformed HTTP request: " + std::string(fault->what));
        return;
    }
    const std::size_t size = guard_.size();
    if ((size > 0 ? size : here) > limits_.header_bytes) return refuse_oversized_head();
    if (size == 0) return;
    if (const std::size_t digit = guard_.later_minor_version()) head[digit] = '1';
    ErrorCode ec;
    const std::size_t used = parser_->put(boost::asio::const_buffer(head, size), ec);
    if (ec == http::error::header_limit) return refuse_oversized_head();
    if (ec || !parser_->has_head || used != size) {
        refuse(400, fhir::IssueCode::structure, "malformed HTTP request: " + ec.message());
        return;
    }
    begin_ += size;
    if (check_head()) state_ = State::body;
}

void RequestReader::read_body() {
    std::string& body = parser_->request.body;
    std::string_view bytes(buffer_.get() + begin_, end_ - begin_);
    if (!chunks_) {
        const std::size_t count = std::min(bytes.size(), length_ - body_read_);
        make_room(body_read_ + count);
        body.append(bytes.substr(0, count));
        begin_ += count;
        body_wire_bytes_ = body_read_ += count;
        hold(count, body_read_ == length_);
        return;
    }
    const std::size_t before = body.size(), waiting = bytes.size();
    const ChunkReader::State read = chunks_->read(bytes, body);
    begin_ = end_ - bytes.size();
    body_wire_bytes_ += waiting - bytes.size();
    switch (read) {
        case ChunkReader::State::more:
        case ChunkReader::State::whole:
            return hold(body.size() - before, read == ChunkReader::State::whole);
        case ChunkReader::State::too_large:
            refuse(413, fhir::IssueCode::too_long, too_large(limits_.body_bytes));
            return;
        case ChunkReader::State::too_much_overhead:
        case ChunkReader::State::malformed:
            refuse(400, fhir::IssueCode::structure,
                   "malformed HTTP request: " + std::string(chunks_->what()));
            return;
    }
}

/// The guards of RFC 9112 and 9110 that Beast leaves to us. False: refused.
bool RequestReader::check_head() {
    Request& request = parser_->request;
    const auto bad = [this](std::string diagnostics, unsigned status = 400) {
        refuse(status, fhir::IssueCode::structure, std::move(diagnostics));
        return false;
    };
    const std::size_t hosts = request.count("Host");
    if (hosts > 1) return bad("more than one Host field");
    if (hosts == 0 && !request.http_1_0) return bad("no Host field, which HTTP/1.1 requires");
    if (hosts == 1 && !is_host(request.field("Host"))) return bad("invalid Host field");
    if (request.method == "CONNECT") {
        bad("this server is no proxy: CONNECT is not supported", 405);
        refusal_.fields.push_back({"Allow", "GET, HEAD, POST, OPTIONS"});
        return false;
    }
    if (!split_target(parser_->target, request)) return bad("invalid request target");
    if (!check_framing()) return false;

    const std::string_view coding = request.field("Content-Encoding");
    const bool is_gzip = equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip");
    const bool is_plain = coding.empty() || equal_ignoring_case(coding, "identity");
    if (request.count("Content-Encoding") > 1 || (!is_gzip && !is_plain)) {
        refuse(415, fhir::IssueCode::not_supported,
               "Content-Encoding other than gzip is not supported: send the body as it is");
        refusal_.fields.push_back({"Accept-Encoding", "gzip, identity"});
        return false;
    }
    request.is_gzip = is_gzip;
    const std::size_t expectations = request.count("Expect");
    if (expectations > 0 && !request.http_1_0) {
        if (expectations > 1 || !equal_ignoring_case(request.field("Expect"), "100-continue")) {
            refuse(417, fhir::IssueCode::not_supported, "Expect other than 100-continue");
            return false;
        }
        expects_continue_ = chunks_ || length_ > 0;
    }
    return true;
}

/// Where the body ends, in the one way that no other reader could see otherwise (RFC 9112 6).
bool RequestReader::check_framing() {
    const Request& request = parser_->request;
    const auto bad = [this](std::string diagnostics, unsigned status = 400) {
        refuse(status, fhir::IssueCode::structure, std::move(diagnostics));
        return false;
    };
    const std::size_t codings = request.count("Transfer-Encoding"), lengths = request.count("Content-Length");
    if (codings > 0) {
        if (lengths > 0) return bad("both Transfer-Encoding and Content-Length");
        if (request.http_1_0) return bad("Transfer-Encoding in HTTP/1.0");
        const std::string_view coding = request.field("Transfer-Encoding");
        if (codings > 1 || !equal_ignoring_case(coding, "chunked")) {
            const bool coded = codings == 1 && is_coding_before_chunked(coding);
            return bad("Transfer-Encoding other than chunked", coded ? 501 : 400);
        }
        chunks_.emplace(limits_.body_bytes, limits_.overhead_bytes);
        return true;
    }
    if (lengths == 0) return true;
    const std::string_view length = request.field("Content-Length");
    if (lengths > 1 || length.empty() || !std::all_of(length.begin(), length.end(), is_digit))
        return bad("invalid Content-Length");
    const std::uint64_t announced = parser_->content_length().value_or(0);
    if (announced > limits_.body_bytes) {
        refuse(413, fhir::IssueCode::too_long, too_large(limits_.body_bytes));
        return false;
    }
    length_ = static_cast<std::size_t>(announced);
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
