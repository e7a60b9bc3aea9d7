// Apply: Knowledge x Chart x now -> cards, and for every rule why it spoke, was silent, or could not be
// checked.
#pragma once

#include "cards/card.hpp"
#include "cards/chart.hpp"
#include "cards/knowledge.hpp"
#include "fhir/fhirpath/expression.hpp"

#include <chrono>
#include <functional>
#include <memory_resource>
#include <optional>
#include <string>
#include <vector>

namespace cards {

/// What became of one rule in one evaluation.
struct Outcome {
    enum class Kind : std::uint8_t { fired, silent, not_checked, dropped, error } kind = Kind::silent;
    const Rule* rule = nullptr;
    /// fired: the descriptions of its conditions; silent: of the condition that did not hold; not_checked:
    /// the inputs that were not there; dropped: over the service's maximum (a
    /// warning is then named first in the detail of the last card); error: the expression and what is
    /// wrong with it (no patient data).
    std::string reason;
};
std::string_view to_string(Outcome::Kind kind);

struct Evaluation {
    /// A required input could not be had: the answer is 412 with this issue (P-9, S-5), and there are no
    /// cards.
    std::optional<fhir::Issue> precondition;
    std::vector<Card> cards;  ///< in order of indicator, then of the service's rules; at most its maximum
    std::vector<Outcome> outcomes;
    std::vector<std::string_view> unavailable;  ///< input ids
    /// What each rule of the service took, in their order; empty without a Stopwatch.
    std::vector<std::chrono::nanoseconds> times;
    /// No input that is missing, failed or paged could change the answer: every rule is silent for reasons
    /// that need none of them, or all are there.
    bool is_final = true;
};

/// A clock that only goes forward, for measuring; this library has none of its own.
using Stopwatch = std::chrono::nanoseconds (*)();

/// The cards of `service` for `chart` at `now`. The same arguments give the same cards but for uuids. `arena`
/// holds the resources of suggestions and must outlive the Evaluation. `rules` switches single rules on or
/// off. Never throws for what is in the chart. With a `stopwatch` the rules are timed.
Evaluation evaluate(const Knowledge& knowledge, const Service& service, const Chart& chart,
                    const fhirpath::Now& now, const UuidSource& uuid, std::pmr::memory_resource& arena,
                    const Switches& rules = {}, Stopwatch stopwatch = nullptr);

/// Calls `use` with the scope that the rules see on `hook`: inputs, variables, context. For those who have
/// questions of their own. Throws what `use` throws.
void with_scope(const Knowledge& knowledge, const std::string& hook, const Chart& chart,
                const fhirpath::Now& now, std::pmr::memory_resource& arena,
                const std::function<void(fhirpath::Scope&)>& use);

}  // namespace cards
