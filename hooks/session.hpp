// Session: one connection from its first byte to its last: requests are read within limits and deadlines,
// answered one at a time, and what is wrong is refused.
#pragma once

#include "hooks/body_budget.hpp"
#include "hooks/http_server.hpp"
#include "hooks/shared_value.hpp"
#include "hooks/stream.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/strand.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace hooks {

using SessionStrand = boost::asio::strand<boost::asio::io_context::executor_type>;

/// What all sessions of a server share.
struct SessionContext {
    SessionContext(const ServerOptions& given, Handler& answering)
        : options(std::make_shared<const ServerOptions>(given)),
          handler(answering),
          bodies(given.bodies_bytes) {}
    SharedValue<const ServerOptions> options;  // those of requests that begin now
    Handler& handler;
    BodyBudget bodies;
    std::atomic<std::size_t> waiting_for_room = 0;  // sessions that hold a body's bytes beyond the budget
    std::atomic<bool> stopping = false;             // answers say that the connection will be closed
    std::atomic<bool> closed = false;               // only requests that have begun are answered
};

class Session : public std::enable_shared_from_this<Session> {
  public:
    Session(SessionContext& context, SessionStrand strand, boost::asio::ip::address peer,
            std::unique_ptr<Stream> stream);

    const SessionStrand& strand() const { return strand_; }
    const boost::asio::ip::address& address() const { return address_; }
    /// On the strand: if no request has begun, none will, but for the first of a connection, which may come
    /// soon.
    void end_if_idle();
    /// It waits for a request, and its place may be taken from this moment on: nothing has come of one, or,
    /// if it would be its first, not all of the head. Nothing while it does anything else. From any thread.
    std::optional<std::chrono::steady_clock::time_point> gives_place_from() const;
    /// Its place is another's: it ends without a word, unless a request has come by now. Once, from any
    /// thread.
    void give_place();

    friend boost::asio::awaitable<void> serve(std::shared_ptr<Session> session);
    friend boost::asio::awaitable<void> turn_away(std::shared_ptr<Session> session);

  private:
    boost::asio::awaitable<RequestReader::State> read_request(std::size_t served);
    bool is_last(std::size_t served) const;
    void wait_from_now(std::chrono::milliseconds at_least);
    void wait_no_more();
    boost::asio::awaitable<RequestReader::State> wait_for_room();
    void give_way_to_others();
    void end_if_room_is_lost();
    std::chrono::milliseconds body_patience(std::chrono::steady_clock::time_point begun) const;
    boost::asio::awaitable<bool> answer_head(std::size_t served);
    boost::asio::awaitable<bool> send(const Response& response, Sending sending, RequestEvent& event,
                                      std::chrono::steady_clock::time_point start);
    boost::asio::awaitable<void> send_refusal(const Refusal& refusal);
    boost::asio::awaitable<void> send_last(const Response& response, RequestEvent& event,
                                           std::chrono::steady_clock::time_point start);
    boost::asio::awaitable<void> linger();
    boost::asio::awaitable<Response> answer(const Request& request, RequestEvent& event);

    SessionContext& context_;
    const HttpLimits limits_;                       // of all that is read of the connection
    std::shared_ptr<const ServerOptions> options_;  // those that its current request began with
    const SessionStrand strand_;
    const boost::asio::ip::address address_;
    const std::unique_ptr<Stream> stream_;
    RequestReader reader_;
    std::string out_;                                                   // the answer's bytes
    std::atomic<std::chrono::steady_clock::rep> gives_place_from_ = 0;  // 0: it does not
    bool is_waiting_ = false, is_unwanted_ = false;
    bool is_idle_ = false;          // waits for a request's first byte
    bool is_reading_body_ = false;  // waits for more of a body
    bool is_answered_ = false;      // what is still to come of the current request's body, nobody needs
    bool is_first_ = true;          // that request is the connection's first
};

/// Serves the connection until it ends.
boost::asio::awaitable<void> serve(std::shared_ptr<Session> session);
/// A connection too many: its request's head is read, if it comes soon, and answered with 503.
boost::asio::awaitable<void> turn_away(std::shared_ptr<Session> session);
/// The same answer as bytes, for those that are not even read.
std::string too_many_connections(Handler& handler);

}  // namespace hooks
