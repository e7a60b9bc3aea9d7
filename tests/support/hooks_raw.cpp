// One socket a case; answers are taken apart by hand.
#include "tests/support/hooks_raw.hpp"

#include "tests/support/hooks_check.hpp"
#include "tests/support/hooks_knowledge.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace hooks::testing {

namespace {

int connected_socket(std::uint16_t port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval patience{15, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const int one = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return socket;
}

/// The first answer in `text`, taken off it; false if there is no whole one. An answer to HEAD has no body:
/// the next answer, or nothing, comes instead.
bool take_answer(std::string& text, Answer& answer) {
    const std::size_t head_end = text.find("\r\n\r\n");
    if (!text.starts_with("HTTP/1.1 ") || head_end == std::string::npos) return false;
    std::string_view head = std::string_view(text).substr(0, head_end);
    std::from_chars(head.data() + 9, head.data() + 12, answer.status);
    for (std::size_t end = head.find("\r\n"); end != std::string_view::npos;) {
        head.remove_prefix(end + 2);
        end = head.find("\r\n");
        const std::string_view line = head.substr(0, end);
        const std::size_t colon = std::min(line.find(": "), line.size());
        answer.fields.push_back(
            {std::string(line.substr(0, colon)), std::string(line.substr(std::min(colon + 2, line.size())))});
    }
    std::size_t length = 0;
    const std::string told = answer.field("Content-Length");
    std::from_chars(told.data(), told.data() + told.size(), length);
    text.erase(0, head_end + 4);
    if (text.empty() || text.starts_with("HTTP/1.1 ")) return true;
    if (text.size() < length) return false;
    answer.body = text.substr(0, length);
    text.erase(0, length);
    return true;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const RawCase& one) { return out << one.name; }

RawCase kept(std::string name, std::string bytes, std::vector<unsigned> statuses) {
    return {RawCase::Fate::kept, std::move(name), std::move(bytes), std::move(statuses)};
}
RawCase closed(std::string name, std::string bytes, std::vector<unsigned> statuses) {
    return {RawCase::Fate::closed, std::move(name), std::move(bytes), std::move(statuses)};
}
RawCase refused(std::string name, std::string bytes, unsigned status) {
    return {RawCase::Fate::refused, std::move(name), std::move(bytes), {status}};
}
RawCase refused(std::string name, std::string bytes, std::vector<unsigned> statuses) {
    return {RawCase::Fate::refused, std::move(name), std::move(bytes), std::move(statuses)};
}

Conversation converse(std::uint16_t port, std::string_view bytes, std::size_t step) {
    const int socket = connected_socket(port);
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket, bytes.data(), std::min(step, bytes.size()), MSG_NOSIGNAL);
        if (sent <= 0) break;  // refused and gone: what it said is still to be read
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    Conversation all;
    std::array<char, 16'384> piece;
    ssize_t count = 0;
    while ((count = ::recv(socket, piece.data(), piece.size(), 0)) > 0)
        all.rest.append(piece.data(), static_cast<std::size_t>(count));
    all.has_been_reset = count < 0;
    ::close(socket);
    for (Answer answer; take_answer(all.rest, answer); answer = Answer())
        all.answers.push_back(std::move(answer));
    return all;
}

void expect(const RawCase& one, std::uint16_t port, std::size_t step) {
    using Fate = RawCase::Fate;
    std::vector<unsigned> expected = one.statuses;
    if (one.fate == Fate::kept) expected.push_back(200);

    const Conversation all = converse(port, one.bytes + hidden_request, step);

    std::vector<unsigned> came;
    for (const Answer& answer : all.answers) {
        came.push_back(answer.status);
        if (!answer.body.empty()) check(answer);
    }
    EXPECT_EQ(came, expected) << (all.answers.empty() ? all.rest : all.answers.back().body);
    EXPECT_FALSE(all.has_been_reset) << "ended by a reset or not at all";
    EXPECT_EQ(all.rest, "");
    if (one.fate != Fate::refused || all.answers.empty()) return;
    const Answer& last = all.answers.back();
    EXPECT_EQ(last.field("Connection"), "close");
    if (!one.bytes.starts_with("HEAD ")) {
        EXPECT_NE(last.body.find(R"("resourceType":"OperationOutcome")"), std::string::npos) << last.body;
    }
}

std::string get(const std::string& lines) { return "GET /health/live HTTP/1.1\r\n" + lines + "\r\n"; }

std::string post(const std::string& lines, const std::string& body) {
    return "POST /cds-services/demo-view HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n" + lines +
           "\r\n" + body;
}

const std::string& call_body() {
    static const std::string body = patient_view_request();
    return body;
}

std::string length_of(const std::string& body) {
    return "Content-Length: " + std::to_string(body.size()) + "\r\n";
}

std::string chunk(const std::string& data) {
    std::array<char, 16> size{};
    const auto end = std::to_chars(size.data(), size.data() + size.size(), data.size(), 16).ptr;
    return std::string(size.data(), end).append("\r\n").append(data).append("\r\n");
}

}  // namespace hooks::testing
