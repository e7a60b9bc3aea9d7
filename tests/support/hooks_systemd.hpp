// What systemd has at the other end: a socket for messages of services, and listening sockets to pass on.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

namespace hooks::testing {

/// The socket that NOTIFY_SOCKET names.
class NotifySocket {
  public:
    explicit NotifySocket(bool is_abstract = false)
        : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        static int count = 0;
        name_ = (is_abstract ? "@" : "/tmp/") + std::string("asps-cds-notify-") + std::to_string(::getpid()) +
                "-" + std::to_string(count++);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, name_.data(), name_.size());
        if (is_abstract) address.sun_path[0] = '\0';
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
        if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), size) != 0) std::abort();
    }
    ~NotifySocket() {
        ::close(socket_);
        if (name_[0] == '/') ::unlink(name_.c_str());
    }
    NotifySocket(const NotifySocket&) = delete;
    NotifySocket& operator=(const NotifySocket&) = delete;

    const std::string& name() const { return name_; }
    int descriptor() const { return socket_; }
    /// The next message, "" if none comes in that time.
    std::string message(int milliseconds = 10'000) {
        pollfd waiting{socket_, POLLIN, 0};
        std::array<char, 4096> bytes{};
        if (::poll(&waiting, 1, milliseconds) != 1) return {};
        const ssize_t count = ::recv(socket_, bytes.data(), bytes.size(), 0);
        return count > 0 ? std::string(bytes.data(), static_cast<std::size_t>(count)) : std::string();
    }
    /// The next message that begins so; others are skipped.
    std::string next(const std::string& begin) {
        for (std::string text = message(); !text.empty(); text = message()) {
            if (text.starts_with(begin)) return text;
        }
        return {};
    }

  private:
    int socket_;
    std::string name_;
};

/// Listens on 127.0.0.1 and a free port; nobody here accepts.
class ListeningSocket {
  public:
    ListeningSocket() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const any = reinterpret_cast<sockaddr*>(&address);
        if (::bind(socket_, any, size) != 0 || ::listen(socket_, 64) != 0 ||
            ::getsockname(socket_, any, &size) != 0) {
            std::abort();
        }
        port_ = ntohs(address.sin_port);
    }
    ~ListeningSocket() { ::close(socket_); }
    ListeningSocket(const ListeningSocket&) = delete;
    ListeningSocket& operator=(const ListeningSocket&) = delete;
    int descriptor() const { return socket_; }
    std::uint16_t port() const { return port_; }

  private:
    int socket_;
    std::uint16_t port_ = 0;
};

}  // namespace hooks::testing
