// Error: the place in an expression, shown with a caret.
#include "fhir/fhirpath/error.hpp"

#include "fhir/utf8.hpp"

#include <algorithm>

namespace fhirpath {

std::string pointed_out(std::string_view text, std::size_t position) {
    constexpr std::size_t before = 50, after = 50;
    position = std::min(position, text.size());
    std::size_t start = position == 0 ? 0 : text.rfind('\n', position - 1) + 1;  // npos + 1 is 0
    std::size_t end = std::min(text.find('\n', position), text.size());
    const bool cut_before = position - start > before, cut_after = end - position > after;
    if (cut_before) start = position - before;
    if (cut_after) end = position + after;
    while (cut_before && fhir::is_continuation(text[start])) ++start;
    while (cut_after && fhir::is_continuation(text[end])) --end;

    std::string line(text.substr(start, end - start));
    std::replace(line.begin(), line.end(), '\t', ' ');
    const std::size_t columns = fhir::code_points(std::string_view(line).substr(0, position - start));
    const std::string ellipsis = "\u2026";
    return "    " + (cut_before ? ellipsis : "") + line + (cut_after ? ellipsis : "") + "\n    " +
           std::string(columns + (cut_before ? 1 : 0), ' ') + "^\n";
}

}  // namespace fhirpath
