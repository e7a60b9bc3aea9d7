// JSON lines by our own writer; spdlog passes them to a sink that writes them in batches from a thread of its
// own.
#include "hooks/log.hpp"

#include "fhir/issue.hpp"
#include "fhir/json_writer.hpp"
#include "hooks/log_limit.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace hooks {

namespace {

constexpr std::array<std::string_view, 5> level_names = {"debug", "info", "warn", "error", "off"};
// A stalled reader of stderr must not stall requests: beyond this many bytes waiting, lines are lost.
constexpr std::size_t waiting_bytes = 4'194'304;
constexpr std::chrono::milliseconds batch_time{20};

spdlog::level::level_enum spdlog_level(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warn:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
        case LogLevel::off:
            return spdlog::level::off;
    }
    return spdlog::level::off;
}

/// `2026-11-23T19:03:12.123456Z`; the part up to the seconds is kept from line to line.
std::string_view now_text() {
    thread_local std::time_t known_second = -1;
    thread_local std::array<char, 32> text = {};
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    const auto second = std::chrono::floor<std::chrono::seconds>(since_epoch);
    if (second.count() != known_second) {
        known_second = second.count();
        std::tm utc{};
        gmtime_r(&known_second, &utc);
        std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S.000000Z", &utc);
    }
    auto micro = std::chrono::duration_cast<std::chrono::microseconds>(since_epoch - second).count();
    for (std::size_t digit = 25; digit >= 20; --digit, micro /= 10) {
        text[digit] = static_cast<char>('0' + micro % 10);
    }
    return {text.data(), 27};
}

void begin_line(fhir::JsonWriter& json, LogLevel level, std::string_view event) {
    json.begin_object();
    json.member("time", now_text());
    json.member("level", to_string(level));
    json.member("event", event);
}

void write_strings(fhir::JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    json.key(name);
    json.begin_array();
    for (const std::string& text : texts) json.value(std::string_view(text));
    json.end_array();
}

void write_unless_empty(fhir::JsonWriter& json, std::string_view name, std::string_view text) {
    if (!text.empty()) json.member(name, text);
}

void write_unless_zero(fhir::JsonWriter& json, std::string_view name, std::int64_t number) {
    if (number != 0) json.member(name, number);
}

/// How asking the EHR's FHIR server went.
void write_fhir(fhir::JsonWriter& json, const RequestEvent& event) {
    write_unless_empty(json, "fhir", event.fhir);
    if (event.fhir_calls == 0 && event.fhir_faults.empty()) return;
    json.member("fhirCalls", event.fhir_calls);
    json.member("fhirUs", event.fhir_microseconds);
    json.member("fetched", event.fetched);
    if (event.fhir_faults.empty()) return;
    json.key("fhirFaults");
    json.begin_object();
    for (const auto& [kind, count] : event.fhir_faults) json.member(kind, count);
    json.end_object();
}

/// Collects lines and writes them to stderr `batch_time` after the first. Waking a thread for each line
/// (spdlog's async logger) costs 11 us of processor at the pace of requests, this 2.
class BatchSink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    BatchSink() : writer_([this](const std::stop_token& stop) { write_batches(stop); }) {}

  private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        if (waiting_.size() > waiting_bytes) {
            ++lost_;
            return;
        }
        if (waiting_.empty()) first_line_.notify_one();
        waiting_.append(message.payload.data(), message.payload.size()).append("\n");
    }
    void flush_() override {}

    void write_batches(const std::stop_token& stop) {
        std::string batch;
        for (bool last = false; !last;) {
            {
                std::unique_lock lock(mutex_);
                first_line_.wait(lock, stop, [this] { return !waiting_.empty(); });
                first_line_.wait_for(lock, stop, batch_time, [] { return false; });
                last = stop.stop_requested();
                batch.swap(waiting_);
                if (lost_ > 0) append_lost(batch, std::exchange(lost_, 0));
            }
            write_all(batch);
            batch.clear();
        }
    }

    static void append_lost(std::string& batch, std::int64_t lines) {
        fhir::JsonWriter json(batch);
        begin_line(json, LogLevel::warn, "log-lines-lost");
        json.member("lines", lines);
        json.end_object();
        batch += '\n';
    }

    static void write_all(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t written = ::write(STDERR_FILENO, bytes.data(), bytes.size());
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) return;  // stderr is gone: nowhere to say so
            bytes.remove_prefix(static_cast<std::size_t>(written));
        }
    }

    std::string waiting_;  // guarded by base_sink's mutex_
    std::int64_t lost_ = 0;
    std::condition_variable_any first_line_;
    std::jthread writer_;  // last: joined before what it uses is gone
};

std::shared_ptr<spdlog::logger> logger;

