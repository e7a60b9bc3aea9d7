// Model: the R4 element table. Which element of which type is what: names and types as small integers.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace fhir {

/// An element name of R4. Even; the odd number after it is the same name with "_" before it (`_birthDate`),
/// the JSON member that carries a primitive's id and extensions. 0: a name that R4 does not know.
using NameId = std::uint32_t;

/// One of 31 bits for a name, by which most members that an object lacks are seen to be missing at once; for
/// the name with "_", that of the plain name and the bit of all such names.
constexpr std::uint32_t sibling_bit = 1;
constexpr std::uint32_t name_bits(NameId name) {
    return (name & sibling_bit) | std::uint32_t{2} << ((name / 2 * 0x9E3779B1U >> 16) * 31 >> 16);
}

/// A FHIR or FHIRPath System type. 0: not known.
using TypeId = std::uint16_t;

/// The FHIRPath System types; their TypeIds are these numbers. Every other TypeId is a FHIR type.
enum class System : TypeId {
    none,
    Boolean,
    String,
    Integer,
    Decimal,
    Date,
    DateTime,
    Time,
    Quantity,
    Any,
    count
};

/// One JSON member that a choice element may appear as: `valueQuantity` for `value[x]`.
struct Choice {
    NameId member;
    TypeId type;
};

/// An element of a type. A choice element (`onset[x]`) has the bare name (`onset`), type 0 and its `choices`.
struct Element {
    NameId name = 0;
    TypeId type = 0;
    bool repeats = false;
    std::span<const Choice> choices;
    NameId first_choice = 0, last_choice = 0;  ///< all their members' names lie between
    std::uint32_t bits = 0;                    ///< name_bits() of all members that it may appear as
};

/// The element table of FHIR R4 (4.0.1), read once from the embedded fhir-r4.model. Immutable, shared by all
/// threads.
class Model {
  public:
    static const Model& r4() {
        const Model* loaded = r4_.load(std::memory_order_acquire);
        return loaded != nullptr ? *loaded : load_r4();
    }

    /// 0 if no R4 element (nor choice member such as `valueQuantity`) has this name. "_name" gives the odd
    /// id.
    NameId name_id(std::string_view name) const;
    /// The name of an id, with its "_" if odd; empty for 0.
    std::string_view name(NameId id) const;
    /// One more than the largest NameId.
    NameId name_count() const;

    /// By FHIR name ("Condition", "code", "Condition.stage"); 0 if there is no such type. System types:
    /// "System.String".
    TypeId type_id(std::string_view type) const;
    /// "Condition", "Condition.stage", "System.String"; empty for 0.
    std::string_view type_name(TypeId type) const;
    TypeId type_count() const;
    /// The parent type, 0 for a root (Resource, Element, System types).
    TypeId base(TypeId type) const;
    /// `type` is `ancestor` or inherits from it.
    bool is_a(TypeId type, TypeId ancestor) const;
    bool is_resource(TypeId type) const;
    /// FHIR primitives (string, code, dateTime, ...).
    bool is_primitive(TypeId type) const;
    /// What a FHIR primitive converts to (code -> String, positiveInt -> Integer); Quantity and its subtypes
    /// -> Quantity; a System type itself; none for complex types.
    System system_type(TypeId type) const { return systems_[type]; }

    /// The element `name` of `type` (inherited ones too), by its bare name: `onset`, not `onsetDateTime`.
    /// Null if none.
    const Element* element(TypeId type, NameId name) const;
    /// The element that the JSON member `member` of `type` belongs to, and the member's type: `onsetDateTime`
    /// gives `onset` and dateTime. {null, 0} if R4 does not know it.
    struct Member {
        const Element* element;
        TypeId type;
    };
    Member member(TypeId type, NameId member) const;
    /// Own and inherited elements of a type, base first.
    std::span<const Element* const> elements(TypeId type) const;

    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;
    ~Model();

  private:
    NameId rarer_name_id(std::string_view name) const;
    explicit Model(std::string_view table);
    static const Model& load_r4();
    static std::atomic<const Model*> r4_;
    struct Tables;
    std::unique_ptr<Tables> tables_;
    const System* systems_ = nullptr;  ///< the tables', by type
};

}  // namespace fhir
