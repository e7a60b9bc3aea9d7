// CdsService: the endpoints. Discovery, service calls, health and the description: from a request to its
// response, without sockets.
#pragma once

#include "cards/knowledge.hpp"
#include "hooks/admission.hpp"
#include "hooks/call_rate.hpp"
#include "hooks/clock.hpp"
#include "hooks/cors.hpp"
#include "hooks/fhir_access.hpp"
#include "hooks/http.hpp"
#include "hooks/request_memory.hpp"
#include "hooks/settings.hpp"
#include "hooks/shared_value.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cards {
class Chart;
struct Evaluation;
}  // namespace cards

namespace hooks {

class DecisionLog;
class FeedbackStore;
class Trust;
struct ProcessState;
struct Refused;
struct Trace;
struct HookRequest;
struct Route;

class CdsService final : public Handler {
  public:
    /// `clock` gives the moment each call is evaluated at. `feedback`, `decisions` and `process` must outlive
    /// the service; null: no feedback is taken, no decision recorded, readiness tells of the service alone.
    CdsService(const Settings& settings, std::shared_ptr<const cards::Knowledge> knowledge, Clock clock,
               FeedbackStore* feedback = nullptr, DecisionLog* decisions = nullptr,
               const ProcessState* process = nullptr);

    boost::asio::awaitable<Response> answer(const Request& request, RequestEvent& event) override;
    std::optional<Response> refuse_by_head(const Request& head, RequestEvent& event) override;
    Response refuse(const Refusal& refusal, const Request& head, RequestEvent& event) override;
    /// Readiness is 503 from here on.
    void stopping() override { stopping_ = true; }
    /// From here on a call's FHIR server can be asked, if there is a list of those that may be.
    void starting(const boost::asio::any_io_executor& executor) override;
    void stopped() override;

    /// Before starting(): `older`, which may be serving, was answering until now. Its clients' keys and the
    /// ids of their tokens are still known then.
    void follow(const CdsService& older) { older_trust_ = older.trust_.get(); }

    /// Calls that begin from now on see this knowledge; those that run keep theirs.
    void use(std::shared_ptr<const cards::Knowledge> knowledge);

  private:
    struct Snapshot {
        std::shared_ptr<const cards::Knowledge> knowledge;
        std::string discovery, openapi;
    };
    struct Fetch;
    /// What is answered at once: all but calls and feedback.
    Response respond(const Request& request, const Route& route, RequestEvent& event) const;
    Route endpoint(const Request& request) const;
    void begin(RequestEvent& event, const Request& request, const Route& route, const Trace& trace) const;
    void finish(Response& response, const Request& request, const Trace& trace) const;
    /// Why a POST to the service `id` is refused whatever its body holds, or nothing; `event` then names the
    /// service.
    std::optional<Response> refuse_unread(const Request& request, std::string_view id,
                                          const cards::Knowledge& knowledge, RequestEvent& event) const;
    Response call(const Request& request, std::string_view id, RequestEvent& event, Fetch& fetch,
                  Place place) const;
    void want(Fetch& fetch, const cards::Service& service, const cards::Chart& chart,
              const HookRequest& request, RequestEvent& event) const;
    Response ready() const;  // in service_health.cpp
    /// Has `work` on the request done by the threads that compute; false: there is no room for it in time,
    /// and it was not done, which cannot be if it `is_begun`. What throws NoRoomBeside is done again, alone.
    boost::asio::awaitable<bool> computed(std::function<void(Place)> work, const Request& request,
                                          bool is_begun = false) const;
    boost::asio::awaitable<Response> answer_call(const Request& request, const Route& route,
                                                 const Trace& trace, RequestEvent& event) const;
    Response overloaded(RequestEvent& event) const;
    // In service_trust.cpp.
    /// The answer to a caller that is turned away, or nothing; `event.caller` then names the client, if it is
    /// one. `take_back`, unless it stays empty, makes its token good for one call more.
    boost::asio::awaitable<std::optional<Response>> admit(const Request& request, const Route& route,
                                                          RequestEvent& event,
                                                          std::function<void()>& take_back) const;
    /// What admit() would say of a token without looking at keys; nothing if that is not known yet.
    std::optional<Response> refuse_token_at_sight(const Request& request, const Route& route,
                                                  RequestEvent& event) const;
    static Response refuse_token(const Refused& refused, RequestEvent& event);
    void start_trust(const boost::asio::any_io_executor& executor);
    bool asks_for_token(const Route& route) const;
    std::vector<std::string> audiences(const Request& request, const Route& route) const;
    // In service_feedback.cpp.
    boost::asio::awaitable<Response> take_feedback(const Request& request, std::string_view id,
                                                   RequestEvent& event) const;
    void remember(const std::vector<cards::Card>& cards, const cards::Service& service) const;
    // In service_decisions.cpp.
    /// One evaluation, as it is to be recorded.
    struct Evaluated {
        const cards::Knowledge& knowledge;
        const cards::Service& service;
        const HookRequest& request;
        std::string_view body;
        const cards::Chart& chart;
        const cards::Evaluation& evaluation;
        std::string date;               ///< today() of the rules
        std::chrono::nanoseconds time;  ///< since the request was whole
    };
    void record(const Evaluated& what, const RequestEvent& event, unsigned status) const;
    bool is_enabled(const cards::Service& service) const;

    const std::string base_path_;
    const cards::Switches switched_, switched_rules_;
    const Cors cors_;
    const Clock clock_;
    FeedbackStore* const feedback_;
    DecisionLog* const decisions_;
    const ProcessState* const process_;
    const bool tells_metrics_;  // beside the other endpoints
    const std::chrono::milliseconds feedback_deadline_;
    const std::size_t body_limit_, memory_limit_, shared_memory_limit_;
    const std::chrono::milliseconds deadline_;  // of a call
    const OnOverload on_overload_;
    mutable CallRate rate_;
    AdmissionOptions admission_options_;
    std::unique_ptr<SharedMemory> shared_;  // null: not serving
    std::unique_ptr<Admission> admission_;  // null: not serving; then calls are computed where they come
    FhirSettings fhir_settings_;
    const std::vector<TrustedClient> clients_;
    const bool tokens_required_, discovery_required_;
    const std::chrono::seconds stale_keys_;
    const std::string public_url_;        // what clients put before /cds-services
    std::shared_ptr<Trust> older_trust_;  // until starting()
    SharedValue<Trust> trust_;            // null: not serving, or no client is named
    SharedValue<FhirAccess> fhir_;        // null: not serving, or no server is listed
    SharedValue<const Snapshot> snapshot_;
    std::atomic<bool> stopping_ = false;
};

}  // namespace hooks
