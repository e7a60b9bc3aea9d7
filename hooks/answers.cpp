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

std::string_view without_blanks(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

/// What stands before the next `;` that is in no quotes; `rest` is what stands behind it.
std::string_view next_part(std::string_view& rest) {
    std::size_t end = 0;
    for (bool is_quoted = false; end < rest.size() && (is_quoted || rest[end] != ';'); ++end) {
        if (rest[end] == '"') is_quoted = !is_quoted;
        if (rest[end] == '\\' && is_quoted && end + 1 < rest.size()) ++end;
    }
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return without_blanks(part);
}

bool is_json_type(std::string_view type) {
    if (type.empty()) return true;
    constexpr std::string_view suffix = "+json";
    return equal_ignoring_case(type, "application/json") || equal_ignoring_case(type, "text/json") ||
           (type.size() > suffix.size() &&
            equal_ignoring_case(type.substr(type.size() - suffix.size()), suffix));
}

bool is_other_charset(std::string_view parameter) {
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos || !equal_ignoring_case(parameter.substr(0, equals), "charset"))
        return false;
    std::string_view value = parameter.substr(equals + 1);
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"'))
        value = value.substr(1, value.size() - 2);
    return !equal_ignoring_case(value, "utf-8") && !equal_ignoring_case(value, "utf8");
}

}  // namespace

std::string_view content_type_problem(const Request& request) {
    for (const Field& field : request.fields) {
        if (!equal_ignoring_case(field.name, "Content-Type")) continue;
        std::string_view rest = field.value;
        if (!is_json_type(next_part(rest))) return "expected a body of type application/json";
        while (!rest.empty()) {
            if (is_other_charset(next_part(rest)))
                return "expected JSON in UTF-8, got another charset in Content-Type";
        }
    }
    return {};
}

}  // namespace hooks
