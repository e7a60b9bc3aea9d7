// An EHR in a test: its FHIR server on loopback, its calls of our service, and what our log would say of
// them.
#pragma once

#include "cards/knowledge.hpp"
#include "hooks/service.hpp"
#include "tests/support/hooks_client.hpp"
#include "tests/support/hooks_faulty_server.hpp"
#include "tests/support/hooks_server.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace hooks::testing {

/// A request as a FHIR server sees it.
struct FhirRequest {
    std::string method, target, body;
    explicit FhirRequest(const std::string& bytes);
    /// The target begins with `/base/Type`.
    bool is_for(std::string_view type) const;
};

/// The value of the first field of that name in a request's bytes; "" if there is none.
std::string field_of(const std::string& request, std::string_view name);

/// A response of that status and FHIR JSON.
std::string fhir_bytes(const std::string& body, const std::string& status = "200 OK",
                       const std::string& content_type = "application/fhir+json;charset=utf-8");

/// A searchset with these resources and, if given, a link to the next page.
std::string bundle(const std::vector<std::string>& resources, const std::string& next = {});

/// What the demo patient's server answers: Patient/1, one condition, no observation.
Script demo_answer(const FhirRequest& request);

/// Passes everything on to the service and keeps what the log would be told.
class Recording final : public Handler {
  public:
    explicit Recording(CdsService& service) : service_(service) {}
    boost::asio::awaitable<Response> answer(const Request& request, RequestEvent& event) override;
    std::optional<Response> refuse_by_head(const Request& head, RequestEvent& event) override;
    Response refuse(const Refusal& refusal, const Request& head, RequestEvent& event) override {
        return service_.refuse(refusal, head, event);
    }
    void starting(const boost::asio::any_io_executor& executor) override { service_.starting(executor); }
    void stopping() override { service_.stopping(); }
    void stopped() override { service_.stopped(); }
    /// Of the last answer.
    RequestEvent event() const;

  private:
    CdsService& service_;
    mutable std::mutex mutex_;
    RequestEvent event_;
};

/// Settings with that server on the list, plain HTTP allowed and deadlines that a busy machine keeps.
Settings listing(const std::string& base);

/// The service on a port of its own. A call goes to demo-view unless said otherwise.
class CalledService {
  public:
    explicit CalledService(const Settings& settings,
                           std::shared_ptr<const cards::Knowledge> knowledge = nullptr);
    std::uint16_t port() const { return server_.port(); }
    /// Asks it to stop, waits; true if every call had been answered.
    bool stop();
    Answer call(const std::string& body, const std::string& service = "demo-view");
    RequestEvent event() const { return recording_.event(); }
    /// As log_request would write it.
    std::string log_line() const;

  private:
    CdsService service_;
    Recording recording_;
    TestServer server_;
};

constexpr std::string_view demo_token = "t0ken-of-this-call";

/// A patient-view call of patient 1 that names `fhir_server`; `prefetch` are members of its prefetch.
std::string call_of(const std::string& fhir_server, const std::string& prefetch = {},
                    const std::string& authorization =
                        R"({"access_token":"t0ken-of-this-call","token_type":"Bearer","expires_in":300,)"
                        R"("scope":"patient/*.read","subject":"asps"})");

/// Every uuid replaced, so that two answers can be compared.
std::string without_uuids(const std::string& body);

}  // namespace hooks::testing
