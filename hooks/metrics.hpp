// Metrics: what this process has done, counted and timed by name, and its Prometheus text. Every label is a
// word of ours, of the settings or of the knowledge, never of a request: their number is bounded.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cards {
class Knowledge;
struct Evaluation;
struct Service;
}  // namespace cards

namespace hooks {
enum class TokenFault : std::uint8_t;
struct RequestEvent;
struct TrustedClient;
}  // namespace hooks

/// All functions may be called from any thread at any time, and cost well under a microsecond.
namespace hooks::metrics {

/// Media type of text().
inline constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

/// Everything in Prometheus' text format, families in order of their names.
std::string text();

/// Names that labels may have from now on, beside those known already. What is recorded under another name
/// counts as `other`. cds_build_info tells the knowledge given last.
void know(const cards::Knowledge& knowledge);
void know(const TrustedClient& client);
/// `base` as the operator lists it.
void know_fhir_server(std::string_view base);

/// An answer goes out: cds_http_requests_total by service ("none" where there is none) and status, and
/// cds_http_request_duration_seconds, which leaves out probes and /metrics.
void answered(const RequestEvent& event);

/// Counts requests that are being answered, for as long as it lives: cds_http_requests_in_flight.
class InFlight {
  public:
    InFlight();
    ~InFlight();
    InFlight(const InFlight&) = delete;
    InFlight& operator=(const InFlight&) = delete;
};

/// cds_http_connections: how many are open now.
void connections(std::size_t open);

/// Why the server turned a connection or request away before anybody looked at its content.
enum class Rejection : std::uint8_t {
    connections,          ///< too many open
    address_connections,  ///< too many of one address
    handshake,            ///< TLS was not agreed upon
    malformed,            ///< framing
    too_large,            ///< a limit of size: 413, 414, 431
    too_slow,             ///< 408
    queue_full,           ///< 503 at once
    queue_age             ///< 503 after it waited too long
};
/// cds_http_rejected_total.
void rejected(Rejection reason);

/// cds_queue_seconds: how long a request waited before it was begun.
void queued(std::chrono::nanoseconds time);

/// A service was evaluated: cds_cards_total, cds_rule_evaluation_seconds and, for the inputs that a prefetch
/// did not bring and nobody could fetch, cds_prefetch_missing_total.
void evaluated(const cards::Service& service, const cards::Evaluation& evaluation);

/// cds_feedback_total: elements that are on the disk.
void feedback_kept(std::size_t accepted, std::size_t overridden);
/// cds_db_up.
void database_up(bool up);
/// cds_db_errors_total.
void database_failed();

/// cds_jwt_verifications_total: a token was accepted, or why not.
void token_verified(std::optional<TokenFault> fault);
/// cds_jwks_fetches_total and cds_jwks_age_seconds, by the issuer whose `jku` is `url`.
void jwks_fetched(std::string_view url, bool well);

/// cds_fhir_requests_total and cds_fhir_request_duration_seconds: one HTTP request to a listed server.
/// `fault` is one of FhirAnswer's, "" for none.
void fhir_asked(std::string_view base, std::string_view fault, std::chrono::nanoseconds time);

/// cds_decision_records_total{result="kept"}, and "lost" where the queue was full.
void decisions_kept(std::size_t count);
void decisions_lost(std::size_t count);
/// cds_decision_records_up: 1 while they can be written.
void decisions_up(bool up);

/// cds_config_reload_success and, if it went well, cds_config_reload_timestamp_seconds. Starting counts as
/// the first.
void reloaded(bool well);
/// cds_tls_certificate_expiry_timestamp_seconds: the earliest end of the certificates in use.
void certificate_expires(std::chrono::system_clock::time_point end);

}  // namespace hooks::metrics
