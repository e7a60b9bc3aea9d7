// The reading is configuration.cpp's; here stands what becomes of it.
#include "hooks/reload.hpp"

#include "hooks/log.hpp"
#include "hooks/metrics.hpp"

#include <algorithm>
#include <utility>

namespace hooks {

namespace {

using std::chrono::system_clock;

// From here on the log says every day how many are left.
constexpr std::int64_t few_days = 21;

std::int64_t seconds_of(system_clock::time_point time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

/// The keys that differ and take effect only at the next start.
std::vector<std::string_view> fixed_keys(const Settings& now, const Settings& next) {
    std::vector<std::string_view> keys;
    const auto compare = [&keys](std::string_view key, const auto& one, const auto& other) {
        if (one != other) keys.push_back(key);
    };
    const ServerOptions &server = now.server, &other = next.server;
    compare("listen", std::pair(server.address, server.port), std::pair(other.address, other.port));
    compare("tls.listen", std::pair(server.tls_address, server.tls_port),
            std::pair(other.tls_address, other.tls_port));
    compare("admin.listen", std::pair(now.admin.address, now.admin.port),
            std::pair(next.admin.address, next.admin.port));
    compare("threads", server.threads, other.threads);
    compare("feedback.file", now.feedback.file, next.feedback.file);
    compare("decisions.file", now.decisions.file, next.decisions.file);
    compare("decisions.keyFile", now.decisions.key_file, next.decisions.key_file);
    compare("feedback.retentionDays", now.feedback.retention, next.feedback.retention);
    return keys;
}

}  // namespace

std::shared_ptr<CdsService> service_of(const Configuration& configuration, const Clock& clock,
                                       FeedbackStore* feedback, DecisionLog* decisions,
                                       const ProcessState& process) {
    return std::make_shared<CdsService>(configuration.settings, configuration.knowledge, clock, feedback,
                                        decisions, &process);
}

std::string status_of(const Configuration& configuration) {
    const cards::Knowledge& knowledge = *configuration.knowledge;
    return "knowledge " + knowledge.version() + " of " + configuration.knowledge_folder + ", " +
           std::to_string(knowledge.rules().size()) + " rules";
}

Reloader::Reloader(Reloadable parts, Configuration in_use)
    : parts_(std::move(parts)),
      in_use_(std::move(in_use)),
      looked_at_(in_use_.tls_files),
      is_asked_(std::make_shared<std::atomic<bool>>(false)) {
    metrics::reloaded(true);
    if (in_use_.tls) use(in_use_.tls);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Reloader::request() {
    {
        const std::lock_guard lock(mutex_);
        requested_ = true;
    }
    wake_.notify_one();
}

void Reloader::run(const std::stop_token& stop) {
    const std::chrono::microseconds watchdog = parts_.manager.watchdog();
    const Time::time_point never = Time::time_point::max();
    Time::time_point look = Time::now() + parts_.look;
    Time::time_point proof = watchdog.count() > 0 ? Time::now() : never;
    while (!stop.stop_requested()) {
        bool is_requested = false;
        {
            std::unique_lock lock(mutex_);
            wake_.wait_until(lock, stop, std::min(look, proof), [this] { return requested_; });
            is_requested = std::exchange(requested_, false);
        }
        if (stop.stop_requested()) return;
        if (is_requested) reload();
        const Time::time_point now = Time::now();
        if (now >= proof) {
            proof = now + watchdog;
            prove_alive();
        }
        if (now >= look) {
            look = now + parts_.look;
            look_at_certificate();
        }
        parts_.service.forget_replaced();
    }
}

/// The manager hears of us when a serving thread has come by.
void Reloader::prove_alive() {
    if (is_asked_->exchange(true)) return;
    parts_.server.post([is_asked = is_asked_, &manager = parts_.manager] {
        *is_asked = false;
        manager.still_alive();
    });
}

void Reloader::reload() {
    parts_.manager.reloading();
    log_event(LogLevel::info, "reloading");
    LoadedConfiguration loaded = load_configuration(parts_.source);
    if (loaded.configuration) {
        use(*std::move(loaded.configuration));
        parts_.process.is_current = true;
        ++parts_.process.reloads;
        metrics::reloaded(true);
        log_event(LogLevel::info, "reloaded",
                  {{"file", std::string_view(loaded.file)},
                   {"knowledge", std::string_view(in_use_.knowledge->version())}});
        parts_.manager.ready(status_of(in_use_));
    } else {
        refuse("reload-refused", loaded.problems);
        parts_.manager.ready(status_of(in_use_) + "; a newer configuration was refused, the log says why");
    }
}

void Reloader::refuse(std::string_view event, const std::vector<std::string>& problems) {
    for (const std::string& problem : problems) {
        log_event(LogLevel::error, event, {{"reason", std::string_view(problem)}});
    }
    parts_.process.is_current = false;
    ++parts_.process.refused;
    metrics::reloaded(false);
}

/// The sockets are what they are: who must show a token hangs on where they listen, not on what a file says
/// now.
void Reloader::keep_addresses(Configuration& next) const {
    for (const std::string_view key : fixed_keys(in_use_.settings, next.settings)) {
        log_event(LogLevel::warn, "setting-needs-restart", {{"key", key}});
    }
    const ServerOptions& now = in_use_.settings.server;
    ServerOptions& server = next.settings.server;
    server.address = now.address;
    server.port = now.port;
    server.tls_address = now.tls_address;
    server.tls_port = now.tls_port;
    server.threads = now.threads;
    next.settings.admin = in_use_.settings.admin;
    next.settings.feedback.file = in_use_.settings.feedback.file;
    next.settings.feedback.retention = in_use_.settings.feedback.retention;
}

void Reloader::use(Configuration next) {
    keep_addresses(next);
    parts_.service.use(service_of(next, parts_.clock, parts_.feedback, parts_.decisions, parts_.process));
    parts_.server.use(next.settings.server);
    set_log_level(next.settings.log_level);
    if (!next.tls) next.tls = in_use_.tls;  // where TLS is listened for, it goes on
    in_use_ = std::move(next);
    looked_at_ = in_use_.tls_files;
    if (in_use_.tls) use(in_use_.tls);
}

void Reloader::use(std::shared_ptr<const ServerTls> tls) {
    parts_.process.certificate_expires = seconds_of(tls->expires());
    metrics::certificate_expires(tls->expires());
    told_days_ = -1;
    parts_.server.use(std::move(tls));
}

void Reloader::look_at_certificate() {
    if (!in_use_.tls) return;
    const auto now = system_clock::now();
    std::string state = state_of_files(in_use_.settings.tls);
    if (state != looked_at_) {  // a refused one is not refused again until it changes again
        looked_at_ = std::move(state);
        ServerTls::Loaded loaded = ServerTls::load(in_use_.settings.tls, now);
        if (loaded.tls) {
            in_use_.tls = std::move(loaded.tls);
            use(in_use_.tls);
            parts_.process.is_current = true;
            metrics::reloaded(true);
            log_event(LogLevel::info, "certificate-reloaded");
        } else {
            refuse("certificate-refused", loaded.problems);
        }
    }
    const std::int64_t days =
        std::chrono::duration_cast<std::chrono::hours>(in_use_.tls->expires() - now).count() / 24;
    if (days >= few_days || days == told_days_) return;
    told_days_ = days;
    log_event(LogLevel::warn, "certificate-expires-soon", {{"days", days}});
}

}  // namespace hooks
