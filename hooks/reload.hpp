// Reloader: puts a new configuration in the place of the one in use while calls are answered: whole, or not
// at all.
#pragma once

#include "hooks/clock.hpp"
#include "hooks/configuration.hpp"
#include "hooks/current_service.hpp"
#include "hooks/feedback.hpp"
#include "hooks/http_server.hpp"
#include "hooks/process_state.hpp"
#include "hooks/service_manager.hpp"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace hooks {

class DecisionLog;

/// What a reload works on. All of it outlives the reloader.
struct Reloadable {
    HttpServer& server;
    CurrentService& service;
    ProcessState& process;
    const ServiceManager& manager;
    FeedbackStore* feedback = nullptr;
    DecisionLog* decisions = nullptr;
    Clock clock;
    ConfigurationSource source;
    std::chrono::milliseconds look{60'000};  ///< so often it looks whether the certificate's files changed
};

/// A service for the configuration.
std::shared_ptr<CdsService> service_of(const Configuration& configuration, const Clock& clock,
                                       FeedbackStore* feedback, DecisionLog* decisions,
                                       const ProcessState& process);

/// For the manager and people: `1.0.0 of config/asps, 23 rules`.
std::string status_of(const Configuration& configuration);

/// Works on a thread of its own: reading and checking take longer than a call may wait. The same thread tells
/// the manager that the serving threads answer.
class Reloader {
  public:
    Reloader(Reloadable parts, Configuration in_use);
    Reloader(const Reloader&) = delete;
    Reloader& operator=(const Reloader&) = delete;

    /// Reads the configuration anew, soon. Any number of requests while one is being read make one more
    /// reading. What is wrong goes to the log, and then everything stays as it was.
    void request();

  private:
    using Time = std::chrono::steady_clock;

    void run(const std::stop_token& stop);
    void reload();
    void look_at_certificate();
    void use(Configuration next);
    void use(std::shared_ptr<const ServerTls> tls);
    void refuse(std::string_view event, const std::vector<std::string>& problems);
    void keep_addresses(Configuration& next) const;
    void prove_alive();

    const Reloadable parts_;
    Configuration in_use_;                         // of the thread, after the start
    std::string looked_at_;                        // the state of the certificate's files
    std::int64_t told_days_ = -1;                  // of the certificate's last ones, in the log
    std::shared_ptr<std::atomic<bool>> is_asked_;  // whether the serving threads still owe an answer

    std::mutex mutex_;  // guards the one below
    bool requested_ = false;
    std::condition_variable_any wake_;
    std::jthread thread_;  // last: joined before what it uses is gone
};

}  // namespace hooks
