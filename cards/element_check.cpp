// ElementCheck: every member of a resource is an element of R4, in its place, with a value that R4 allows.
#include "cards/element_check.hpp"

#include "cards/element_values.hpp"
#include "cards/loader.hpp"
#include "fhir/check_digits.hpp"
#include "fhir/nearest_name.hpp"

#include <array>

namespace cards {

using fhir::Node;

namespace {

/// An extension that the loader reads, and the element it stands on.
struct KnownExtension {
    std::string_view url, on;
};

constexpr std::array known_extensions = {
    KnownExtension{"http://hl7.org/fhir/StructureDefinition/variable", "PlanDefinition"},
    KnownExtension{"http://hl7.org/fhir/StructureDefinition/variable", "Library"},
    KnownExtension{"http://hl7.org/fhir/StructureDefinition/cqf-fhirQueryPattern", "DataRequirement"},
    KnownExtension{"input-required", "DataRequirement"},
    KnownExtension{"input-accepts", "DataRequirement"},
    KnownExtension{"card-line", "PlanDefinition"},
    KnownExtension{"override-reasons", "PlanDefinition"},
    KnownExtension{"runs-without", "PlanDefinition"},
    KnownExtension{"statements", "PlanDefinition"},
    KnownExtension{"statement", "PlanDefinition"},
    KnownExtension{"cases", "PlanDefinition"},
    KnownExtension{"open-question", "PlanDefinition"},
    KnownExtension{"open-question", "Library"},
    KnownExtension{"open-question", "ValueSet"},
    KnownExtension{"open-question", "ActivityDefinition"},
    KnownExtension{"card-maximum", "PlanDefinition.action"},
    KnownExtension{"service-enabled", "PlanDefinition.action"},
    KnownExtension{"rule-enabled", "PlanDefinition.action"},
};

class ElementCheck {
  public:
    explicit ElementCheck(const ReportProblem& problem) : problem_(problem) {}

    void check(const Node& node, fhir::TypeId type) {
        if (node.resource_type != 0) type = node.resource_type;
        if (node.is_array()) {
            if (node.children().empty())
                problem_(node, "expected at least one item: FHIR has no empty arrays");
            for (const Node& item : node.children()) {
                if (item.is_array())
                    problem_(item, "expected no array within an array");
                else
                    check(item, type);
            }
            return;
        }
        const bool expects_object =
            !model_.is_primitive(type) && type >= static_cast<fhir::TypeId>(fhir::System::count);
        if (expects_object != node.is_object() && !node.is_null()) {
            problem_(node, expects_object ? "expected an object" : "expected a value, not an object");
            return;
        }
        if (!expects_object) {
            const std::string fault = value_fault(node, model_.type_name(type));
            if (!fault.empty()) problem_(node, fault);
            return;
        }
        if (node.is_object()) check_object(node, type);
    }

  private:
    void check_object(const Node& node, fhir::TypeId type) {
        static const fhir::NameId resource_type = model_.name_id("resourceType");
        const std::string_view type_name = model_.type_name(type);
        for (const Node& child : node.children()) {
            if (child.name_id() == resource_type && child.name_id() != 0) continue;
            const auto [element, child_type] = model_.member(type, child.name_id() & ~fhir::NameId{1});
            if (element == nullptr) {
                problem_(child, unknown_element(child, type));
                continue;
            }
            if ((child.name_id() & 1) != 0) continue;  // the extensions of a primitive
            if (element->repeats != child.is_array()) {
                problem_(child, element->repeats ? "expected an array" : "expected one value, not an array");
                continue;
            }
            check(child, child_type);
            const std::string fault = code_fault(type_name, child);
            if (!fault.empty()) problem_(child, fault);
            if (child.name() == "extension" && child.is_array())
                for (const Node& extension : child.children()) check_extension(extension, type_name);
        }
        check_codes(node, type_name);
    }

    std::string unknown_element(const Node& child, fhir::TypeId type) const {
        const std::string name(child.name());
        fhir::NearestName nearest(name);
        for (const fhir::Element* element : model_.elements(type)) {
            nearest.look_at(model_.name(element->name));
            for (const fhir::Choice& choice : element->choices) nearest.look_at(model_.name(choice.member));
        }
        return "FHIR R4 has no element '" + name + "' in " + std::string(model_.type_name(type)) +
               nearest.question();
    }

    void check_extension(const Node& extension, std::string_view on) {
        const std::string_view url = extension.text_of("url");
        if (url.empty()) {
            if (extension.find("url") == nullptr) problem_(extension, "expected a url");
            return;
        }
        if (url.find(':') == std::string_view::npos) {  // a part of an extension
            if (url != "text" && url != "condition")
                problem_(extension, "no part '" + std::string(url) + "' is read; expected text or condition");
            return;
        }
        const auto full = [](std::string_view known) {
            return known.starts_with("http") ? std::string(known)
                                             : std::string(our_extensions) + std::string(known);
        };
        std::string places;
        for (const KnownExtension& known : known_extensions) {
            if (full(known.url) != url) continue;
            if (known.on == on) return;
            places += (places.empty() ? "" : " or ") + std::string(known.on);
        }
        if (!places.empty()) {
            problem_(extension, "this extension is not read in " + std::string(on) + ", only in " + places);
            return;
        }
        const std::string_view id = url.substr(url.rfind('/') + 1);
        fhir::NearestName nearest(id);
        for (const KnownExtension& known : known_extensions)
            nearest.look_at(known.url.substr(known.url.rfind('/') + 1));
        if (url.starts_with(our_extensions) || !nearest.name().empty())
            problem_(extension, "no extension '" + std::string(url) + "' is read" + nearest.question());
    }

    void check_code(const Node& holder, std::string_view system) {
        const Node* code = holder.find("code");
        if (code == nullptr) return;
        const std::string fault = fhir::check_digit_fault(system, code->text());
        if (!fault.empty()) problem_(*code, fault);
    }

    void check_concepts(const Node& owner, std::string_view system) {
        const Node* concepts = owner.find("concept");
        if (concepts == nullptr) return;
        for (const Node& concept_node : concepts->children()) {
            check_code(concept_node, system);
            check_concepts(concept_node, system);
        }
    }

    void check_codes(const Node& node, std::string_view type) {
        if (type == "Coding" || type == "ValueSet.expansion.contains")
            check_code(node, node.text_of("system"));
        if (type == "ValueSet.compose.include") check_concepts(node, node.text_of("system"));
        if (type == "CodeSystem") check_concepts(node, node.text_of("url"));
    }

    const fhir::Model& model_ = fhir::Model::r4();
    const ReportProblem& problem_;
};

}  // namespace

void check_elements(const Node& resource, const ReportProblem& problem) {
    ElementCheck(problem).check(resource, resource.resource_type);
}

}  // namespace cards
