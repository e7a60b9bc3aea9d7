// All chapters, one after the other, and the verdicts that follow from their findings.
#include "hooks/conformance.hpp"

#include "hooks/conformance_check.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace hooks {

namespace conformance {

Finding not_applicable(std::string why) { return {Finding::Kind::not_applicable, std::move(why)}; }

void Judge::that(bool right, const Exchange& exchange, std::string_view expected) {
    ++judged_;
    if (!right) broken(exchange.what + ": expected " + std::string(expected) + ", got " + exchange.came());
}

void Judge::that(bool right, std::string_view what) {
    ++judged_;
    if (!right) broken(std::string(what));
}

void Judge::broken(const std::string& text) {
    constexpr std::size_t told = 3;
    if (++broken_ <= told) why_.append(why_.empty() ? "" : "; ").append(text);
}

Finding Judge::finding(std::string_view nothing) const {
    if (broken_ == 0 && judged_ == 0) return not_applicable(std::string(nothing));
    if (broken_ == 0) return {};
    std::string why = why_;
    if (broken_ > 3) why += "; and " + std::to_string(broken_ - 3) + " more";
    return {Finding::Kind::broken, std::move(why)};
}

Finding by_contract(const Session& session, const Check& check, bool seen, std::string_view nothing) {
    Judge judge;
    for (const Exchange& exchange : session.exchanges()) {
        for (const ContractFault& fault : exchange.faults) {
            if (std::find(fault.rules.begin(), fault.rules.end(), check.rule) == fault.rules.end()) continue;
            judge.that(false,
                       exchange.what + ": " + fault.path + (fault.path.empty() ? "" : ": ") + fault.message);
        }
    }
    if (!judge.has_judged() && seen) return {};
    return judge.finding(nothing);
}

}  // namespace conformance

std::string_view to_string(Level level) {
    switch (level) {
        case Level::must:
            return "MUST";
        case Level::should:
            return "SHOULD";
        case Level::policy:
            return "POLICY";
    }
    return "";
}

std::string_view to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::passed:
            return "passed";
        case Verdict::failed:
            return "failed";
        case Verdict::advice:
            return "advice";
        case Verdict::not_applicable:
            return "not applicable";
    }
    return "";
}

ConformanceReport check_conformance(const ConformanceQuestion& question, const Ask& ask,
                                    const Stopwatch& stopwatch) {
    using namespace conformance;
    ConformanceReport report;
    Session session(question, ask, stopwatch);
    report.problem = session.problem();
    if (!report.problem.empty()) return report;
    for (const auto& chapter :
         {discovery_checks(), template_checks(), call_checks(), robustness_checks(), prefetch_checks(),
          feedback_checks(), cors_checks(), envelope_checks(), card_checks()}) {
        for (const Check& check : chapter) {
            Finding finding = check.ask(session, check);
            Verdict verdict = Verdict::passed;
            if (finding.kind == Finding::Kind::not_applicable) verdict = Verdict::not_applicable;
            if (finding.kind == Finding::Kind::broken)
                verdict = check.level == Level::must ? Verdict::failed : Verdict::advice;
            report.rules.push_back({std::string(check.rule), check.level, std::string(check.says), verdict,
                                    std::move(finding.why)});
        }
    }
    return report;
}

}  // namespace hooks
