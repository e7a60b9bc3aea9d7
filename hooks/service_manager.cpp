// The protocols of sd_notify(3), sd_watchdog_enabled(3) and sd_listen_fds(3).
#include "hooks/service_manager.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>

namespace hooks {

namespace {

constexpr int first_passed = 3;
constexpr std::int64_t most_passed = 64;

/// The variable's value, which is then gone from the environment.
std::string take(const char* name) {
    const char* value = std::getenv(name);
    std::string taken = value ? value : "";
    ::unsetenv(name);
    return taken;
}

std::optional<std::int64_t> number_of(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (ec != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
    return number;
}

int option_of(int descriptor, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    return ::getsockopt(descriptor, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

/// Where a listening TCP socket listens; none if it is no such socket.
std::optional<InheritedSocket> listening(int descriptor) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (option_of(descriptor, SO_TYPE) != SOCK_STREAM || option_of(descriptor, SO_ACCEPTCONN) != 1 ||
        ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        return std::nullopt;
    }
    InheritedSocket found;
    found.descriptor = descriptor;
    if (address.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
        ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
        found.port = ntohs(v4.sin_port);
    } else if (address.ss_family == AF_INET6) {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
        ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
        found.port = ntohs(v6.sin6_port);
    } else {
        return std::nullopt;
    }
    found.address = text.data();
    return found;
}

}  // namespace

ServiceManager::ServiceManager() {
    std::string notify = take("NOTIFY_SOCKET");
    const std::string watchdog = take("WATCHDOG_USEC"), watched = take("WATCHDOG_PID");
    const std::string listener = take("LISTEN_PID"), count = take("LISTEN_FDS"),
                      names = take("LISTEN_FDNAMES");
    const std::string own = std::to_string(::getpid());
    if (notify.size() > 1 && notify.size() <= sizeof(sockaddr_un::sun_path) &&
        (notify[0] == '/' || notify[0] == '@')) {
        if (notify[0] == '@') notify[0] = '\0';
        address_ = std::move(notify);
        socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    }
    if (watched.empty() || watched == own) {
        watchdog_ = std::chrono::microseconds(number_of(watchdog).value_or(0)) / 2;
    }
    if (listener == own) read_sockets(count, names);
}

ServiceManager::~ServiceManager() {
    if (socket_ >= 0) ::close(socket_);
}

void ServiceManager::read_sockets(const std::string& count, const std::string& names) {
    const auto passed = number_of(count);
    if (!passed || *passed > most_passed) {
        problems_.push_back("LISTEN_FDS: expected a number of sockets, got \"" + count + "\"");
        return;
    }
    std::string_view left = names;
    for (int i = 0; i < static_cast<int>(*passed); ++i) {
        const std::string name(left.substr(0, left.find(':')));
        left.remove_prefix(std::min(name.size() + 1, left.size()));
        ::fcntl(first_passed + i, F_SETFD, FD_CLOEXEC);
        auto socket = listening(first_passed + i);
        const std::string which = "socket " + std::to_string(i + 1) + " of LISTEN_FDS: ";
        if (!socket) {
            problems_.push_back(which + "expected a listening TCP socket");
        } else if (name != "http" && name != "https" && !names.empty()) {
            std::string problem = which;
            problem.append(
                "expected the name http or https (FileDescriptorName= of the socket's unit), got \"");
            problems_.push_back(problem.append(name).append("\""));
        } else {
            socket->tls = name == "https";
            sockets_.push_back(*std::move(socket));
        }
    }
}

void ServiceManager::send(const std::string& message) const {
    if (socket_ < 0) return;
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, address_.data(), address_.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    // A manager that does not read loses the message; a thread of ours does not wait for it.
    static_cast<void>(::sendto(socket_, message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                               reinterpret_cast<const sockaddr*>(&to), size));
}

void ServiceManager::ready(std::string_view status) const {
    send("READY=1\nSTATUS=" + std::string(status) + "\n");
}

void ServiceManager::reloading() const {
    std::timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const std::int64_t microseconds = std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
    send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds) + "\nSTATUS=reloading\n");
}

void ServiceManager::stopping() const { send("STOPPING=1\nSTATUS=answering what has begun\n"); }

void ServiceManager::still_alive() const { send("WATCHDOG=1\n"); }

}  // namespace hooks
