// check: what must hold for every answer of the service, whatever was asked (spec 8 to 10 and 17).
#pragma once

#include "tests/support/hooks_client.hpp"

#include <boost/json/value.hpp>

#include <source_location>
#include <string_view>

namespace hooks::testing {

/// Adds a test failure at the caller for every rule of the contract that `answer` breaks (hooks/contract.hpp:
/// schemas and HL7's invariants), and for what we demand beyond it: an OperationOutcome on all
/// that is not 2xx (S-6), cards as C-1 to L-3 and SG-1 to AC-7 demand, nothing null and nothing empty (J-2,
/// J-3).
void check(const Answer& answer, std::source_location where = std::source_location::current());

/// The same for a response that never saw a socket.
void check(const Response& response, std::source_location where = std::source_location::current());

/// The body as JSON; fails the test if it is none.
boost::json::value json_of(std::string_view body,
                           std::source_location where = std::source_location::current());

}  // namespace hooks::testing
