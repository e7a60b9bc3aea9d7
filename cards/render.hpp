// Render: texts with their insertions filled in, safe to show: record text never becomes Markdown.
#pragma once

#include "cards/knowledge.hpp"
#include "fhir/fhirpath/expression.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace cards {

/// `text` so that GitHub Flavored Markdown shows it as it is, on one line (C-7); only addresses get a space
/// that keeps them from becoming links.
std::string escaped_markdown(std::string_view text);

/// A summary that fits: under 140 code points and UTF-16 units (C-1), on one line, cut at a word with an
/// ellipsis.
std::string fitting_summary(std::string text);

enum class TextForm { plain, markdown };

/// The text with every `{{expression}}` replaced by what it gives on `focus` (null: %context); `markdown`
/// escapes what is inserted. None if an insertion is empty. Throws fhirpath::Error.
std::optional<std::string> render(const Text& text, fhirpath::Scope& scope, TextForm form,
                                  const fhirpath::Item* focus = nullptr);

/// True if every condition is exactly true. Throws fhirpath::Error.
bool all_hold(const std::vector<Condition>& conditions, fhirpath::Scope& scope);

}  // namespace cards
