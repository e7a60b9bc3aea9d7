// Markdown of the review document: code, quotes, places to link to, texts with insertions, and what an
// expression uses.
#include "cards/markdown.hpp"

#include "cards/render.hpp"
#include "fhir/fhirpath/expr.hpp"

#include <algorithm>

namespace cards::markdown {

namespace {

/// A run of backquotes longer than any in `text`, and at least `least` long.
std::string fence(std::string_view text, std::size_t least) {
    std::size_t longest = 0, run = 0;
    for (const char c : text) {
        run = c == '`' ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    return std::string(std::max(longest + 1, least), '`');
}

std::string place(std::string_view kind, std::string_view id) {
    std::string out = std::string(kind) + "-" + std::string(id);
    std::replace_if(
        out.begin(), out.end(), [](char c) { return c <= ' ' || c == '"' || c == ')' || c == '<'; }, '-');
    return out;
}

void collect(const fhirpath::Expr& expr, const fhir::ValueSets& sets,
             std::vector<const fhir::ValueSet*>& into) {
    if (expr.is_string()) {
        const fhir::ValueSet* set = sets.find(expr.text());
        if (set != nullptr && std::find(into.begin(), into.end(), set) == into.end()) into.push_back(set);
    }
    for (const fhirpath::Expr& part : expr.args) collect(part, sets, into);
}

}  // namespace

std::string code(std::string_view text) {
    const std::string marks = fence(text, 1);
    std::string inner(text);
    std::replace(inner.begin(), inner.end(), '\n', ' ');
    const bool needs_blanks = inner.empty() || inner.front() == '`' || inner.back() == '`';
    return marks + (needs_blanks ? " " : "") + inner + (needs_blanks ? " " : "") + marks;
}

std::string code_block(std::string_view text) {
    const std::string marks = fence(text, 3);
    return marks + "fhirpath\n" + std::string(text) + "\n" + marks + "\n";
}

std::string quote(std::string_view text) {
    std::string out = "> ";
    for (const char c : text) {
        out += c;
        if (c == '\n') out += "> ";
    }
    return out + "\n";
}

std::string heading(int level, std::string_view text, std::string_view kind, std::string_view id) {
    return "<a id=\"" + place(kind, id) + "\"></a>\n\n" + std::string(static_cast<std::size_t>(level), '#') +
           " " + escaped_markdown(text) + "\n\n";
}

std::string link(std::string_view text, std::string_view kind, std::string_view id) {
    return "[" + escaped_markdown(text) + "](#" + place(kind, id) + ")";
}

std::string web_link(std::string_view text, std::string_view url) {
    if (url.empty()) return escaped_markdown(text);
    return "[" + escaped_markdown(text) + "](<" + std::string(url) + ">)";
}

std::string text(const Text& text, bool is_markdown) {
    std::string out;
    for (const Text::Piece& piece : text.pieces) {
        if (piece.expression != nullptr) {
            out += code("{{" + piece.expression->text() + "}}");
        } else {
            out += is_markdown ? piece.literal : escaped_markdown(piece.literal);
        }
    }
    if (text.dynamic == nullptr) return out;
    const std::string instead = code("{{" + text.dynamic->text() + "}}");
    return out.empty() ? instead : instead + " or, if that is empty, " + out;
}

std::string conditions(std::span<const Condition> conditions) {
    std::string out;
    for (const Condition& condition : conditions) {
        if (!out.empty()) out += "; and ";
        if (!condition.description.empty()) out += escaped_markdown(condition.description) + ": ";
        out += code(condition.expression->text());
    }
    return out;
}

std::string_view title(const fhir::Node& resource) {
    for (const std::string_view member : {"title", "name", "id"}) {
        if (const std::string_view found = resource.text_of(member); !found.empty()) return found;
    }
    return resource.text_of("url");
}

std::string concept_text(const fhir::Node& codeable) {
    std::string words(codeable.text_of("text")), codes;
    if (const fhir::Node* codings = codeable.find("coding")) {
        for (const fhir::Node& coding : codings->children()) {
            if (words.empty()) words = coding.text_of("display");
            codes += codes.empty() ? "" : ", ";
            codes += code(std::string(coding.text_of("system")) + "|" + std::string(coding.text_of("code")));
        }
    }
    words = escaped_markdown(words);
    if (codes.empty()) return words;
    return words.empty() ? codes : words + " (" + codes + ")";
}

std::vector<const Variable*> concepts(const Knowledge& knowledge, const fhirpath::Expression& expression) {
    std::vector<const Variable*> found;
    for (const fhirpath::Environment::Slot slot : expression.variables()) {
        const auto& variables = knowledge.variables();
        const auto variable = std::find_if(variables.begin(), variables.end(),
                                           [&](const Variable& candidate) { return candidate.slot == slot; });
        if (variable != variables.end()) found.push_back(&*variable);
    }
    return found;
}

std::vector<const fhir::ValueSet*> value_sets(const Knowledge& knowledge,
                                              const fhirpath::Expression& expression) {
    std::vector<const fhir::ValueSet*> found;
    collect(expression.tree(), knowledge.value_sets(), found);
    return found;
}

}  // namespace cards::markdown
