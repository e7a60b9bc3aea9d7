// check: the load-time checks of the knowledge and what each service and rule reads; and the loading that the
// other commands share.
#include "hooks/command_knowledge.hpp"
#include "hooks/commands.hpp"
#include "hooks/configuration.hpp"
#include "hooks/knowledge_folder.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

namespace hooks {

std::string knowledge_folder(const std::string& given) {
    if (!given.empty()) return given;
    const auto found = find_knowledge_folder();
    if (found) return found->string();
    std::fputs("no knowledge: config/asps is neither here nor beside the program; name a folder\n", stderr);
    return {};
}

cards::Knowledge::Loaded read_knowledge(const std::string& folder) {
    KnowledgeFolder read = read_knowledge_folder(folder);
    cards::Knowledge::Loaded loaded;
    if (read.problems.empty()) {
        loaded = cards::Knowledge::load(std::move(read.files));
    } else {
        loaded.problems = std::move(read.problems);
    }
    if (!loaded.problems.empty()) loaded.knowledge.reset();
    return loaded;
}

cards::Knowledge::Loaded load_knowledge(const std::string& folder) {
    cards::Knowledge::Loaded loaded = read_knowledge(folder);
    for (const cards::Problem& problem : loaded.problems) {
        std::fprintf(stderr, "%s\n", cards::to_string(problem).c_str());
    }
    return loaded;
}

namespace {

std::string names(const cards::Knowledge& knowledge, const std::vector<std::size_t>& inputs) {
    std::string text;
    for (const std::size_t input : inputs) text += (text.empty() ? "" : " ") + knowledge.inputs()[input].id;
    return text;
}

/// Per service its prefetch and its rules in card order, per rule the inputs that it needs.
void print_overview(const cards::Knowledge& knowledge) {
    for (const cards::Service& service : knowledge.services()) {
        std::printf("\n%s (%s%s)\n  prefetch: %s\n", service.id.c_str(), service.hook.c_str(),
                    service.enabled ? "" : ", off", names(knowledge, service.inputs).c_str());
        for (const cards::Rule* rule : service.rules) {
            const bool is_off = std::find(service.off.begin(), service.off.end(), rule) != service.off.end();
            std::printf("  %s%s\n", rule->id.c_str(), is_off ? " (off)" : "");
        }
    }
    for (const auto& rule : knowledge.rules()) {
        std::vector<std::size_t> needed, optional;
        for (std::size_t input = 0; input < knowledge.inputs().size(); ++input) {
            const auto has = [input](const std::vector<std::size_t>& list) {
                return std::find(list.begin(), list.end(), input) != list.end();
            };
            if (has(rule->inputs)) (has(rule->runs_without) ? optional : needed).push_back(input);
        }
        std::printf("\n%s\n  needs: %s\n", rule->id.c_str(), names(knowledge, needed).c_str());
        if (!optional.empty()) std::printf("  reads if there: %s\n", names(knowledge, optional).c_str());
    }
}

}  // namespace

int check(const std::string& given) {
    const std::string folder = knowledge_folder(given);
    if (folder.empty()) return wrong_use;
    const cards::Knowledge::Loaded loaded = load_knowledge(folder);
    for (const cards::Problem& warning : loaded.warnings) {
        std::fprintf(stderr, "%s (warning)\n", cards::to_string(warning).c_str());
    }
    if (!loaded.knowledge) {
        std::printf("%s: %zu fault%s\n", folder.c_str(), loaded.problems.size(),
                    loaded.problems.size() == 1 ? "" : "s");
        return faults;
    }
    const cards::Knowledge& knowledge = *loaded.knowledge;
    std::printf(
        "%s: version %s, %zu services, %zu rules, %zu variables, %zu inputs; no faults, %zu warnings\n",
        folder.c_str(), knowledge.version().c_str(), knowledge.services().size(), knowledge.rules().size(),
        knowledge.variables().size(), knowledge.inputs().size(), loaded.warnings.size());
    print_overview(knowledge);
    return well;
}

int check_configuration(const std::string& config) {
    const LoadedConfiguration loaded = load_configuration({config, {}, {}});
    for (const std::string& problem : loaded.problems) std::fprintf(stderr, "%s\n", problem.c_str());
    for (const std::string& warning : loaded.warnings)
        std::fprintf(stderr, "%s (warning)\n", warning.c_str());
    if (!loaded.configuration) {
        std::printf("%s: %zu fault%s\n", loaded.file.c_str(), loaded.problems.size(),
                    loaded.problems.size() == 1 ? "" : "s");
        return loaded.code;
    }
    const Configuration& configuration = *loaded.configuration;
    std::printf("%s: no faults; knowledge %s of %s, %zu clients, %s\n", loaded.file.c_str(),
                configuration.knowledge->version().c_str(), configuration.knowledge_folder.c_str(),
                configuration.settings.clients.size(), configuration.tls ? "TLS" : "no TLS");
    return well;
}

}  // namespace hooks
