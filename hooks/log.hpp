// Log: JSON lines on stderr, written by a thread of their own. It takes no request, so it cannot leak one.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace hooks {

enum class LogLevel : std::uint8_t { debug, info, warn, error, off };
std::string_view to_string(LogLevel level);
std::optional<LogLevel> log_level(std::string_view name);

/// Everything the log may know of one request. No ids of patients, no query, no values.
struct RequestEvent {
    std::string request_id;  ///< from X-Request-Id or traceparent if well-formed, else ours
    std::string trace_id;    ///< of traceparent if it is valid, else ours; "" where nobody reads it
    std::string method;      ///< a registered method or "other"
    std::string_view path;   ///< the template: `/cds-services/{id}`
    unsigned status = 0;
    std::int64_t microseconds = 0;
    std::size_t bytes_in = 0, bytes_out = 0;
    std::string service, hook;     ///< only if they name a service of ours
    std::string hook_instance;     ///< only if it is a UUID
    std::string caller;            ///< the operator's client whose token came; "": none
    std::string_view token_fault;  ///< why its token was refused (jwt.hpp); "" if it was not
    /// What a refused token that could be read says of itself, proven or not, as shown_claim() shows it.
    std::string token_issuer, token_tenant, token_id;
    std::int64_t cards = -1;                 ///< -1: not a service call
    std::vector<std::string> topics, fired;  ///< topic codes and rule ids
    std::int64_t not_checked = 0, errors = 0, dropped_resources = 0;
    std::size_t stored = 0, repeated = 0, unknown_cards = 0;  ///< of a feedback body
    std::string_view refusal;                                 ///< the issue code of a non-2xx answer
    std::string_view fhir;  ///< whether its FHIR server was asked: asked, not-listed, ... (prefetch.hpp)
    std::int64_t fetched = 0, fhir_calls = 0;  ///< inputs had whole from there; HTTP requests for them
    std::int64_t fhir_microseconds = 0;        ///< from the first question to the last reply
    std::vector<std::pair<std::string_view, std::int64_t>> fhir_faults;  ///< kinds of failure, how many each
};

/// A named value of an event.
struct LogField {
    std::string_view name;
    std::variant<std::string_view, std::int64_t> value;
};

/// Starts the writing thread; lines below `level` are dropped. Without it nothing is logged.
void start_log(LogLevel level);
/// Lines below `level` are dropped from now on.
void set_log_level(LogLevel level);
/// Writes what is queued and stops the thread.
void stop_log();

void log_event(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});
/// Of calls turned away because there are too many, one line a second and client; it says how many had none.
void log_request(const RequestEvent& event);

/// The line `log_request` writes, without the line feed: one JSON object. `left_out`: lines like it that were
/// not written.
void append_request_line(std::string& out, const RequestEvent& event, std::int64_t left_out = 0);

}  // namespace hooks
