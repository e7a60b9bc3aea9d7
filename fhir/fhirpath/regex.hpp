// Regex: FHIRPath's regular expressions on RE2, whose work is linear in the text.
#pragma once

#include <re2/re2.h>

#include <memory>
#include <memory_resource>
#include <string_view>

namespace fhirpath {

/// A pattern as FHIRPath means it: `.` matches line ends too; nothing is logged. Ask ok().
std::unique_ptr<const re2::RE2> compile_regex(std::string_view pattern);

/// Every match in `text` replaced; `$1`, `${name}` in `substitution` are groups, `\$` is a dollar sign.
/// An empty pattern replaces nothing. The result is `text` itself or stands in `arena`.
std::string_view replace_matches(const re2::RE2& regex, std::string_view text, std::string_view substitution,
                                 std::pmr::memory_resource& arena);

}  // namespace fhirpath
