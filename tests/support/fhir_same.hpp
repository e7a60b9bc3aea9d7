// Same: whether two node trees say the same, and if not where they first differ.
#pragma once

#include "fhir/document.hpp"

#include <string>
#include <vector>

namespace fhir::testing {

struct Difference {
    std::string path, what;
};

/// What differs between two trees. The order of an object's members says nothing, as in JSON; everything else
/// does: kinds, names, texts, resource types, parents.
std::vector<Difference> differences(const Node& a, const Node& b);
/// The first of them, "" if there is none.
std::string difference(const Node& a, const Node& b);

/// The text of a file of the repository or of a folder beside it; "" if there is none.
std::string read_file(const std::string& path);

}  // namespace fhir::testing
