// Loader, second part: expressions and texts with expressions in them.
#include "cards/loader.hpp"
#include "cards/place.hpp"
#include "fhir/fhirpath/authoring/static_type.hpp"

#include <algorithm>

namespace cards {

using fhir::Node;

namespace {

/// Items of this type have something to show in a text (fhirpath::display_text).
bool can_be_shown(fhir::TypeId type) {
    const fhir::Model& model = fhir::Model::r4();
    const std::string_view name = model.type_name(type);
    return fhirpath::is_open(type) || model.system_type(type) != fhir::System::none ||
           model.is_primitive(type) || name == "CodeableConcept" || name == "Coding";
}

}  // namespace

Loader::Compiled Loader::compile_text(const Loadable& file, const Node& place, std::string_view text,
                                      const fhirpath::Focus& focus) {
    fhirpath::Checked checked = fhirpath::check(text, focus, knowledge_.environment_);
    for (const fhirpath::Error& fault : checked.faults)
        problem(file, place, fault.what() + excerpt(text, fault.position()));
    for (const auto& [slot, where] : checked.variables) used_slots_.insert(slot);
    used_sets_.merge(checked.value_sets);
    Compiled compiled{nullptr, std::move(checked.types), std::move(checked.variables)};
    if (checked.expression)
        compiled.expression = std::make_unique<const fhirpath::Expression>(std::move(*checked.expression));
    return compiled;
}

Loader::Compiled Loader::compile_expression(const Loadable& file, const Node& expression) {
    const Node* text = expression.find("expression");
    if (text == nullptr || expression.text_of("language") != "text/fhirpath") {
        problem(file, expression, "expected language text/fhirpath and an expression");
        return {};
    }
    return compile_text(file, *text, text->text(), {{}, true});
}

std::unique_ptr<const fhirpath::Expression> Loader::compile_condition(const Loadable& file,
                                                                      const Node& expression) {
    Compiled compiled = compile_expression(file, expression);
    const fhirpath::StaticType type{compiled.types};
    if (!overlap(type.values(), fhirpath::Value::boolean))
        problem(file, *expression.find("expression"),
                "expected true or false, this gives " + to_string(type) + ": the condition would never hold" +
                    excerpt(expression.text_of("expression"), 0));
    return std::move(compiled.expression);
}

std::unique_ptr<const fhirpath::Expression> Loader::compile_insertion(const Loadable& file, const Node& text,
                                                                      std::string_view insertion,
                                                                      const fhirpath::Focus& focus) {
    Compiled compiled = compile_text(file, text, insertion, focus);
    const fhirpath::StaticType type{compiled.types};
    if (type.known() && std::none_of(type.types.begin(), type.types.end(), can_be_shown))
        problem(file, text,
                "nothing to show: " + to_string(type) + " is no text, so this would always be left out" +
                    excerpt(insertion, 0));
    return std::move(compiled.expression);
}

Text Loader::read_text(const Loadable& file, const Node& node, const fhirpath::Focus& focus) {
    Text text;
    std::string_view rest = node.text();
    while (!rest.empty()) {
        const std::size_t open = rest.find("{{");
        const std::string_view literal = rest.substr(0, open);
        if (const std::size_t stray = literal.find("}}"); stray != std::string_view::npos)
            problem(file, node, "}} without {{" + excerpt(literal, stray));
        if (open != 0) text.pieces.push_back({std::string(literal), nullptr});
        if (open == std::string_view::npos) break;
        const std::size_t close = rest.find("}}", open);
        if (close == std::string_view::npos) {
            problem(file, node, "an insertion {{ without }}" + excerpt(rest, open));
            break;
        }
        auto expression = compile_insertion(file, node, rest.substr(open + 2, close - open - 2), focus);
        if (expression != nullptr) text.pieces.push_back({{}, std::move(expression)});
        rest.remove_prefix(close + 2);
    }
    return text;
}

}  // namespace cards
