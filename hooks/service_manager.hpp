// ServiceManager: what systemd and the service tell each other: sd_notify messages, the watchdog, and sockets
// that were opened before the start. By hand, for it is a datagram and four variables.
#pragma once

#include "hooks/http_server.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hooks {

class ServiceManager {
  public:
    /// Takes NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID, LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES out of the
    /// environment: no child inherits them. Call it before there are threads.
    ServiceManager();
    ~ServiceManager();
    ServiceManager(const ServiceManager&) = delete;
    ServiceManager& operator=(const ServiceManager&) = delete;

    /// The listening TCP sockets that were passed; the name "https" (FileDescriptorName= of the unit) makes
    /// one of TLS, "http" or no name at all of plain HTTP.
    const std::vector<InheritedSocket>& sockets() const { return sockets_; }
    /// Why a socket that was passed cannot be used: a sentence each.
    const std::vector<std::string>& problems() const { return problems_; }

    /// How often still_alive() is expected: half the time after which the manager kills us. 0: never.
    std::chrono::microseconds watchdog() const { return watchdog_; }

    /// Each may be called from any thread, and does nothing if nobody listens.
    void ready(std::string_view status) const;
    void reloading() const;
    void stopping() const;
    void still_alive() const;

  private:
    void send(const std::string& message) const;
    void read_sockets(const std::string& count, const std::string& names);

    int socket_ = -1;
    std::string address_;  // of NOTIFY_SOCKET as the kernel wants it: an abstract one begins with NUL
    std::chrono::microseconds watchdog_{0};
    std::vector<InheritedSocket> sockets_;
    std::vector<std::string> problems_;
};

}  // namespace hooks
