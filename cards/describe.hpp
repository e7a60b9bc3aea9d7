// Describe: the knowledge as a review document for clinicians (knowledge.md 4).
#pragma once

#include "cards/knowledge.hpp"

#include <string>
#include <vector>

namespace cards {

/// The whole knowledge in Markdown: services, rules, common lines, concepts, inputs, value sets, with a table
/// of contents. Words first, then the expressions. The same knowledge gives the same bytes: it may be kept
/// and compared.
std::string describe(const Knowledge& knowledge);

/// The section of one rule.
std::string describe_rule(const Knowledge& knowledge, const Rule& rule);

/// A table from each statement (extension statements of asps.json) to its rules, their files and cases; empty
/// if none are listed.
std::string describe_statements(const Knowledge& knowledge);

/// What the extensions open-question of all resources ask; empty if nothing is open.
std::string describe_questions(const Knowledge& knowledge);

/// Every expression of a rule: of conditions, texts, suggestions.
std::vector<const fhirpath::Expression*> expressions_of(const Rule& rule);

}  // namespace cards
