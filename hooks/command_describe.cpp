// describe: the knowledge as a document for clinical review, on stdout.
#include "cards/describe.hpp"
#include "hooks/command_knowledge.hpp"
#include "hooks/commands.hpp"

#include <iostream>

namespace hooks {

int describe(const std::string& given) {
    const std::string folder = knowledge_folder(given);
    if (folder.empty()) return wrong_use;
    const auto knowledge = load_knowledge(folder).knowledge;
    if (!knowledge) return faults;
    std::cout << cards::describe(*knowledge) << std::flush;
    return well;
}

}  // namespace hooks
