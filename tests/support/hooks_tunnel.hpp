// Tunnel: a forward proxy on loopback that takes CONNECT and moves bytes.
#pragma once

#include <cstdint>
#include <string>
#include <thread>

namespace hooks::testing {

/// Takes one connection after the other and connects each to `target` of 127.0.0.1, whatever was asked for.
class Tunnel {
  public:
    explicit Tunnel(std::uint16_t target);
    ~Tunnel();
    Tunnel(const Tunnel&) = delete;
    Tunnel& operator=(const Tunnel&) = delete;

    std::uint16_t port() const { return port_; }
    /// The head of the last CONNECT; once its answer has come.
    const std::string& request() const { return request_; }

  private:
    void accept();
    void move_bytes(int from_client);

    const std::uint16_t target_;
    int listening_ = -1;
    int stop_[2] = {-1, -1};  // a pipe: something to read once it is time to stop
    std::uint16_t port_ = 0;
    std::string request_;
    std::thread thread_;
};

}  // namespace hooks::testing
