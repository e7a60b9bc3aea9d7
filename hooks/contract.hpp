// Contract: what a CDS Hooks message must be, as JSON Schemas and as HL7's invariants, and what breaks it.
#pragma once

#include "fhir/document.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hooks {

/// The messages of CDS Hooks, and the OperationOutcome that comes instead of an answer.
enum class Message { discovery, request, response, feedback, outcome };

/// One rule of hooks/contract/ that a message breaks.
struct ContractFault {
    std::vector<std::string> rules;  ///< ids: `C-1`; of an invariant also HL7's key: `cds-resp-1`
    std::string path;                ///< `cards[0].summary`; "" for the whole
    std::string message;             ///< what was expected, what came
    std::string text() const;        ///< `C-1: cards[0].summary: expected ...`
};

/// Everything in `body` that breaks the schema or an invariant of `message`; empty: nothing.
std::vector<ContractFault> contract_faults(Message message, const fhir::Node& body);

/// The ids of all rules that contract_faults may name for `message`.
std::vector<std::string> contract_rules(Message message);

/// The text of a file of hooks/contract/, embedded: "response.schema.json". Throws std::out_of_range.
std::string_view contract_file(std::string_view name);

}  // namespace hooks
