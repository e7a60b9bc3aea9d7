// XML: walks the XML tree and builds nodes as the R4 element table says.
#include "fhir/xml.hpp"

#include "fhir/xml_text.hpp"
#include "fhir/xml_tree.hpp"
#include "fhir/xml_value.hpp"

#include <optional>
#include <vector>

namespace fhir {

namespace {

constexpr std::string_view fhir_namespace = "http://hl7.org/fhir";
constexpr std::string_view schema_instance_namespace = "http://www.w3.org/2001/XMLSchema-instance";

/// Types of FHIRPath's System: what stands in an attribute.
bool is_system(TypeId type) { return type < static_cast<TypeId>(System::count); }

std::string quoted(std::string_view name) { return '<' + std::string(shown_name(name)) + '>'; }

class Reader {
  public:
    Reader(std::string_view text, std::pmr::memory_resource& arena, const ParseLimits& limits)
        : text_(text), builder_(arena), model_(Model::r4()), limits_(limits) {}

    /// The node of the root element.
    Result<const Node*> read(const XmlNode& root) {
        Node* node = builder_.make(Kind::object);
        if (!resource(root, nullptr, *node, 1)) return std::move(issue_);
        return node;
    }

  private:
    /// One element of the R4 table within an object, and its nodes so far.
    struct Member {
        const Element* element;
        std::size_t count = 0;
        Node *values = nullptr, *last_value = nullptr;  // the array, if the element repeats
        Node *extras = nullptr, *last_extra = nullptr;  // that of _name
    };
    /// An object that is being filled.
    struct Frame {
        Node& object;
        TypeId type;
        std::size_t level;
        Node* last = nullptr;
        std::vector<Member> members = {};
    };
    /// A child element: what R4 calls it and where it stands.
    struct Child {
        const XmlNode& xml;
        const XmlScope* scope;
        NameId name;
        TypeId type;
        Member& member;
    };
    /// Where an issue is: a node, or a member of it that has none yet. A path is only made for an issue.
    struct Place {
        const Node& object;
        std::string_view member = {};
        const Member* repeated = nullptr;
    };

    bool fail(const rapidxml::xml_base<char>& xml, IssueCode code, const std::string& message,
              const Place& place) {
        std::string path = path_of(place.object);
        // FHIRPath has no `_given`: a primitive's extensions stand below the primitive.
        for (std::size_t i = 0; i < path.size(); ++i) {
            if (path[i] == '_' && (i == 0 || path[i - 1] == '.')) path.erase(i, 1);
        }
        if (!path.empty() && !place.member.empty()) path += '.';
        path += shown_name(place.member);
        if (place.repeated != nullptr && place.repeated->element->repeats) {
            path += '[' + std::to_string(place.repeated->count) + ']';
        }
        issue_ = Issue{code, message + ", at " + place_of(text_, offset_of(xml)), std::move(path)};
        return false;
    }
    Place place(const Child& child, const Frame& frame) const {
        return {frame.object, model_.name(child.name), &child.member};
    }

    /// The scope within `xml`, which must be in the namespace `wanted`.
    bool enter(const XmlNode& xml, const XmlScope* outer, std::string_view wanted, const Place& place,
               const XmlScope*& scope) {
        scope = scope_within(xml, outer, builder_.arena());
        if (scope != nullptr && scope->count > max_xml_namespaces) {
            return fail(xml, IssueCode::structure,
                        "expected at most " + std::to_string(max_xml_namespaces) + " namespaces, got more",
                        place);
        }
        const std::string_view got = namespace_of(XmlName(name_of(xml)).prefix, scope);
        if (got == wanted) return true;
        return fail(xml, IssueCode::structure,
                    "expected " + quoted(name_of(xml)) + " in the namespace " + std::string(wanted) +
                        ", got " +
                        (got.empty()       ? "none"
                         : got.size() < 80 ? std::string(got)
                                           : "another"),
                    place);
    }

    // ---- resources and complex types

    /// Fills `object` with the resource that `xml` is.
    bool resource(const XmlNode& xml, const XmlScope* outer, Node& object, std::size_t level) {
        const std::string_view name = XmlName(name_of(xml)).local;
        const TypeId type = model_.type_id(name);
        const bool is_abstract = name == "Resource" || name == "DomainResource";
        if (type == 0 || !model_.is_resource(type) || is_abstract) {
            return fail(xml, IssueCode::structure,
                        "expected a resource of FHIR R4 such as <Patient>, got " + quoted(name), {object});
        }
        const XmlScope* scope = nullptr;
        if (!enter(xml, outer, fhir_namespace, {object}, scope)) return false;
        object.resource_type = type;
        Frame frame{object, type, level};
        Node* type_name = builder_.make(Kind::string, "resourceType");
        type_name->set_text(model_.type_name(type));
        frame.last = builder_.append(&object, nullptr, type_name);
        return fill(xml, scope, frame);
    }

