// Place: the line of a file on which an element stands, and the part of an expression in which a fault lies.
#pragma once

#include "fhir/document.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace cards {

/// The line (from 1) on which `node`'s value begins. `document` is the one that owns the node.
std::size_t line_of(const fhir::Document& document, const fhir::Node& node);

/// Two indented lines: the expression around the byte `position`, and a caret under it. Of a long line only
/// the neighbourhood is shown, with "…" where something is left out.
std::string excerpt(std::string_view expression, std::size_t position);

}  // namespace cards
