// What the commands that take files share: reading a file, a patient's chart in it, and saying what is wrong
// with it.
#include "hooks/command_input.hpp"

#include "fhir/parse.hpp"
#include "hooks/commands.hpp"
#include "hooks/request.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace hooks {

namespace {

/// All of `input`, or one byte more than the parsers take, which then say so: the rest is never held.
std::optional<std::string> all_of(std::istream& input) {
    const std::size_t most = fhir::ParseLimits{}.bytes + 1;
    std::string text;
    std::array<char, 65'536> part{};
    while (text.size() < most && input) {
        input.read(part.data(), static_cast<std::streamsize>(std::min(part.size(), most - text.size())));
        text.append(part.data(), static_cast<std::size_t>(input.gcount()));
    }
    if (input.bad()) return std::nullopt;
    return text;
}

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
    fhir::Node* resource = tree.append(entry, nullptr, tree.copy(root));
    resource->name_id = fhir::Model::r4().name_id("resource");
    return bundle;
}

}  // namespace

std::optional<std::string> read_input(const std::string& file) {
    std::optional<std::string> text;
    if (file == "-") {
        text = all_of(std::cin);
    } else if (std::ifstream stream(file, std::ios::binary); stream && !std::filesystem::is_directory(file)) {
        text = all_of(stream);
    }
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
