// Issue as text: the codes of OperationOutcome.issue and the outcome that carries one.
#include "fhir/issue.hpp"

#include "fhir/json_writer.hpp"

namespace fhir {

std::string_view to_string(IssueCode code) {
    switch (code) {
        case IssueCode::invalid:
            return "invalid";
        case IssueCode::structure:
            return "structure";
        case IssueCode::required:
            return "required";
        case IssueCode::value:
            return "value";
        case IssueCode::duplicate:
            return "duplicate";
        case IssueCode::not_found:
            return "not-found";
        case IssueCode::not_supported:
            return "not-supported";
        case IssueCode::incomplete:
            return "incomplete";
        case IssueCode::too_long:
            return "too-long";
        case IssueCode::login:
            return "login";
        case IssueCode::throttled:
            return "throttled";
        case IssueCode::timeout:
            return "timeout";
        case IssueCode::transient:
            return "transient";
        case IssueCode::exception:
            return "exception";
    }
    return "exception";
}

std::string operation_outcome(const Issue& issue) {
    std::string out;
    JsonWriter json(out);
    json.begin_object();
    json.member("resourceType", "OperationOutcome");
    json.key("issue");
    json.begin_array();
    json.begin_object();
    json.member("severity", "error");
    json.member("code", to_string(issue.code));
    if (!issue.diagnostics.empty()) json.member("diagnostics", issue.diagnostics);
    if (!issue.expression.empty()) {
        json.key("expression");
        json.begin_array();
        json.value(issue.expression);
        json.end_array();
    }
    json.end_object();
    json.end_array();
    json.end_object();
    return out;
}

}  // namespace fhir
