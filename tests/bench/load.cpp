// Load generator: posts one body over N keep-alive connections to a loopback server for some seconds and
// measures.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

/// One connection: sends the request, reads the answer, and again.
class Connection {
  public:
    Connection(std::uint16_t port, std::string_view request, int epoll)
        : port_(port), request_(request), epoll_(epoll) {
        open();
    }
    ~Connection() { ::close(socket_); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void start() {
        begun_ = Clock::now();
        answer_.clear();
        expected_ = 0;
        for (std::size_t sent = 0; sent < request_.size();) {
            const ssize_t more =
                ::send(socket_, request_.data() + sent, request_.size() - sent, MSG_NOSIGNAL);
            if (more < 0) fail("send");
            sent += std::size_t(more);
        }
    }

    /// Takes what has come; true if the answer is whole.
    bool on_event() {
        static std::array<char, 65'536> bytes;
        const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (got < 0 && errno == EAGAIN) return false;
        if (got < 0) fail("recv");
        if (got == 0) throw std::runtime_error("the server closed in the middle of an answer");
        answer_.append(bytes.data(), std::size_t(got));
        return is_whole();
    }

    bool is_ok() const { return answer_.starts_with("HTTP/1.1 200"); }
    std::string_view answer() const { return answer_; }
    Clock::duration took() const { return Clock::now() - begun_; }

    /// A server may close after so many requests: then a new connection goes on.
    void reopen_if_closing() {
        if (answer_.find("\r\nConnection: close\r\n") >= expected_) return;
        ::close(socket_);
        open();
    }

  private:
    void open() {
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port_);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("connect");
        const int on = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = this;
        if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket_, &event) != 0) fail("epoll_ctl");
    }

    bool is_whole() {
        if (expected_ == 0) {
            const std::size_t end = answer_.find("\r\n\r\n");
            if (end == std::string::npos) return false;
            const std::size_t length = answer_.find("Content-Length: ");
            if (length > end) throw std::runtime_error("an answer without Content-Length");
            std::size_t bytes = 0;
            std::from_chars(answer_.data() + length + 16, answer_.data() + end, bytes);
            expected_ = end + 4 + bytes;
        }
        return answer_.size() >= expected_;
    }

    const std::uint16_t port_;
    const std::string_view request_;
    const int epoll_;
    int socket_ = -1;
    std::size_t expected_ = 0;  // bytes of the answer, once its head is there
    std::string answer_;
    Clock::time_point begun_;
};

/// User and system time of a whole process, in microseconds.
double cpu_time(pid_t process) {
    clockid_t clock = 0;
    timespec time{};
    if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &time) != 0)
        fail("clock_getcpuclockid");
    return double(time.tv_sec) * 1e6 + double(time.tv_nsec) / 1e3;
}

struct Measured {
    std::size_t requests = 0, errors = 0;
    std::vector<double> latencies;  // microseconds
    double seconds = 0, cpu = 0;
    std::size_t answer_bytes = 0;
};

Measured measure(std::uint16_t port, pid_t server, std::string_view request, std::size_t connections,
                 double seconds) {
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    std::vector<std::unique_ptr<Connection>> open;
    for (std::size_t i = 0; i < connections; ++i)
        open.push_back(std::make_unique<Connection>(port, request, epoll));

    Measured measured;
    const auto begun = Clock::now();
    const double cpu_before = cpu_time(server);
    const auto end =
        begun + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    for (auto& connection : open) connection->start();
    std::size_t busy = connections;
    std::vector<epoll_event> events(connections);
    while (busy > 0) {
        const int count = ::epoll_wait(epoll, events.data(), int(events.size()), 10'000);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) throw std::runtime_error("no answer within 10 s");
        for (std::size_t i = 0; i < std::size_t(count); ++i) {
            auto& connection = *static_cast<Connection*>(events[i].data.ptr);
            if (!connection.on_event()) continue;
            measured.latencies.push_back(
                std::chrono::duration<double, std::micro>(connection.took()).count());
            ++measured.requests;
            if (!connection.is_ok()) ++measured.errors;
            measured.answer_bytes = connection.answer().size();
            if (Clock::now() >= end) {
                --busy;
                continue;
            }
            connection.reopen_if_closing();
            connection.start();
        }
    }
    measured.cpu = cpu_time(server) - cpu_before;
    measured.seconds = std::chrono::duration<double>(Clock::now() - begun).count();
    ::close(epoll);
    return measured;
}

double percentile(std::vector<double>& values, double share) {
    const auto place = values.begin() + std::ptrdiff_t(share * double(values.size() - 1));
    std::nth_element(values.begin(), place, values.end());
    return *place;
}

}  // namespace

/// Prints: requests a second, server CPU in microseconds a request, p50 and p99 in microseconds, errors,
/// answer bytes.
int main(int argc, char** argv) try {
    if (argc != 7) {
        std::fputs("usage: bench_load PORT SERVER-PID PATH BODY-FILE CONNECTIONS SECONDS\n", stderr);
        return 2;
    }
    std::ifstream file(argv[4]);
    const std::string body(std::istreambuf_iterator<char>(file), {});
    if (body.empty()) throw std::runtime_error("no such body");
    const std::string request =
        "POST " + std::string(argv[3]) +
        " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body;

    const auto port = static_cast<std::uint16_t>(std::strtoul(argv[1], nullptr, 10));
    const auto server = static_cast<pid_t>(std::strtol(argv[2], nullptr, 10));
    const std::size_t connections = std::strtoul(argv[5], nullptr, 10);
    const double seconds = std::strtod(argv[6], nullptr);
    measure(port, server, request, connections, seconds / 10);  // warm
    Measured measured = measure(port, server, request, connections, seconds);
    std::printf("%.0f %.1f %.0f %.0f %zu %zu\n", double(measured.requests) / measured.seconds,
                measured.cpu / double(measured.requests), percentile(measured.latencies, 0.50),
                percentile(measured.latencies, 0.99), measured.errors, measured.answer_bytes);
} catch (const std::exception& error) {
    std::fprintf(stderr, "bench_load: %s\n", error.what());
    return 1;
}
