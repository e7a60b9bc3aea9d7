// Items for people and scripts: the name of an item's type, and the item as JSON.
#include "fhir/fhirpath/authoring/item_json.hpp"

#include "fhir/fhirpath/evaluate.hpp"
#include "fhir/json_writer.hpp"

namespace fhirpath {

namespace {

void write_quantity(std::string& out, const Quantity& quantity) {
    out += R"({"value":)" + quantity.value.to_string() + R"(,"unit":)";
    fhir::write_json_string(out, quantity.unit);
    if (!quantity.calendar) {
        out += R"(,"system":"http://unitsofmeasure.org","code":)";
        fhir::write_json_string(out, quantity.unit);
    }
    out += '}';
}

void write_type(std::string& out, std::string_view name) {
    constexpr std::string_view system = "System.";
    const bool is_system = name.starts_with(system);
    if (is_system) name.remove_prefix(system.size());
    out += is_system ? R"({"namespace":"System","name":)" : R"({"namespace":"FHIR","name":)";
    fhir::write_json_string(out, name);
    out += '}';
}

}  // namespace

std::string type_name(const Item& item) {
    if (item.tag == Item::Tag::type_info) return "System.TypeInfo";
    const fhir::TypeId type = type_of(item);
    if (type != 0) return std::string(fhir::Model::r4().type_name(type));
    return item.is_node() && item.node != nullptr && item.node->is_array() ? "array" : "object";
}

void write_json(std::string& out, const Item& item) {
    switch (item.tag) {
        case Item::Tag::node:
            if (item.node == nullptr) {
                out += "null";
            } else {
                fhir::write_json(out, *item.node);
            }
            return;
        case Item::Tag::boolean:
        case Item::Tag::integer:
        case Item::Tag::decimal:
            out += to_string(item);
            return;
        case Item::Tag::string:
        case Item::Tag::temporal:
            fhir::write_json_string(out, to_string(item));
            return;
        case Item::Tag::quantity:
            write_quantity(out, *item.quantity);
            return;
        case Item::Tag::type_info:
            write_type(out, fhir::Model::r4().type_name(item.type));
            return;
    }
}

}  // namespace fhirpath
