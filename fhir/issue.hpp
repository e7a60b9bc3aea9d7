// Issue: what is wrong with an input and where, in the words of OperationOutcome.issue; Result: a value or an
// Issue.
#pragma once

#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

namespace fhir {

/// OperationOutcome.issue.code, as far as we use it (FHIR R4 value set issue-type).
enum class IssueCode {
    invalid,        // content against the format or the specification
    structure,      // not parseable: JSON syntax, nesting, encoding
    required,       // a required element is missing
    value,          // an element has a value that is not allowed
    duplicate,      // the same member twice
    not_found,      // unknown service id or path
    not_supported,  // method, media type
    incomplete,     // required FHIR data could not be had (412)
    too_long,       // body or header over the limit
    login,          // the caller is not known (401)
    throttled,      // too busy
    timeout,        // the caller was too slow
    transient,      // what we need is not there just now
    exception       // our fault
};

/// The code as FHIR spells it: "not-found", "too-long", ...
std::string_view to_string(IssueCode code);

/// One OperationOutcome.issue with severity "error". `diagnostics` says what was expected and what came;
/// `expression` is where, as a location such as `prefetch.conditions.entry[3].resource.onsetDateTime` (empty:
/// the whole input). May hold input values: it goes to the sender only, never into a log.
struct Issue {
    IssueCode code = IssueCode::invalid;
    std::string diagnostics;
    std::string expression;
};

/// A value, or the Issue that says why there is none.
template <class T>
using Result = boost::system::result<T, Issue>;

/// Called by Result::value() on an Issue: using a result unasked is our own mistake.
[[noreturn]] inline void throw_exception_from_error(const Issue& issue, const boost::source_location&) {
    throw std::logic_error("Result used without asking: " + issue.expression);
}

/// The Issue as a FHIR R4 OperationOutcome in JSON (S-6).
std::string operation_outcome(const Issue& issue);

}  // namespace fhir
