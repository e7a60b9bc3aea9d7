// Functions that FHIR adds: extension, hasValue, getValue, resolve, memberOf, conformsTo.
#include "fhir/fhirpath/functions.hpp"
#include "fhir/fhirpath/names.hpp"

#include <algorithm>

namespace fhirpath {

namespace {

using fhir::Node;

void extension(const Call& call, Collection& out) {
    const auto url = call.string_argument(0);
    if (!url) return;
    Collection all = call.none();
    for (const Item& item : call.input) call.evaluator.extensions(item, all);
    for (const Item& item : all) {
        const Node* found = item.node ? item.node->find(Names::r4().url) : nullptr;
        if (!found) continue;
        const std::string_view written = found->text();  // some senders add a `|version`
        if (written == *url || written.substr(0, written.find('|')) == *url) out.push_back(item);
    }
}

// A primitive, FHIR's or System's, with a value.
bool is_valued(const Item& item) {
    if (!item.is_node()) return item.tag != Item::Tag::type_info;
    return item.node && !item.node->is_object() && !item.node->is_null();
}

Truth has_value(const Call& call) { return call.input.size() == 1 && is_valued(call.input.front()); }

One get_value(const Call& call) {
    if (call.input.size() != 1 || !is_valued(call.input.front())) return std::nullopt;
    const auto value = system_value(call.input.front(), call.arena());
    return value ? One(*value) : std::nullopt;
}

// The resource whose `contained` a `#id` in `from` may point into: the nearest one, or its container.
const Node* contained_in(const Node* from, std::string_view id) {
    for (const Node* resource = from ? fhir::enclosing_resource(*from) : nullptr; resource;
         resource = resource->parent ? fhir::enclosing_resource(*resource->parent) : nullptr) {
        if (id.empty() && resource->name_id() != Names::r4().contained) return resource;
        const Node* contained = resource->find(Names::r4().contained);
        if (contained && contained->is_object() && text_of(*contained, Names::r4().id) == id)
            return contained;
        if (contained && contained->is_array())
            for (const Node& candidate : contained->children())
                if (text_of(candidate, Names::r4().id) == id) return &candidate;
        // A contained resource's references look into its container, no further out.
        if (resource->name_id() != Names::r4().contained) return nullptr;
    }
    return nullptr;
}

void resolve(const Call& call, Collection& out) {
    for (const Item& item : call.input) {
        const bool reference = item.is_node() && item.node && item.node->is_object();
        const Node* source = item.is_node() ? item.node : nullptr;
        std::string_view text;
        if (reference) {
            text = text_of(*source, Names::r4().reference);
        } else if (const auto value = system_value(item, call.arena());
                   value && value->tag == Item::Tag::string) {
            text = value->string();
            if (!source && call.context.self && call.context.self->is_node())
                source = call.context.self->node;
        }
        if (text.empty()) continue;
        const Node* found = nullptr;
        if (text.front() == '#')
            found = contained_in(source, text.substr(1));
        else if (call.scope().resolver() && source)
            found = call.scope().resolver()(text, *source);
        if (found) out.push_back(Item::of_root(*found));
    }
}

bool coding_is_member(const Call& call, const Node& coding, const fhir::ValueSet& set) {
    return set.contains(call.scope().membership(coding));
}

// A code element has no system of its own: any code of the set will do.
bool code_is_member(std::string_view code, const fhir::ValueSet& set) {
    return set.contains({}, code) || std::any_of(set.codings().begin(), set.codings().end(),
                                                 [code](const auto& coding) { return coding.code == code; });
}

bool is_member(const Call& call, const Item& item, const fhir::ValueSet& set) {
    if (item.is_node() && item.node && item.node->is_object()) {
        const Node* codings = item.node->find(Names::r4().coding);
        if (!codings) return coding_is_member(call, *item.node, set);
        if (codings->is_object()) return coding_is_member(call, *codings, set);
        return std::any_of(codings->children().begin(), codings->children().end(),
                           [&](const Node& coding) { return coding_is_member(call, coding, set); });
    }
    const auto value = system_value(item, call.arena());
    if (!value) return false;
    if (value->tag != Item::Tag::string) call.fail("takes a code, Coding or CodeableConcept");
    return code_is_member(value->string(), set);
}

Truth member_of(const Call& call) {
    const fhir::ValueSet* set = call.expr.details->value_set;
    const Item* item = call.single();
    if (!item) return std::nullopt;
    if (!set) {
        const auto url = call.string_argument(0);
        if (!url) return std::nullopt;
        const fhir::ValueSets* loaded = call.scope().environment().value_sets;
        set = loaded ? loaded->find(*url) : nullptr;
        if (!set) call.fail("the value set is not loaded");
    }
    return is_member(call, *item, *set);
}

Truth conforms_to(const Call& call) {
    constexpr std::string_view base = "http://hl7.org/fhir/StructureDefinition/";
    const Item* item = call.single();
    const auto url = call.string_argument(0);
    if (!item || !url) return std::nullopt;
    const fhir::Model& model = fhir::Model::r4();
    const fhir::TypeId type =
        url->starts_with(base) ? model.type_id(url->substr(base.size())) : fhir::TypeId{0};
    if (type == 0) call.fail("knows the base types of FHIR R4 only, no profiles");
    return model.is_a(type_of(*item), type);
}

constexpr Function rows[] = {
    {"extension", 1, 1, false, Result::extension, extension, {Value::anything, Value::string}},
    {"hasValue", 0, 0, false, has_value},
    {"getValue", 0, 0, false, Result::system_value, get_value},
    {"resolve", 0, 0, false, Result::resource, resolve},
    {"memberOf", 1, 1, false, member_of, {Value::anything, Value::string}},
    {"conformsTo", 1, 1, false, conforms_to, {Value::anything, Value::string}},
};

}  // namespace

std::span<const Function> fhir_functions() { return rows; }

}  // namespace fhirpath
