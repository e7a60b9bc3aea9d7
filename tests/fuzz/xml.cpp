// Fuzz target: any bytes as FHIR XML: a tree of nodes or an Issue.
#include "fhir/xml.hpp"

#include "tests/fuzz/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::pmr::monotonic_buffer_resource arena;
    const auto root = fhir::parse_xml(fuzz::text_of(data, size), arena);
    std::string out;
    if (root) fhir::write_json(out, **root);
    return 0;
}
