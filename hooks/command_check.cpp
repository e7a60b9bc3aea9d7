// check: the load-time checks of the knowledge; and the loading that the other commands share.
#include "hooks/command_knowledge.hpp"
#include "hooks/commands.hpp"
#include "hooks/knowledge_folder.hpp"

#include <cstdio>

namespace hooks {

std::string_view version() { return ASPS_CDS_VERSION; }

std::string knowledge_folder(const std::string& given) {
    if (!given.empty()) return given;
    const auto found = find_knowledge_folder();
    if (found) return found->string();
    std::fputs("no knowledge: config/asps is neither here nor beside the program; name a folder\n", stderr);
    return {};
}

cards::Knowledge::Loaded load_knowledge(const std::string& folder) {
    KnowledgeFolder read = read_knowledge_folder(folder);
    cards::Knowledge::Loaded loaded;
    if (read.problems.empty()) {
        loaded = cards::Knowledge::load(std::move(read.files));
    } else {
        loaded.problems = std::move(read.problems);
    }
    for (const cards::Problem& problem : loaded.problems) {
        std::fprintf(stderr, "%s\n", cards::to_string(problem).c_str());
    }
    if (!loaded.problems.empty()) loaded.knowledge.reset();
    return loaded;
}

int check(const std::string& given) {
    const std::string folder = knowledge_folder(given);
    if (folder.empty()) return wrong_use;
    const cards::Knowledge::Loaded loaded = load_knowledge(folder);
    for (const cards::Problem& warning : loaded.warnings) {
        std::fprintf(stderr, "%s (warning)\n", cards::to_string(warning).c_str());
    }
    if (!loaded.knowledge) {
        std::printf("%s: %zu faults\n", folder.c_str(), loaded.problems.size());
        return faults;
    }
    const cards::Knowledge& knowledge = *loaded.knowledge;
    std::printf(
        "%s: version %s, %zu services, %zu rules, %zu variables, %zu inputs; no faults, %zu warnings\n",
        folder.c_str(), knowledge.version().c_str(), knowledge.services().size(), knowledge.rules().size(),
        knowledge.variables().size(), knowledge.inputs().size(), loaded.warnings.size());
    return well;
}

}  // namespace hooks
