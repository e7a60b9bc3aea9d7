// Our side of the comparison with another JSON Schema validator and with a checker of OpenAPI (compare.mjs).
#include "hooks/contract.hpp"
#include "hooks/json_schema.hpp"
#include "hooks/openapi.hpp"

#include <iostream>
#include <map>
#include <string>
#include <string_view>

namespace {

/// For each line `["response", {...}]` the line `valid` or what is wrong.
int judge() {
    std::map<std::string, hooks::JsonSchema, std::less<>> schemas;
    std::string line;
    while (std::getline(std::cin, line)) {
        const auto document = fhir::Document::parse(line);
        if (!document) {
            std::cerr << document.error().diagnostics << '\n';
            return 1;
        }
        const fhir::Node& name = *(*document)->root().first_child;
        const std::string file = std::string(name.text()) + ".schema.json";
        const auto schema = schemas.try_emplace(file, hooks::contract_file(file)).first;
        std::string verdict;
        for (const hooks::SchemaFault& fault : schema->second.faults(*name.next))
            verdict.append(verdict.empty() ? "" : "; ").append(fault.path + ": " + fault.message);
        std::cout << (verdict.empty() ? "valid" : verdict) << '\n';
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2 && std::string_view(argv[1]) == "openapi") {
        std::cout << hooks::openapi_json("/demo", {"demo-view", "demo-sign"}) << '\n';
        return 0;
    }
    return judge();
}
