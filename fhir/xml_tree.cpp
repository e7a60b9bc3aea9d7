// XML tree: guard, a copy that RapidXML may read, its exceptions as issues; namespaces.
#include "fhir/xml_tree.hpp"

#include "fhir/xml_guard.hpp"

#include <cstring>

namespace fhir {

namespace {

/// `text` in the arena with line ends as XML 1.0 §2.11 wants them, and a NUL behind it, which RapidXML needs.
std::string_view with_plain_line_ends(std::string_view text, std::pmr::memory_resource& arena) {
    auto* const start = static_cast<char*>(arena.allocate(text.size() + 1, 1));
    char* end = start;
    if (text.find('\r') == std::string_view::npos) {
        std::memcpy(start, text.data(), text.size());
        end += text.size();
    } else {
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] == '\r' && text.substr(i + 1, 1) == "\n") continue;
            *end++ = text[i] == '\r' ? '\n' : text[i];
        }
    }
    *end = '\0';
    return {start, static_cast<std::size_t>(end - start)};
}

}  // namespace

Result<XmlTree> read_xml_tree(std::string_view text, std::pmr::memory_resource& arena,
                              const ParseLimits& limits) {
    if (auto fault = xml_fault(text, limits)) return std::move(*fault);
    // The document is 64 kB, too much for a small stack. RapidXML changes no byte of the text here.
    XmlTree tree{with_plain_line_ends(text, arena),
                 std::make_unique_for_overwrite<rapidxml::xml_document<>>()};
    try {
        constexpr int flags = rapidxml::parse_non_destructive | rapidxml::parse_validate_closing_tags |
                              rapidxml::parse_no_element_values;
        tree.document->parse<flags>(const_cast<char*>(tree.text.data()));
    } catch (const rapidxml::parse_error& error) {
        const auto offset = static_cast<std::size_t>(error.where<char>() - tree.text.data());
        return Issue{IssueCode::structure,
                     std::string("expected XML: ") + error.what() + " at " + place_of(tree.text, offset), ""};
    }
    tree.root = tree.document->first_node();
    if (tree.root == nullptr) return Issue{IssueCode::structure, "expected an element, got none", ""};
    return tree;
}

XmlName::XmlName(std::string_view name) : local(name) {
    const std::size_t colon = name.find(':');
    if (colon == std::string_view::npos) return;
    prefix = name.substr(0, colon);
    local = name.substr(colon + 1);
}

bool declares_namespace(std::string_view attribute) {
    return attribute == "xmlns" || attribute.starts_with("xmlns:");
}

const XmlScope* scope_within(const XmlNode& xml, const XmlScope* outer, std::pmr::memory_resource& arena) {
    const XmlScope* scope = outer;
    for (const auto* a = xml.first_attribute(); a != nullptr; a = a->next_attribute()) {
        const std::string_view name = name_of(*a);
        if (!declares_namespace(name)) continue;
        const std::string_view prefix = name.size() > 6 ? name.substr(6) : std::string_view{};
        const std::size_t count = scope != nullptr ? scope->count + 1 : 1;
        scope = new (arena.allocate(sizeof(XmlScope), alignof(XmlScope)))
            XmlScope{prefix, value_of(*a), scope, count};
    }
    return scope;
}

std::string_view namespace_of(std::string_view prefix, const XmlScope* scope) {
    while (scope != nullptr && scope->prefix != prefix) scope = scope->outer;
    return scope != nullptr ? scope->uri : std::string_view{};
}

const XmlNode* not_xhtml(const XmlNode& xml) {
    if (!XmlName(name_of(xml)).prefix.empty()) return &xml;
    for (const auto* a = xml.first_attribute(); a != nullptr; a = a->next_attribute()) {
        if (name_of(*a) == "xmlns" && value_of(*a) != xhtml_namespace) return &xml;
        const std::string_view prefix = XmlName(name_of(*a)).prefix;
        if (!prefix.empty() && prefix != "xml" && prefix != "xmlns") return &xml;
    }
    for (const auto* inner = xml.first_node(); inner != nullptr; inner = inner->next_sibling()) {
        if (inner->type() != rapidxml::node_element) continue;
        if (const XmlNode* found = not_xhtml(*inner)) return found;
    }
    return nullptr;
}

}  // namespace fhir
