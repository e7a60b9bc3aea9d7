// Session: the service that conformance asks, what it offers, and everything it has answered so far.
#pragma once

#include "fhir/document.hpp"
#include "hooks/conformance.hpp"
#include "hooks/contract.hpp"

#include <boost/json/object.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hooks::conformance {

/// A question and its answer.
struct Exchange {
    std::string what;  ///< `POST /cds-services/x with no hook`
    ClientAnswer answer;
    std::chrono::milliseconds took{};
    std::unique_ptr<const fhir::Document> body;  ///< null: no JSON
    std::vector<ContractFault> faults;           ///< of the body, by the contract

    unsigned status() const { return answer.fault ? 0 : answer.status; }
    bool is_success() const { return status() / 100 == 2; }
    /// 4xx: refused, and the service is still well.
    bool is_refusal() const { return status() / 100 == 4; }
    /// The first header field of that name; "" if there is none.
    std::string_view field(std::string_view name) const;
    /// `500`, `no answer (reset)`, and what an OperationOutcome says.
    std::string came() const;
    /// The array `name` of the body; null if there is none.
    const fhir::Node* array(std::string_view name) const;
    /// The cards' summaries and the systemActions' types: what two answers are compared by.
    std::vector<std::string_view> gist() const;
};

/// An entry of discovery, and a call of it.
struct OfferedService {
    std::string id, hook;
    std::vector<std::pair<std::string, std::string>> prefetch;  ///< key and template
    boost::json::object request;  ///< the user's, or an invented one whose patient has nothing on record
    bool is_invented = true;
    const Exchange* plain = nullptr;  ///< the answer to it; never null once the session has begun
};

class Session {
  public:
    Session(const ConformanceQuestion& question, const Ask& ask, const Stopwatch& stopwatch);

    /// Why there is nothing to ask; "" if there is.
    const std::string& problem() const { return problem_; }
    const Exchange& discovery() const { return *discovery_; }
    /// Entries of discovery that have id and hook, each called once.
    const std::vector<OfferedService>& services() const { return services_; }
    /// The service that is asked what one answer settles: the first whose plain call succeeded; null: none.
    const OfferedService* subject() const { return subject_; }
    const std::string& origin() const { return origin_; }
    bool has_token() const { return !token_.empty(); }
    const std::string& base() const { return base_; }
    const std::deque<Exchange>& exchanges() const { return exchanges_; }

    enum class Of { discovery, call, other };
    /// Asks `path` below the base. The bearer token goes along unless `fields` has Authorization or it is a
    /// preflight.
    const Exchange& ask(const std::string& method, const std::string& path, std::string body,
                        std::vector<Field> fields, const std::string& with, Of of = Of::other);
    /// Calls `service` with any body, as JSON.
    const Exchange& post(const OfferedService& service, std::string body, const std::string& with);
    /// Calls it with `request` and a new hookInstance.
    const Exchange& call(const OfferedService& service, boost::json::object request, const std::string& with);
    /// Posts to its feedback.
    const Exchange& feedback(const OfferedService& service, std::string body, const std::string& with);

  private:
    void read_services(const std::vector<std::pair<std::string, std::string>>& requests);

    const Ask& ask_;
    const Stopwatch& stopwatch_;
    std::string base_, token_, origin_, problem_;
    std::deque<Exchange> exchanges_;
    const Exchange* discovery_ = nullptr;
    std::vector<OfferedService> services_;
    const OfferedService* subject_ = nullptr;
};

/// The path of a service.
std::string path_of(const OfferedService& service);

}  // namespace hooks::conformance
