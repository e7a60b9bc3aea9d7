// Loader, second part: expressions and texts with expressions in them.
#include "cards/loader.hpp"

namespace cards {

using fhir::Node;

std::unique_ptr<const fhirpath::Expression> Loader::compile_text(const Loadable& file, const Node& place,
                                                                 std::string_view text, fhir::TypeId focus) {
    try {
        auto expression = fhirpath::Expression::compile(text, knowledge_.environment_);
        expression.check_paths(focus);
        return std::make_unique<const fhirpath::Expression>(std::move(expression));
    } catch (const fhirpath::Error& error) {
        const std::size_t position = std::min(error.position(), text.size());
        const std::size_t start = text.rfind('\n', position == 0 ? 0 : position - 1) + 1;  // npos + 1 is 0
        const std::string_view line = text.substr(start, text.find('\n', start) - start);
        problem(file, place,
                std::string(error.what()) + "\n    " + std::string(line) + "\n    " +
                    std::string(position - std::min(start, position), ' ') + "^");
        return nullptr;
    }
}

std::unique_ptr<const fhirpath::Expression> Loader::compile(const Loadable& file, const Node& text,
                                                            fhir::TypeId focus) {
    return compile_text(file, text, text.text(), focus);
}

std::unique_ptr<const fhirpath::Expression> Loader::compile_expression(const Loadable& file,
                                                                       const Node& expression,
                                                                       fhir::TypeId focus) {
    const Node* text = expression.find("expression");
    if (text == nullptr || expression.text_of("language") != "text/fhirpath") {
        problem(file, expression, "expected language text/fhirpath and an expression");
        return nullptr;
    }
    return compile(file, *text, focus);
}

Text Loader::read_text(const Loadable& file, const Node& node) {
    Text text;
    std::string_view rest = node.text();
    while (!rest.empty()) {
        const std::size_t open = rest.find("{{");
        if (open != 0) text.pieces.push_back({std::string(rest.substr(0, open)), nullptr});
        if (open == std::string_view::npos) break;
        const std::size_t close = rest.find("}}", open);
        if (close == std::string_view::npos) {
            problem(file, node, "an insertion {{ without }}");
            break;
        }
        auto expression = compile_text(file, node, rest.substr(open + 2, close - open - 2));
        if (expression != nullptr) text.pieces.push_back({{}, std::move(expression)});
        rest.remove_prefix(close + 2);
    }
    return text;
}

}  // namespace cards
