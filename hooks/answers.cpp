// All functions are plain: they neither wait nor keep anything.
#include "hooks/answers.hpp"

#include "hooks/metrics.hpp"

#include <algorithm>
#include <string_view>

namespace hooks {

Response outcome(unsigned status, const fhir::Issue& issue) {
    Response response;
    response.status = status;
    response.body = fhir::operation_outcome(issue);
    return response;
}

Response metrics_answer() {
    Response response;
    response.body = metrics::text();
    response.content_type = metrics::content_type;
    return response;
}

namespace {

bool is_json_type(std::string_view content_type) {
    std::string_view type = content_type.substr(0, content_type.find(';'));
    while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
    if (type.empty()) return true;
    constexpr std::string_view suffix = "+json";
    return equal_ignoring_case(type, "application/json") || equal_ignoring_case(type, "text/json") ||
           (type.size() > suffix.size() &&
            equal_ignoring_case(type.substr(type.size() - suffix.size()), suffix));
}

}  // namespace

bool is_json(const Request& request) {
    return std::all_of(request.fields.begin(), request.fields.end(), [](const Field& field) {
        return !equal_ignoring_case(field.name, "Content-Type") || is_json_type(field.value);
    });
}

}  // namespace hooks
