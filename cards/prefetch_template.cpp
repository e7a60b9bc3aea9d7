// The template is cut into path and parameters; each rule of the specification looks at its part.
#include "cards/prefetch_template.hpp"

#include "fhir/nearest_name.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <set>

namespace cards {

namespace {

// Root-level primitives that hooks mark as tokens, and the ids of whoever is logged on.
constexpr std::array<std::string_view, 7> tokens = {
    "context.patientId",      "context.encounterId", "context.userId",     "userPractitionerId",
    "userPractitionerRoleId", "userPatientId",       "userRelatedPersonId"};

constexpr std::array<std::string_view, 2> hooks_with_encounter = {"encounter-start", "encounter-discharge"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Check {
  public:
    Check(std::string_view query, std::string_view type) : query_(query), type_(type) {}

    std::vector<std::string> faults() {
        check_tokens();
        const std::size_t question = query_.find('?');
        if (question == std::string_view::npos) {
            check_read(query_);
        } else {
            check_type(query_.substr(0, question));
            check_parameters(query_.substr(question + 1));
        }
        return std::move(faults_);
    }

  private:
    void fault(std::string text) { faults_.push_back(std::move(text)); }

    /// T-2, T-3, T-4
    void check_tokens() {
        std::string_view rest = query_;
        for (std::size_t open = 0; (open = rest.find("{{")) != std::string_view::npos;) {
            const std::size_t close = rest.find("}}", open);
            const std::string_view token = rest.substr(open + 2, close - open - 2);
            if (close == std::string_view::npos)
                return token.starts_with('%') ? void() : fault("'{{' without '}}'");
            rest.remove_prefix(close + 2);
            if (token.starts_with('%')) continue;
            if (std::find(tokens.begin(), tokens.end(), token) != tokens.end()) continue;
            fhir::NearestName nearest(token);
            for (const std::string_view known : tokens) nearest.look_at(known);
            fault("'{{" + std::string(token) + "}}' is no token that a client fills in" + nearest.question());
        }
        if (rest.find("}}") != std::string_view::npos) fault("'}}' without '{{'");
    }

    /// T-1, T-6: `Type/id`, or the user, whose token brings its type along.
    void check_read(std::string_view path) {
        if (path == "{{context.userId}}") return;
        const std::size_t slash = path.find('/');
        const std::string_view id =
            slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
        check_type(path.substr(0, slash));
        if (id.empty() || id.find('/') != std::string_view::npos || id.starts_with('$'))
            fault(
                "expected a read such as 'Patient/{{context.patientId}}' or a search such as "
                "'Condition?patient={{context.patientId}}'");
        if (id.find("{{context.userId}}") != std::string_view::npos)
            fault("'{{context.userId}}' has its type in it already: write it alone");
    }

    void check_type(std::string_view type) {
        if (type == type_) return;
        fault("expected a query for " + std::string(type_) + ", relative to the FHIR server, got '" +
              std::string(type) + "'");
    }

    void check_parameters(std::string_view text) {
        std::set<std::string_view> seen;
        while (!text.empty()) {
            const std::size_t end = std::min(text.find('&'), text.size());
            const std::string_view parameter = text.substr(0, end);
            text.remove_prefix(std::min(end + 1, text.size()));
            const std::size_t equals = std::min(parameter.find('='), parameter.size());
            const std::string_view name = parameter.substr(0, equals);
            const std::string_view value = parameter.substr(std::min(equals + 1, parameter.size()));
            if (name.empty() || value.empty()) {
                fault("expected name=value, got '" + std::string(parameter) + "'");
                continue;
            }
            if (!seen.insert(name).second)  // T-13
                fault("the parameter '" + std::string(name) +
                      "' stands there twice, which some clients make an OR");
            check_parameter(name, value);
        }
    }

    void check_parameter(std::string_view name, std::string_view value) {
        const std::size_t colon = std::min(name.find(':'), name.size());
        if (const std::string_view modifier = name.substr(colon); !modifier.empty() && modifier != ":in") {
            fault(name.starts_with("_sort") || name.starts_with("sort")  // T-12
                      ? "expected FHIR R4's '_sort=-date', got '" + std::string(name) + "'"
                      : "the modifier '" + std::string(modifier) +
                            "' is not understood everywhere; ':in' is");
        }
        if (name == "sort") fault("expected FHIR R4's '_sort', got 'sort'");
        if (name.find('.') != std::string_view::npos)
            fault("'" + std::string(name) + "' is a chain, which few clients understand");
        if (name == "_count" && (!std::all_of(value.begin(), value.end(), is_digit) || value.front() == '0'))
            fault("_count: expected a number from 1, got '" + std::string(value) + "'");
        if (name.starts_with('_')) return;
        const std::size_t reference = value.find("/{{");  // T-7
        if (reference != std::string_view::npos && value.find("://") == std::string_view::npos)
            fault("'" + std::string(name) + "': expected the bare id, got '" + std::string(value) + "'");
        constexpr std::array<std::string_view, 4> prefixes = {"ne", "sa", "eb", "ap"};
        const bool has_prefix =
            value.size() > 2 && (is_digit(value[2]) || value[2] == '{') &&
            std::find(prefixes.begin(), prefixes.end(), value.substr(0, 2)) != prefixes.end();
        if (has_prefix)  // T-9
            fault("'" + std::string(name) + "': expected eq, lt, gt, ge or le before a date, got '" +
                  std::string(value.substr(0, 2)) + "'");
    }

    std::string_view query_, type_;
    std::vector<std::string> faults_;
};

}  // namespace

std::vector<std::string> faults_of_template(std::string_view query, std::string_view type) {
    return Check(query, type).faults();
}

std::string optional_token(std::string_view query, std::string_view hook) {
    const bool has_encounter = std::find(hooks_with_encounter.begin(), hooks_with_encounter.end(), hook) !=
                               hooks_with_encounter.end();
    constexpr std::string_view token = "{{context.encounterId}}";
    return !has_encounter && query.find(token) != std::string_view::npos ? std::string(token) : std::string();
}

}  // namespace cards
