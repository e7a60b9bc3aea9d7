// XML: FHIR XML text to the same nodes as its JSON form, by the R4 element table.
#pragma once

#include "fhir/parse.hpp"

namespace fhir {

/// The root of `text`, one R4 resource in FHIR XML, as parse_json gives it for the resource's JSON form: what
/// repeats is an array, booleans and numbers are those (`5.40` stays `5.40`), a primitive's id and extensions
/// are `_name`, a narrative's div is text. Members stand in the order in which they first come. Nodes and all
/// their text are in `arena`; `text` may go.
/// Errors say what was expected, what came, and where (line and column; FHIRPath location, if known):
/// anything that is not well-formed (fhir/xml_guard.hpp), more than `limits`, another namespace than FHIR's,
/// and every element, attribute or text that R4 does not know at its place. Source: FHIR R4, "XML
/// Representation of Resources" and "JSON Representation of Resources".
Result<const Node*> parse_xml(std::string_view text, std::pmr::memory_resource& arena,
                              const ParseLimits& limits = {});

}  // namespace fhir
