// Draft: the FHIR resource that a suggestion offers, made from an ActivityDefinition.
#pragma once

#include "cards/knowledge.hpp"
#include "fhir/document.hpp"
#include "fhir/fhirpath/expression.hpp"

#include <string_view>
#include <vector>

namespace cards {

/// The draft (AC-6): status draft, intent proposal unless the activity says otherwise, subject
/// `Patient/{patient_id}`, encounter if the context names one, the activity's elements, then the dynamic
/// values. In the scope's arena. Throws fhirpath::Error.
const fhir::Node* draft_resource(const fhir::Node& activity, const std::vector<DynamicValue>& values,
                                 std::string_view patient_id, fhirpath::Scope& scope);

/// `resource` with the dynamic values put in: the whole updated resource (AC-4).
const fhir::Node* updated_resource(const fhir::Node& resource, const std::vector<DynamicValue>& values,
                                   fhirpath::Scope& scope);

}  // namespace cards
