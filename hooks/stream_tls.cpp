// OpenSSL reads and writes the socket itself, without waiting; asio says when to try again.
#include "hooks/stream_tls.hpp"

#include "hooks/log.hpp"
#include "hooks/openssl.hpp"
#include "hooks/stream_socket.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <sys/socket.h>

#include <cerrno>
#include <new>
#include <utility>

namespace hooks {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto quietly = asio::as_tuple(asio::use_awaitable);

int descriptor_of(BIO* bio) { return *static_cast<int*>(BIO_get_data(bio)); }

bool is_for_later(ssize_t result) {
    return result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

int send_bytes(BIO* bio, const char* bytes, int size) {
    BIO_clear_retry_flags(bio);
    const ssize_t sent = ::send(descriptor_of(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (is_for_later(sent)) BIO_set_retry_write(bio);
    return static_cast<int>(sent);
}

int receive_bytes(BIO* bio, char* into, int size) {
    BIO_clear_retry_flags(bio);
    const ssize_t received = ::recv(descriptor_of(bio), into, static_cast<std::size_t>(size), 0);
    if (is_for_later(received)) BIO_set_retry_read(bio);
    return static_cast<int>(received);
}

long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

/// OpenSSL's own socket BIO writes without MSG_NOSIGNAL.
BIO_METHOD* socket_method() {
    static BIO_METHOD* const method = [] {
        BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "asps-cds socket");
        if (!made) throw std::bad_alloc();
        BIO_meth_set_write(made, send_bytes);
        BIO_meth_set_read(made, receive_bytes);
        BIO_meth_set_ctrl(made, control);
        return made;
    }();
    return method;
}

class TlsStream final : public Stream {
  public:
    TlsStream(tcp::socket socket, std::shared_ptr<const ServerTls> tls)
        : connection_(std::make_shared<TimedSocket>(std::move(socket))),
          tls_(std::move(tls)),
          descriptor_(connection_->socket.native_handle()),
          session_(SSL_new(tls_->context())) {
        BIO* const bio = BIO_new(socket_method());
        if (!session_ || !bio) throw std::bad_alloc();
        boost::system::error_code ignored;  // a socket that is gone already shows at the first read
        connection_->socket.native_non_blocking(true, ignored);
        BIO_set_data(bio, &descriptor_);
        BIO_set_init(bio, 1);
        SSL_set_bio(session_.get(), bio, bio);
        SSL_set_accept_state(session_.get());
    }

    ~TlsStream() override {
        say_farewell();
        connection_->close();
    }

    asio::awaitable<bool> open() override {
        for (;;) {
            if (connection_->expired) co_return false;
            ERR_clear_error();
            const int done = SSL_do_handshake(session_.get());
            if (done == 1) break;
            const int why = SSL_get_error(session_.get(), done);
            if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
                note_failure();
                co_return false;
            }
            const bool goes_on = co_await ready(why);
            if (!goes_on) co_return false;
        }
        is_open_ = true;
        co_return true;
    }

    asio::awaitable<std::size_t> read_some(std::span<char> into) override {
        for (;;) {
            if (connection_->expired || !is_open_) co_return 0;
            ERR_clear_error();
            std::size_t bytes = 0;
            const int done = SSL_read_ex(session_.get(), into.data(), into.size(), &bytes);
            if (done == 1) co_return bytes;
            const int why = failure(done);
            const bool goes_on = co_await ready(why);
            if (!goes_on) co_return 0;
        }
    }

    asio::awaitable<bool> write(std::string_view bytes) override {
        while (!bytes.empty()) {
            if (connection_->expired || !is_open_) co_return false;
            ERR_clear_error();
            std::size_t written = 0;
            const int done = SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &written);
            if (done == 1) {
                bytes.remove_prefix(written);
                continue;
            }
            const int why = failure(done);
            const bool goes_on = co_await ready(why);
            if (!goes_on) co_return false;
        }
        co_return true;
    }

    void expires_after(std::chrono::milliseconds time) override {
        TimedSocket::expires_after(connection_, time);
    }

    bool expired() const override { return connection_->expired; }

    void cancel() override { connection_->expire(); }

    void finish_writing() override {
        say_farewell();
        boost::system::error_code ignored;  // the peer may be gone already
        connection_->socket.shutdown(tcp::socket::shutdown_send, ignored);
    }

  private:
    struct Free {
        void operator()(SSL* session) const { SSL_free(session); }
    };

    /// Why it could not be done now; what can never be done ends the session.
    int failure(int done) {
        const int why = SSL_get_error(session_.get(), done);
        // After these two nothing may be asked of the session any more, not even the farewell.
        if (why == SSL_ERROR_SSL || why == SSL_ERROR_SYSCALL) is_open_ = false;
        return why;
    }

    /// Waits until it can be tried again; false: never, or the deadline passed.
    asio::awaitable<bool> ready(int why) {
        if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) co_return false;
        const auto what = why == SSL_ERROR_WANT_READ ? tcp::socket::wait_read : tcp::socket::wait_write;
        auto [ec] = co_await connection_->socket.async_wait(what, quietly);
        co_return !ec && !connection_->expired;
    }

    /// close_notify, as far as the socket takes it at once: the peer can tell an end from a cut (RFC
    /// 8446 6.1).
    void say_farewell() {
        if (!is_open_ || std::exchange(said_farewell_, true)) return;
        ERR_clear_error();
        SSL_shutdown(session_.get());
        ERR_clear_error();
    }

    void note_failure() {
        const long verdict = SSL_get_verify_result(session_.get());
        const char* text = ERR_reason_error_string(ERR_peek_last_error());
        if (verdict == X509_V_ERR_APPLICATION_VERIFICATION) {
            log_event(LogLevel::warn, "client-certificate-refused",
                      {{"reason", "not in tls.clientSubjects"}});
        } else if (verdict != X509_V_OK) {
            log_event(LogLevel::warn, "client-certificate-refused",
                      {{"reason", std::string_view(X509_verify_cert_error_string(verdict))}});
        } else {
            // Scanners do this all day.
            log_event(LogLevel::debug, "tls-handshake-failed",
                      {{"reason", std::string_view(text ? text : "the connection ended")}});
        }
        ERR_clear_error();
    }

    const std::shared_ptr<TimedSocket> connection_;
    const std::shared_ptr<const ServerTls> tls_;
    int descriptor_;  // what the BIO reads and writes
    std::unique_ptr<SSL, Free> session_;
    bool is_open_ = false, said_farewell_ = false;
};

}  // namespace

std::unique_ptr<Stream> tls_stream(tcp::socket socket, std::shared_ptr<const ServerTls> tls) {
    return std::make_unique<TlsStream>(std::move(socket), std::move(tls));
}

}  // namespace hooks
