// Sockets and OpenSSL of outgoing connections; one timer a connection closes its socket at the deadline.
#include "hooks/stream_client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace hooks {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

namespace {
constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
}

struct TlsTrust::Impl {
    ssl::context context{ssl::context::tls_client};
};

TlsTrust::TlsTrust(const std::string& ca_file) : impl_(std::make_unique<Impl>()) {
    SSL_CTX* const context = impl_->context.native_handle();
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    boost::system::error_code ec;
    impl_->context.set_default_verify_paths(ec);
    if (ca_file.empty()) return;
    impl_->context.load_verify_file(ca_file, ec);
    if (ec) problem_ = "cannot read certificates from " + ca_file + ": " + ec.message();
}

TlsTrust::~TlsTrust() = default;

/// What the timer's handler needs; it may run once more after the stream is gone.
struct ClientStream::State {
    explicit State(const asio::any_io_executor& strand) : socket(strand), timer(strand) {}

    tcp::socket socket;
    std::unique_ptr<ssl::stream<tcp::socket&>> tls;
    asio::steady_timer timer;
    Clock::time_point deadline = Clock::time_point::max();  // of the whole
    Clock::time_point limit = Clock::time_point::max();     // of what runs: the deadline, or before it
    bool expired = false;                                   // the limit passed: the socket is closed
    End end = End::open;
    std::string reason;
};

ClientStream::ClientStream(const asio::any_io_executor& strand) : state_(std::make_shared<State>(strand)) {}

ClientStream::~ClientStream() {
    boost::system::error_code ignored;
    state_->socket.close(ignored);
    state_->timer.cancel();
}

void ClientStream::expire(State& state) {
    state.expired = true;
    boost::system::error_code ignored;
    state.socket.close(ignored);
}

void ClientStream::expires_at(Clock::time_point deadline) {
    state_->deadline = deadline;
    limit(deadline);
}

void ClientStream::limit(Clock::time_point limit) {
    state_->limit = limit;
    state_->timer.expires_at(limit);
    state_->timer.async_wait([weak = std::weak_ptr(state_)](boost::system::error_code ec) {
        const auto state = weak.lock();
        // A handler that was queued before the limit moved on comes without an error: ask the clock.
        if (ec || !state || Clock::now() < state->limit) return;
        expire(*state);
    });
}

void ClientStream::rest() {
    state_->deadline = state_->limit = Clock::time_point::max();
    state_->timer.cancel();
}

asio::awaitable<bool> ClientStream::connect(std::vector<asio::ip::address> addresses, std::uint16_t port) {
    const std::shared_ptr<State> state = state_;
    auto left = static_cast<Clock::rep>(addresses.size());
    for (const asio::ip::address& address : addresses) {
        const Clock::time_point now = Clock::now();
        if (now >= state->deadline) break;
        limit(now + (state->deadline - now) / left--);
        state->expired = false;
        const tcp::endpoint endpoint(address, port);
        boost::system::error_code ec;
        state->socket.close(ec);
        state->socket.open(endpoint.protocol(), ec);
        if (!ec) {
            auto [failure] = co_await state->socket.async_connect(endpoint, quietly);
            ec = failure;
        }
        if (!ec && !state->expired) {
            state->socket.set_option(tcp::no_delay(true), ec);  // without it questions are only slower
            limit(state->deadline);
            co_return true;
        }
        state->reason = state->expired ? "no answer in time" : ec.message();
    }
    limit(state->deadline);
    state->expired = Clock::now() >= state->deadline;
    state->end = state->expired ? End::expired : End::broken;
    co_return false;
}

asio::awaitable<bool> ClientStream::start_tls(const TlsTrust& trust, std::string host, bool host_is_address) {
    const std::shared_ptr<State> state = state_;
    state->tls = std::make_unique<ssl::stream<tcp::socket&>>(state->socket, trust.impl_->context);
    SSL* const tls = state->tls->native_handle();
    if (host_is_address) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host.c_str());
    } else {
        SSL_set_hostflags(tls, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        SSL_set1_host(tls, host.c_str());
        // What SSL_set_tlsext_host_name() does, whose cast is of the old style.
        SSL_ctrl(tls, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data());
    }
    auto [ec] = co_await state->tls->async_handshake(ssl::stream_base::client, quietly);
    if (!ec && !state->expired) co_return true;
    const long verdict = SSL_get_verify_result(tls);
    state->reason = verdict == X509_V_OK ? ec.message() : X509_verify_cert_error_string(verdict);
    state->end = state->expired ? End::expired : End::broken;
    co_return false;
}

asio::awaitable<std::size_t> ClientStream::read_some(std::span<char> into) {
    const std::shared_ptr<State> state = state_;
    const asio::mutable_buffer buffer(into.data(), into.size());
    boost::system::error_code ec;
    std::size_t bytes = 0;
    if (state->tls) {
        auto [failure, count] = co_await state->tls->async_read_some(buffer, quietly);
        ec = failure;
        bytes = count;
    } else {
        auto [failure, count] = co_await state->socket.async_read_some(buffer, quietly);
        ec = failure;
        bytes = count;
    }
    if (!state->expired && !ec) co_return bytes;
    state->end = state->expired ? End::expired : ec == asio::error::eof ? End::closed : End::broken;
    state->reason = ec.message();
    co_return 0;
}

asio::awaitable<bool> ClientStream::write(std::string_view bytes) {
    const std::shared_ptr<State> state = state_;
    while (!bytes.empty()) {
        const asio::const_buffer buffer(bytes.data(), bytes.size());
        boost::system::error_code ec;
        std::size_t written = 0;
        if (state->tls) {
            auto [failure, count] = co_await state->tls->async_write_some(buffer, quietly);
            ec = failure;
            written = count;
        } else {
            auto [failure, count] = co_await state->socket.async_write_some(buffer, quietly);
            ec = failure;
            written = count;
        }
        if (ec || state->expired) {
            state->end = state->expired ? End::expired : End::broken;
            state->reason = ec.message();
            co_return false;
        }
        bytes.remove_prefix(written);
    }
    co_return true;
}

ClientStream::End ClientStream::end() const { return state_->end; }

const std::string& ClientStream::reason() const { return state_->reason; }

bool ClientStream::is_stale() {
    char byte = 0;
    const auto bytes = ::recv(state_->socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return bytes >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

}  // namespace hooks
