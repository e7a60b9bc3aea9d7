// Check: one rule of conformance as a row of a table: its id, how binding it is, its sentence, and what asks
// it.
#pragma once

#include "hooks/conformance_session.hpp"

#include <span>
#include <string>
#include <string_view>

namespace hooks::conformance {

/// What came of a check: it holds, it does not and why, or there is nothing to hold.
struct Finding {
    enum class Kind { holds, broken, not_applicable } kind = Kind::holds;
    std::string why;
};

Finding not_applicable(std::string why);

/// Collects what is wrong; the first few are told.
class Judge {
  public:
    /// `expected`: what should have come; told with what came.
    void that(bool right, const Exchange& exchange, std::string_view expected);
    void that(bool right, std::string_view what);
    bool has_judged() const { return judged_ > 0; }
    /// `nothing`: why the rule does not apply where nothing was judged.
    Finding finding(std::string_view nothing = "the service does not offer what this is about") const;

  private:
    void broken(const std::string& text);
    std::size_t judged_ = 0, broken_ = 0;
    std::string why_;
};

struct Check {
    std::string_view rule;
    Level level;
    std::string_view says;
    Finding (*ask)(Session& session, const Check& check);
};

/// Whether anything that came broke the rule of `check` by the contract; not applicable if `seen` is false.
Finding by_contract(const Session& session, const Check& check, bool seen, std::string_view nothing);

// The chapters, in the order in which they are asked; those on cards look at all answers, so they come last.
std::span<const Check> discovery_checks();
std::span<const Check> template_checks();
std::span<const Check> call_checks();
std::span<const Check> robustness_checks();
std::span<const Check> prefetch_checks();
std::span<const Check> feedback_checks();
std::span<const Check> cors_checks();
std::span<const Check> envelope_checks();
std::span<const Check> card_checks();

}  // namespace hooks::conformance
