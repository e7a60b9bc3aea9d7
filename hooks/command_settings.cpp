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

FoundSettings find_settings(const std::string& asked) {
    FoundSettings found;
    found.file = config_file(asked);
    const auto text = found.file.empty() ? std::string() : read_text(found.file);
    if (!text) {
        found.problems.push_back("--config: " + found.file + " cannot be read");
        found.code = wrong_use;
        return found;
    }
    LoadedSettings loaded = load_settings(*text, found.file, process_environment());
    found.settings = std::move(loaded.settings);
    found.problems = std::move(loaded.problems);
    if (!found.problems.empty()) found.code = faults;
    return found;
}

std::variant<Settings, ExitCode> command_settings(const std::string& asked) {
    FoundSettings found = find_settings(asked);
    for (const std::string& problem : found.problems) std::fprintf(stderr, "%s\n", problem.c_str());
    if (!found.problems.empty()) return found.code;
    return std::move(found.settings);
}

}  // namespace hooks
