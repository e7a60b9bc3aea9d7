// Values of FHIR primitives in the knowledge: what R4 allows in a date, a number, a code.
#include "cards/element_values.hpp"

#include "fhir/nearest_name.hpp"
#include "fhir/system/temporal.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace cards {

using fhir::Node;
using fhirpath::Temporal;

namespace {

std::vector<std::string_view> words(std::string_view text) {
    std::vector<std::string_view> found;
    while (!text.empty()) {
        const std::size_t blank = std::min(text.find(' '), text.size());
        found.push_back(text.substr(0, blank));
        text.remove_prefix(std::min(blank + 1, text.size()));
    }
    return found;
}

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

bool has_blank(std::string_view text) { return text.find_first_of(" \t\r\n") != std::string_view::npos; }

struct Required {
    std::string_view owner, element, codes;
};

constexpr std::string_view publication = "draft active retired unknown";
constexpr std::array required_codes = {
    Required{"PlanDefinition", "status", publication},
    Required{"ActivityDefinition", "status", publication},
    Required{"Library", "status", publication},
    Required{"ValueSet", "status", publication},
    Required{"CodeSystem", "status", publication},
    Required{"ActivityDefinition", "priority", "routine urgent asap stat"},
    Required{"ActivityDefinition", "intent",
             "proposal plan directive order original-order reflex-order filler-order instance-order option"},
    Required{"PlanDefinition.action", "precheckBehavior", "yes no"},
    Required{
        "RelatedArtifact", "type",
        "documentation justification citation predecessor successor derived-from depends-on composed-of"},
};

}  // namespace

std::string expected_one_of(std::string_view known, std::string_view got) {
    const auto codes = words(known);
    fhir::NearestName nearest(got);
    std::string message = "expected ";
    for (std::size_t i = 0; i < codes.size(); ++i) {
        message += (i == 0 ? "" : i + 1 == codes.size() ? " or " : ", ") + std::string(codes[i]);
        nearest.look_at(codes[i]);
    }
    return got.empty() ? message : message + ", got " + quoted(got) + nearest.question();
}

std::string value_fault(const Node& value, std::string_view type) {
    const std::string_view text = value.text();
    if (value.is_null()) return {};
    if (type == "boolean") return value.kind == fhir::Kind::boolean ? "" : "expected true or false";
    if (type == "integer" || type == "positiveInt" || type == "unsignedInt") {
        const bool whole =
            value.kind == fhir::Kind::number && text.find_first_of(".eE") == std::string_view::npos;
        const bool negative = text.starts_with('-') || (type == "positiveInt" && text == "0");
        return whole && (type == "integer" || !negative)
                   ? ""
                   : "expected a whole number (" + std::string(type) + ")";
    }
    if (type == "decimal") return value.kind == fhir::Kind::number ? "" : "expected a number";
    if (!value.is_string()) return "expected a string (" + std::string(type) + ")";
    if (text.empty()) return "expected some text: FHIR has no empty strings";
    if (type == "date" && !Temporal::parse_date(text))
        return "expected a date such as 2026-11-23, got " + quoted(text);
    if ((type == "dateTime" || type == "instant") && !Temporal::parse_date_time(text))
        return "expected a date, or date and time with offset, such as 2026-11-23, got " + quoted(text);
    const bool is_word = type == "uri" || type == "url" || type == "canonical" || type == "id";
    if (is_word && has_blank(text)) return "expected no blank in a " + std::string(type);
    return {};
}

std::string code_fault(std::string_view owner, const Node& value) {
    if (!value.is_string()) return {};
    for (const Required& required : required_codes) {
        if (required.owner != owner || required.element != value.name()) continue;
        const auto codes = words(required.codes);
        if (std::find(codes.begin(), codes.end(), value.text()) == codes.end())
            return expected_one_of(required.codes, value.text());
    }
    return {};
}

}  // namespace cards
