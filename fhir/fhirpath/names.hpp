// Names: the few element names that the engine itself asks for, as ids.
#pragma once

#include "fhir/document.hpp"
#include "fhir/model.hpp"

#include <string_view>

namespace fhirpath {

struct Names {
    fhir::NameId code = id_of("code"), coding = id_of("coding"), comparator = id_of("comparator"),
                 contained = id_of("contained"), extension = id_of("extension"), id = id_of("id"),
                 reference = id_of("reference"), resource_type = id_of("resourceType"),
                 system = id_of("system"), url = id_of("url"), value = id_of("value");

    static const Names& r4() {
        static const Names names;
        return names;
    }

  private:
    static fhir::NameId id_of(std::string_view name) { return fhir::Model::r4().name_id(name); }
};

/// The text of a string member; "" if there is none.
inline std::string_view text_of(const fhir::Node& node, fhir::NameId member) {
    const fhir::Node* found = node.find(member);
    return found && found->is_string() ? found->text() : std::string_view();
}

}  // namespace fhirpath
