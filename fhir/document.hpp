// Document: a request, a resource or an answer as a tree of small nodes, the same for JSON and XML.
#pragma once

#include "fhir/issue.hpp"
#include "fhir/model.hpp"

#include <cstdint>
#include <iterator>
#include <memory>
#include <memory_resource>
#include <new>
#include <string>
#include <string_view>

namespace fhir {

enum class Kind : std::uint8_t { object, array, string, number, boolean, null };

/// One JSON value. Lives in an arena and is never changed after parsing; its text points into the source text
/// where the string had no escapes, else into the arena. Trivially destructible.
///
/// The items of an array are its children and carry the array's name. Array items may be `null` (Kind::null).
class Node {
  public:
    Kind kind = Kind::null;

  private:
    friend class TreeBuilder;
    bool has_own_name_ = false;

  public:
    /// The resource type, if this is an object with a `resourceType` that R4 knows; else 0.
    TypeId resource_type = 0;

  private:
    NameId name_id_ = 0;  // given when it is made, for append() counts it among its parent's

  public:
    const Node* parent = nullptr;
    const Node* first_child = nullptr;
    const Node* next = nullptr;

    /// A string's value with escapes resolved; a number's source text (`5.40` stays `5.40`); "true"/"false".
    /// Empty else.
    std::string_view text() const { return {text_, text_size_}; }
    /// The member's name (items: their array's), 0 if R4 lacks it or there is none.
    NameId name_id() const { return name_id_; }
    /// The member's name, "" for the root.
    std::string_view name() const;

    bool is_object() const { return kind == Kind::object; }
    bool is_array() const { return kind == Kind::array; }
    bool is_string() const { return kind == Kind::string; }
    bool is_null() const { return kind == Kind::null; }
    bool is_true() const { return kind == Kind::boolean && text_size_ == 4; }

    /// The member `member` of this object, or null. A JSON null is found too (kind null).
    const Node* find(std::string_view member) const;
    const Node* find(NameId member) const;
    /// The same for a name that is known not to be R4's.
    const Node* find_own(std::string_view member) const;
    /// The text of the string member `member`; "" if there is none or it is no string.
    std::string_view text_of(std::string_view member) const;
    std::string_view text_of(NameId member) const;

    struct Iterator {
        using iterator_category = std::forward_iterator_tag;
        using value_type = Node;
        using difference_type = std::ptrdiff_t;
        using pointer = const Node*;
        using reference = const Node&;
        const Node* node = nullptr;
        const Node& operator*() const { return *node; }
        const Node* operator->() const { return node; }
        Iterator& operator++() {
            node = node->next;
            return *this;
        }
        Iterator operator++(int) {
            const Iterator before = *this;
            node = node->next;
            return before;
        }
        bool operator==(const Iterator&) const = default;
    };
    struct Children {
        const Node* first;
        Iterator begin() const { return {first}; }
        Iterator end() const { return {nullptr}; }
        bool empty() const { return first == nullptr; }
    };
    /// Members of an object or items of an array, in source order.
    Children children() const { return {first_child}; }

    void set_text(std::string_view text) {
        text_ = text.data();
        text_size_ = static_cast<std::uint32_t>(text.size());
    }

    /// False: this object has no member of a name with these bits (name_bits()), most often without looking.
    bool may_have(std::uint32_t bits) const { return (name_bits_ & bits) != 0; }
    /// A member's name begins with "_", R4's mark of a primitive's id and extensions.
    bool has_siblings() const { return (name_bits_ & sibling_bit) != 0; }
    /// Makes the children of `other` this node's, too.
    void share_children(const Node& other) {
        first_child = other.first_child;
        name_bits_ = other.name_bits_;
    }

  private:
    const char* text_ = nullptr;
    std::uint32_t text_size_ = 0;
    std::uint32_t name_bits_ = 0;
};
static_assert(sizeof(Node) == 48);

/// A member's name as a location shows it: "?" if it is longer than any element or key, for then it may be
/// anything.
std::string_view shown_name(std::string_view name);

/// shown_name(), or one that shows fewer names.
using NameShown = std::string_view (*)(std::string_view name);

/// Where a node stands, as a location for messages: `prefetch.conditions.entry[3].resource.code`; "" for the
/// root.
std::string path_of(const Node& node, NameShown shown = shown_name);

/// The nearest enclosing object that is a resource (the node itself counts), or null.
const Node* enclosing_resource(const Node& node);

/// Builds nodes in an arena, from JSON events, from XML, or for a resource that a suggestion offers.
class TreeBuilder {
  public:
    explicit TreeBuilder(std::pmr::memory_resource& arena) : arena_(arena) {}

    /// A node named `name` (any name; "" for none), not yet linked.
    Node* make(Kind kind, std::string_view name = {});
    /// The same by R4's name; 0 for none.
    Node* make(Kind kind, NameId name) {
        if (left_ == 0) make_room();
        --left_;
        Node* node = new (block_++) Node;
        node->kind = kind;
        node->name_id_ = name;
        return node;
    }
    Node* make_string(std::string_view name, std::string_view text);  ///< copies `text` into the arena
    /// The same node again (its children shared), so that it can stand in another place.
    Node* copy(const Node& node);
    Node* copy(const Node& node, NameId name);  ///< under another of R4's names
    /// Appends `child` behind `last` (null: first) under `parent`; gives it as the new last.
    static Node* append(Node* parent, Node* last, Node* child) {
        child->parent = parent;
        parent->name_bits_ |= name_bits(child->name_id_);
        (last == nullptr ? parent->first_child : last->next) = child;
        return child;
    }
    /// The text in the arena.
    std::string_view keep(std::string_view text);

    std::pmr::memory_resource& arena() { return arena_; }

  private:
    void make_room();
    std::pmr::memory_resource& arena_;
    Node* block_ = nullptr;  // nodes come in blocks: an arena's call for each costs more than the node
    std::size_t left_ = 0, next_block_ = 8;
};

/// A parsed text that owns itself: the text, the arena and the nodes. For files and for what outlives a
/// request.
class Document {
  public:
    /// Parses FHIR or CDS Hooks JSON (fhir/parse.hpp).
    static Result<std::unique_ptr<const Document>> parse(std::string text);
    /// Reads FHIR in JSON or XML (fhir/format.hpp): what others send.
    static Result<std::unique_ptr<const Document>> read(std::string text);
    const Node& root() const { return *root_; }
    std::string_view text() const { return text_; }

    Document(const Document&) = delete;
    Document& operator=(const Document&) = delete;

  private:
    explicit Document(std::string text) : text_(std::move(text)) {}
    std::string text_;
    std::pmr::monotonic_buffer_resource arena_;
    const Node* root_ = nullptr;
};

}  // namespace fhir
