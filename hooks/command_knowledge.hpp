// What every command needs first: the knowledge, or its faults on stderr.
#pragma once

#include "cards/knowledge.hpp"

#include <memory>
#include <string>

namespace hooks {

/// The folder to read: `given`, or the usual one; "" if there is none (said on stderr).
std::string knowledge_folder(const std::string& given);

/// The knowledge below `folder`; null if it has faults.
cards::Knowledge::Loaded read_knowledge(const std::string& folder);

/// The knowledge below `folder`; null if it has faults, which are then on stderr as `file:line: message`.
cards::Knowledge::Loaded load_knowledge(const std::string& folder);

}  // namespace hooks
