// Fuzz target: any text as a FHIRPath expression: it compiles or throws an Error, checks and evaluates on
// nothing.
#include "tests/fuzz/target.hpp"

#include "fhir/fhirpath/authoring/check.hpp"
#include "fhir/model.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fhirpath::Environment environment = [] {
        fhirpath::Environment made;
        made.add("patient", {fhir::Model::r4().type_id("Patient")});
        made.add("a");
        return made;
    }();
    try {
        const auto text = fuzz::text_of(data, size);
        fhirpath::check(text, {{fhir::Model::r4().type_id("Observation")}}, environment);
        fuzz::evaluate(fhirpath::Expression::compile(text, environment), environment, nullptr);
    } catch (const fhirpath::Error&) {  // the answer to what is no expression
    }
    return 0;
}
