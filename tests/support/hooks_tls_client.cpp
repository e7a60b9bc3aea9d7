// OpenSSL on a POSIX socket.
#include "tests/support/hooks_tls_client.hpp"

#include "tests/support/hooks_client.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>

namespace hooks::testing {

struct TlsClient::Impl {
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    SSL* session = nullptr;
    int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    std::string received;
};

TlsClient::TlsClient(std::uint16_t port, const TlsWish& wish) : impl_(std::make_unique<Impl>()) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
    // An old client offers what ours would not.
    SSL_CTX_set_security_level(impl_->context, 0);
    SSL_CTX_set_min_proto_version(impl_->context, wish.version == 0 ? TLS1_VERSION : wish.version);
    SSL_CTX_set_max_proto_version(impl_->context, wish.version);
    if (!wish.ciphers.empty()) SSL_CTX_set_cipher_list(impl_->context, wish.ciphers.c_str());
    if (wish.shown) {
        SSL_CTX_use_certificate(impl_->context, wish.shown->certificate.get());
        SSL_CTX_use_PrivateKey(impl_->context, wish.shown->key.get());
    }
    if (!wish.protocols.empty()) {
        SSL_CTX_set_alpn_protos(impl_->context, reinterpret_cast<const unsigned char*>(wish.protocols.data()),
                                static_cast<unsigned>(wish.protocols.size()));
    }
    const timeval patience{10, 0};
    ::setsockopt(impl_->socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    impl_->session = SSL_new(impl_->context);
    SSL_set_fd(impl_->session, impl_->socket);
    ERR_clear_error();
    open_ = ::connect(impl_->socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
            SSL_connect(impl_->session) == 1;
}

TlsClient::~TlsClient() {
    SSL_free(impl_->session);
    SSL_CTX_free(impl_->context);
    ::close(impl_->socket);
}

std::string TlsClient::version() const { return SSL_get_version(impl_->session); }

std::string TlsClient::cipher() const { return SSL_get_cipher_name(impl_->session); }

std::string TlsClient::protocol() const {
    const unsigned char* text = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(impl_->session, &text, &size);
    return {reinterpret_cast<const char*>(text), size};
}

std::string TlsClient::server_name() const {
    X509* const shown = SSL_get0_peer_certificate(impl_->session);
    std::array<char, 256> name{};
    if (shown) {
        X509_NAME_get_text_by_NID(X509_get_subject_name(shown), NID_commonName, name.data(), name.size());
    }
    return name.data();
}

bool TlsClient::is_resumable() const {
    return SSL_SESSION_is_resumable(SSL_get0_session(impl_->session)) == 1;
}

bool TlsClient::renegotiate() {
    ERR_clear_error();
    return SSL_renegotiate(impl_->session) == 1 && SSL_do_handshake(impl_->session) == 1;
}

bool TlsClient::send(std::string_view bytes) {
    ERR_clear_error();
    return open_ && SSL_write(impl_->session, bytes.data(), static_cast<int>(bytes.size())) > 0;
}

unsigned TlsClient::read(std::string* body) {
    std::string& received = impl_->received;
    const auto fill = [this, &received] {
        std::array<char, 16'384> bytes{};
        ERR_clear_error();
        const int count = SSL_read(impl_->session, bytes.data(), static_cast<int>(bytes.size()));
        if (count > 0) received.append(bytes.data(), static_cast<std::size_t>(count));
        return count > 0;
    };
    while (received.find("\r\n\r\n") == std::string::npos) {
        if (!fill()) return 0;
    }
    const std::size_t head = received.find("\r\n\r\n") + 4;
    unsigned status = 0;
    std::from_chars(received.data() + 9, received.data() + 12, status);
    std::size_t length = 0;
    const std::size_t field = received.find("Content-Length: ");
    if (field < head) std::from_chars(received.data() + field + 16, received.data() + head, length);
    while (received.size() < head + length) {
        if (!fill()) return 0;
    }
    if (body) *body = received.substr(head, length);
    received.erase(0, head + length);
    return status;
}

unsigned TlsClient::get(const std::string& target, std::string* body) {
    if (!send(request_bytes("GET", target, {}, {}))) return 0;
    return read(body);
}

unsigned TlsClient::post(const std::string& target, const std::string& body) {
    if (!send(request_bytes("POST", target, body, {{"Content-Type", "application/json"}}))) return 0;
    return read();
}

std::string TlsClient::end() {
    char byte = 0;
    ERR_clear_error();
    const int count = SSL_read(impl_->session, &byte, 1);
    if (count > 0) return "bytes";
    return SSL_get_error(impl_->session, count) == SSL_ERROR_ZERO_RETURN ? "closed" : "cut";
}

}  // namespace hooks::testing
