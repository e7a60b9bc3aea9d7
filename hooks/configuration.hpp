// Configuration: all that serve needs, read and judged as one: the settings, the files that they name, the
// knowledge. The same reading serves the start, a reload, and check --config.
#pragma once

#include "cards/knowledge.hpp"
#include "hooks/server_tls.hpp"
#include "hooks/settings.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hooks {

enum ExitCode : int;

/// Where it comes from, beside the environment; the same for the life of the process.
struct ConfigurationSource {
    std::string file;    ///< of the settings; "": the usual one (command_settings.hpp)
    std::string listen;  ///< wins over the settings' if not ""
    std::vector<InheritedSocket> inherited;
};

struct Configuration {
    Settings settings;
    std::string knowledge_folder;
    std::shared_ptr<const cards::Knowledge> knowledge;
    std::shared_ptr<const ServerTls> tls;  ///< null: no certificate is named
    std::string tls_files;                 ///< state_of_files() before they were read
};

/// The configuration, or every problem that it has: `server.json: tls.keyFile: /etc/key.pem: cannot be read`,
/// `config/asps/rules/x.json:12: ...`.
struct LoadedConfiguration {
    std::optional<Configuration> configuration;
    std::string file;  ///< of the settings; "": none
    std::vector<std::string> problems, warnings;
    ExitCode code{};  ///< of a command that can do no more
};
LoadedConfiguration load_configuration(const ConfigurationSource& source);

}  // namespace hooks
