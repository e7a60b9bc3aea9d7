// The text of a chart: FHIR JSON with decimals as they were drawn, and the same resource in FHIR XML.
#pragma once

#include <boost/json.hpp>

#include <string>
#include <string_view>

namespace population {

/// A number that keeps its digits: 5.00 is not 5 (a JSON value of Boost has no place for them).
boost::json::value decimal(std::string_view digits);

std::string json_text(const boost::json::value& value);

/// A resource as FHIR XML: elements in the order of R4's table. Throws if it has a member that R4 does not
/// know.
std::string xml_text(const boost::json::object& resource);

}  // namespace population
