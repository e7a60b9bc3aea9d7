// Parse: JSON text to nodes in one pass, strict where a patient's data could be misread.
#pragma once

#include "fhir/document.hpp"

#include <cstddef>
#include <memory_resource>
#include <string>
#include <string_view>

namespace fhir {

struct ParseLimits {
    std::size_t depth = 64;          ///< nesting of objects and arrays
    std::size_t bytes = 16'777'216;  ///< of text
    NameShown shown = shown_name;    ///< names in the paths of errors
};

/// The root of `text` (RFC 8259 JSON), its nodes in `arena`; `text` and `arena` must outlive them.
/// Errors with path and byte offset: syntax, invalid UTF-8 or BOM, more than `limits`, a member twice in one
/// object (J-8), a number that is not finite in binary64 (1e400).
Result<const Node*> parse_json(std::string_view text, std::pmr::memory_resource& arena,
                               const ParseLimits& limits = {});

/// Where in `text` the byte `offset` stands, for a person with an editor: "line 3, column 14".
std::string place_of(std::string_view text, std::size_t offset);

}  // namespace fhir
