// A decision becomes a line at once, where all that it borrows is at hand. The writer takes all lines that
// wait, and keeps those that could not be written for the next attempt.
#include "hooks/decision_log.hpp"

#include "fhir/json_writer.hpp"
#include "hooks/commands.hpp"
#include "hooks/log.hpp"
#include "hooks/metrics.hpp"

#include <stdexcept>
#include <utility>

namespace hooks {

namespace {

using namespace std::chrono_literals;

constexpr auto between_attempts = 1s;
constexpr auto gathering = 100ms;
// Lines that waited for a disk, and were more than this, leave no memory behind.
constexpr std::size_t kept_bytes = 4'194'304;

}  // namespace

DecisionLog::DecisionLog(DecisionLogOptions options)
    : options_(std::move(options)),
      names_(options_.key),
      writer_([this](const std::stop_token& stop) { run(stop); }) {}

DecisionLog::~DecisionLog() = default;

void DecisionLog::record(const Decision& decision) {
    thread_local std::string line;
    line.clear();
    append_decision(line, decision);
    line += '\n';
    {
        const std::lock_guard lock(mutex_);
        if (queue_.decisions + taken_ >= options_.waiting) {
            ++lost_;
            metrics::decisions_lost(1);
            return;
        }
        queue_.lines += line;
        if (++queue_.decisions > 1) return;
    }
    wake_.notify_one();
}

void DecisionLog::wait_for_first_attempt(std::chrono::milliseconds most) {
    std::unique_lock lock(mutex_);
    attempt_made_.wait_for(lock, most, [this] { return attempted_; });
}

void DecisionLog::run(const std::stop_token& stop) {
    Waiting taken;
    for (bool last = false; !last;) {
        std::size_t lost = 0;
        {
            std::unique_lock lock(mutex_);
            if (attempted_ && open_) {
                wake_.wait(lock, stop, [this] { return queue_.decisions > 0; });
                wake_.wait_for(lock, stop, gathering, [] { return false; });
            } else if (attempted_) {
                wake_.wait_until(lock, stop, next_attempt_, [] { return false; });
            }
            last = stop.stop_requested();
            if (taken.lines.empty()) {
                taken.lines.swap(queue_.lines);
            } else {
                taken.lines += queue_.lines;
                queue_.lines.clear();
            }
            taken.decisions += std::exchange(queue_.decisions, 0);
            lost = std::exchange(lost_, 0);
            taken_ = taken.decisions;
        }
        // Losses happen while the queue is full, so behind what was in it.
        if (lost > 0) taken.lines += note(chain_events::lost, lost);
        const bool well = write(taken);
        const std::lock_guard lock(mutex_);
        taken_ = taken.decisions;
        if (!std::exchange(attempted_, true)) attempt_made_.notify_all();
        if (last && !well && taken.decisions > 0) {
            metrics::decisions_lost(taken.decisions);
            log_event(LogLevel::error, "decisions-lost",
                      {{"decisions", static_cast<std::int64_t>(taken.decisions)}});
        }
    }
    if (file_) {
        log_event(LogLevel::info, "decisions-end",
                  {{"file", std::string_view(options_.file)},
                   {"line", static_cast<std::int64_t>(end_.sequence)},
                   {"hash", std::string_view(end_.hash)}});
    }
    file_.reset();
}

/// Writes what waits and forgets it; errors of the file become a state, which readiness and a metric tell.
bool DecisionLog::write(Waiting& waiting) {
    try {
        if (file_ && !file_->is_in_place()) file_.reset();
        if (!file_) open();
        if (!waiting.lines.empty()) file_->append(waiting.lines);
    } catch (const std::runtime_error& error) {
        failed(error.what());
        return false;
    }
    end_ = file_->end();
    waiting.lines.clear();
    if (waiting.lines.capacity() > kept_bytes) waiting.lines.shrink_to_fit();
    metrics::decisions_kept(std::exchange(waiting.decisions, 0));
    if (!open_.exchange(true)) {
        problem_.clear();
        metrics::decisions_up(true);
        // With this in the log's own archive, a file that was cut at its end shows.
        log_event(LogLevel::info, "decisions-open",
                  {{"file", std::string_view(options_.file)},
                   {"line", static_cast<std::int64_t>(end_.sequence)},
                   {"hash", std::string_view(end_.hash)}});
    }
    return true;
}

void DecisionLog::open() {
    auto file = std::make_unique<DecisionFile>(options_.file);
    if (file->is_new()) {
        const bool follows = end_.sequence > 0;
        if (follows) file->continue_from(end_);
        file->append(note(follows ? chain_events::continued : chain_events::begun));
    }
    file_ = std::move(file);
}

void DecisionLog::failed(const char* problem) {
    file_.reset();
    open_ = false;
    metrics::decisions_up(false);
    next_attempt_ = Time::now() + between_attempts;
    if (problem_ == problem) return;  // said already
    problem_ = problem;
    log_event(LogLevel::error, "decisions-unavailable",
              {{"file", std::string_view(options_.file)}, {"reason", std::string_view(problem_)}});
}

std::string DecisionLog::note(std::string_view event, std::size_t decisions) const {
    std::string line;
    fhir::JsonWriter json(line);
    json.begin_object();
    json.member("event", event);
    json.member("time", std::string_view(utc_text(options_.now())));
    json.member("program", version());
    if (decisions > 0) json.member("decisions", static_cast<std::int64_t>(decisions));
    json.end_object();
    return line += '\n';
}

}  // namespace hooks
