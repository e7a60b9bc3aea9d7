// What the commands that take files share: reading a file, a patient's chart in it, and saying what is wrong
// with it.
#include "hooks/command_input.hpp"

#include "hooks/commands.hpp"
#include "hooks/knowledge_folder.hpp"
#include "hooks/request.hpp"

#include <iostream>
#include <iterator>

namespace hooks {

std::optional<std::string> read_input(const std::string& file) {
    if (file == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
    auto text = read_text(file);
    if (!text) std::cerr << file << ": cannot be read\n";
    return text;
}

int fail(const std::string& file, const fhir::Issue& issue) {
    std::cerr << file << ": " << (issue.expression.empty() ? "" : issue.expression + ": ")
              << issue.diagnostics << '\n';
    return faults;
}

fhir::Result<ChartRead> read_chart(const cards::Knowledge& knowledge, const fhir::Node& root,
                                   std::pmr::memory_resource& arena) {
    if (root.text_of("resourceType") == "Bundle") {
        auto chart = cards::Chart::from_bundle(knowledge, root, arena);
        if (!chart) return chart.error();
        return ChartRead{*std::move(chart), {}};
    }
    const auto request = read_request(root);
    if (!request) return request.error();
    return ChartRead{cards::Chart::from_request(knowledge, *request->context, request->prefetch),
                     request->hook};
}

}  // namespace hooks
