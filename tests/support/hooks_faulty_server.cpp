// Blocking sockets, one thread a connection; OpenSSL directly, so that nothing of ours mends what it does.
#include "tests/support/hooks_faulty_server.hpp"

#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

namespace hooks::testing {

namespace {

/// Bound to that port of the address; 0 becomes a free one.
int bound_socket(std::uint16_t& port, const char* where = "127.0.0.1") {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, where, &address.sin_addr);
    socklen_t size = sizeof address;
    if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error("no free port");
    }
    port = ntohs(address.sin_port);
    return fd;
}

/// The bytes of one connection, with or without TLS.
class Peer {
  public:
    Peer(int fd, SSL_CTX* context) : fd_(fd) {
        const int on = 1;
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (!context) return;
        tls_.reset(SSL_new(context));
        SSL_set_fd(tls_.get(), fd_);
        ready_ = SSL_accept(tls_.get()) == 1;
    }

    bool ready() const { return ready_; }

    bool read(std::string& into) {
        char bytes[4096];
        const auto count =
            tls_ ? SSL_read(tls_.get(), bytes, sizeof bytes) : ::recv(fd_, bytes, sizeof bytes, 0);
        if (count <= 0) return false;
        into.append(bytes, static_cast<std::size_t>(count));
        return true;
    }

    bool write(const std::string& bytes) {
        if (tls_) return SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
        std::size_t sent = 0;
        while (sent < bytes.size()) {
            const auto count = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
            if (count <= 0) return false;
            sent += static_cast<std::size_t>(count);
        }
        return true;
    }

    void close_orderly() {
        if (tls_ && ready_) SSL_shutdown(tls_.get());
        ::shutdown(fd_, SHUT_WR);
    }

    void reset_on_close() {
        const linger at_once{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }

  private:
    const int fd_;
    bool ready_ = true;
    std::unique_ptr<SSL, void (*)(SSL*)> tls_{nullptr, SSL_free};
};

}  // namespace

std::string gzipped(const std::string& text) {
    std::string packed(compressBound(text.size()) + 64, '\0');
    z_stream stream{};
    deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    std::string input = text;
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

struct FaultyServer::Impl {
    std::vector<Script> scripts;
    std::function<Script(const std::string&)> answer;
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> tls{nullptr, SSL_CTX_free};
    int listening = -1;
    std::uint16_t port = 0;

    mutable std::mutex mutex;  // guards what follows
    mutable std::condition_variable changed;
    bool stopping = false;
    std::size_t connections = 0, ended = 0;
    std::vector<std::string> requests;
    std::vector<int> open;
    std::vector<std::thread> threads;
    std::thread accepting;

    void start(const std::shared_ptr<const FaultyTls>& options) {
        if (options) {
            tls.reset(SSL_CTX_new(TLS_server_method()));
            SSL_CTX_use_certificate(tls.get(), options->certificate.certificate.get());
            SSL_CTX_use_PrivateKey(tls.get(), options->certificate.key.get());
            if (options->only_tls_1_1) {
                SSL_CTX_set_security_level(tls.get(), 0);
                SSL_CTX_set_min_proto_version(tls.get(), TLS1_VERSION);
                SSL_CTX_set_max_proto_version(tls.get(), TLS1_1_VERSION);
            }
        }
        listening = bound_socket(port);
        if (::listen(listening, 64) != 0) throw std::runtime_error("cannot listen");
        accepting = std::thread([this] { accept(); });
    }

    void accept() {
        for (;;) {
            const int fd = ::accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
            const std::lock_guard lock(mutex);
            if (stopping || fd < 0) {
                if (fd >= 0) ::close(fd);
                return;
            }
            const std::size_t number = connections++;
            open.push_back(fd);
            threads.emplace_back([this, fd, number] { serve(fd, number); });
        }
    }

    void serve(int fd, std::size_t number) {
        // OpenSSL writes without MSG_NOSIGNAL.
        sigset_t broken_pipe;
        sigemptyset(&broken_pipe);
        sigaddset(&broken_pipe, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
        {
            Peer peer(fd, tls.get());
            std::string received;
            if (peer.ready()) {
                if (answer) {
                    while (const auto request = next_request(peer, received)) {
                        if (!play(peer, received, answer(*request))) break;
                    }
                } else {
                    play(peer, received, scripts[std::min(number, scripts.size() - 1)]);
                }
            }
        }
        const std::lock_guard lock(mutex);
        std::erase(open, fd);
        ::close(fd);
        ++ended;
        changed.notify_all();
    }

    /// False: the connection is over.
    bool play(Peer& peer, std::string& received, const Script& script) {
        for (const Step& step : script) {
            switch (step.does) {
                case Step::Does::read:
                    if (!next_request(peer, received)) return false;
                    break;
                case Step::Does::send:
                    if (!peer.write(step.bytes)) return false;
                    break;
                case Step::Does::drip:
                    for (const char byte : step.bytes) {
                        if (!peer.write(std::string(1, byte)) || stops_within(std::chrono::milliseconds(5))) {
                            return false;
                        }
                    }
                    break;
                case Step::Does::endless:
                    while (peer.write(step.bytes)) {
                    }
                    return false;
                case Step::Does::hang:
                    while (peer.read(received)) {
                    }
                    return false;
                case Step::Does::close:
                    peer.close_orderly();
                    return false;
                case Step::Does::cut:
                    return false;
                case Step::Does::reset:
                    peer.reset_on_close();
                    return false;
            }
        }
        return true;
    }

    std::optional<std::string> next_request(Peer& peer, std::string& received) {
        for (;;) {
            const std::size_t head = received.find("\r\n\r\n");
            if (head != std::string::npos) {
                const std::size_t at = received.find("Content-Length: ");
                const std::size_t body = at < head ? std::stoul(received.substr(at + 16)) : 0;
                const std::size_t size = head + 4 + body;
                if (received.size() >= size) {
                    std::string request = received.substr(0, size);
                    received.erase(0, size);
                    const std::lock_guard lock(mutex);
                    requests.push_back(request);
                    changed.notify_all();
                    return request;
                }
            }
            if (!peer.read(received)) return std::nullopt;
        }
    }

    bool stops_within(std::chrono::milliseconds time) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, time, [this] { return stopping; });
    }

    ~Impl() {
        {
            const std::lock_guard lock(mutex);
            stopping = true;
            for (const int fd : open) ::shutdown(fd, SHUT_RDWR);
        }
        changed.notify_all();
        ::shutdown(listening, SHUT_RDWR);
        if (accepting.joinable()) accepting.join();
        for (std::thread& thread : threads) thread.join();
        ::close(listening);
    }
};

