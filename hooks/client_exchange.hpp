// Exchange: one question over one connection: opened if it is new, bytes out, bytes in, all on its strand.
#pragma once

#include "hooks/connection_pool.hpp"
#include "hooks/http_client.hpp"
#include "hooks/http_message.hpp"
#include "hooks/names.hpp"
#include "hooks/stream_client.hpp"
#include "hooks/web_url.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hooks {

/// A checked request, ready to be sent.
struct Question {
    WebUrl url;
    std::string bytes;  ///< of the whole request
    ResponseLimits limits;
    std::function<bool(std::size_t)> room;  ///< of ClientRequest
    bool no_body = false;                   ///< HEAD
    bool listed = false;
    bool repeatable = false;
    std::chrono::steady_clock::time_point until;
};

/// What all exchanges of a client share; must outlive them.
struct Means {
    Names& names;
    const TlsTrust& trust;
    std::optional<WebUrl> proxy;
};

/// The answer to `question`. Runs on the connection's strand, and leaves it a stream at rest if it may carry
/// another request, else none.
boost::asio::awaitable<ClientAnswer> exchange(const Means& means, std::shared_ptr<Connection> connection,
                                              std::shared_ptr<const Question> question);

}  // namespace hooks
