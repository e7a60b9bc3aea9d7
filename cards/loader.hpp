// Loader: the working state of loading knowledge; every problem is collected, with file and line, before it
// refuses.
#pragma once

#include "cards/knowledge.hpp"
#include "fhir/document.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cards {

/// Our extensions and canonicals.
inline constexpr std::string_view canonical_base = "https://asps-cds.example.org/fhir";
inline constexpr std::string_view our_extensions = "https://asps-cds.example.org/fhir/StructureDefinition/";

/// The extensions of `element` with this url. A url without scheme is one of ours; inside
/// an extension it is the bare name of a part.
std::vector<const fhir::Node*> extensions(const fhir::Node& element, std::string_view url);

/// A resource with the file it came from.
struct Loadable {
    const fhir::Document* document = nullptr;
    std::string file;
    const fhir::Node& root() const { return document->root(); }
    std::string id() const { return std::string(root().text_of("id")); }
};

class Loader {
  public:
    explicit Loader(Knowledge& knowledge) : knowledge_(knowledge) {}
    /// Loads all; the problems tell whether the knowledge may be used.
    void load(std::vector<SourceFile> files);

    std::vector<Problem> problems, warnings;

  private:
    friend class RuleReader;
    friend class ActionReader;
    void parse(std::vector<SourceFile> files);
    void check_elements(const Loadable& file, const fhir::Node& node, fhir::TypeId type);
    void load_value_sets();
    void load_inputs(const Loadable& plan);
    void load_libraries(const Loadable& plan);
    void load_variables(const Loadable& plan);
    void load_common_lines(const Loadable& plan);
    void load_rules(const Loadable& plan);
    void load_services(const Loadable& plan);
    void warn_of_unused(const Loadable& plan);

    /// The template with `{{%`vs-id`}}` replaced by the set's codes.
    std::string query_template(const Loadable& file, const fhir::Node& pattern);
    /// The inputs that an expression needs, through variables too: indexes, without repeats, added to `into`.
    void add_inputs(const fhirpath::Expression& expression, std::vector<std::size_t>& into) const;

    void problem(const Loadable& file, const fhir::Node& place, const std::string& message);
    void warning(const Loadable& file, const fhir::Node& place, const std::string& message);

    /// A string node or a valueExpression's text compiled; null (and a problem) if it is wrong. `focus` is
    /// the type of the item it is evaluated on, 0 for the hook's context.
    std::unique_ptr<const fhirpath::Expression> compile(const Loadable& file, const fhir::Node& text,
                                                        fhir::TypeId focus = 0);
    std::unique_ptr<const fhirpath::Expression> compile_text(const Loadable& file, const fhir::Node& place,
                                                             std::string_view text, fhir::TypeId focus = 0);
    /// A FHIR Expression element (language text/fhirpath).
    std::unique_ptr<const fhirpath::Expression> compile_expression(const Loadable& file,
                                                                   const fhir::Node& expression,
                                                                   fhir::TypeId focus = 0);
    Text read_text(const Loadable& file, const fhir::Node& text);

    Knowledge& knowledge_;
    std::vector<Loadable> plans_, activities_, libraries_, sets_;
    std::map<std::string, const Loadable*, std::less<>> plans_by_url_, activities_by_url_;
    std::map<const fhir::Node*, std::string> set_files_;
    std::map<fhirpath::Environment::Slot, std::vector<std::size_t>> inputs_of_;  // through variables
};

}  // namespace cards