    /// Fills `object` with the one resource within `xml`, which is `contained`, `resource` or the like.
    bool wrapped_resource(const Child& child, Node& object, std::size_t level) {
        for (const auto* a = child.xml.first_attribute(); a != nullptr; a = a->next_attribute()) {
            if (!declares_namespace(name_of(*a))) return unknown_attribute(*a, object);
        }
        const XmlNode* inner = child.xml.first_node();
        if (inner == nullptr || inner->type() != rapidxml::node_element || inner->next_sibling() != nullptr) {
            return fail(child.xml, IssueCode::structure,
                        "expected one resource within " + quoted(name_of(child.xml)) + ", got " +
                            (inner == nullptr ? "none" : "more or other than that"),
                        {object});
        }
        return resource(*inner, child.scope, object, level);
    }

    /// Attributes and child elements of `xml` as members of the frame's object.
    bool fill(const XmlNode& xml, const XmlScope* scope, Frame& frame) {
        for (const auto* a = xml.first_attribute(); a != nullptr; a = a->next_attribute()) {
            if (!take_attribute(*a, scope, frame)) return false;
        }
        for (const auto* child = xml.first_node(); child != nullptr; child = child->next_sibling()) {
            if (child->type() != rapidxml::node_element) {
                return fail(xml, IssueCode::structure,
                            "expected elements only within " + quoted(name_of(xml)) +
                                ", got text (values stand in the attribute value)",
                            {frame.object});
            }
            if (!take_element(*child, scope, frame)) return false;
        }
        if (frame.object.first_child != nullptr) return true;
        return fail(xml, IssueCode::required,  // ele-1
                    "expected a value or elements within " + quoted(name_of(xml)) + ", got neither",
                    {frame.object});
    }

    bool unknown_attribute(const XmlAttribute& a, const Node& object) {
        return fail(a, IssueCode::structure,
                    "expected an attribute that FHIR R4 knows here, got \"" +
                        std::string(shown_name(name_of(a))) + '"',
                    {object});
    }

    /// In XML id, url and value are attributes.
    bool take_attribute(const XmlAttribute& a, const XmlScope* scope, Frame& frame) {
        const std::string_view name = name_of(a);
        if (declares_namespace(name)) return true;
        if (name == "value" && model_.is_primitive(frame.type)) return true;  // primitive() reads it
        const XmlName qualified(name);
        if (frame.object.parent == nullptr && qualified.local == "schemaLocation" &&
            namespace_of(qualified.prefix, scope) == schema_instance_namespace) {
            return true;
        }
        const auto [element, type] = model_.member(frame.type, model_.name_id(name));
        if (element == nullptr || !is_system(type) || model_.is_resource(frame.type)) {
            return unknown_attribute(a, frame.object);
        }
        Node* node = builder_.make(Kind::string, name);
        node->set_text(xml_attribute_text(value_of(a), builder_));
        frame.last = builder_.append(&frame.object, frame.last, node);
        return true;
    }

    bool take_element(const XmlNode& xml, const XmlScope* outer, Frame& frame) {
        const std::string_view local = XmlName(name_of(xml)).local;
        const Place here{frame.object, local};
        const NameId name = model_.name_id(local);
        auto [element, type] = model_.member(frame.type, name);
        if (element == nullptr) {
            return fail(xml, IssueCode::structure,
                        "expected an element of " + std::string(model_.type_name(frame.type)) +
                            " in FHIR R4, got " + quoted(local),
                        here);
        }
        if (is_system(type) && model_.is_resource(frame.type)) type = id_type_;  // Resource.id is an element
        if (is_system(type)) {
            return fail(xml, IssueCode::structure,
                        "expected " + std::string(local) + " as an attribute, got an element", here);
        }
        const XmlScope* scope = nullptr;
        if (!enter(xml, outer, type == xhtml_type_ ? xhtml_namespace : fhir_namespace, here, scope))
            return false;
        Member& member = member_of(frame, element);
        if (member.count > 0 && !element->repeats) {
            return fail(xml, IssueCode::duplicate,
                        "expected at most one " + std::string(model_.name(element->name)) + ", got a second",
                        here);
        }
        return take_value({xml, scope, name, type, member}, frame);
    }

    /// Few elements come at once, and mostly the last one again.
    static Member& member_of(Frame& frame, const Element* element) {
        for (auto member = frame.members.rbegin(); member != frame.members.rend(); ++member) {
            if (member->element == element) return *member;
        }
        return frame.members.emplace_back(Member{element});
    }

    bool take_value(const Child& child, Frame& frame) {
        if (child.type == xhtml_type_) return narrative(child, frame);
        if (model_.is_primitive(child.type)) return primitive(child, frame);
        Node* node = object_in(child, frame, child.name, child.member.values, child.member.last_value);
        if (node == nullptr) return false;
        ++child.member.count;
        const std::size_t level = level_of_child(child, frame);
        if (child.type == resource_type_) return wrapped_resource(child, *node, level);
        Frame inner{*node, child.type, level};
        return fill(child.xml, child.scope, inner);
    }

