// StaticType: what is known of an expression's items before there are any, for the check at load.
#pragma once

#include "fhir/fhirpath/value_kind.hpp"
#include "fhir/model.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace fhirpath {

/// "a number or a String".
std::string to_string(Value values);

/// The types an expression's items may have; none: not known.
struct StaticType {
    std::vector<fhir::TypeId> types;
    bool ordered = true;
    bool nothing = false;  ///< `{}`: adds no type
    bool context = false;  ///< the hook's context, whose members Environment::context_members names

    static StaticType of(fhir::TypeId type) {
        if (type == 0) return {};
        return {{type}};
    }
    static StaticType of(fhir::System type) { return of(static_cast<fhir::TypeId>(type)); }
    bool known() const { return !types.empty(); }
    void add(fhir::TypeId type);
    /// The kinds of value it may be; anything, if that is not known.
    Value values() const;
};

/// The items of both.
StaticType either(const StaticType& a, const StaticType& b);
/// The same items as System values: code -> String, instant -> DateTime; not known where one has none.
StaticType system_values(const StaticType& type);
/// "CodeableConcept", "Age or Period", "Quantity, dateTime or string".
std::string to_string(const StaticType& type);

/// Any resource may stand where R4 says Resource.
bool is_open(fhir::TypeId type);
/// An item of type `a` may equal one of type `b`.
bool may_equal(const StaticType& a, const StaticType& b);
/// An item of `a` and one of `b` may have an order, as `<` needs it.
bool may_compare(const StaticType& a, const StaticType& b);

}  // namespace fhirpath
