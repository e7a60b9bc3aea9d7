// Prefetch templates: what a client must be able to fill in and ask of its FHIR server (spec 4, T-1 to T-14).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cards {

/// What is wrong with the template of an input of `type` ("Condition"), each fault as a sentence; empty if
/// all is well. Only tokens and queries that every CDS Hooks 2.0 client understands are let through: a read
/// or a search by type, root-level context fields and the four user tokens, parameters by id, `:in` as the
/// only modifier, and each parameter once. Insertions of value sets, `{{%…}}`, are somebody else's to check.
std::vector<std::string> faults_of_template(std::string_view query, std::string_view type);

/// Tokens that `hook` may leave without a value; such a query is not asked (T-14). Empty if it always fills
/// all.
std::string optional_token(std::string_view query, std::string_view hook);

}  // namespace cards