/// Of warnings and errors; lines of requests are one each, but for the next, and the rest is rare.
LogLimit& limit() {
    static LogLimit lines(20, std::chrono::seconds(10));
    return lines;
}

/// Of requests turned away because there are too many, by client: there are thousands a second of them just
/// when the machine has no time, and all say the same. Metrics count every one.
LogLimit& turned_away_limit() {
    static LogLimit lines(1, std::chrono::seconds(1));
    return lines;
}

}  // namespace

std::string_view to_string(LogLevel level) { return level_names[static_cast<std::size_t>(level)]; }

std::optional<LogLevel> log_level(std::string_view name) {
    for (std::size_t i = 0; i < level_names.size(); ++i) {
        if (level_names[i] == name) return static_cast<LogLevel>(i);
    }
    return std::nullopt;
}

void start_log(LogLevel level) {
    logger = std::make_shared<spdlog::logger>("asps-cds", std::make_shared<BatchSink>());
    logger->set_level(spdlog_level(level));
}

void set_log_level(LogLevel level) {
    if (logger) logger->set_level(spdlog_level(level));
}

void stop_log() {
    for (const auto& [event, lines] : limit().untold()) {
        log_event(LogLevel::info, "log-lines-left-out",
                  {{"of", std::string_view(event)}, {"leftOut", lines}});
    }
    for (const auto& [caller, lines] : turned_away_limit().untold()) {
        log_event(LogLevel::info, "log-lines-left-out",
                  {{"of", "request"}, {"issuer", std::string_view(caller)}, {"leftOut", lines}});
    }
    logger.reset();
}

void log_event(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    if (!logger || !logger->should_log(spdlog_level(level))) return;
    std::int64_t left_out = 0;
    if (level >= LogLevel::warn) {
        const auto admitted = limit().admit(event, std::chrono::steady_clock::now());
        if (!admitted) return;
        left_out = *admitted;
    }
    std::string line;
    fhir::JsonWriter json(line);
    begin_line(json, level, event);
    for (const LogField& field : fields) {
        std::visit([&](const auto& value) { json.member(field.name, value); }, field.value);
    }
    write_unless_zero(json, "leftOut", left_out);  // lines like this one, in the last seconds
    json.end_object();
    logger->log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

void append_request_line(std::string& out, const RequestEvent& event, std::int64_t left_out) {
    fhir::JsonWriter json(out);
    begin_line(json, event.status >= 500 ? LogLevel::error : LogLevel::info, "request");
    json.member("requestId", std::string_view(event.request_id));
    write_unless_empty(json, "traceId", event.trace_id);
    json.member("method", std::string_view(event.method));
    json.member("path", event.path);
    json.member("status", std::int64_t{event.status});
    json.member("us", event.microseconds);
    json.member("bytesIn", static_cast<std::int64_t>(event.bytes_in));
    json.member("bytesOut", static_cast<std::int64_t>(event.bytes_out));
    write_unless_empty(json, "refusal", event.refusal);
    write_unless_empty(json, "service", event.service);
    write_unless_empty(json, "hook", event.hook);
    write_unless_empty(json, "hookInstance", event.hook_instance);
    write_unless_empty(json, "issuer", event.caller);
    write_unless_empty(json, "tokenFault", event.token_fault);
    write_unless_empty(json, "tokenIssuer", event.token_issuer);
    write_unless_empty(json, "tokenTenant", event.token_tenant);
    write_unless_empty(json, "tokenId", event.token_id);
    if (event.cards >= 0) json.member("cards", event.cards);
    write_strings(json, "topics", event.topics);
    write_strings(json, "fired", event.fired);
    write_unless_zero(json, "notChecked", event.not_checked);
    write_unless_zero(json, "errors", event.errors);
    write_unless_zero(json, "droppedResources", event.dropped_resources);
    write_unless_zero(json, "stored", static_cast<std::int64_t>(event.stored));
    write_unless_zero(json, "repeated", static_cast<std::int64_t>(event.repeated));
    write_unless_zero(json, "unknownCards", static_cast<std::int64_t>(event.unknown_cards));
    write_fhir(json, event);
    write_unless_zero(json, "leftOut", left_out);
    json.end_object();
}

void log_request(const RequestEvent& event) {
    const auto level = event.status >= 500 ? spdlog::level::err : spdlog::level::info;
    if (!logger || !logger->should_log(level)) return;
    std::int64_t left_out = 0;
    if (event.refusal == to_string(fhir::IssueCode::throttled)) {
        const auto admitted = turned_away_limit().admit(event.caller, std::chrono::steady_clock::now());
        if (!admitted) return;
        left_out = *admitted;
    }
    thread_local std::string line;
    line.clear();
    append_request_line(line, event, left_out);
    logger->log(level, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace hooks
