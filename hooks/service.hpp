// CdsService: the endpoints. Discovery, service calls, health and the description: from a request to its
// response, without sockets.
#pragma once

#include "cards/knowledge.hpp"
#include "hooks/clock.hpp"
#include "hooks/cors.hpp"
#include "hooks/http.hpp"
#include "hooks/settings.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace hooks {

struct Route;

class CdsService final : public Handler {
  public:
    /// `clock` gives the moment each call is evaluated at.
    CdsService(const Settings& settings, std::shared_ptr<const cards::Knowledge> knowledge, Clock clock);

    boost::asio::awaitable<Response> answer(const Request& request, RequestEvent& event) override;
    Response refuse(const Refusal& refusal, const Request& head, RequestEvent& event) override;
    /// Readiness is 503 from here on.
    void stopping() override { stopping_ = true; }

    /// Calls that begin from now on see this knowledge; those that run keep theirs.
    void use(std::shared_ptr<const cards::Knowledge> knowledge);

  private:
    struct Snapshot {
        std::shared_ptr<const cards::Knowledge> knowledge;
        std::string discovery, openapi;
    };
    Response respond(const Request& request, const Route& route, RequestEvent& event) const;
    Response call(const Request& request, std::string_view id, RequestEvent& event) const;
    Response ready() const;
    bool is_enabled(const cards::Service& service) const;

    const std::string base_path_;
    const cards::Switches switched_, switched_rules_;
    const Cors cors_;
    const Clock clock_;
    std::atomic<std::shared_ptr<const Snapshot>> snapshot_;
    std::atomic<bool> stopping_ = false;
};

}  // namespace hooks
