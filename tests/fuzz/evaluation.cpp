// Fuzz target: the first line is a FHIRPath expression, the rest the JSON it is evaluated on.
#include "tests/fuzz/target.hpp"

#include "fhir/parse.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = fuzz::text_of(data, size);
    const std::size_t line = input.find('\n');
    if (line == std::string_view::npos) return -1;
    std::pmr::monotonic_buffer_resource arena;
    const auto root = fhir::parse_json(input.substr(line + 1), arena);
    if (!root) return 0;
    const fhirpath::Environment environment;
    try {
        fuzz::evaluate(fhirpath::Expression::compile(input.substr(0, line), environment), environment, *root);
    } catch (const fhirpath::Error&) {  // the answer to what cannot be evaluated
    }
    return 0;
}
