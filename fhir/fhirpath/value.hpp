// Item and Collection: what FHIRPath expressions yield, a typed view of one node or a System value.
#pragma once

#include "fhir/arena_vector.hpp"
#include "fhir/document.hpp"
#include "fhir/model.hpp"
#include "fhir/system/decimal.hpp"
#include "fhir/system/quantity.hpp"
#include "fhir/system/temporal.hpp"

#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace fhirpath {

/// One element of a collection: 32 bytes, trivially copyable, converted only when an operator needs the
/// System value. A node item is a FHIR element; `type` is what the R4 table says it is (0: unknown, as in
/// plain JSON). A FHIR primitive may be without value (node null) and have only its `_name` sibling with
/// extensions.
struct Item {
    enum class Tag : std::uint8_t { node, boolean, integer, decimal, string, temporal, quantity, type_info };

    Tag tag = Tag::boolean;
    std::uint8_t scale = 0;  ///< Tag::decimal
    fhir::TypeId type = 0;   ///< FHIR type of a node, System type of a value, the described type of type_info
    std::uint32_t text_size = 0;          ///< Tag::string
    const fhir::Node* sibling = nullptr;  ///< Tag::node: the `_name` member, or null
    union {
        const fhir::Node* node;
        bool boolean;
        std::int64_t integer;
        Int128 coefficient;
        Temporal temporal;
        const char* text;
        const Quantity* quantity;
    };

    Item() : node(nullptr) {}
    static Item of(bool value);
    static Item of(std::int64_t value);
    static Item of(const Decimal& value);
    static Item of(const Temporal& value);
    static Item of(std::string_view text);     ///< the text must outlive the item: scope.keep() it
    static Item of(const Quantity* quantity);  ///< in the arena or static
    static Item of(const fhir::Node& node, fhir::TypeId type, const fhir::Node* sibling = nullptr);
    /// A resource or any other root node, typed by its resourceType.
    static Item of_root(const fhir::Node& node);
    static Item of_type(fhir::TypeId type);

    bool is_node() const { return tag == Tag::node; }
    Decimal decimal() const { return {coefficient, scale}; }
    std::string_view string() const { return {text, text_size}; }
};

static_assert(sizeof(Item) == 32 && std::is_trivially_copyable_v<Item>);

using Collection = ArenaVector<Item>;
/// Items that stand somewhere else: a Collection's, or one item.
using Items = std::span<const Item>;

inline Item Item::of(bool value) {
    Item item;
    item.tag = Tag::boolean;
    item.type = static_cast<fhir::TypeId>(fhir::System::Boolean);
    item.boolean = value;
    return item;
}

inline Item Item::of(std::string_view value) {
    Item item;
    item.tag = Tag::string;
    item.type = static_cast<fhir::TypeId>(fhir::System::String);
    item.text = value.data();
    item.text_size = static_cast<std::uint32_t>(value.size());
    return item;
}

inline Item Item::of(const fhir::Node& node, fhir::TypeId type, const fhir::Node* sibling) {
    Item item;
    item.tag = Tag::node;
    item.type = type;
    item.sibling = sibling;
    item.node = &node;
    return item;
}

/// The System value of an item: itself, or a FHIR primitive's value, a FHIR Quantity's Quantity (system UCUM
/// and a code). An unset optional: it has no System value (complex element, primitive without value,
/// malformed date).
std::optional<Item> system_value(const Item& item, std::pmr::memory_resource& arena);

/// A System value as FHIRPath's toString() gives it; empty for all else.
std::string to_string(const Item& item);

/// An item as text for a card: a string itself, numbers as written, dates as `2025-11-18`, booleans; Quantity
/// `6.2 cm`; a CodeableConcept's text or first display, a Coding's display; none for other complex items.
std::optional<std::string> display_text(const Item& item, std::pmr::memory_resource& arena);

}  // namespace fhirpath
