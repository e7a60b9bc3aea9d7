// One search for the file serves every command.
#include "hooks/command_settings.hpp"

#include "hooks/commands.hpp"
#include "hooks/knowledge_folder.hpp"

#include <cstdio>
#include <filesystem>
#include <utility>

namespace hooks {

namespace {

/// The configuration's file: the one asked for, or the first usual one that is there.
std::string config_file(const std::string& asked) {
    if (!asked.empty()) return asked;
    namespace fs = std::filesystem;
    for (const fs::path& file :
         {fs::path("config/server.json"), program_folder() / "../../config/server.json",
          fs::path("/etc/asps-cds/server.json")}) {
        std::error_code ec;
        if (fs::is_regular_file(file, ec)) return file.lexically_normal().string();
    }
    return {};
}

}  // namespace

std::variant<Settings, ExitCode> command_settings(const std::string& asked) {
    const std::string file = config_file(asked);
    const auto text = file.empty() ? std::string() : read_text(file);
    if (!text) {
        std::fprintf(stderr, "--config: %s cannot be read\n", file.c_str());
        return wrong_use;
    }
    LoadedSettings loaded = load_settings(*text, file, process_environment());
    for (const std::string& problem : loaded.problems) std::fprintf(stderr, "%s\n", problem.c_str());
    if (!loaded.problems.empty()) return faults;
    return std::move(loaded.settings);
}

}  // namespace hooks
