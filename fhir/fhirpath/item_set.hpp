// ItemSet: items that are asked whether they hold an equal one; a large one is indexed.
#pragma once

#include "fhir/fhirpath/expression.hpp"

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <unordered_map>

namespace fhirpath {

/// For distinct(), unions and their like, whose work would else grow with the square of a long record. Its
/// room is the scope's arena.
class ItemSet {
  public:
    explicit ItemSet(Scope& scope) : scope_(scope), items_(scope.collection()), others_(scope.collection()) {}
    ItemSet(Items items, Scope& scope) : ItemSet(scope) { items_.append(items); }

    /// It holds an item that equals `item` (FHIRPath `=`).
    bool has(const Item& item);
    void add(const Item& item) {
        if (!has(item)) items_.push_back(item);
    }
    const Collection& items() const { return items_; }

  private:
    Scope& scope_;
    Collection items_;
    std::size_t indexed_ = 0;  // the first so many are in the two below
    std::optional<std::pmr::unordered_multimap<std::uint64_t, std::size_t>> places_;  // by key
    Collection others_;                                                               // have no key
};

}  // namespace fhirpath
