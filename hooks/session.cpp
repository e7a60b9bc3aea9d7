// Read, have answered, write, again. A deadline stands over each; a refusal is the connection's last answer.
#include "hooks/session.hpp"

#include "hooks/metrics.hpp"
#include "hooks/request_memory.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <ctime>
#include <exception>
#include <utility>

namespace hooks {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using State = RequestReader::State;
using std::chrono::milliseconds;

namespace {

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
// How long, and how much of it, a peer is heard that goes on after the last answer.
constexpr milliseconds linger_time{2'000};
constexpr std::size_t linger_bytes = 8'388'608;
// Stopping, how long a peer that has connected and sent nothing may take: its request is on the way.
constexpr milliseconds first_request{1'000};
// The head of a connection too many.
constexpr milliseconds last_head{1'000};
// How long what came of a body waits for room: within that time, slow ones must give way. What waits is
// beyond the budget, so only few may.
constexpr milliseconds room_patience = BodyShare::longest_stay, room_pause{20};
constexpr std::size_t most_waiting_for_room = 64;
// At the limit of connections, who waits for a request gives its place to another: a fresh connection after
// the first of these times, one that was served after the second.
constexpr milliseconds fresh_at_least{1'000}, idle_at_least{5'000};
// An answer that was larger than this does not keep its memory for the connection's next one.
constexpr std::size_t kept_bytes = 8'192;

/// `Mon, 23 Nov 2026 19:03:12 GMT` (RFC 9110 5.6.7), made once a second and thread.
std::string_view http_date() {
    thread_local std::time_t known_second = -1;
    thread_local std::array<char, 32> text = {};
    const std::time_t second = std::time(nullptr);
    if (second != known_second) {
        known_second = second;
        std::tm utc{};
        gmtime_r(&second, &utc);
        constexpr std::string_view days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
        constexpr std::string_view months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        // strftime's names follow the locale; these must not.
        char format[] = "www, %d mmm %Y %H:%M:%S GMT";
        days[static_cast<std::size_t>(utc.tm_wday)].copy(format, 3);
        months[static_cast<std::size_t>(utc.tm_mon)].copy(format + 8, 3);
        std::strftime(text.data(), text.size(), format, &utc);
    }
    return {text.data(), 29};
}

std::int64_t microseconds_since(Clock::time_point start) {
    return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count();
}

/// Counts why the last answer of a connection is a refusal.
void count(const Refusal& refusal) {
    using metrics::Rejection;
    switch (refusal.status) {
        case 408:
            return metrics::rejected(Rejection::too_slow);
        case 413:
        case 414:
        case 431:
            return metrics::rejected(Rejection::too_large);
        case 400:
        case 501:
        case 505:
            return metrics::rejected(Rejection::malformed);
        default:
            return;  // too many connections or bodies are counted where that is seen
    }
}

Refusal one_too_many() {
    return {503, {fhir::IssueCode::throttled, "too many connections", {}}, {{"Retry-After", "1"}}};
}

}  // namespace

Session::Session(SessionContext& context, SessionStrand strand, asio::ip::address peer,
                 std::unique_ptr<Stream> stream)
    : context_(context),
      limits_(context.options.get()->http),
      options_(context.options.get()),
      strand_(std::move(strand)),
      address_(std::move(peer)),
      stream_(std::move(stream)),
      reader_(limits_, &context.bodies) {}

void Session::end_if_idle() {
    if (!is_idle_) return;
    if (is_first_) {
        stream_->expires_after(first_request);
    } else {
        stream_->cancel();
    }
}

std::optional<Clock::time_point> Session::gives_place_from() const {
    const Clock::rep from = gives_place_from_;
    if (from == 0) return std::nullopt;
    return Clock::time_point(Clock::duration(from));
}

void Session::give_place() {
    gives_place_from_ = 0;
    asio::post(strand_, [session = shared_from_this()] {
        if (!session->is_waiting_) return;
        session->is_unwanted_ = true;
        session->stream_->cancel();
    });
}

void Session::wait_from_now(milliseconds at_least) {
    is_waiting_ = true;
    gives_place_from_ = (Clock::now() + at_least).time_since_epoch().count();
}

void Session::wait_no_more() {
    is_waiting_ = is_unwanted_ = false;
    gives_place_from_ = 0;
}

void Session::give_way_to_others() {
    reader_.when_room_is_lost([weak = weak_from_this(), strand = strand_] {
        asio::post(strand, [weak] {
            if (const auto session = weak.lock()) session->end_if_room_is_lost();
        });
    });
}

/// On the strand: a body that is awaited and has lost its room is awaited no longer.
void Session::end_if_room_is_lost() {
    if (is_reading_body_ && reader_.has_lost_room()) stream_->cancel();
}

/// How long the body's next bytes may take.
milliseconds Session::body_patience(Clock::time_point begun) const {
    const ServerDeadlines& deadlines = options_->deadlines;
    milliseconds whole = deadlines.body;
    if (const std::size_t rate = options_->body_rate) {
        const milliseconds earned(reader_.body_bytes_received() * 1'000 / rate);
        whole = std::min(whole, deadlines.body_pause + earned);
    }
    const auto passed = std::chrono::duration_cast<milliseconds>(Clock::now() - begun);
    return std::max(whole - passed, milliseconds(0));
}

/// Until there is room for what has come of the body; refused if that takes too long.
asio::awaitable<State> Session::wait_for_room() {
    const Clock::time_point until = Clock::now() + room_patience;
    const bool may_wait = ++context_.waiting_for_room <= most_waiting_for_room;
    asio::steady_timer timer(strand_);
    State state = State::body;
    while (reader_.lacks_room()) {
        if (!may_wait || Clock::now() >= until) {
            state = reader_.refuse_for_room();
            break;
        }
        timer.expires_after(room_pause);
        co_await timer.async_wait(quietly);
        state = reader_.settle();
    }
    --context_.waiting_for_room;
    co_return state;
}

/// The answer to the current request is the connection's last, after so many with it.
bool Session::is_last(std::size_t served) const {
    // What is read of a connection keeps the limits that it began with; under new ones it begins anew.
    return !reader_.request().keep_alive || context_.stopping ||
           served >= options_->requests_per_connection || options_->http != limits_;
}

/// Refuses a request whose head suffices for that. False: the connection ends with it.
asio::awaitable<bool> Session::answer_head(std::size_t served) {
    const Clock::time_point start = Clock::now();
    RequestEvent event;
    const auto refusal = context_.handler.refuse_by_head(reader_.request(), event);
    if (!refusal) co_return true;
    if (is_last(served) || !reader_.comes_soon()) {
        co_await send_last(*refusal, event, start);
        co_return false;
    }
    is_answered_ = true;
    Sending sending;
    sending.head_only = reader_.request().method == "HEAD";
    sending.keep_alive_1_0 = reader_.request().http_1_0;
    const bool sent = co_await send(*refusal, sending, event, start);
    co_return sent;
}

/// Until a request is whole or refused; in state head or body the connection has ended, silently or by
/// an answer that the body was not needed for.
asio::awaitable<State> Session::read_request(std::size_t served) {
    options_ = context_.options.get();
    is_answered_ = false;
    State state = reader_.next();
    if (context_.stopping && !is_first_ && !reader_.started()) co_return state;
    const bool is_hurried = is_first_ || reader_.started();
    if (!is_hurried) wait_from_now(idle_at_least);
    if (state != State::head) wait_no_more();
    const milliseconds patience = is_hurried ? options_->deadlines.header : options_->deadlines.idle;
    stream_->expires_after(context_.closed && !reader_.started() ? first_request : patience);
    bool has_begun = reader_.started();
    Clock::time_point body_begun;
    while (state == State::head || state == State::body) {
        if (state == State::body) {
            if (body_begun == Clock::time_point()) {
                body_begun = Clock::now();
                const bool goes_on = co_await answer_head(served);
                if (!goes_on) co_return state;
            }
            if (reader_.lacks_room()) {
                state = co_await wait_for_room();
                continue;
            }
            if (reader_.has_lost_room()) {
                state = reader_.settle();
                continue;
            }
            stream_->expires_after(body_patience(body_begun));
        }
        if (reader_.take_continue()) {
            const bool sent = co_await stream_->write("HTTP/1.1 100 Continue\r\n\r\n");
            if (!sent) co_return state;
        }
        is_idle_ = !reader_.started();
        is_reading_body_ = state == State::body;
        const std::span<char> space = reader_.space();
        const std::size_t bytes = co_await stream_->read_some(space);
        is_idle_ = is_reading_body_ = false;
        if (bytes == 0) {
            if (is_unwanted_) co_return State::head;
            if (stream_->expired() && reader_.has_lost_room()) continue;
            if (!reader_.started() || !stream_->expired() || is_answered_) co_return state;
            const Refusal slow{
                408, {fhir::IssueCode::timeout, "the request took too long to arrive", {}}, {}};
            co_await send_refusal(slow);
            co_return state;
        }
        if (!reader_.started()) options_ = context_.options.get();
        state = reader_.received(bytes);
        if (state != State::head || (reader_.started() && !is_first_)) wait_no_more();
        if (state == State::head && reader_.started() && !std::exchange(has_begun, true)) {
            stream_->expires_after(options_->deadlines.header);
        }
    }
    co_return state;
}

asio::awaitable<void> serve(std::shared_ptr<Session> session) {
    session->stream_->expires_after(session->options_->deadlines.handshake);
    session->give_way_to_others();
    session->is_idle_ = true;
    session->wait_from_now(fresh_at_least);
    const bool is_open = co_await session->stream_->open();
    session->is_idle_ = false;
    if (!is_open) {
        metrics::rejected(metrics::Rejection::handshake);
        co_return;
    }
    for (std::size_t served = 1;; ++served) {
        const State state = co_await session->read_request(served);
        session->is_first_ = false;
        if (session->is_answered_ && state == State::complete) continue;
        if (state == State::refused && !session->is_answered_) {
            if (session->reader_.refusal().status == 503) metrics::rejected(metrics::Rejection::queue_full);
            co_await session->send_refusal(session->reader_.refusal());
        }
        if (state != State::complete) co_return;

        const Clock::time_point start = Clock::now();
        const Request& request = session->reader_.request();
        RequestEvent event;
        const Response response = co_await session->answer(request, event);
        event.bytes_in = session->reader_.drop_body();
        Sending sending;
        sending.head_only = request.method == "HEAD";
        sending.close = session->is_last(served);
        sending.keep_alive_1_0 = request.http_1_0;
        const bool sent = co_await session->send(response, sending, event, start);
        if (sent && sending.close) co_await session->linger();
        if (!sent || sending.close) co_return;
    }
}

asio::awaitable<void> turn_away(std::shared_ptr<Session> session) {
    RequestReader& reader = session->reader_;
    session->stream_->expires_after(last_head);
    for (State state = reader.next(); state == State::head;) {
        const std::span<char> space = reader.space();
        const std::size_t bytes = co_await session->stream_->read_some(space);
        if (bytes == 0) break;
        state = reader.received(bytes);
    }
    const Refusal refusal = one_too_many();
    co_await session->send_refusal(refusal);
}

std::string too_many_connections(Handler& handler) {
    RequestEvent unlogged;
    const Response response = handler.refuse(one_too_many(), Request{}, unlogged);
    std::string answer;
    append_response(answer, response, {.close = true}, http_date());
    return answer;
}

asio::awaitable<bool> Session::send(const Response& response, Sending sending, RequestEvent& event,
                                    Clock::time_point start) {
    wait_no_more();
    out_.clear();
    append_response(out_, response, sending, http_date());
    event.status = response.status;
    event.microseconds = microseconds_since(start);
    metrics::answered(event);  // before the sender knows: who asks for the figures then finds it counted
    stream_->expires_after(options_->deadlines.write);
    const bool sent = co_await stream_->write(out_);
    event.microseconds = microseconds_since(start);
    event.bytes_out = out_.size();
    log_request(event);
    if (out_.capacity() > kept_bytes) std::string().swap(out_);
    co_return sent;
}

/// Answers what cannot be answered by its content.
asio::awaitable<void> Session::send_refusal(const Refusal& refusal) {
    const Clock::time_point start = Clock::now();
    count(refusal);
    RequestEvent event;
    const Response response = context_.handler.refuse(refusal, reader_.request(), event);
    co_await send_last(response, event, start);
}

/// An answer that nothing can follow, for the body is not read, or not to its end.
asio::awaitable<void> Session::send_last(const Response& response, RequestEvent& event,
                                         Clock::time_point start) {
    reader_.drop_body();
    event.bytes_in = reader_.body_bytes_received();
    Sending sending;
    sending.head_only = reader_.request().method == "HEAD";
    sending.close = true;
    const bool sent = co_await send(response, sending, event, start);
    if (sent) co_await linger();
}

/// Says that nothing more will come, and takes what the peer still sends: closing upon unread bytes would
/// reset the connection and eat the last answer.
asio::awaitable<void> Session::linger() {
    stream_->finish_writing();
    stream_->expires_after(linger_time);
    for (std::size_t total = 0; total < linger_bytes;) {
        const std::span<char> space = reader_.unused();
        const std::size_t bytes = co_await stream_->read_some(space);
        if (bytes == 0) co_return;
        total += bytes;
    }
}

/// The handler's answer; our own mistakes become a 500 without detail, and a line in the log with it.
asio::awaitable<Response> Session::answer(const Request& request, RequestEvent& event) {
    try {
        Response response = co_await context_.handler.answer(request, event);
        co_return response;
    } catch (const TooMuchMemory&) {
        const Refusal large{413, {fhir::IssueCode::too_long, "the body holds too many values", {}}, {}};
        co_return context_.handler.refuse(large, request, event);
    } catch (const std::exception& mistake) {
        log_event(LogLevel::error, "request-failed", {{"reason", std::string_view(mistake.what())}});
        const Refusal failed{500, {fhir::IssueCode::exception, "internal error", {}}, {}};
        co_return context_.handler.refuse(failed, request, event);
    }
}

}  // namespace hooks
