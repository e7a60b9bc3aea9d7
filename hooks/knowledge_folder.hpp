// The knowledge folder: where it is, and its files as texts.
#pragma once

#include "cards/knowledge.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hooks {

/// The *.json files below a folder, sorted by name; names begin with the folder as it was given.
struct KnowledgeFolder {
    std::vector<cards::SourceFile> files;
    std::vector<cards::Problem> problems;  ///< no such folder, unreadable file, no file at all
};
KnowledgeFolder read_knowledge_folder(const std::filesystem::path& folder);

/// The first of these that holds asps.json: config/asps here, beside the sources of the binary
/// (../../config/asps), and share/asps-cds/asps of the installation. None: nullopt.
std::optional<std::filesystem::path> find_knowledge_folder();

/// Where the running program lies.
std::filesystem::path program_folder();

/// A file's text; nullopt if it cannot be read.
std::optional<std::string> read_text(const std::filesystem::path& file);

}  // namespace hooks