FaultyServer::FaultyServer(std::vector<Script> scripts, std::shared_ptr<const FaultyTls> tls)
    : impl_(std::make_unique<Impl>()) {
    impl_->scripts = std::move(scripts);
    impl_->start(tls);
}

FaultyServer::FaultyServer(std::function<Script(const std::string&)> answer,
                           std::shared_ptr<const FaultyTls> tls)
    : impl_(std::make_unique<Impl>()) {
    impl_->answer = std::move(answer);
    impl_->start(tls);
}

FaultyServer::~FaultyServer() = default;

std::uint16_t FaultyServer::port() const { return impl_->port; }

std::string FaultyServer::url(const std::string& path) const {
    return (impl_->tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port()) + path;
}

std::size_t FaultyServer::connections() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->connections;
}

void FaultyServer::wait_until_closed(std::size_t count) const {
    std::unique_lock lock(impl_->mutex);
    impl_->changed.wait(lock, [&] { return impl_->ended >= count; });
}

void FaultyServer::wait_for_requests(std::size_t count) const {
    std::unique_lock lock(impl_->mutex);
    impl_->changed.wait(lock, [&] { return impl_->requests.size() >= count; });
}

std::vector<std::string> FaultyServer::requests() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->requests;
}

std::string ok_bytes(const std::string& body, const std::string& fields) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + fields + "\r\n" +
           body;
}

ClosedPort::ClosedPort(const char* address, std::uint16_t port) : port_(port) {
    socket_ = bound_socket(port_, address);
}
ClosedPort::~ClosedPort() { ::close(socket_); }

SilentPort::SilentPort(const char* address, std::uint16_t port) : port_(port) {
    socket_ = bound_socket(port_, address);
    sockaddr_in there{};
    socklen_t size = sizeof there;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&there), &size);
    if (::listen(socket_, 0) != 0) throw std::runtime_error("cannot listen");
    // Connections are queued until one is not.
    for (pollfd waiting{-1, POLLOUT, 0};;) {
        waiting.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        queued_.push_back(waiting.fd);
        ::connect(waiting.fd, reinterpret_cast<const sockaddr*>(&there), size);
        if (::poll(&waiting, 1, 100) == 0) return;
    }
}

SilentPort::~SilentPort() {
    for (const int fd : queued_) ::close(fd);
    ::close(socket_);
}

}  // namespace hooks::testing
