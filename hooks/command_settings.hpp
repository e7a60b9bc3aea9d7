// The settings of a command: the file asked for or the usual one, below the environment, with its mistakes
// printed.
#pragma once

#include "hooks/settings.hpp"

#include <string>
#include <variant>

namespace hooks {

enum ExitCode : int;

/// The settings of the file `asked` ("": config/server.json here or beside the sources of the binary, then
/// /etc/asps-cds/server.json, if there is one), or the exit code after what is wrong went to stderr.
std::variant<Settings, ExitCode> command_settings(const std::string& asked);

}  // namespace hooks
