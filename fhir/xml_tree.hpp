// XML tree: RapidXML behind one wrapper, with namespaces. The only file that includes RapidXML.
#pragma once

#include "fhir/parse.hpp"

#include <rapidxml/rapidxml.hpp>

#include <memory>
#include <memory_resource>
#include <string_view>

namespace fhir {

using XmlNode = rapidxml::xml_node<char>;
using XmlAttribute = rapidxml::xml_attribute<char>;

inline std::string_view name_of(const rapidxml::xml_base<char>& xml) { return {xml.name(), xml.name_size()}; }
/// As it stands in the text: references are not resolved.
inline std::string_view value_of(const rapidxml::xml_base<char>& xml) {
    return {xml.value(), xml.value_size()};
}

/// A text that went past the guard (fhir/xml_guard.hpp), and RapidXML's tree of it, which has one root and
/// points into the text: comments, declaration and processing instructions are left out.
struct XmlTree {
    std::string_view text;  ///< in the arena, line ends as XML 1.0 §2.11 wants them
    std::unique_ptr<rapidxml::xml_document<>> document;
    const XmlNode* root = nullptr;
};
Result<XmlTree> read_xml_tree(std::string_view text, std::pmr::memory_resource& arena,
                              const ParseLimits& limits);

struct XmlName {
    std::string_view prefix, local;
    explicit XmlName(std::string_view name);
};

/// `xmlns` or `xmlns:…`.
bool declares_namespace(std::string_view attribute);

/// The namespaces in scope, innermost first.
struct XmlScope {
    std::string_view prefix, uri;
    const XmlScope* outer;
    std::size_t count;
};

/// The scope within `xml`: `outer` and what `xml` declares, in `arena`.
const XmlScope* scope_within(const XmlNode& xml, const XmlScope* outer, std::pmr::memory_resource& arena);
/// Namespaces in scope at once, above which a text is refused: FHIR has one, and XHTML's.
inline constexpr std::size_t max_xml_namespaces = 16;
/// "" if none is declared.
std::string_view namespace_of(std::string_view prefix, const XmlScope* scope);

inline constexpr std::string_view xhtml_namespace = "http://www.w3.org/1999/xhtml";
/// The element of `xml` or below that is not XHTML in the default namespace, null if all are.
const XmlNode* not_xhtml(const XmlNode& xml);

}  // namespace fhir
