// POSIX sockets, so that nothing of the server's own reading and writing tests itself.
#include "tests/support/hooks_client.hpp"

#include "tests/support/hooks_check.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace hooks::testing {

std::string Answer::field(std::string_view name) const {
    for (const Field& field : fields) {
        if (equal_ignoring_case(field.name, name)) return field.value;
    }
    return {};
}

Client::Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(socket_);
        socket_ = -1;
    }
}

Client::~Client() {
    if (socket_ >= 0) ::close(socket_);
}

bool Client::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool Client::fill() {
    std::array<char, 16'384> bytes;
    const ssize_t count = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (count <= 0) return false;
    received_.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
}

std::optional<Answer> Client::read(bool head_only) {
    std::size_t head_end = received_.find("\r\n\r\n");
    while (head_end == std::string::npos) {
        if (!fill()) return std::nullopt;
        head_end = received_.find("\r\n\r\n");
    }
    Answer answer;
    std::string_view head = std::string_view(received_).substr(0, head_end);
    std::from_chars(head.data() + 9, head.data() + 12, answer.status);
    for (std::size_t line = head.find("\r\n"); line != std::string_view::npos;) {
        head.remove_prefix(line + 2);
        line = head.find("\r\n");
        const std::string_view text = head.substr(0, line);
        const std::size_t colon = std::min(text.find(": "), text.size());
        answer.fields.push_back(
            {std::string(text.substr(0, colon)), std::string(text.substr(std::min(colon + 2, text.size())))});
    }
    received_.erase(0, head_end + 4);
    std::size_t length = 0;
    const std::string length_text = answer.field("Content-Length");
    std::from_chars(length_text.data(), length_text.data() + length_text.size(), length);
    if (head_only) length = 0;
    while (received_.size() < length) {
        if (!fill()) return std::nullopt;
    }
    answer.body = received_.substr(0, length);
    received_.erase(0, length);
    return answer;
}

std::string request_bytes(std::string_view method, std::string_view target, std::string_view body,
                          const std::vector<Field>& fields) {
    std::string bytes;
    bytes.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
    for (const Field& field : fields)
        bytes.append(field.name).append(": ").append(field.value).append("\r\n");
    if (!body.empty()) bytes.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
    return bytes.append("\r\n").append(body);
}

Answer Client::exchange(std::string_view method, std::string_view target, std::string_view body,
                        const std::vector<Field>& fields) {
    send(request_bytes(method, target, body, fields));
    const auto answer = read(method == "HEAD");
    if (!answer) return {};
    if (method != "HEAD") check(*answer);
    return *answer;
}

Answer Client::get(std::string_view target, const std::vector<Field>& fields) {
    return exchange("GET", target, {}, fields);
}

Answer Client::post(std::string_view target, std::string_view body, const std::vector<Field>& fields) {
    std::vector<Field> all = fields;
    const bool typed =
        std::any_of(all.begin(), all.end(), [](const Field& f) { return f.name == "Content-Type"; });
    if (!typed) all.push_back({"Content-Type", "application/json"});
    return exchange("POST", target, body, all);
}

bool Client::is_closed_by_peer() {
    if (!received_.empty()) return false;
    char byte = 0;
    return ::recv(socket_, &byte, 1, 0) == 0;
}

void Client::finish_writing() { ::shutdown(socket_, SHUT_WR); }

}  // namespace hooks::testing
