// Document: looking up members, saying where a node stands, building nodes.
#include "fhir/document.hpp"

#include "fhir/format.hpp"

#include <cstring>
#include <vector>

namespace fhir {

namespace {

/// A member whose name R4 does not know carries the name itself.
struct NamedNode : Node {
    std::string_view own_name;
};

}  // namespace

std::string_view Node::name() const {
    if (name_id_ != 0) return Model::r4().name(name_id_);
    if (has_own_name_) return static_cast<const NamedNode*>(this)->own_name;
    if (parent != nullptr && parent->is_array()) return parent->name();
    return {};
}

const Node* Node::find(NameId member) const {
    if (kind != Kind::object || !may_have(name_bits(member))) return nullptr;
    for (const Node* child = first_child; child != nullptr; child = child->next) {
        if (child->name_id() == member) return child;
    }
    return nullptr;
}

const Node* Node::find(std::string_view member) const {
    if (kind != Kind::object) return nullptr;
    const NameId id = Model::r4().name_id(member);
    return id != 0 ? find(id) : find_own(member);
}

const Node* Node::find_own(std::string_view member) const {
    if (kind != Kind::object) return nullptr;
    for (const Node* child = first_child; child != nullptr; child = child->next) {
        if (child->has_own_name_ && static_cast<const NamedNode*>(child)->own_name == member) return child;
    }
    return nullptr;
}

std::string_view Node::text_of(std::string_view member) const {
    const Node* found = find(member);
    return found != nullptr && found->is_string() ? found->text() : std::string_view{};
}

std::string_view Node::text_of(NameId member) const {
    const Node* found = find(member);
    return found != nullptr && found->is_string() ? found->text() : std::string_view{};
}

std::string_view shown_name(std::string_view name) { return name.size() <= 40 ? name : "?"; }

std::string path_of(const Node& node, NameShown shown) {
    std::vector<const Node*> way;
    for (const Node* step = &node; step->parent != nullptr; step = step->parent) way.push_back(step);
    std::string path;
    for (auto step = way.rbegin(); step != way.rend(); ++step) {
        if ((*step)->parent->is_array()) {
            std::size_t index = 0;
            for (const Node* before = (*step)->parent->first_child; before != *step; before = before->next)
                ++index;
            path += '[' + std::to_string(index) + ']';
        } else {
            if (!path.empty()) path += '.';
            path += shown((*step)->name());
        }
    }
    return path;
}

const Node* enclosing_resource(const Node& node) {
    const Node* step = &node;
    while (step != nullptr && step->resource_type == 0) step = step->parent;
    return step;
}

Node* TreeBuilder::make(Kind kind, std::string_view name) {
    const NameId id = name.empty() ? NameId{0} : Model::r4().name_id(name);
    if (id != 0 || name.empty()) return make(kind, id);
    auto* node = new (arena_.allocate(sizeof(NamedNode), alignof(NamedNode))) NamedNode;
    node->own_name = name;
    node->has_own_name_ = true;
    node->kind = kind;
    return node;
}

void TreeBuilder::make_room() {
    left_ = next_block_;
    next_block_ = 64;
    block_ = static_cast<Node*>(arena_.allocate(left_ * sizeof(Node), alignof(Node)));
}

Node* TreeBuilder::make_string(std::string_view name, std::string_view text) {
    Node* node = make(Kind::string, name);
    node->set_text(keep(text));
    return node;
}

Node* TreeBuilder::copy(const Node& node) {
    Node* twin = nullptr;
    if (node.has_own_name_) {
        twin = new (arena_.allocate(sizeof(NamedNode), alignof(NamedNode)))
            NamedNode(static_cast<const NamedNode&>(node));
    } else {
        twin = new (arena_.allocate(sizeof(Node), alignof(Node))) Node(node);
    }
    twin->next = nullptr;
    return twin;
}

Node* TreeBuilder::copy(const Node& node, NameId name) {
    Node* twin = copy(node);
    twin->name_id_ = name;
    return twin;
}

std::string_view TreeBuilder::keep(std::string_view text) {
    if (text.empty()) return {};
    auto* data = static_cast<char*>(arena_.allocate(text.size(), 1));
    std::memcpy(data, text.data(), text.size());
    return {data, text.size()};
}

Result<std::unique_ptr<const Document>> Document::parse(std::string text) {
    std::unique_ptr<Document> document(new Document(std::move(text)));
    const Result<const Node*> root = parse_json(document->text_, document->arena_);
    if (!root) return root.error();
    document->root_ = *root;
    return std::unique_ptr<const Document>(std::move(document));
}

Result<std::unique_ptr<const Document>> Document::read(std::string text) {
    std::unique_ptr<Document> document(new Document(std::move(text)));
    const Result<const Node*> root = parse_text(document->text_, document->arena_);
    if (!root) return root.error();
    document->root_ = *root;
    return std::unique_ptr<const Document>(std::move(document));
}

}  // namespace fhir
