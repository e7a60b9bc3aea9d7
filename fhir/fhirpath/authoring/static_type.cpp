// StaticType: what is known of an expression's items before there are any, for the check at load.
#include "fhir/fhirpath/authoring/static_type.hpp"

#include <algorithm>
#include <utility>

namespace fhirpath {

namespace {

using fhir::System;

Value value_of(fhir::TypeId type) {
    static constexpr Value values[] = {Value::complex,  Value::boolean, Value::string, Value::number,
                                       Value::number,   Value::date,    Value::date,   Value::time,
                                       Value::quantity, Value::anything};
    static_assert(std::size(values) == static_cast<std::size_t>(System::count));
    if (is_open(type)) return Value::anything;
    return values[static_cast<std::size_t>(fhir::Model::r4().system_type(type))];
}

std::string join(const std::vector<std::string>& words) {
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i)
        text += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
    return text;
}

std::string_view shown(fhir::TypeId type) {
    std::string_view name = fhir::Model::r4().type_name(type);
    if (name.starts_with("System.")) name.remove_prefix(7);
    return name;
}

bool is_numeric(Value value) { return overlap(value, Value::number | Value::quantity); }

}  // namespace

std::string to_string(Value values) {
    std::vector<std::string> words;
    for (const auto& [value, word] :
         {std::pair{Value::boolean, "a Boolean"}, std::pair{Value::number, "a number"},
          std::pair{Value::string, "a String"}, std::pair{Value::date, "a date"},
          std::pair{Value::time, "a time"}, std::pair{Value::quantity, "a Quantity"},
          std::pair{Value::complex, "an element with parts"}})
        if (overlap(values, value)) words.emplace_back(word);
    return join(words);
}

void StaticType::add(fhir::TypeId type) {
    if (std::find(types.begin(), types.end(), type) == types.end()) types.push_back(type);
}

Value StaticType::values() const {
    if (!known()) return Value::anything;
    Value values = Value::none;
    for (const fhir::TypeId type : types) values = values | value_of(type);
    return values;
}

StaticType either(const StaticType& a, const StaticType& b) {
    if (a.nothing) return b;
    if (b.nothing) return a;
    if (!a.known() || !b.known()) return {{}, a.ordered && b.ordered};
    StaticType result = a;
    for (const fhir::TypeId type : b.types) result.add(type);
    result.ordered = a.ordered && b.ordered;
    return result;
}

StaticType system_values(const StaticType& type) {
    StaticType result{{}, type.ordered};
    for (const fhir::TypeId each : type.types) {
        const System system = fhir::Model::r4().system_type(each);
        if (system == System::none) return {{}, type.ordered};
        result.add(static_cast<fhir::TypeId>(system));
    }
    return result;
}

std::string to_string(const StaticType& type) {
    constexpr std::size_t most = 3;
    std::vector<std::string> words;
    for (std::size_t i = 0; i < std::min(type.types.size(), most); ++i)
        words.emplace_back(shown(type.types[i]));
    if (type.types.size() > most) words.emplace_back(std::to_string(type.types.size() - most) + " more");
    return join(words);
}

bool is_open(fhir::TypeId type) {
    static const fhir::TypeId resource = fhir::Model::r4().type_id("Resource");
    static const fhir::TypeId domain_resource = fhir::Model::r4().type_id("DomainResource");
    return type == resource || type == domain_resource || type == static_cast<fhir::TypeId>(System::Any);
}

bool may_equal(const StaticType& a, const StaticType& b) {
    if (!a.known() || !b.known()) return true;
    const fhir::Model& model = fhir::Model::r4();
    const auto alike = [&](fhir::TypeId one, fhir::TypeId other) {
        const Value left = value_of(one), right = value_of(other);
        if (is_open(one) || is_open(other)) return true;
        if (left != Value::complex || right != Value::complex)
            return left == right || (is_numeric(left) && is_numeric(right));
        return model.is_a(one, other) || model.is_a(other, one);
    };
    return std::any_of(a.types.begin(), a.types.end(), [&](fhir::TypeId one) {
        return std::any_of(b.types.begin(), b.types.end(),
                           [&](fhir::TypeId other) { return alike(one, other); });
    });
}

bool may_compare(const StaticType& a, const StaticType& b) {
    if (!a.known() || !b.known()) return true;
    const Value left = a.values(), right = b.values();
    for (const Value value : {Value::string, Value::date, Value::time})
        if (overlap(left, value) && overlap(right, value)) return true;
    return is_numeric(left) && is_numeric(right);
}

}  // namespace fhirpath
