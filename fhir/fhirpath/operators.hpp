// Operators: equality, equivalence, order and arithmetic of items.
#pragma once

#include "fhir/fhirpath/expr.hpp"

#include <memory_resource>
#include <optional>

namespace fhirpath {

/// FHIRPath `=` of two items; none where precision or units leave it open. Types that do not match are false.
std::optional<bool> equal(const Item& a, const Item& b, std::pmr::memory_resource& arena);
/// FHIRPath `=` of two collections: pairwise and in order; none if either is empty.
std::optional<bool> equal(const Collection& a, const Collection& b, Scope& scope);
/// FHIRPath `~` of two items.
bool equivalent(const Item& a, const Item& b, std::pmr::memory_resource& arena);
/// FHIRPath `~` of two collections: in any order; two empty ones are equivalent.
bool equivalent(const Collection& a, const Collection& b, Scope& scope);
/// -1, 0, 1; none where it is open or an item has no value. Throws Error for types without a common order.
std::optional<int> compare(const Item& a, const Item& b, std::pmr::memory_resource& arena,
                           std::size_t position);

/// Throws Error for a FHIR Quantity that has no System value where a number or quantity is to be compared
/// with it.
void require_comparable(const Item& a, const Item& b, std::pmr::memory_resource& arena, std::size_t position);

/// `items` has one that equals `item`.
bool contains(Items items, const Item& item, Scope& scope);

/// One text behind the other. Throws Error if that grows too long.
Item joined(std::string_view a, std::string_view b, Scope& scope, std::size_t position);
/// + - * / div mod & on two System values; none where there is no result (overflow, division by zero).
std::optional<Item> arithmetic(Op op, const Item& a, const Item& b, Scope& scope, std::size_t position);
/// The value with its sign changed; none if it has no sign or overflows.
std::optional<Item> negated(const Item& value, const Scope& scope);

/// A FHIR string or System String.
inline bool is_plain_text(const Item& item) {
    if (!item.is_node() || !item.node) return item.tag == Item::Tag::string;
    return item.node->is_string() &&
           (item.type == 0 || fhir::Model::r4().system_type(item.type) == fhir::System::String);
}
/// The text of one.
inline std::string_view text_of_plain(const Item& item) {
    return item.is_node() ? item.node->text() : item.string();
}
/// The text of a FHIR string or System String, without conversion; none for all else.
inline std::optional<std::string_view> plain_text(const Item& item) {
    if (!is_plain_text(item)) return std::nullopt;
    return text_of_plain(item);
}
/// The Quantity of a System number or quantity.
std::optional<Quantity> as_quantity(const Item& value);
/// A System number as a Decimal.
std::optional<Decimal> as_decimal(const Item& value);

}  // namespace fhirpath
