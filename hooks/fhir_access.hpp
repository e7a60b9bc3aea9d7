// FhirAccess: asks a call's FHIR server what prefetch left out: all questions together, within one deadline.
#pragma once

#include "hooks/fetched_page.hpp"
#include "hooks/fhir_circuit.hpp"
#include "hooks/fhir_servers.hpp"
#include "hooks/http_client.hpp"
#include "hooks/trace.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hooks {

struct FhirSettings {
    std::vector<std::string> servers;  ///< base URLs that may be asked; none by default (A-8)
    std::vector<ClientBases> clients;  ///< and those of single clients, for their calls only
    bool plain_http = false;           ///< http too
    bool without_token = false;        ///< also for a call that brings no token (A-11)
    std::string ca_file;               ///< PEM; trusted beside the system's store
    std::string proxy;                 ///< `http://host:port`
    std::size_t calls = 32;            ///< for one call of the service, pages included
    std::size_t calls_at_once = 12;    ///< of these
    std::size_t connections = 16;      ///< to one server, for all calls
    std::size_t pages = 10;            ///< of one search
    std::size_t response_bytes = 4'194'304;
    std::size_t total_bytes = 10'485'760;  ///< of all responses to one call
    std::size_t room = 16'777'216;  ///< for all that is held of responses to all calls, texts and nodes
    std::size_t circuit_failures = 5;
    std::chrono::milliseconds circuit_pause{10'000};
    std::chrono::milliseconds deadline{1'500};  ///< of all questions of a call together
    /// Of a whole call. Asking ends before it, so that the rules have time for what came until then.
    std::chrono::milliseconds request_deadline{2'000};
};

/// What is asked for one input.
struct FhirQuestion {
    std::size_t input = 0;  ///< of Knowledge::inputs()
    fhir::TypeId type = 0;
    std::string query;  ///< relative to the base: `Patient/1`, `Condition?patient=1`
    std::string next;   ///< or the URL of the page after the one that prefetch brought (P-10)
};

struct FhirQuestions {
    FhirBase base;
    std::string token;  ///< "": none is sent
    Trace trace = {};   ///< of the call: its id goes along, and its trace with a new span for each request
    std::vector<FhirQuestion> questions;
    std::chrono::steady_clock::time_point deadline =
        std::chrono::steady_clock::time_point::max();  ///< the call's own
};

/// What came for one input.
struct FhirReply {
    std::size_t input = 0;
    bool continues = false;  ///< the pages follow the Bundle that prefetch brought
    bool whole = false;      ///< the last page is there
    std::vector<std::unique_ptr<const FetchedPage>> pages;
    /// Why it is not whole: those of FhirAnswer, or too-many-calls, too-many-bytes, too-many-pages,
    /// paging-loop, foreign-link, circuit-open.
    std::string_view fault;
};

struct FhirReplies {
    std::vector<FhirReply> replies;  ///< one for each question, in their order
    std::size_t calls = 0;
    std::chrono::microseconds time{0};
};

/// The one way to patients' FHIR servers. Safe to use from any thread. It keeps no token and nothing of a
/// patient.
class FhirAccess {
  public:
    FhirAccess(const boost::asio::any_io_executor& executor, const FhirSettings& settings);

    /// What is wrong with the settings: a CA file that cannot be read, a proxy that is no URL; or nothing.
    static std::optional<std::string> problem(const FhirSettings& settings);

    const FhirSettings& settings() const { return settings_; }
    const FhirServers& servers() const { return servers_; }

    /// The replies: after the last one, or at the deadline with what came until then. The access must outlive
    /// the waiting.
    boost::asio::awaitable<FhirReplies> ask(FhirQuestions questions);

  private:
    struct Run;
    boost::asio::awaitable<void> work(std::shared_ptr<Run> run);
    boost::asio::awaitable<void> follow(Run& run, const FhirQuestion& question, FhirReply& reply);
    ClientRequest request(const Run& run, const std::string& url) const;

    const FhirSettings settings_;
    const FhirServers servers_;
    HttpClient client_;
    const std::shared_ptr<FetchedRoom> room_;
    std::vector<std::unique_ptr<FhirCircuit>> circuits_;  // one a listed server
    std::vector<std::string> names_;                      // likewise, for metrics
};

}  // namespace hooks
