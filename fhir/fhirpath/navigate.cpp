// Navigate: from an item to its children, by the R4 table where the type is known and as they come where it
// is not.
#include "fhir/fhirpath/evaluate.hpp"
#include "fhir/fhirpath/names.hpp"

namespace fhirpath {

namespace {

using fhir::Node;

constexpr fhir::NameId plain(fhir::NameId name) { return name & ~fhir::NameId{1}; }
constexpr bool is_sibling_name(fhir::NameId name) { return (name & 1) != 0; }

const Node* item_or_self(const Node* node) {
    if (node && node->is_array()) return node->first_child;
    return node;
}

bool is_primitive(fhir::TypeId type) {
    const fhir::System system = fhir::Model::r4().system_type(type);
    return system != fhir::System::none && system != fhir::System::Quantity;
}

/// Appends a member without `_name` sibling. An object where R4 has a primitive is no value: one odd
/// element must not stop every rule.
void append_value(const Node& value, fhir::TypeId type, Collection& out) {
    const bool is_list = value.is_array();
    for (const Node* item = is_list ? value.first_child : &value; item; item = is_list ? item->next : nullptr)
        if (item->is_object()) {
            if (!is_primitive(type))
                out.push_back(Item::of(*item, item->resource_type ? item->resource_type : type));
        } else if (item->is_array()) {
            append_value(*item, type, out);
        } else if (!item->is_null()) {
            out.push_back(Item::of(*item, type));
        }
}

/// Appends the member `value`, or null, with its `_name` sibling. Arrays flatten; a null without sibling is
/// no item.
void append(const Node* value, const Node* sibling, fhir::TypeId type, Collection& out) {
    const bool many_values = value && value->is_array(), many_siblings = sibling && sibling->is_array();
    const bool primitive = is_primitive(type);
    value = item_or_self(value);
    sibling = item_or_self(sibling);
    while (value || sibling) {
        const Node* present =
            value && !value->is_null() && !(primitive && value->is_object()) ? value : nullptr;
        const Node* extended = sibling && sibling->is_object() ? sibling : nullptr;
        if (present && present->is_array()) {
            append_value(*present, type, out);
        } else if (present || extended) {
            Item item;
            item.tag = Item::Tag::node;
            item.type = present && present->resource_type ? present->resource_type : type;
            item.sibling = extended;
            item.node = present;
            out.push_back(item);
        }
        value = many_values && value ? value->next : nullptr;
        sibling = many_siblings && sibling ? sibling->next : nullptr;
    }
}

/// The same with or without sibling; one of both is there.
void append_member(const Node* value, const Node* sibling, fhir::TypeId type, Collection& out) {
    sibling ? append(value, sibling, type, out) : append_value(*value, type, out);
}

/// `single`: R4 has one value here; an array of several says nothing that could be relied on.
void append_named(const Node& parent, fhir::NameId name, fhir::TypeId type, Collection& out,
                  bool single = false) {
    const Node *value = nullptr, *sibling = nullptr;
    if (parent.has_siblings()) {
        for (const Node& child : parent.children()) {
            if (plain(child.name_id()) != name) continue;
            (is_sibling_name(child.name_id()) ? sibling : value) = &child;
        }
    } else {
        value = parent.first_child;
        while (value && value->name_id() != name) value = value->next;
    }
    if (value && !sibling && value->kind == fhir::Kind::string)  // most of all elements
        return out.push_back(Item::of(*value, type));
    if (single && value && value->is_array() && value->first_child && value->first_child->next) return;
    if (value || sibling) append_member(value, sibling, type, out);
}

void append_choice(const Node& parent, const fhir::Element& element, Collection& out) {
    for (const Node& child : parent.children()) {
        const fhir::NameId name = plain(child.name_id());
        if (name < element.first_choice || name > element.last_choice) continue;
        for (const fhir::Choice& choice : element.choices) {
            if (name != choice.member) continue;
            const Node* value = is_sibling_name(child.name_id()) ? nullptr : &child;
            if (!value && parent.find(choice.member)) continue;  // found by its value
            append_member(value, value ? parent.find(choice.member + 1) : &child, choice.type, out);
        }
    }
}

// What holds the children of an item: the object, or a primitive's `_name` sibling.
struct Parent {
    const Node* node = nullptr;
    fhir::TypeId type = 0;
};

Parent parent_of_primitive(const Item& item) {
    static const fhir::TypeId element = fhir::Model::r4().type_id("Element");
    return {item.sibling, element};
}

Parent parent_of(const Item& item) {
    if (!item.is_node()) return {};
    if (item.node && item.node->is_object()) return {item.node, item.type};
    return parent_of_primitive(item);
}

// The parts of a System value that have no node: Quantity.value and unit, a type's namespace and name.
void append_part(const Item& item, std::string_view name, Collection& out) {
    if (item.tag == Item::Tag::quantity) {
        if (name == "value") out.push_back(Item::of(item.quantity->value));
        if (name == "unit" || name == "code") out.push_back(Item::of(item.quantity->unit));
    } else if (item.tag == Item::Tag::type_info) {
        const std::string_view full = fhir::Model::r4().type_name(item.type);
        const bool system = full.starts_with("System.");
        if (name == "namespace") out.push_back(Item::of(std::string_view(system ? "System" : "FHIR")));
        if (name == "name") out.push_back(Item::of(system ? full.substr(7) : full));
    }
}

}  // namespace

void Evaluator::navigate(Items items, const Expr& step, Collection& out) const {
    const fhir::Model& model = fhir::Model::r4();
    const fhir::NameId name = step.name_id;
    fhir::TypeId type = 0;
    const fhir::Element* element = nullptr;
    for (const Item& item : items) {
        const bool is_typed = item.is_node() && item.type != 0 && item.node && item.node->is_object();
        if (is_typed && item.type != type) {  // most items are of the type of the one before
            type = item.type;
            element = name != 0 ? model.element(type, name) : nullptr;
        }
        if (is_typed && element && !item.node->may_have(element->bits)) continue;
        if (is_typed && element && element->choices.empty())
            append_named(*item.node, name, element->type, out, !element->repeats);
        else
            navigate_other(item, step, out);
    }
}

void Evaluator::navigate_other(const Item& item, const Expr& step, Collection& out) const {
    if (!item.is_node()) return append_part(item, step.text(), out);
    const Parent parent = parent_of(item);
    if (!parent.node) return;
    if (parent.type != 0 && step.name_id != 0) {
        const fhir::Model& model = fhir::Model::r4();
        if (const fhir::Element* element = model.element(parent.type, step.name_id)) {
            if (element->choices.empty())
                append_named(*parent.node, step.name_id, element->type, out, !element->repeats);
            else
                append_choice(*parent.node, *element, out);
            return;
        }
        if (const auto member = model.member(parent.type, step.name_id); member.element)
            throw Error(Error::Kind::semantic,
                        "'" + step.text() + "' is no element name; write '" +
                            std::string(model.name(member.element->name)) + "'",
                        step.position);
        if (step.name_id == Names::r4().resource_type) return;
    }
    if (step.name_id != 0)
        append_named(*parent.node, step.name_id, 0, out);
    else if (const Node* child = parent.node->find_own(step.text()))
        append_value(*child, 0, out);
}

void Evaluator::children(const Item& item, Collection& out) const {
    const Parent parent = parent_of(item);
    if (!parent.node) return;
    const fhir::Model& model = fhir::Model::r4();
    for (const Node& child : parent.node->children()) {
        const Node *value = &child, *sibling = nullptr;
        if (is_sibling_name(child.name_id())) {
            if (parent.node->find(plain(child.name_id()))) continue;  // comes with its value
            value = nullptr;
            sibling = &child;
        } else if (child.name_id() != 0) {
            sibling = parent.node->find(child.name_id() + 1);
        } else if (child.name().starts_with('_')) {
            continue;
        }
        const auto member =
            parent.type ? model.member(parent.type, plain(child.name_id())) : fhir::Model::Member{};
        if (child.name_id() == Names::r4().resource_type && !member.element) continue;
        append_member(value, sibling, member.type, out);
    }
}

void Evaluator::extensions(const Item& item, Collection& out) const {
    const fhir::NameId name = Names::r4().extension;
    static const fhir::TypeId type = fhir::Model::r4().type_id("Extension");
    if (!item.is_node()) return;
    if (item.node && item.node->is_object()) append_named(*item.node, name, type, out);
    if (item.sibling) append_named(*item.sibling, name, type, out);
}

fhir::TypeId type_of(const Item& item) {
    if (!item.is_node() || item.type != 0 || !item.node)
        return item.tag == Item::Tag::type_info ? fhir::TypeId{0} : item.type;
    fhir::System type = fhir::System::none;
    if (item.node->is_string()) type = fhir::System::String;
    if (item.node->kind == fhir::Kind::boolean) type = fhir::System::Boolean;
    if (item.node->kind == fhir::Kind::number)
        type = item.node->text().find_first_of(".eE") == std::string_view::npos ? fhir::System::Integer
                                                                                : fhir::System::Decimal;
    return static_cast<fhir::TypeId>(type);
}

bool is_type(const Item& item, const TypeSpecifier& type) {
    const fhir::Model& model = fhir::Model::r4();
    const fhir::TypeId actual = type_of(item);
    if (actual == 0) return false;
    if (type.type == static_cast<fhir::TypeId>(fhir::System::Any)) return true;
    return (type.type && model.is_a(actual, type.type)) || (type.other && model.is_a(actual, type.other));
}

bool is_exact_type(const Item& item, const TypeSpecifier& type) {
    if (!is_type(item, type)) return false;
    return !fhir::Model::r4().is_primitive(type.type) || type_of(item) == type.type;
}

}  // namespace fhirpath
