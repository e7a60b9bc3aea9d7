// Names, sockets and messages put together in the order of one exchange.
#include "hooks/client_exchange.hpp"

#include "hooks/address_policy.hpp"

#include <span>
#include <string_view>
#include <utility>

namespace hooks {

namespace asio = boost::asio;

namespace {

struct Failure {
    ClientFault fault = ClientFault::reset;
    std::string detail{};
};

std::string_view stream_fault_words(ClientStream::End end) {
    switch (end) {
        case ClientStream::End::open:
            return "";
        case ClientStream::End::closed:
            return "closed before the answer was whole";
        case ClientStream::End::broken:
            return "broke before the answer was whole";
        case ClientStream::End::expired:
            return "the deadline passed before the answer was whole";
    }
    return "";
}

ClientFault fault_of(ClientStream::End end) {
    switch (end) {
        case ClientStream::End::closed:
            return ClientFault::closed;
        case ClientStream::End::expired:
            return ClientFault::timeout;
        case ClientStream::End::open:
        case ClientStream::End::broken:
            break;
    }
    return ClientFault::reset;
}

/// Reads until the response is whole or cannot become so.
asio::awaitable<ResponseReader::State> receive(ClientStream& stream, ResponseReader& reader,
                                               const std::function<bool(std::size_t)>& room) {
    using State = ResponseReader::State;
    State state = State::head;
    while (state == State::head || state == State::body) {
        const std::span<char> space = reader.space();
        const std::size_t bytes = co_await stream.read_some(space);
        if (bytes == 0) {
            if (stream.end() == ClientStream::End::closed) state = reader.closed();
            break;
        }
        state = reader.received(bytes);
        if (room && reader.status() != 0 && !room(reader.body().capacity())) state = State::too_large;
    }
    co_return state;
}

/// Why no whole response came.
Failure failure_of(ResponseReader::State state, const ClientStream& stream, const ResponseReader& reader) {
    if (state == ResponseReader::State::too_large)
        return {ClientFault::too_large, reader.reason().empty() ? "no room for the body" : reader.reason()};
    if (state == ResponseReader::State::malformed) return {ClientFault::malformed, reader.reason()};
    return {fault_of(stream.end()), std::string(stream_fault_words(stream.end()))};
}

/// The addresses that may be connected to: those that were looked at, and no others.
asio::awaitable<std::optional<Failure>> addresses(const Means& means, Connection& connection,
                                                  const Question& question,
                                                  std::vector<asio::ip::address>& found) {
    const WebUrl& url = means.proxy ? *means.proxy : question.url;
    std::optional<Failure> failure;
    if (url.is_address) {
        found.push_back(asio::ip::make_address(url.host));
    } else {
        Resolved resolved = co_await means.names.find(url.host, connection.strand, question.until);
        if (resolved.addresses.empty()) {
            failure.emplace();
            failure->fault = resolved.late ? ClientFault::timeout : ClientFault::unresolved;
            failure->detail =
                resolved.late ? "the deadline passed while the name was resolved" : resolved.reason;
            co_return failure;
        }
        found = std::move(resolved.addresses);
    }
    if (means.proxy) co_return failure;
    std::erase_if(found,
                  [&](const asio::ip::address& address) { return !may_call(address, question.listed); });
    if (found.empty()) {
        failure.emplace();
        failure->fault = ClientFault::forbidden_address;
        failure->detail = "its address may not be called";
    }
    co_return failure;
}

asio::awaitable<std::optional<Failure>> ask_proxy(ClientStream& stream, const Question& question) {
    std::optional<Failure> failure;
    const WebUrl& url = question.url;
    const std::string host = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
    const std::string target = host + ":" + std::to_string(url.port);
    const std::vector<Field> fields{{"User-Agent", "asps-cds"}};
    std::string bytes;
    append_request(bytes, "CONNECT", target, target, fields, {});
    ResponseLimits limits;
    limits.header_bytes = question.limits.header_bytes;
    ResponseReader reader(limits, true);
    ResponseReader::State state = ResponseReader::State::head;
    const bool sent = co_await stream.write(bytes);
    if (sent) state = co_await receive(stream, reader, question.room);
    if (state != ResponseReader::State::complete) {
        failure = failure_of(state, stream, reader);
        if (failure->fault != ClientFault::timeout) failure->fault = ClientFault::proxy;
        failure->detail = "the proxy: " + failure->detail;
    } else if (reader.status() / 100 != 2) {
        failure.emplace();
        failure->fault = ClientFault::proxy;
        failure->detail = "the proxy answered " + std::to_string(reader.status());
    }
    co_return failure;
}

/// Gives the connection a stream to the origin, TLS included; or says why not.
asio::awaitable<std::optional<Failure>> open(const Means& means, Connection& connection,
                                             const Question& question) {
    std::vector<asio::ip::address> found;
    std::optional<Failure> failure = co_await addresses(means, connection, question, found);
    if (failure) co_return failure;
    connection.stream = std::make_unique<ClientStream>(connection.strand);
    ClientStream& stream = *connection.stream;
    stream.expires_at(question.until);
    const WebUrl& peer = means.proxy ? *means.proxy : question.url;
    const bool connected = co_await stream.connect(std::move(found), peer.port);
    if (!connected) {
        means.names.forget(peer.host);
        failure.emplace();
        const bool late = stream.end() == ClientStream::End::expired;
        failure->fault = late          ? ClientFault::timeout
                         : means.proxy ? ClientFault::proxy
                                       : ClientFault::refused;
        failure->detail = late ? "the deadline passed while connecting" : "no connection: " + stream.reason();
        co_return failure;
    }
    if (!question.url.tls) co_return failure;
    if (means.proxy) {
        failure = co_await ask_proxy(stream, question);
        if (failure) co_return failure;
    }
    const bool secured = co_await stream.start_tls(means.trust, question.url.host, question.url.is_address);
    if (!secured) {
        failure.emplace();
        const bool late = stream.end() == ClientStream::End::expired;
        failure->fault = late ? ClientFault::timeout : ClientFault::tls;
        failure->detail = late ? "the deadline passed during the TLS handshake" : "TLS: " + stream.reason();
    }
    co_return failure;
}

}  // namespace

asio::awaitable<ClientAnswer> exchange(const Means& means, std::shared_ptr<Connection> connection,
                                       std::shared_ptr<const Question> question) {
    // Here, on its strand, a stream ends that cannot carry another request.
    struct Closing {
        Connection& connection;
        bool keep = false;
        ~Closing() {
            if (!keep) connection.stream.reset();
        }
    } closing{*connection};
    ClientAnswer answer;
    const auto fail = [&answer, &question](Failure failure) {
        answer.fault = failure.fault;
        answer.detail = question->url.origin() + ": " + failure.detail;
    };
    if (connection->stream && connection->stream->is_stale()) connection->stream.reset();
    for (;;) {
        const bool kept = connection->stream != nullptr;
        if (!kept) {
            std::optional<Failure> failure = co_await open(means, *connection, *question);
            if (failure) {
                fail(std::move(*failure));
                co_return answer;
            }
        }
        ClientStream& stream = *connection->stream;
        stream.expires_at(question->until);
        ResponseReader reader(question->limits, question->no_body);
        const bool sent = co_await stream.write(question->bytes);
        // A server that refuses a long request may have answered before it closed.
        ResponseReader::State state = ResponseReader::State::head;
        if (stream.end() != ClientStream::End::expired)
            state = co_await receive(stream, reader, question->room);
        if (state == ResponseReader::State::complete) {
            stream.rest();
            closing.keep = sent && reader.keeps_alive();
            answer.status = reader.status();
            answer.fields = std::move(reader.fields());
            answer.body = std::move(reader.body());
            co_return answer;
        }
        const bool untouched = !reader.started() && stream.end() != ClientStream::End::expired;
        if (kept && untouched && question->repeatable) {
            connection->stream.reset();
            continue;
        }
        answer.status = reader.status();
        answer.fields = std::move(reader.fields());
        fail(failure_of(state, stream, reader));
        co_return answer;
    }
}

}  // namespace hooks
