// Draft: nodes copied from an ActivityDefinition and made from FHIRPath results.
#include "cards/draft.hpp"

#include "fhir/fhirpath/value.hpp"

#include <array>
#include <optional>
#include <string>

namespace cards {

using fhir::Kind;
using fhir::Node;

namespace {

/// An object under construction: members are looked up and appended. Lists are short.
class Builder {
  public:
    Builder(fhirpath::Scope& scope) : scope_(scope), tree_(scope.arena()) {}

    Node* object() { return tree_.make(Kind::object); }
    Node* string(std::string_view name, std::string_view text) { return tree_.make_string(name, text); }

    Node* make(Kind kind, std::string_view name) { return tree_.make(kind, name); }

    /// A copy of `node` as the member `name`.
    Node* renamed(const Node& node, std::string_view name) {
        Node* copy = tree_.make(node.kind, name);
        copy->resource_type = node.resource_type;
        copy->share_children(node);
        copy->set_text(node.text());
        return copy;
    }

    /// Adds or replaces a member.
    Node* put(Node* object, Node* member) {
        Node* last = nullptr;
        // The nodes of this object were made here and are ours to change.
        for (const Node* child = object->first_child; child != nullptr; child = child->next) {
            if (child->name() == member->name()) {
                member->next = child->next;
                member->parent = object;
                if (last == nullptr) {
                    object->first_child = member;
                } else {
                    last->next = member;
                }
                return member;
            }
            last = const_cast<Node*>(child);
        }
        return tree_.append(object, last, member);
    }

    /// A copy whose member list may be changed (the members' own children are shared).
    Node* opened(const Node& object) {
        Node* copy = tree_.copy(object);
        copy->first_child = nullptr;
        Node* last = nullptr;
        for (const Node& child : object.children()) last = tree_.append(copy, last, tree_.copy(child));
        return copy;
    }

    void put_path(Node* resource, const DynamicValue& value);

  private:
    /// An item as JSON: a FHIR element as it is, a System value as its JSON form.
    Node* node_of(const fhirpath::Item& item, std::string_view name);

    fhirpath::Scope& scope_;
    fhir::TreeBuilder tree_;
};

Node* Builder::node_of(const fhirpath::Item& item, std::string_view name) {
    using Tag = fhirpath::Item::Tag;
    if (item.is_node()) return item.node == nullptr ? nullptr : renamed(*item.node, name);
    if (item.tag == Tag::quantity) {
        Node* quantity = make(Kind::object, name);
        Node* value = make(Kind::number, "value");
        value->set_text(tree_.keep(item.quantity->value.to_string()));
        put(quantity, value);
        put(quantity, string("unit", item.quantity->unit));
        put(quantity, string("system", "http://unitsofmeasure.org"));
        put(quantity, string("code", item.quantity->unit));
        return quantity;
    }
    const auto text = fhirpath::display_text(item, scope_.arena());
    if (!text) return nullptr;
    const Kind kind = item.tag == Tag::boolean                               ? Kind::boolean
                      : item.tag == Tag::integer || item.tag == Tag::decimal ? Kind::number
                                                                             : Kind::string;
    Node* node = make(kind, name);
    node->set_text(tree_.keep(*text));
    return node;
}

void Builder::put_path(Node* resource, const DynamicValue& value) {
    const fhirpath::Collection items = value.expression->evaluate(scope_);
    if (items.empty()) return;
    const fhir::Model& model = fhir::Model::r4();
    Node* object = resource;
    fhir::TypeId type = resource->resource_type;
    for (std::size_t i = 0; i < value.path.size(); ++i) {
        const std::string& name = value.path[i];
        const auto [element, member_type] = model.member(type, model.name_id(name));
        const bool repeats = element != nullptr && element->repeats;
        if (i + 1 == value.path.size()) {
            if (!repeats) {
                if (Node* node = node_of(items[0], name)) put(object, node);
                return;
            }
            Node* array = make(Kind::array, name);
            Node* last = nullptr;
            for (const fhirpath::Item& item : items) {
                if (Node* node = node_of(item, name)) last = tree_.append(array, last, node);
            }
            put(object, array);
            return;
        }
        const Node* there = object->find(name);
        const Node* inner = there != nullptr && there->is_array() ? there->first_child : there;
        Node* next = inner != nullptr && inner->is_object() ? opened(*inner) : make(Kind::object, name);
        next->next = nullptr;
        if (repeats) {
            Node* array = make(Kind::array, name);
            tree_.append(array, nullptr, next);
            if (there != nullptr && there->is_array()) next->next = inner->next;
            put(object, array);
        } else {
            put(object, next);
        }
        object = next;
        type = member_type;
    }
}

}  // namespace

const Node* draft_resource(const Node& activity, const std::vector<DynamicValue>& values,
                           std::string_view patient_id, fhirpath::Scope& scope) {
    Builder build(scope);
    Node* resource = build.object();
    const std::string_view kind = activity.text_of("kind");
    resource->resource_type = fhir::Model::r4().type_id(kind);
    build.put(resource, build.string("resourceType", kind));
    build.put(resource, build.string("status", "draft"));
    const std::string_view intent = activity.text_of("intent");
    build.put(resource, build.string("intent", intent.empty() ? "proposal" : intent));
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> elements = {{
        {"priority", "priority"},
        {"doNotPerform", "doNotPerform"},
        {"code", "code"},
        {"productCodeableConcept", "medicationCodeableConcept"},
        {"bodySite", "bodySite"},
        {"dosage", "dosageInstruction"},
    }};
    for (const auto& [from, to] : elements) {
        if (const Node* element = activity.find(from)) build.put(resource, build.renamed(*element, to));
    }
    const auto put_reference = [&](std::string_view name, std::string_view type, std::string_view id) {
        Node* reference = build.make(Kind::object, name);
        build.put(reference, build.string("reference", std::string(type) + "/" + std::string(id)));
        build.put(resource, reference);
    };
    put_reference("subject", "Patient", patient_id);
    if (scope.context().is_node() && scope.context().node != nullptr) {
        const std::string_view encounter = scope.context().node->text_of("encounterId");
        if (!encounter.empty()) put_reference("encounter", "Encounter", encounter);
    }
    if (const std::string_view description = activity.text_of("description"); !description.empty()) {
        Node* notes = build.make(Kind::array, "note");
        Node* note = build.make(Kind::object, "note");
        build.put(note, build.string("text", description));
        build.put(notes, note);
        build.put(resource, notes);
    }
    for (const DynamicValue& value : values) build.put_path(resource, value);
    return resource;
}

const Node* updated_resource(const Node& resource, const std::vector<DynamicValue>& values,
                             fhirpath::Scope& scope) {
    Builder build(scope);
    Node* copy = build.opened(resource);
    copy->parent = nullptr;
    for (const DynamicValue& value : values) build.put_path(copy, value);
    return copy;
}

}  // namespace cards
