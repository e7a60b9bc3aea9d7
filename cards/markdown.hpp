// Markdown of the review document: code, quotes, places to link to, texts with insertions, and what an
// expression uses.
#pragma once

#include "cards/knowledge.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cards::markdown {

/// A code span, whatever backquotes are in `text`. Line breaks become blanks.
std::string code(std::string_view text);
/// A fenced block of FHIRPath.
std::string code_block(std::string_view text);
/// Every line of `text` behind `> `.
std::string quote(std::string_view text);

/// A heading of that level with a place to link to: `kind` and `id` make it unique in the document.
std::string heading(int level, std::string_view text, std::string_view kind, std::string_view id);
std::string link(std::string_view text, std::string_view kind, std::string_view id);
/// `text` linked to a web page; the text alone if there is no url.
std::string web_link(std::string_view text, std::string_view url);

/// A text of the knowledge, its insertions as code. `is_markdown`: it is Markdown itself, else plain.
std::string text(const Text& text, bool is_markdown);
/// `description: code`, joined with "; and".
std::string conditions(std::span<const Condition> conditions);

/// What a resource calls itself: title, else name, else id.
std::string_view title(const fhir::Node& resource);
/// A CodeableConcept in words, then its codes.
std::string concept_text(const fhir::Node& codeable);

/// The concepts that the expression names, in the order in which it names them.
std::vector<const Variable*> concepts(const Knowledge& knowledge, const fhirpath::Expression& expression);
/// The value sets that it names, without repeats.
std::vector<const fhir::ValueSet*> value_sets(const Knowledge& knowledge,
                                              const fhirpath::Expression& expression);

}  // namespace cards::markdown
