// Messages of CDS Hooks: one of each kind that keeps to every rule, and for every rule one that breaks it.
#pragma once

#include "hooks/contract.hpp"

#include <string>
#include <vector>

namespace hooks::testing {

/// tests/contract/NAME.json.
std::string sample(const std::string& name);

/// `text` with the first `from` replaced; fails the test if there is none.
std::string with(std::string text, const std::string& from, const std::string& to);

struct BrokenMessage {
    std::string rule;
    Message message;
    std::string text;
};

/// The samples with one thing wrong. What else a message breaks is what cannot be broken alone.
std::vector<BrokenMessage> broken_messages();

}  // namespace hooks::testing
