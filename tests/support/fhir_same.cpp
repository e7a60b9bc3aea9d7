// Same: compares member by member.
#include "tests/support/fhir_same.hpp"

#include <cstddef>
#include <fstream>
#include <iterator>

namespace fhir::testing {

namespace {

std::size_t size_of(const Node& node) {
    std::size_t size = 0;
    for (auto child = node.children().begin(); child != node.children().end(); ++child) ++size;
    return size;
}

const Node* counterpart(const Node& member, const Node& object) {
    return member.name_id() != 0 ? object.find(member.name_id()) : object.find_own(member.name());
}

void compare(const Node& a, const Node& b, std::vector<Difference>& found) {
    const auto differs = [&](const Node& node, std::string what) {
        found.push_back({path_of(node), std::move(what)});
    };
    if (a.kind != b.kind) return differs(a, "another kind of value");
    if (a.name() != b.name()) return differs(a, "another name");
    if (a.resource_type != b.resource_type) return differs(a, "another resource type");
    if (a.text() != b.text()) {
        return differs(a, '"' + std::string(a.text()) + "\" against \"" + std::string(b.text()) + '"');
    }
    if (a.is_array() && size_of(a) != size_of(b)) return differs(a, "another number of items");
    const Node* other = b.first_child;
    for (const Node& child : a.children()) {
        if (child.parent != &a) differs(child, "another parent");
        const Node* twin = a.is_object() ? counterpart(child, b) : other;
        if (twin != nullptr) {
            compare(child, *twin, found);
        } else {
            differs(child, "only the first has it");
        }
        if (other != nullptr) other = other->next;
    }
    if (!b.is_object()) return;
    for (const Node& child : b.children()) {
        if (counterpart(child, a) == nullptr) differs(child, "only the second has it");
    }
}

}  // namespace

std::vector<Difference> differences(const Node& a, const Node& b) {
    std::vector<Difference> found;
    compare(a, b, found);
    return found;
}

std::string difference(const Node& a, const Node& b) {
    const auto found = differences(a, b);
    return found.empty() ? "" : found.front().path + ": " + found.front().what;
}

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace fhir::testing
