// Prefetch templates (section 4): what every client can fill and every FHIR server can answer.
#include "hooks/conformance_check.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace hooks::conformance {

namespace {

constexpr std::string_view no_templates = "no service has prefetch";

struct Parameter {
    std::string_view name, modifier, value;  ///< `code`, `in`, `http://…`
};

/// The parameters of a search; none for a read.
std::vector<Parameter> parameters_of(std::string_view text) {
    std::vector<Parameter> found;
    const std::size_t mark = text.find('?');
    if (mark == std::string_view::npos) return found;
    text.remove_prefix(mark + 1);
    while (!text.empty()) {
        const std::string_view one = text.substr(0, text.find('&'));
        const std::size_t equals = std::min(one.find('='), one.size());
        const std::string_view name = one.substr(0, equals);
        const std::size_t colon = std::min(name.find(':'), name.size());
        found.push_back({name.substr(0, colon), name.substr(std::min(colon + 1, name.size())),
                         one.substr(std::min(equals + 1, one.size()))});
        text.remove_prefix(std::min(one.size() + 1, text.size()));
    }
    return found;
}

/// Judges every template by `fits`, which says what is wrong with it, or nothing.
template <class Fits>
Finding every_template(const Session& session, const Fits& fits) {
    Judge judge;
    for (const OfferedService& service : session.services()) {
        for (const auto& [key, text] : service.prefetch) {
            const std::string wrong = fits(service, std::string_view(text));
            std::string what = service.id;
            what.append(": prefetch.").append(key).append(": ").append(wrong).append(" in ").append(text);
            judge.that(wrong.empty(), what);
        }
    }
    return judge.finding(no_templates);
}

Finding contract(Session& session, const Check& check) {
    const auto& all = session.services();
    const bool any =
        std::any_of(all.begin(), all.end(), [](const OfferedService& one) { return !one.prefetch.empty(); });
    return by_contract(session, check, any, no_templates);
}

Finding reads_and_searches(Session& session, const Check&) {
    return every_template(session, [](const OfferedService&, std::string_view text) {
        const std::string_view path = text.substr(0, text.find('?'));
        const bool is_special =
            path.find("/$") != std::string_view::npos || path.find("_history") != std::string_view::npos;
        return std::string(is_special ? "an operation or history" : "");
    });
}

Finding modifiers(Session& session, const Check&) {
    return every_template(session, [](const OfferedService&, std::string_view text) {
        for (const Parameter& one : parameters_of(text)) {
            if (!one.modifier.empty() && one.modifier != "in" && one.name != "sort")
                return "the modifier :" + std::string(one.modifier);
        }
        return std::string();
    });
}

Finding date_prefixes(Session& session, const Check&) {
    return every_template(session, [](const OfferedService&, std::string_view text) {
        constexpr std::array<std::string_view, 4> rare = {"ne", "sa", "eb", "ap"};
        for (const Parameter& one : parameters_of(text)) {
            if (one.value.size() < 3) continue;
            const bool is_dated = (one.value[2] >= '0' && one.value[2] <= '9') || one.value[2] == '{';
            const auto* found = std::find(rare.begin(), rare.end(), one.value.substr(0, 2));
            if (is_dated && found != rare.end()) return "the prefix " + std::string(*found);
        }
        return std::string();
    });
}

Finding no_repeats(Session& session, const Check&) {
    return every_template(session, [](const OfferedService&, std::string_view text) {
        std::set<std::string_view> seen;
        for (const Parameter& one : parameters_of(text)) {
            if (!seen.insert(one.name).second) return std::string(one.name) + " twice";
        }
        return std::string();
    });
}

Finding no_optional_tokens(Session& session, const Check&) {
    return every_template(session, [](const OfferedService& service, std::string_view text) {
        const bool is_required = service.hook == "encounter-start" || service.hook == "encounter-discharge";
        const bool relies = !is_required && text.find("{{context.encounterId}}") != std::string_view::npos;
        return std::string(relies ? "an encounterId that the hook may lack" : "");
    });
}

constexpr std::array checks = {
    Check{"T-1", Level::must, "A template is a relative FHIR read or search", contract},
    Check{"T-2", Level::must, "Tokens are of the context or one of the four of the user", contract},
    Check{"T-3", Level::must, "Tokens of the context are plain values that its hook allows", contract},
    Check{"T-6", Level::should, "Templates are reads and searches of one type", reads_and_searches},
    Check{"T-7", Level::should, "Templates refer by id, and {{context.userId}} has its type already",
          contract},
    Check{"T-8", Level::should, "Templates use no modifier but :in", modifiers},
    Check{"T-9", Level::should, "Templates use no date prefix but eq, lt, gt, ge and le", date_prefixes},
    Check{"T-12", Level::policy, "Templates sort as FHIR R4 does, _sort=-date", contract},
    Check{"T-13", Level::policy, "No template has a parameter twice", no_repeats},
    Check{"T-14", Level::policy, "No template relies on an encounter that may be missing",
          no_optional_tokens},
};

}  // namespace

std::span<const Check> template_checks() { return checks; }

}  // namespace hooks::conformance
