// Keys by which items that are equal are found; unequal ones may share a key.
#include "fhir/fhirpath/item_set.hpp"

#include "fhir/fhirpath/operators.hpp"

#include <functional>

namespace fhirpath {

namespace {

// Fewer are looked through one by one.
constexpr std::size_t least_indexed = 24;

std::uint64_t hash(std::string_view text) { return std::hash<std::string_view>()(text); }

/// Texts by themselves, elements with parts by the texts of their members in whatever order; none for what is
/// compared by value: numbers, dates, quantities.
std::optional<std::uint64_t> key_of(const Item& item) {
    if (const auto text = plain_text(item)) return hash(*text);
    const bool has_parts = item.is_node() && item.node && item.node->is_object() && item.type != 0;
    if (!has_parts || fhir::Model::r4().system_type(item.type) != fhir::System::none) return std::nullopt;
    std::uint64_t key = 1;
    for (const fhir::Node& member : item.node->children())
        if (member.is_string() && member.name_id() != 0)
            key += hash(member.text()) * (2 * member.name_id() + 1);
    return key;
}

}  // namespace

bool ItemSet::has(const Item& item) {
    if (items_.size() < least_indexed) return contains(items_, item, scope_);
    if (!places_) places_.emplace(&scope_.arena());
    for (; indexed_ < items_.size(); ++indexed_) {
        scope_.step();
        if (const auto key = key_of(items_[indexed_]))
            places_->emplace(*key, indexed_);
        else
            others_.push_back(items_[indexed_]);
    }
    const auto key = key_of(item);
    if (!key) return contains(items_, item, scope_);
    for (auto [place, last] = places_->equal_range(*key); place != last; ++place) {
        scope_.step();
        if (equal(item, items_[place->second], scope_.arena()) == true) return true;
    }
    return contains(others_, item, scope_);
}

}  // namespace fhirpath
