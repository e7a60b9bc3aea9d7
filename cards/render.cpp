// Render: insertions, escaping, and the 140 characters of a summary.
#include "cards/render.hpp"

#include "fhir/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace cards {

namespace {

std::optional<std::string> joined(const fhirpath::Collection& items, fhirpath::Scope& scope) {
    std::string text;
    for (const fhirpath::Item& item : items) {
        const auto shown = fhirpath::display_text(item, scope.arena());
        if (!shown || shown->empty()) continue;
        if (!text.empty()) text += ", ";
        text += *shown;
    }
    if (text.empty()) return std::nullopt;
    return text;
}

fhirpath::Collection evaluated(const fhirpath::Expression& expression, fhirpath::Scope& scope,
                               const fhirpath::Item* focus) {
    return focus == nullptr ? expression.evaluate(scope) : expression.evaluate(scope, focus);
}

/// Whether renderers would make a link of a bare address that goes on at `at`: https://…, www.…, a@b. They
/// look for those after backslashes are gone, so only a break in the text itself keeps them from it.
bool makes_address(std::string_view text, std::size_t at) {
    const std::string_view before = text.substr(0, at), rest = text.substr(at);
    if (rest.starts_with("//")) return before.ends_with(':');
    if (rest.starts_with('@')) return !before.empty() && !before.ends_with(' ');
    if (!rest.starts_with('.') || before.size() < 3) return false;
    const std::string_view word = before.substr(before.size() - 3);
    return std::all_of(word.begin(), word.end(), [](char c) { return c == 'w' || c == 'W'; });
}

/// What becomes of a character that is not taken as it is.
enum class Care : std::uint8_t { none, blank, escaped, may_make_address };

constexpr std::array<Care, 256> cares = [] {
    std::array<Care, 256> table{};
    for (std::size_t c = 0; c < 0x20; ++c) table[c] = Care::blank;
    for (const char c : std::string_view("\\`*_[]<>&|~#"))
        table[static_cast<unsigned char>(c)] = Care::escaped;
    for (const char c : std::string_view("/@."))
        table[static_cast<unsigned char>(c)] = Care::may_make_address;
    return table;
}();

void append_escaped(std::string& out, std::string_view text) {
    std::size_t taken = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const Care care = cares[static_cast<unsigned char>(text[i])];
        if (care == Care::none || (care == Care::may_make_address && !makes_address(text, i))) continue;
        out.append(text.substr(taken, i - taken)).append(1, care == Care::escaped ? '\\' : ' ');
        taken = care == Care::blank ? i + 1 : i;
    }
    out.append(text.substr(taken));
}

}  // namespace

std::string escaped_markdown(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 8);
    append_escaped(out, text);
    return out;
}

std::string fitting_summary(std::string text) {
    constexpr std::size_t longest = 139;
    std::size_t units = 0, last_space = 0, cut = std::string::npos;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c < 0x20) text[i] = ' ';
        if (fhir::is_continuation(text[i])) continue;
        units += c >= 0xF0 ? 2 : 1;  // beyond the basic plane: two UTF-16 units
        if (text[i] == ' ' && units < longest) last_space = i;
        if (units == longest && cut == std::string::npos) cut = i;
    }
    if (units <= longest) return text;
    text.resize(last_space > 0 ? last_space : cut);
    return text + "\u2026";
}

std::optional<std::string> render(const Text& text, fhirpath::Scope& scope, TextForm form,
                                  const fhirpath::Item* focus) {
    std::string out;
    /// False if there is nothing to insert.
    const auto insert = [&](const fhirpath::Expression& expression) {
        const auto shown = joined(evaluated(expression, scope, focus), scope);
        if (!shown) return false;
        if (form == TextForm::markdown) {
            append_escaped(out, *shown);
        } else {
            out += *shown;
        }
        return true;
    };
    if (text.dynamic != nullptr && insert(*text.dynamic)) return out;
    constexpr std::size_t usual_insertion = 64;
    std::size_t size = 0;
    for (const Text::Piece& piece : text.pieces) size += piece.literal.size() + usual_insertion;
    out.reserve(size);
    for (const Text::Piece& piece : text.pieces) {
        if (piece.expression == nullptr) {
            out += piece.literal;
        } else if (!insert(*piece.expression)) {
            return std::nullopt;
        }
    }
    return out;
}

bool all_hold(const std::vector<Condition>& conditions, fhirpath::Scope& scope) {
    return std::all_of(conditions.begin(), conditions.end(),
                       [&](const Condition& condition) { return condition.expression->holds(scope); });
}

}  // namespace cards
