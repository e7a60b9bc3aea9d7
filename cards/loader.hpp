// Loader: the working state of loading knowledge; every problem is collected, with file and line, before it
// refuses.
#pragma once

#include "cards/knowledge.hpp"
#include "fhir/document.hpp"
#include "fhir/fhirpath/authoring/check.hpp"

#include <map>
#include <set>
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
    void parse(std::vector<SourceFile> files);
    void load_value_sets();
    void load_inputs(const Loadable& plan);
    void load_libraries(const Loadable& plan);
    /// Gives the variables that stand in `file` their slots, in order.
    void declare_variables(const Loadable& file);
    /// Compiles the declared variables; refuses those that need each other.
    void load_variables();
    void declare_names_of_unreadable();
    void find_circles(std::size_t variable, std::vector<std::size_t>& open, std::set<std::size_t>& done);
    void refuse_circle(std::vector<std::size_t> circle);
    void refuse_later();
    void load_common_lines(const Loadable& plan);
    /// The list of statements that rules say they carry out.
    void load_statements(const Loadable& plan);
    /// The codes of those that `file` says it carries out.
    std::vector<std::string> statements_of(const Loadable& file);
    void load_rules(const Loadable& plan);
    void load_services(const Loadable& plan);
    void warn_of_unused(const Loadable& plan);

    /// The template with `{{%`vs-id`}}` replaced by the set's codes.
    std::string query_template(const Loadable& file, const fhir::Node& pattern);
    /// The inputs that an expression needs, through variables too: indexes, without repeats, added to `into`.
    void add_inputs(const fhirpath::Expression& expression, std::vector<std::size_t>& into) const;
    /// It asks, through variables too, which inputs are missing, failed, paged or unavailable.
    bool asks_states(const fhirpath::Expression& expression) const;

    static Problem at(const Loadable& file, const fhir::Node& place, const std::string& message);
    void problem(const Loadable& file, const fhir::Node& place, const std::string& message);
    void warning(const Loadable& file, const fhir::Node& place, const std::string& message);

    /// "no such rule: 'url'; did you mean 'id'?", unless a file that could not be read holds it.
    void unknown(const Loadable& file, const fhir::Node& place, const std::string& what, std::string_view url,
                 const std::vector<std::string_view>& known);
    bool is_in_unreadable(std::string_view text) const;
    /// The value set that an extension names by its canonical; null, and a problem, if there is none.
    const fhir::ValueSet* named_set(const Loadable& file, const fhir::Node& extension);
    static std::vector<std::string_view> urls(const std::vector<Loadable>& files);
    std::vector<std::string_view> value_set_urls() const;
    static std::string expected_resource_type(std::string_view got);

    /// An expression and the types that its items may have (none: not known).
    struct Compiled {
        std::unique_ptr<const fhirpath::Expression> expression;
        std::vector<fhir::TypeId> types;
        std::map<fhirpath::Environment::Slot, std::size_t> variables = {};
    };
    /// `text` compiled; no expression (and a problem for each fault) if it is wrong. Notes what it uses.
    Compiled compile_text(const Loadable& file, const fhir::Node& place, std::string_view text,
                          const fhirpath::Focus& focus);
    /// A FHIR Expression element (language text/fhirpath), on the hook's context.
    Compiled compile_expression(const Loadable& file, const fhir::Node& expression);
    /// The same, which can be true.
    std::unique_ptr<const fhirpath::Expression> compile_condition(const Loadable& file,
                                                                  const fhir::Node& expression);
    /// Text with insertions, each of which can be shown.
    Text read_text(const Loadable& file, const fhir::Node& text, const fhirpath::Focus& focus = {{}, true});
    std::unique_ptr<const fhirpath::Expression> compile_insertion(const Loadable& file,
                                                                  const fhir::Node& text,
                                                                  std::string_view insertion,
                                                                  const fhirpath::Focus& focus);

    Knowledge& knowledge_;
    std::vector<Loadable> plans_, activities_, libraries_, sets_;
    std::map<std::string, const Loadable*, std::less<>> plans_by_url_, activities_by_url_;
    std::map<std::string, const Loadable*, std::less<>> libraries_by_url_;
    std::vector<std::string> unreadable_;  // texts of files that are no FHIR
    std::vector<const fhir::Node*> input_places_;

    struct Declared {
        const Loadable* file = nullptr;
        const fhir::Node* expression = nullptr;  // the valueExpression
        fhirpath::Environment::Slot slot = 0;
        std::map<fhirpath::Environment::Slot, std::size_t> uses;  // with the place in the expression
        bool is_double = false;                                   // its name is taken: only checked
        std::size_t circle = 0;  // above 0: the number of the circle it is in
    };
    std::vector<Declared> declared_;
    std::size_t circles_ = 0;
    std::set<const fhir::Node*> checked_;  // places whose faults have been reported

    // What expressions, lists of reasons and templates have used: for the warnings.
    std::set<fhirpath::Environment::Slot> used_slots_;
    std::set<const fhir::ValueSet*> used_sets_;
    std::set<const Loadable*> used_activities_;
    std::map<fhirpath::Environment::Slot, std::vector<std::size_t>> inputs_of_;  // through variables
    std::set<fhirpath::Environment::Slot> state_slots_;  // variables that ask for the states of inputs
};

}  // namespace cards
