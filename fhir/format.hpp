// Format: FHIR in JSON or in XML, told by its first character; the one way to read text of either kind.
#pragma once

#include "fhir/parse.hpp"

namespace fhir {

enum class Format { json, xml };

/// XML if the first character that is not white space (nor a byte order mark) is `<`, else JSON.
Format format_of(std::string_view text);

/// The root of `text` in whichever format it is: parse_json or parse_xml, but a byte order mark is passed
/// over in both. `text` and `arena` must outlive the nodes.
Result<const Node*> parse_text(std::string_view text, std::pmr::memory_resource& arena,
                               const ParseLimits& limits = {});

}  // namespace fhir
