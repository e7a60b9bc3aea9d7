// CdsService: the endpoints. Discovery, service calls, health and the description: from a request to its
// response, without sockets.
#pragma once

#include "cards/knowledge.hpp"
#include "hooks/clock.hpp"
#include "hooks/cors.hpp"
#include "hooks/fhir_access.hpp"
#include "hooks/http.hpp"
#include "hooks/settings.hpp"

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cards {
class Chart;
}

namespace hooks {

class FeedbackStore;
class Trust;
struct HookRequest;
struct Route;

class CdsService final : public Handler {
  public:
    /// `clock` gives the moment each call is evaluated at. `feedback` must outlive the service; null: no
    /// feedback is taken.
    CdsService(const Settings& settings, std::shared_ptr<const cards::Knowledge> knowledge, Clock clock,
               FeedbackStore* feedback = nullptr);

    boost::asio::awaitable<Response> answer(const Request& request, RequestEvent& event) override;
    Response refuse(const Refusal& refusal, const Request& head, RequestEvent& event) override;
    /// Readiness is 503 from here on.
    void stopping() override { stopping_ = true; }
    /// From here on a call's FHIR server can be asked, if there is a list of those that may be.
    void starting(const boost::asio::any_io_executor& executor) override;
    void stopped() override;

    /// Calls that begin from now on see this knowledge; those that run keep theirs.
    void use(std::shared_ptr<const cards::Knowledge> knowledge);

  private:
    struct Snapshot {
        std::shared_ptr<const cards::Knowledge> knowledge;
        std::string discovery, openapi;
    };
    struct Fetch;
    Response respond(const Request& request, const Route& route, RequestEvent& event, Fetch& fetch) const;
    Response call(const Request& request, std::string_view id, RequestEvent& event, Fetch& fetch) const;
    void want(Fetch& fetch, const cards::Service& service, const cards::Chart& chart,
              const HookRequest& request, RequestEvent& event) const;
    Response ready() const;
    // In service_trust.cpp.
    /// The answer to a caller that is turned away, or nothing; `event.caller` then names the client, if it is
    /// one.
    boost::asio::awaitable<std::optional<Response>> admit(const Request& request, const Route& route,
                                                          RequestEvent& event) const;
    void start_trust(const boost::asio::any_io_executor& executor);
    bool asks_for_token(const Route& route) const;
    std::vector<std::string> audiences(const Request& request, const Route& route) const;
    // In service_feedback.cpp.
    boost::asio::awaitable<Response> take_feedback(const Request& request, std::string_view id,
                                                   RequestEvent& event) const;
    void remember(const std::vector<cards::Card>& cards, const cards::Service& service) const;
    bool is_enabled(const cards::Service& service) const;

    const std::string base_path_;
    const cards::Switches switched_, switched_rules_;
    const Cors cors_;
    const Clock clock_;
    FeedbackStore* const feedback_;
    const bool tells_metrics_;  // beside the other endpoints
    const std::chrono::milliseconds feedback_deadline_;
    FhirSettings fhir_settings_;
    const std::vector<TrustedClient> clients_;
    const bool tokens_required_, discovery_required_;
    const std::chrono::seconds stale_keys_;
    const std::string public_url_;  // what clients put before /cds-services
    std::unique_ptr<HttpClient> key_client_;
    std::atomic<std::shared_ptr<Trust>> trust_;      // null: not serving, or no client is named
    std::atomic<std::shared_ptr<FhirAccess>> fhir_;  // null: not serving, or no server is listed
    std::atomic<std::shared_ptr<const Snapshot>> snapshot_;
    std::atomic<bool> stopping_ = false;
};

}  // namespace hooks
