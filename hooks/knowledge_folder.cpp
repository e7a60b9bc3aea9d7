// Reads *.json below a folder; symbolic links are followed, hidden entries (editors, Kubernetes' ..data) are
// not.
#include "hooks/knowledge_folder.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>

namespace hooks {

namespace fs = std::filesystem;

std::optional<std::string> read_text(const fs::path& file) {
    std::error_code ec;
    if (fs::is_directory(file, ec)) return std::nullopt;
    std::ifstream in(file, std::ios::binary);
    if (!in) return std::nullopt;
    std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    if (in.bad()) return std::nullopt;
    return text;
}

fs::path program_folder() {
    std::error_code ec;
    const fs::path program = fs::read_symlink("/proc/self/exe", ec);
    return ec ? fs::path(".") : program.parent_path();
}

std::optional<fs::path> find_knowledge_folder() {
    const fs::path beside = program_folder();
    for (const fs::path& folder :
         {fs::path("config/asps"), beside / "../../config/asps", beside / "../share/asps-cds/asps"}) {
        std::error_code ec;
        if (fs::is_regular_file(folder / "asps.json", ec)) return folder.lexically_normal();
    }
    return std::nullopt;
}

KnowledgeFolder read_knowledge_folder(const fs::path& folder) {
    KnowledgeFolder found;
    std::error_code ec;
    fs::recursive_directory_iterator entries(folder, fs::directory_options::follow_directory_symlink, ec);
    if (ec) {
        found.problems.push_back({folder.string(), 0, ec.message()});
        return found;
    }
    for (; entries != fs::recursive_directory_iterator(); entries.increment(ec)) {
        const fs::path& path = entries->path();
        if (path.filename().string().starts_with('.')) {
            if (entries->is_directory(ec)) entries.disable_recursion_pending();
            continue;
        }
        if (path.extension() != ".json" || !entries->is_regular_file(ec)) continue;
        auto text = read_text(path);
        if (text) {
            found.files.push_back({path.string(), std::move(*text)});
        } else {
            found.problems.push_back({path.string(), 0, "cannot be read"});
        }
    }
    if (ec) found.problems.push_back({folder.string(), 0, ec.message()});
    if (found.files.empty() && found.problems.empty()) {
        found.problems.push_back({folder.string(), 0, "no *.json file below this folder"});
    }
    std::sort(found.files.begin(), found.files.end(),
              [](const cards::SourceFile& a, const cards::SourceFile& b) { return a.name < b.name; });
    return found;
}

}  // namespace hooks
