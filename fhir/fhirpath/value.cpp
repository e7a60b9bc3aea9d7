// Item and Collection: what FHIRPath expressions yield, a typed view of one node or a System value.
#include "fhir/fhirpath/value.hpp"

#include "fhir/fhirpath/evaluate.hpp"
#include "fhir/fhirpath/names.hpp"

#include <charconv>
#include <new>

namespace fhirpath {

namespace {

using fhir::System;
constexpr fhir::TypeId id_of(System type) { return static_cast<fhir::TypeId>(type); }

Item tagged(Item::Tag tag, System type) {
    Item item;
    item.tag = tag;
    item.type = id_of(type);
    return item;
}

std::optional<Item> item_of(const std::optional<Temporal>& value) {
    if (!value) return std::nullopt;
    return Item::of(*value);
}

std::optional<Item> number(std::string_view text, bool integer) {
    if (integer) {
        std::int64_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error == std::errc() && end == text.data() + text.size()) return Item::of(value);
    }
    const std::optional<Decimal> value = Decimal::parse(text);
    if (!value) return std::nullopt;
    return Item::of(*value);
}

std::optional<Item> quantity(const fhir::Node& node, std::pmr::memory_resource& arena) {
    const Names& names = Names::r4();
    const fhir::Node* value = node.find(names.value);
    const std::string_view code = text_of(node, names.code);
    if (!value || value->kind != fhir::Kind::number || code.empty() ||
        !text_of(node, names.comparator).empty() ||
        text_of(node, names.system) != "http://unitsofmeasure.org")
        return std::nullopt;
    const std::optional<Decimal> number = Decimal::parse(value->text());
    if (!number) return std::nullopt;
    const auto word = calendar_word_of_code(code);
    void* place = arena.allocate(sizeof(Quantity), alignof(Quantity));
    return Item::of(new (place) Quantity{*number, word.value_or(code), word.has_value()});
}

}  // namespace

Item Item::of(std::int64_t value) {
    Item item = tagged(Tag::integer, System::Integer);
    item.integer = value;
    return item;
}

Item Item::of(const Decimal& value) {
    Item item = tagged(Tag::decimal, System::Decimal);
    item.coefficient = value.coefficient;
    item.scale = value.scale;
    return item;
}

Item Item::of(const Temporal& value) {
    const System type = value.kind == Temporal::Kind::date   ? System::Date
                        : value.kind == Temporal::Kind::time ? System::Time
                                                             : System::DateTime;
    Item item = tagged(Tag::temporal, type);
    item.temporal = value;
    return item;
}

Item Item::of(const Quantity* value) {
    Item item = tagged(Tag::quantity, System::Quantity);
    item.quantity = value;
    return item;
}

Item Item::of_root(const fhir::Node& node) { return of(node, node.resource_type); }

Item Item::of_type(fhir::TypeId type) {
    Item item;
    item.tag = Tag::type_info;
    item.type = type;
    return item;
}

std::optional<Item> system_value(const Item& item, std::pmr::memory_resource& arena) {
    if (!item.is_node()) return item;
    if (!item.node) return std::nullopt;
    const fhir::Node& node = *item.node;
    const System type = fhir::Model::r4().system_type(item.type != 0 ? item.type : type_of(item));
    if (node.is_object()) return type == System::Quantity ? quantity(node, arena) : std::nullopt;
    switch (type) {
        case System::Boolean:
            if (node.kind == fhir::Kind::boolean) return Item::of(node.is_true());
            return std::nullopt;
        case System::String:
            return Item::of(node.text());
        case System::Integer:
        case System::Decimal:
            return number(node.text(), type == System::Integer);
        case System::Date:
            return item_of(Temporal::parse_date(node.text()));
        case System::DateTime:
            return item_of(Temporal::parse_date_time(node.text()));
        case System::Time:
            return item_of(Temporal::parse_time(node.text()));
        case System::none:
        case System::Quantity:
        case System::Any:
        case System::count:
            break;
    }
    return std::nullopt;
}

namespace {

std::optional<std::string> text_of_quantity(const fhir::Node& node) {
    const fhir::Node* value = node.find("value");
    if (!value) return std::nullopt;
    std::string text(node.text_of("comparator"));
    text += value->text();
    const std::string_view unit = node.text_of("unit").empty() ? node.text_of("code") : node.text_of("unit");
    if (!unit.empty()) text.append(1, ' ').append(unit);
    return text;
}

std::optional<std::string> text_of_coding(const fhir::Node& coding) {
    if (const std::string_view display = coding.text_of("display"); !display.empty())
        return std::string(display);
    return std::nullopt;
}

std::optional<std::string> text_of_concept(const fhir::Node& concept_node) {
    if (const std::string_view text = concept_node.text_of("text"); !text.empty()) return std::string(text);
    if (const fhir::Node* codings = concept_node.find("coding"))
        for (const fhir::Node& coding : codings->children())
            if (auto display = text_of_coding(coding)) return display;
    return std::nullopt;
}

}  // namespace

std::string to_string(const Item& item) {
    switch (item.tag) {
        case Item::Tag::boolean:
            return item.boolean ? "true" : "false";
        case Item::Tag::integer:
            return std::to_string(item.integer);
        case Item::Tag::decimal:
            return item.decimal().to_string();
        case Item::Tag::string:
            return std::string(item.string());
        case Item::Tag::temporal:
            return item.temporal.to_string();
        case Item::Tag::quantity:
            return item.quantity->to_string();
        case Item::Tag::type_info:
        case Item::Tag::node:
            break;
    }
    return {};
}

std::optional<std::string> display_text(const Item& item, std::pmr::memory_resource&) {
    if (item.tag == Item::Tag::quantity && !item.quantity->calendar) {
        const std::string number = item.quantity->value.to_string();
        return item.quantity->unit == "1" ? number : number + " " + std::string(item.quantity->unit);
    }
    if (item.tag == Item::Tag::type_info) return std::nullopt;
    if (!item.is_node()) return to_string(item);
    if (!item.node) return std::nullopt;
    if (!item.node->is_object()) return std::string(item.node->text());
    const fhir::Model& model = fhir::Model::r4();
    if (model.system_type(item.type) == System::Quantity) return text_of_quantity(*item.node);
    const std::string_view type = model.type_name(item.type);
    if (type == "CodeableConcept") return text_of_concept(*item.node);
    if (type == "Coding") return text_of_coding(*item.node);
    return std::nullopt;
}

}  // namespace fhirpath
