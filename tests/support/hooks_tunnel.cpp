// One thread, poll(), and two descriptors at a time.
#include "tests/support/hooks_tunnel.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string_view>

namespace hooks::testing {

namespace {

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/// False: no more comes.
bool pass_on(int from, int to) {
    char bytes[16'384];
    const auto count = ::recv(from, bytes, sizeof bytes, 0);
    return count > 0 && ::send(to, bytes, static_cast<std::size_t>(count), MSG_NOSIGNAL) == count;
}

}  // namespace

Tunnel::Tunnel(std::uint16_t target) : target_(target) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(listening_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listening_, 16) != 0 ||
        ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size) != 0 || ::pipe(stop_) != 0) {
        throw std::runtime_error("no tunnel");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { accept(); });
}

Tunnel::~Tunnel() {
    ::close(stop_[1]);
    thread_.join();
    ::close(stop_[0]);
    ::close(listening_);
}

void Tunnel::accept() {
    for (;;) {
        pollfd waiting[] = {{listening_, POLLIN, 0}, {stop_[0], POLLIN, 0}};
        ::poll(waiting, 2, -1);
        if (waiting[1].revents != 0) return;
        const int client = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) continue;
        move_bytes(client);
        ::close(client);
    }
}

void Tunnel::move_bytes(int client) {
    request_.clear();
    while (!request_.ends_with("\r\n\r\n")) {
        char byte = 0;
        if (::recv(client, &byte, 1, 0) != 1) return;
        request_ += byte;
    }
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(target_);
    constexpr std::string_view welcome = "HTTP/1.1 200 Connection established\r\n\r\n";
    if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        ::send(client, welcome.data(), welcome.size(), MSG_NOSIGNAL) > 0) {
        for (;;) {
            pollfd waiting[] = {{client, POLLIN, 0}, {server, POLLIN, 0}, {stop_[0], POLLIN, 0}};
            ::poll(waiting, 3, -1);
            if (waiting[2].revents != 0) break;
            if (waiting[0].revents != 0 && !pass_on(client, server)) break;
            if (waiting[1].revents != 0 && !pass_on(server, client)) break;
        }
    }
    ::close(server);
}

}  // namespace hooks::testing
