// What the commands that take files share: reading a file, a patient's chart in it, and saying what is wrong
// with it.
#include "hooks/command_input.hpp"

#include "hooks/commands.hpp"
#include "hooks/input_text.hpp"
#include "hooks/request.hpp"

#include <iostream>

namespace hooks {

namespace {

/// A Bundle as it is; a resource that comes alone as a Bundle of it; null if `root` is neither, but a
/// request.
const fhir::Node* as_bundle(const fhir::Node& root, std::pmr::memory_resource& arena) {
    if (root.resource_type == 0) return nullptr;
    const fhir::TypeId type = fhir::Model::r4().type_id("Bundle");
    if (root.resource_type == type) return &root;
    fhir::TreeBuilder tree(arena);
    fhir::Node* bundle = tree.make(fhir::Kind::object);
    bundle->resource_type = type;
    fhir::Node* entries = tree.make(fhir::Kind::array, "entry");
    tree.append(bundle, tree.append(bundle, nullptr, tree.make_string("resourceType", "Bundle")), entries);
    fhir::Node* entry = tree.append(entries, nullptr, tree.make(fhir::Kind::object, "entry"));
    tree.append(entry, nullptr, tree.copy(root, fhir::Model::r4().name_id("resource")));
    return bundle;
}

}  // namespace

std::optional<std::string> read_input(const std::string& file) {
    std::optional<InputText> input = InputText::open(file);
    std::string text = input ? input->rest() : std::string();
    if (input && !input->failed()) return text;
    cannot_be_read(file);
    return std::nullopt;
}

int cannot_be_read(const std::string& file) {
    std::cerr << file << ": cannot be read\n";
    return wrong_use;
}

int fail(const std::string& file, const fhir::Issue& issue) {
    std::cerr << file << ": " << (issue.expression.empty() ? "" : issue.expression + ": ")
              << issue.diagnostics << '\n';
    return faults;
}

fhir::Result<ChartRead> read_chart(const cards::Knowledge& knowledge, const fhir::Node& root,
                                   std::pmr::memory_resource& arena) {
    if (const fhir::Node* bundle = as_bundle(root, arena)) {
        auto chart = cards::Chart::from_bundle(knowledge, *bundle, arena);
        if (!chart) return chart.error();
        return ChartRead{*std::move(chart), {}};
    }
    const auto request = read_request(root);
    if (!request) return request.error();
    return ChartRead{cards::Chart::from_request(knowledge, *request->context, request->prefetch),
                     request->hook};
}

}  // namespace hooks