    /// Levels of nesting as JSON has them.
    static std::size_t level_of_child(const Child& child, const Frame& frame) {
        return frame.level + (child.member.element->repeats ? 2 : 1);
    }

    /// A new object for the child, in its place; null if that is too deep.
    Node* object_in(const Child& child, Frame& frame, NameId name, Node*& array, Node*& last) {
        if (level_of_child(child, frame) > limits_.depth) {
            fail(child.xml, IssueCode::structure,
                 "expected at most " + std::to_string(limits_.depth) + " levels of nesting",
                 place(child, frame));
            return nullptr;
        }
        Node* node = builder_.make(Kind::object, name);
        put(child, frame, node, array, last);
        return node;
    }

    /// Appends `node` to the frame's object, or to its array of that name if the element repeats.
    /// The items before it that have none are null there, as in JSON.
    void put(const Child& child, Frame& frame, Node* node, Node*& array, Node*& last) {
        if (!child.member.element->repeats) {
            frame.last = builder_.append(&frame.object, frame.last, node);
            return;
        }
        if (array == nullptr) {
            array = builder_.make(Kind::array, node->name_id());
            frame.last = builder_.append(&frame.object, frame.last, array);
            for (std::size_t i = 0; i < child.member.count; ++i) put_null(array, last);
        }
        last = builder_.append(array, last, node);
    }
    void put_null(Node* array, Node*& last) {
        last = builder_.append(array, last, builder_.make(Kind::null, array->name_id()));
    }

    // ---- primitives

    bool primitive(const Child& child, Frame& frame) {
        Member& member = child.member;
        const XmlAttribute* value = child.xml.first_attribute("value");
        bool has_extras = child.xml.first_node() != nullptr;
        for (const auto* a = child.xml.first_attribute(); a != nullptr; a = a->next_attribute()) {
            has_extras = has_extras || (a != value && !declares_namespace(name_of(*a)));
        }
        if (value == nullptr && !has_extras) {  // ele-1
            return fail(child.xml, IssueCode::required, "expected a value or an extension, got neither",
                        place(child, frame));
        }
        if (value != nullptr) {
            Node* node = builder_.make(Kind::string, child.name);
            const std::string_view text = xml_attribute_text(value_of(*value), builder_);
            const std::string fault = set_primitive(*node, text, model_.system_type(child.type));
            if (!fault.empty()) return fail(child.xml, IssueCode::value, fault, place(child, frame));
            put(child, frame, node, member.values, member.last_value);
        } else if (member.values != nullptr) {
            put_null(member.values, member.last_value);
        }
        const NameId extras = child.name + 1;  // _name
        if (has_extras) {
            Node* node = object_in(child, frame, extras, member.extras, member.last_extra);
            if (node == nullptr) return false;
            Frame inner{*node, child.type, level_of_child(child, frame)};
            if (!fill(child.xml, child.scope, inner)) return false;
        } else if (member.extras != nullptr) {
            put_null(member.extras, member.last_extra);
        }
        ++member.count;
        return true;
    }

    // ---- narrative

    /// The div as it was sent, with its namespace, as a string. JSON has it without what surrounds it, so
    /// nothing in it may need a prefix.
    bool narrative(const Child& child, Frame& frame) {
        if (const XmlNode* foreign = not_xhtml(child.xml)) {
            return fail(*foreign, IssueCode::structure,
                        "expected XHTML without prefixes in a narrative, got " + quoted(name_of(*foreign)),
                        place(child, frame));
        }
        std::string_view text = xml_element(text_.substr(offset_of(child.xml) - 1));
        if (child.xml.first_attribute("xmlns") == nullptr) {  // an element around it declares it
            std::string whole(text);
            whole.insert(child.xml.name_size() + 1, " xmlns=\"" + std::string(xhtml_namespace) + '"');
            text = builder_.keep(whole);
        }
        Node* node = builder_.make(Kind::string, child.name);
        node->set_text(text);
        put(child, frame, node, child.member.values, child.member.last_value);
        ++child.member.count;
        return true;
    }

    std::size_t offset_of(const rapidxml::xml_base<char>& xml) const {
        return static_cast<std::size_t>(xml.name() - text_.data());
    }

    std::string_view text_;
    TreeBuilder builder_;
    const Model& model_;
    const ParseLimits& limits_;
    const TypeId xhtml_type_ = model_.type_id("xhtml"), resource_type_ = model_.type_id("Resource"),
                 id_type_ = model_.type_id("id");
    Issue issue_;
};

}  // namespace

Result<const Node*> parse_xml(std::string_view text, std::pmr::memory_resource& arena,
                              const ParseLimits& limits) {
    const Result<XmlTree> tree =
        read_xml_tree(text, arena, limits);  // dies here; the nodes point into its text
    if (!tree) return tree.error();
    return Reader(tree->text, arena, limits).read(*tree->root);
}

}  // namespace fhir
