// Admin: what stands behind admin.listen, for those who run the service: /metrics and the probes.
#pragma once

#include "hooks/http.hpp"
#include "hooks/http_server.hpp"

#include <memory>
#include <optional>
#include <string>

namespace hooks {

struct AdminSettings;

/// Figures, and the probes as `service` answers them; any other path is 404.
class Admin final : public Handler {
  public:
    /// `service` must outlive this.
    explicit Admin(Handler& service) : service_(service) {}
    boost::asio::awaitable<Response> answer(const Request& request, RequestEvent& event) override;
    Response refuse(const Refusal& refusal, const Request& head, RequestEvent& event) override {
        return service_.refuse(refusal, head, event);
    }

  private:
    Handler& service_;
};

/// The admin listener on a thread of its own, from listen() until its end.
class AdminListener {
  public:
    AdminListener(const AdminSettings& settings, Handler& service);
    ~AdminListener();
    AdminListener(const AdminListener&) = delete;
    AdminListener& operator=(const AdminListener&) = delete;

    /// Listens and serves; what went wrong, or nothing.
    std::optional<std::string> listen();
    std::uint16_t port() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace hooks
