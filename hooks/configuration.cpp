// One check after the other; what depends on something broken is not looked at.
#include "hooks/configuration.hpp"

#include "hooks/command_knowledge.hpp"
#include "hooks/command_settings.hpp"
#include "hooks/commands.hpp"
#include "hooks/fhir_access.hpp"
#include "hooks/knowledge_folder.hpp"
#include "hooks/published_keys.hpp"
#include "hooks/trust.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace hooks {

namespace {

using Problems = std::vector<std::string>;

/// Service and rule ids of the settings that the knowledge does not know.
void check_ids(const Settings& settings, const cards::Knowledge& knowledge, Problems& problems) {
    for (const auto& [id, enabled] : settings.services) {
        if (knowledge.service(id)) continue;
        std::string known;
        for (const cards::Service& service : knowledge.services()) known.append(" ").append(service.id);
        problems.push_back(
            std::string("services.").append(id).append(": unknown service; known:").append(known));
    }
    for (const auto& [id, enabled] : settings.rules) {
        const bool is_known = std::any_of(knowledge.rules().begin(), knowledge.rules().end(),
                                          [&id = id](const auto& rule) { return rule->id == id; });
        if (is_known) continue;
        std::string known;
        for (const auto& rule : knowledge.rules()) known.append(" ").append(rule->id);
        problems.push_back(std::string("rules.").append(id).append(": unknown rule; known:").append(known));
    }
}

/// What must not be open to strangers by mistake.
void check_exposure(const Settings& settings, Problems& problems) {
    const ServerOptions& server = settings.server;
    if (server.inherited.empty() && server.address.empty() && server.tls_address.empty()) {
        problems.emplace_back("listen: nowhere: expected an address in listen or tls.listen");
    }
    if (listens_plain_beyond_loopback(server) && settings.tls_required == TlsRequired::automatic) {
        problems.emplace_back(
            "listen: beyond loopback plain HTTP shows patients' data to the network: use tls.listen with a "
            "certificate, or, if a TLS proxy stands in front, set tls.required to \"never\" "
            "(ASPS_CDS_TLS_REQUIRED=never)");
    }
    if (requires_tokens(settings) && settings.clients.empty()) {
        problems.emplace_back(
            "listen: beyond loopback every caller must show a token: name the callers in `clients` of the "
            "settings, or set auth.required to \"never\" (ASPS_CDS_AUTH_REQUIRED=never)");
    }
}

void read_tls(Configuration& configuration, Problems& problems) {
    const Settings& settings = configuration.settings;
    const auto& inherited = settings.server.inherited;
    const bool is_asked = inherited.empty() ? !settings.server.tls_address.empty()
                                            : std::any_of(inherited.begin(), inherited.end(),
                                                          [](const auto& one) { return one.tls; });
    if (!is_asked && settings.tls == TlsSettings()) return;
    configuration.tls_files = state_of_files(settings.tls);
    ServerTls::Loaded loaded = ServerTls::load(settings.tls, std::chrono::system_clock::now());
    configuration.tls = std::move(loaded.tls);
    problems.insert(problems.end(), loaded.problems.begin(), loaded.problems.end());
}

/// The settings' own problems: keys that fit by themselves but not together, files that cannot be used.
Problems check_settings(Configuration& configuration) {
    Problems problems;
    check_exposure(configuration.settings, problems);
    read_tls(configuration, problems);
    if (auto problem = FhirAccess::problem(configuration.settings.fhir))
        problems.push_back("fhir: " + *problem);
    const Problems keys = key_file_problems(configuration.settings.clients);
    problems.insert(problems.end(), keys.begin(), keys.end());
    return problems;
}

/// W-21: a client whose tokens anybody can make. To try things out on this machine that is a warning.
void check_published_keys(const Settings& settings, Problems& problems, Problems& warnings) {
    const Problems found = published_key_problems(settings.clients);
    Problems& told = listens_beyond_loopback(settings.server) ? problems : warnings;
    told.insert(told.end(), found.begin(), found.end());
}

void take_knowledge(Configuration& configuration, LoadedConfiguration& loaded) {
    std::string& folder = configuration.knowledge_folder;
    folder = configuration.settings.knowledge;
    if (folder.empty()) {
        const auto usual = find_knowledge_folder();
        if (!usual) {
            loaded.problems.emplace_back(
                "knowledge: config/asps is neither here nor beside the program; name a folder");
            loaded.code = wrong_use;
            return;
        }
        folder = usual->string();
    }
    cards::Knowledge::Loaded read = read_knowledge(folder);
    for (const cards::Problem& problem : read.problems) loaded.problems.push_back(cards::to_string(problem));
    for (const cards::Problem& warning : read.warnings) loaded.warnings.push_back(cards::to_string(warning));
    configuration.knowledge = std::move(read.knowledge);
}

}  // namespace

LoadedConfiguration load_configuration(const ConfigurationSource& source) {
    LoadedConfiguration loaded;
    FoundSettings found = find_settings(source.file);
    loaded.file = std::move(found.file);
    loaded.problems = std::move(found.problems);
    loaded.code = found.code;
    if (!loaded.problems.empty()) return loaded;
    Configuration configuration;
    configuration.settings = std::move(found.settings);
    if (!source.listen.empty() && !set_listen(configuration.settings, source.listen)) {
        loaded.problems.push_back("--listen: expected address:port such as 127.0.0.1:8080, got \"" +
                                  source.listen + "\"");
        loaded.code = wrong_use;
        return loaded;
    }
    configuration.settings.server.inherited = source.inherited;
    Problems problems = check_settings(configuration), warnings;
    check_published_keys(configuration.settings, problems, warnings);
    take_knowledge(configuration, loaded);
    if (std::string warning = public_url_problem(configuration.settings); !warning.empty())
        warnings.push_back(std::move(warning));
    for (const std::string& warning : warnings)
        loaded.warnings.push_back(loaded.file.empty() ? warning : loaded.file + ": " + warning);
    if (configuration.knowledge) check_ids(configuration.settings, *configuration.knowledge, problems);
    for (std::string& problem : problems) {
        if (!loaded.file.empty()) problem.insert(0, loaded.file + ": ");
        loaded.problems.push_back(std::move(problem));
    }
    if (loaded.problems.empty()) {
        loaded.configuration = std::move(configuration);
    } else if (loaded.code == well) {
        loaded.code = faults;
    }
    return loaded;
}

}  // namespace hooks
