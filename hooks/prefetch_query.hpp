// Prefetch query: a prefetch template filled in for one call, as it can stand in a URL.
#pragma once

#include "fhir/document.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace hooks {

/// `text` so that it stands for itself in a path segment or a query value: all but RFC 3986's unreserved
/// characters as %XX.
std::string percent_encoded(std::string_view text);

/// `Condition?patient=p%2F1` from `Condition?patient={{context.patientId}}` and the call's context (T-2, T-4,
/// tokens of root-level members of the context and the four user tokens, their values percent-encoded;
/// of `{{context.userId}}` the slash between type and id stays. Nothing if a token is unknown or has no value
/// for this user, or if a value would leave its place in a path (`..`).
std::optional<std::string> filled_query(std::string_view query, const fhir::Node& context);

}  // namespace hooks
