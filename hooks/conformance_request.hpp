// The calls that conformance makes up: an invented patient without any finding, for each hook.
#pragma once

#include <boost/json/fwd.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hooks::conformance {

/// A well-formed call of `hook` with all of `prefetch` (key and template) answered: the patient, and of all
/// else nothing. A hook that HL7 does not publish gets userId, patientId and encounterId.
boost::json::object invented_request(const std::string& hook,
                                     const std::vector<std::pair<std::string, std::string>>& prefetch);

/// The resource type that a template asks for; "" if it begins with a token.
std::string_view type_of_template(std::string_view text);

}  // namespace hooks::conformance
