// Conformance: the numbered rules of CDS Hooks asked of any service, ours or another's.
#pragma once

#include "hooks/http_client.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hooks {

/// How binding a rule is: the specification's MUST and SHOULD, or our own policy where it is silent.
enum class Level { must, should, policy };

/// `advice`: a SHOULD or a policy that the service does not follow.
enum class Verdict { passed, failed, advice, not_applicable };

/// What became of one rule.
struct CheckedRule {
    std::string rule;  ///< `C-1`
    Level level = Level::must;
    std::string says;  ///< the rule in a sentence
    Verdict verdict = Verdict::passed;
    std::string why;  ///< what was expected and what came; why it does not apply; "" if it passed
};

struct ConformanceQuestion {
    /// The base, or the address of discovery, with or without a slash at the end.
    std::string url;
    /// Name and text of calls in JSON, with their prefetch; a hook without one gets an invented one.
    std::vector<std::pair<std::string, std::string>> requests;
    std::string token;   ///< sent as bearer token; "": none
    std::string origin;  ///< of a browser client that the service allows; "": CORS is not asked for
};

/// Sends a request and waits for its answer.
using Ask = std::function<ClientAnswer(const ClientRequest& request)>;
/// Time passed since some moment.
using Stopwatch = std::function<std::chrono::milliseconds()>;

struct ConformanceReport {
    /// Why discovery could not be asked at all, or which of the requests is none; then there are no rules.
    std::string problem;
    std::vector<CheckedRule> rules;  ///< every rule once, by chapter
};

/// Asks the service all questions, one after the other. It is called some hundred times, always with the
/// question's patients or an invented one.
ConformanceReport check_conformance(const ConformanceQuestion& question, const Ask& ask,
                                    const Stopwatch& stopwatch);

/// `MUST`, `SHOULD`, `POLICY`; `passed`, `failed`, `advice`, `not applicable`.
std::string_view to_string(Level level);
std::string_view to_string(Verdict verdict);

}  // namespace hooks
