// AuditView: decision records for human eyes, and which of them are asked for.
#pragma once

#include "fhir/document.hpp"
#include "hooks/digest.hpp"

#include <functional>
#include <istream>
#include <optional>
#include <string>
#include <string_view>

namespace hooks {

/// Which records are wanted; what is "" asks for nothing.
struct AuditFilter {
    std::string since,
        until;            ///< as their time begins: `2026-11-27`, `2026-11-27T15:04`; until: not after it
    std::string service;  ///< id
    std::string rule;     ///< id of one that fired
    std::string request;  ///< X-Request-Id
    std::string patient;  ///< id; asks for `pseudonyms`
    std::optional<Pseudonyms> pseudonyms = std::nullopt;
};

/// Calls `use` with each record in `in` that is wanted, and with its line. Lines that are no records are left
/// out: whether they should be there, `audit verify` tells.
void each_decision(std::istream& in, const AuditFilter& filter,
                   const std::function<void(const fhir::Node& record, std::string_view line)>& use);

/// One record in a few lines: when, which service, what it cost, cards, and rules with their reasons.
void append_audit_text(std::string& out, const fhir::Node& record);

}  // namespace hooks
