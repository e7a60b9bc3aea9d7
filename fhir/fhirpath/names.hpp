// Names: the few element names that the engine itself asks for, as ids.
#pragma once

#include "fhir/document.hpp"
#include "fhir/model.hpp"

#include <string_view>

namespace fhirpath {

struct Names {
    fhir::NameId code, coding, comparator, contained, extension, id, reference, resource_type, system, url,
        value;

    static const Names& r4() {
        static const Names names = [] {
            const fhir::Model& model = fhir::Model::r4();
            return Names{
                model.name_id("code"),      model.name_id("coding"),       model.name_id("comparator"),
                model.name_id("contained"), model.name_id("extension"),    model.name_id("id"),
                model.name_id("reference"), model.name_id("resourceType"), model.name_id("system"),
                model.name_id("url"),       model.name_id("value")};
        }();
        return names;
    }
};

/// The text of a string member; "" if there is none.
inline std::string_view text_of(const fhir::Node& node, fhir::NameId member) {
    const fhir::Node* found = node.find(member);
    return found && found->is_string() ? found->text() : std::string_view();
}

}  // namespace fhirpath
