// The settings of a command: the file asked for or the usual one, below the environment, with its mistakes
// printed.
#pragma once

#include "hooks/settings.hpp"

#include <string>
#include <variant>
#include <vector>

namespace hooks {

enum ExitCode : int;

/// Settings with the file that they came from ("": there is none), or what is wrong with them.
struct FoundSettings {
    Settings settings;
    std::string file;
    std::vector<std::string> problems;
    ExitCode code{};  ///< of a command that can do no more
};
FoundSettings find_settings(const std::string& asked);

/// The settings of the file `asked` ("": config/server.json here or beside the sources of the binary, then
/// /etc/asps-cds/server.json, if there is one), or the exit code after what is wrong went to stderr.
std::variant<Settings, ExitCode> command_settings(const std::string& asked);

}  // namespace hooks
