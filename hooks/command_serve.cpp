// serve: settings, knowledge, service and server put together; a word on stdout where it listens.
#include "hooks/admin.hpp"
#include "hooks/commands.hpp"
#include "hooks/configuration.hpp"
#include "hooks/current_service.hpp"
#include "hooks/decision_key.hpp"
#include "hooks/decision_log.hpp"
#include "hooks/feedback_sqlite.hpp"
#include "hooks/heap.hpp"
#include "hooks/http_server.hpp"
#include "hooks/log.hpp"
#include "hooks/metrics.hpp"
#include "hooks/process_state.hpp"
#include "hooks/reload.hpp"
#include "hooks/service_manager.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hooks {

namespace {

// What waits for the first opening of the feedback file gives up after that: a large one may be checked
// whole.
constexpr std::chrono::seconds opening_time{2};

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

/// Likewise; null if no decision is to be recorded.
std::unique_ptr<DecisionLog> decision_log(const DecisionSettings& settings, std::string key) {
    if (settings.file.empty()) return nullptr;
    DecisionLogOptions options;
    options.file = settings.file;
    options.key = std::move(key);
    auto log = std::make_unique<DecisionLog>(std::move(options));
    log->wait_for_first_attempt(opening_time);
    return log;
}

std::string url_of(std::string_view scheme, const std::string& address, std::uint16_t port,
                   const Settings& settings) {
    const bool is_v6 = address.find(':') != std::string::npos;
    return std::string(scheme) + (is_v6 ? "[" + address + "]" : address) + ":" + std::to_string(port) +
           settings.base_path;
}

/// Where it can be called, plain HTTP first.
std::vector<std::string> urls(const HttpServer& server, const Settings& settings) {
    std::vector<std::string> all;
    const ServerOptions& options = settings.server;
    for (const bool tls : {false, true}) {
        const std::string_view scheme = tls ? "https://" : "http://";
        for (const InheritedSocket& socket : options.inherited) {
            if (socket.tls == tls) all.push_back(url_of(scheme, socket.address, socket.port, settings));
        }
        const std::string& address = tls ? options.tls_address : options.address;
        if (!options.inherited.empty() || address.empty()) continue;
        all.push_back(url_of(scheme, address, tls ? server.tls_port() : server.port(), settings));
    }
    return all;
}

void announce(const HttpServer& server, const Configuration& configuration, const std::string& today) {
    const Settings& settings = configuration.settings;
    const cards::Knowledge& knowledge = *configuration.knowledge;
    const std::vector<std::string> where = urls(server, settings);
    for (const std::string& url : where) {
        const std::string begin = &url == where.data() ? "asps-cds " + std::string(version()) + ":" : "and";
        std::printf("%s %s/cds-services\n", begin.c_str(), url.c_str());
    }
    std::printf("%s\n", status_of(configuration).c_str());
    if (!today.empty()) std::printf("today is pinned to %s\n", today.c_str());
    std::fflush(stdout);
    for (const std::string& url : where) {
        log_event(LogLevel::info, "started",
                  {{"version", version()},
                   {"url", std::string_view(url)},
                   {"knowledge", std::string_view(knowledge.version())},
                   {"today", today.empty() ? std::string_view("system clock") : std::string_view(today)}});
    }
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
    if (const std::string problem = public_url_problem(settings); !problem.empty()) {
        log_event(LogLevel::warn, "public-url-unknown", {{"reason", std::string_view(problem)}});
    }
    if (!requires_tokens(settings) && listens_beyond_loopback(settings.server)) {
        log_event(LogLevel::warn, "open-to-any-caller");
    }
    if (listens_plain_beyond_loopback(settings.server)) {
        log_event(LogLevel::warn, "plain-http-beyond-loopback");
    }
}

/// True if there are any; they are then on stderr.
bool print_problems(const std::vector<std::string>& problems) {
    for (const std::string& problem : problems) std::fprintf(stderr, "%s\n", problem.c_str());
    return !problems.empty();
}

/// Each connection is an open file, and the usual limit of 1,024 is a soft one.
void allow_open_files(const ServerOptions& options) {
    constexpr rlim_t beside = 512;  // to FHIR servers, turned away, of stores and the log
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    const rlim_t wanted = std::min<rlim_t>(options.connections + beside, limit.rlim_max);
    if (limit.rlim_cur >= wanted) return;
    limit.rlim_cur = wanted;
    setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int serve(const ServeArguments& arguments) {
    std::signal(SIGPIPE, SIG_IGN);  // a closed stderr or peer is an error to see, not an end
    std::signal(SIGXFSZ, SIG_IGN);  // likewise a file over the limit of its size
    std::signal(SIGHUP, SIG_IGN);   // until there is something to reload
    const ServiceManager manager;
    keep_heap_small();
    const std::optional<Clock> clock =
        arguments.today.empty() ? std::optional(system_clock()) : pinned_clock(arguments.today);
    if (!clock) {
        std::fprintf(stderr, "--today: expected a date such as 2026-01-31, got \"%s\"\n",
                     arguments.today.c_str());
        return wrong_use;
    }
    const ConfigurationSource source{arguments.config, arguments.listen, manager.sockets()};
    LoadedConfiguration loaded = load_configuration(source);
    loaded.problems.insert(loaded.problems.end(), manager.problems().begin(), manager.problems().end());
    if (print_problems(loaded.problems)) return loaded.code == well ? faults : loaded.code;
    Configuration& configuration = *loaded.configuration;
    Settings& settings = configuration.settings;

    allow_open_files(settings.server);
    std::string key, keyless;  // keyless: why there is none
    if (!settings.decisions.file.empty()) {
        auto made = decision_key(settings.decisions.key_file);
        if (!made && made.error().code == fhir::IssueCode::value) {
            std::fprintf(stderr, "decisions.keyFile: %s\n", made.error().diagnostics.c_str());
            return faults;
        }
        if (made)
            key = *std::move(made);
        else
            keyless = made.error().diagnostics;
    }

    start_log(settings.log_level);
    if (!keyless.empty()) {  // cards are worth more than their records
        log_event(LogLevel::error, "decisions-unavailable", {{"reason", std::string_view(keyless)}});
        metrics::decisions_up(false);
        settings.decisions.file.clear();
    }
    std::unique_ptr<SqliteFeedback> feedback = feedback_store(settings.feedback);
    std::unique_ptr<DecisionLog> decisions = decision_log(settings.decisions, std::move(key));
    ProcessState process;
    CurrentService service(service_of(configuration, *clock, feedback.get(), decisions.get(), process),
                           [&manager] { manager.stopping(); });
    HttpServer server(settings.server, service);
    if (const auto problem = server.listen()) {
        feedback.reset();
        decisions.reset();
        stop_log();
        std::fprintf(stderr, "%s\n", problem->c_str());
        return faults;
    }
    std::optional<AdminListener> admin;
    if (!settings.admin.address.empty()) {
        admin.emplace(settings.admin, service);
        if (const auto problem = admin->listen()) {
            feedback.reset();
            decisions.reset();
            stop_log();
            std::fprintf(stderr, "admin.listen: %s\n", problem->c_str());
            return faults;
        }
        log_event(
            LogLevel::info, "admin-listens",
            {{"address", std::string_view(settings.admin.address)}, {"port", std::int64_t{admin->port()}}});
    }
    bool drained = false;
    {
        Reloader reloader(
            {server, service, process, manager, feedback.get(), decisions.get(), *clock, source},
            configuration);
        server.heed_signals([&reloader] { reloader.request(); });
        announce(server, configuration, arguments.today);
        server.post([&manager, status = status_of(configuration)] { manager.ready(status); });
        drained = server.run();
    }
    admin.reset();
    feedback.reset();  // writes what waits
    decisions.reset();
    log_event(drained ? LogLevel::info : LogLevel::warn,
              drained ? "stopped" : "stopped-with-connections-cut");
    stop_log();
    return well;
}

}  // namespace hooks
