// serve: settings, knowledge, service and server put together; a word on stdout where it listens.
#include "hooks/admin.hpp"
#include "hooks/command_knowledge.hpp"
#include "hooks/command_settings.hpp"
#include "hooks/commands.hpp"
#include "hooks/feedback_sqlite.hpp"
#include "hooks/http_server.hpp"
#include "hooks/knowledge_folder.hpp"
#include "hooks/log.hpp"
#include "hooks/service.hpp"
#include "hooks/settings.hpp"
#include "hooks/web_url.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <variant>

namespace hooks {

namespace {

// What waits for the first opening of the feedback file gives up after that: a large one may be checked
// whole.
constexpr std::chrono::seconds opening_time{2};

/// Service and rule ids of the settings that the knowledge does not know.
std::vector<std::string> unknown_ids(const Settings& settings, const cards::Knowledge& knowledge) {
    std::vector<std::string> problems;
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
    return problems;
}

bool print_problems(const std::vector<std::string>& problems) {
    for (const std::string& problem : problems) std::fprintf(stderr, "%s\n", problem.c_str());
    return !problems.empty();
}

/// Opened, or being opened; null if the settings switch feedback off.
std::unique_ptr<SqliteFeedback> feedback_store(const FeedbackSettings& settings) {
    if (settings.file.empty()) return nullptr;
    SqliteFeedbackOptions options;
    options.file = settings.file;
    options.retention = settings.retention;
    auto store = std::make_unique<SqliteFeedback>(std::move(options));
    store->wait_for_first_attempt(opening_time);
    return store;
}

void announce(const HttpServer& server, const Settings& settings, const cards::Knowledge& knowledge,
              const std::string& folder, const std::string& today) {
    const bool v6 = settings.server.address.find(':') != std::string::npos;
    const std::string host = v6 ? "[" + settings.server.address + "]" : settings.server.address;
    const std::string url = "http://" + host + ":" + std::to_string(server.port()) + settings.base_path;
    std::printf("asps-cds %s: %s/cds-services\nknowledge %s of %s: %zu rules\n",
                std::string(version()).c_str(), url.c_str(), knowledge.version().c_str(), folder.c_str(),
                knowledge.rules().size());
    if (!today.empty()) std::printf("today is pinned to %s\n", today.c_str());
    std::fflush(stdout);
    log_event(LogLevel::info, "started",
              {{"version", version()},
               {"url", std::string_view(url)},
               {"knowledge", std::string_view(knowledge.version())},
               {"today", today.empty() ? std::string_view("system clock") : std::string_view(today)}});
    for (const std::string& base : settings.fhir.servers) {
        log_event(LogLevel::info, "fhir-server-listed", {{"base", std::string_view(base)}});
    }
    if (settings.fhir.plain_http || settings.fhir.without_token) {
        log_event(LogLevel::warn, "fhir-servers-for-tests",
                  {{"plainHttp", std::int64_t{settings.fhir.plain_http}},
                   {"withoutToken", std::int64_t{settings.fhir.without_token}}});
    }
    for (const TrustedClient& client : settings.clients) {
        log_event(LogLevel::info, "client-trusted", {{"issuer", std::string_view(client.issuer)}});
    }
    if (!requires_tokens(settings) && !is_loopback(settings.server.address)) {
        log_event(LogLevel::warn, "open-to-any-caller",
                  {{"address", std::string_view(settings.server.address)}});
    }
    if (!is_loopback(settings.server.address)) {
        log_event(LogLevel::warn, "plain-http-beyond-loopback",
                  {{"address", std::string_view(settings.server.address)}});
    }
}

}  // namespace

int serve(const ServeArguments& arguments) {
    const std::optional<Clock> clock =
        arguments.today.empty() ? std::optional(system_clock()) : pinned_clock(arguments.today);
    if (!clock) {
        std::fprintf(stderr, "--today: expected a date such as 2026-01-31, got \"%s\"\n",
                     arguments.today.c_str());
        return wrong_use;
    }
    auto read = command_settings(arguments.config);
    if (const ExitCode* fault = std::get_if<ExitCode>(&read)) return *fault;
    Settings& settings = std::get<Settings>(read);
    if (!arguments.listen.empty() && !set_listen(settings, arguments.listen)) {
        std::fprintf(stderr, "--listen: expected address:port such as 127.0.0.1:8080, got \"%s\"\n",
                     arguments.listen.c_str());
        return wrong_use;
    }
    if (const auto problem = FhirAccess::problem(settings.fhir)) {
        std::fprintf(stderr, "fhir: %s\n", problem->c_str());
        return faults;
    }
    if (requires_tokens(settings) && settings.clients.empty()) {
        std::fprintf(
            stderr,
            "listen: beyond loopback every caller must show a token: name the callers in `clients` of the "
            "settings, or set auth.required to \"never\" (ASPS_CDS_AUTH_REQUIRED=never)\n");
        return faults;
    }
    const std::string folder = knowledge_folder(settings.knowledge);
    if (folder.empty()) return wrong_use;
    const auto knowledge = load_knowledge(folder).knowledge;
    if (!knowledge || print_problems(unknown_ids(settings, *knowledge))) return faults;

    std::signal(SIGPIPE, SIG_IGN);  // a closed stderr or peer is an error to see, not an end
    std::signal(SIGXFSZ, SIG_IGN);  // likewise a file over the limit of its size
    start_log(settings.log_level);
    std::unique_ptr<SqliteFeedback> feedback = feedback_store(settings.feedback);
    CdsService service(settings, knowledge, *clock, feedback.get());
    HttpServer server(settings.server, service);
    if (const auto problem = server.listen()) {
        feedback.reset();
        stop_log();
        std::fprintf(stderr, "%s\n", problem->c_str());
        return faults;
    }
    std::optional<AdminListener> admin;
    if (!settings.admin.address.empty()) {
        admin.emplace(settings.admin, service);
        if (const auto problem = admin->listen()) {
            feedback.reset();
            stop_log();
            std::fprintf(stderr, "admin.listen: %s\n", problem->c_str());
            return faults;
        }
        log_event(
            LogLevel::info, "admin-listens",
            {{"address", std::string_view(settings.admin.address)}, {"port", std::int64_t{admin->port()}}});
    }
    server.stop_on_signals();
    announce(server, settings, *knowledge, folder, arguments.today);
    const bool drained = server.run();
    admin.reset();
    feedback.reset();  // writes what waits
    log_event(drained ? LogLevel::info : LogLevel::warn,
              drained ? "stopped" : "stopped-with-connections-cut");
    stop_log();
    return well;
}

}  // namespace hooks
