// Target: what the fuzz targets share: the bytes as text, what must hold, and evaluation with small limits.
#pragma once

#include "fhir/fhirpath/expression.hpp"
#include "fhir/json_writer.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory_resource>
#include <string>
#include <string_view>

namespace fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// Ends the process if `holds` is false; the caller is in the stack that is printed.
inline void expect(bool holds) {
    if (!holds) std::abort();
}

/// The first line without its end; `text` is then what follows.
inline std::string_view take_line(std::string_view& text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    return line;
}

/// Evaluates `expression` on `root` (null: an empty focus) and looks at every item of the result.
inline void evaluate(const fhirpath::Expression& expression, const fhirpath::Environment& environment,
                     const fhir::Node* root) {
    std::pmr::monotonic_buffer_resource arena;
    const fhirpath::Now now{*fhirpath::Temporal::parse_date_time("2026-01-15T14:30:05.250+01:00")};
    fhirpath::Scope scope(environment, arena, now);
    scope.set_step_limit(20'000);  // short runs find more
    const fhirpath::Item focus = root ? fhirpath::Item::of_root(*root) : fhirpath::Item();
    std::string out;
    for (const fhirpath::Item& item : expression.evaluate(scope, root ? &focus : nullptr)) {
        if (const auto value = system_value(item, arena)) out += display_text(*value, arena).value_or("");
        if (item.is_node() && item.node) fhir::write_json(out, *item.node);
    }
}

}  // namespace fuzz
