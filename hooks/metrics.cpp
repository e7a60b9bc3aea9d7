// prometheus-cpp keeps the figures and writes the text; this is its only place. Series of labels are made at
// their first use, so that a lookup under a shared lock is all that a known one costs.
#include "hooks/metrics.hpp"

#include "cards/apply.hpp"
#include "hooks/commands.hpp"
#include "hooks/jwt.hpp"
#include "hooks/log.hpp"
#include "hooks/process_figures.hpp"
#include "hooks/trusted_client.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <utility>
#include <vector>

namespace hooks::metrics {

namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Labels;
using Buckets = Histogram::BucketBoundaries;
using Clock = std::chrono::steady_clock;

// A name over these counts as "other": a reload must not add series without end.
constexpr std::size_t most_services = 40, most_rules = 100, most_inputs = 40, most_servers = 20,
                      most_issuers = 20, token_results = 32;
constexpr std::string_view other = "other", no_service = "none";

const Buckets& request_buckets() {
    static const Buckets buckets = {.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5};
    return buckets;
}
const Buckets& queue_buckets() {
    static const Buckets buckets = {.0001, .001, .01, .05, .1, .25, .5, 1};
    return buckets;
}
const Buckets& rule_buckets() {
    static const Buckets buckets = {.00001, .0001, .001, .01, .1};
    return buckets;
}

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

double seconds_since_1970(std::chrono::system_clock::time_point time) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

/// The status codes that we answer with; any other counts as "other".
std::string_view code_name(unsigned status) {
    constexpr std::array<std::pair<unsigned, std::string_view>, 19> names = {{{200, "200"},
                                                                              {204, "204"},
                                                                              {400, "400"},
                                                                              {401, "401"},
                                                                              {403, "403"},
                                                                              {404, "404"},
                                                                              {405, "405"},
                                                                              {408, "408"},
                                                                              {412, "412"},
                                                                              {413, "413"},
                                                                              {414, "414"},
                                                                              {415, "415"},
                                                                              {417, "417"},
                                                                              {422, "422"},
                                                                              {431, "431"},
                                                                              {500, "500"},
                                                                              {501, "501"},
                                                                              {503, "503"},
                                                                              {505, "505"}}};
    const auto* found =
        std::find_if(names.begin(), names.end(), [status](const auto& name) { return name.first == status; });
    return found == names.end() ? other : found->second;
}

constexpr std::array<std::string_view, 8> rejection_names = {
    "connections", "address-connections", "handshake", "malformed", "too-large",
    "too-slow",    "queue-full",          "queue-age"};

bool is_probe(std::string_view path) { return path.starts_with("/health/") || path == "/metrics"; }

/// Names that a label may have; at most so many.
class Names {
  public:
    explicit Names(std::size_t most) : most_(most) {}
    void add(std::string_view name) {
        if (names_.size() < most_) names_.emplace(name);
    }
    /// The name itself, if it is known, else "other".
    std::string_view known(std::string_view name) const { return names_.contains(name) ? name : other; }

  private:
    const std::size_t most_;
    std::set<std::string, std::less<>> names_;
};

/// A family's metrics by one label.
template <class Metric>
using ByName = std::map<std::string, Metric*, std::less<>>;

/// A family's metrics by two.
template <class Metric>
using ByNames = std::map<std::string, ByName<Metric>, std::less<>>;

struct Figures {
    prometheus::Registry registry;
    std::shared_mutex mutex;  // guards all names and tables

    Names services{most_services}, rules{most_rules}, inputs{most_inputs}, servers{most_servers};
    Names results{token_results};                             // of token checks
    std::map<std::string, std::string, std::less<>> issuers;  // by jku

    Family<Counter>& counters(const char* name, const char* help) {
        return BuildCounter().Name(name).Help(help).Register(registry);
    }
    Family<Gauge>& gauges(const char* name, const char* help) {
        return BuildGauge().Name(name).Help(help).Register(registry);
    }
    Family<Histogram>& histograms(const char* name, const char* help) {
        return BuildHistogram().Name(name).Help(help).Register(registry);
    }

    Family<Counter>& requests =
        counters("cds_http_requests_total", "Requests answered, by service and status");
    ByNames<Counter> requests_by_code;
    Histogram& request_seconds =
        histograms("cds_http_request_duration_seconds",
                   "From a request's last byte to its answer's first, without probes and metrics")
            .Add({}, request_buckets());
    Gauge& in_flight = gauges("cds_http_requests_in_flight", "Requests being answered").Add({});
    Gauge& open_connections = gauges("cds_http_connections", "Open connections of clients").Add({});
    Family<Counter>& rejections = counters("cds_http_rejected_total",
                                           "Connections and requests turned away before they were looked at");
    std::array<Counter*, rejection_names.size()> rejections_by_reason{};
    Histogram& queue_seconds =
        histograms("cds_queue_seconds", "How long requests waited before they were begun")
            .Add({}, queue_buckets());

    Family<Counter>& cards = counters("cds_cards_total", "Cards given, by service, rule and indicator");
    ByNames<Counter> cards_by_rule;
    Family<Histogram>& rule_seconds =
        histograms("cds_rule_evaluation_seconds", "What a rule took in one evaluation, with its card");
    ByName<Histogram> rule_seconds_by_rule;
    Family<Counter>& missing =
        counters("cds_prefetch_missing_total", "Inputs that were neither sent nor fetched, by prefetch key");
    ByName<Counter> missing_by_key;

    Family<Counter>& feedback = counters("cds_feedback_total", "Feedback kept, by outcome");
    Counter& feedback_accepted = feedback.Add({{"outcome", "accepted"}});
    Counter& feedback_overridden = feedback.Add({{"outcome", "overridden"}});
    Gauge& db_up = gauges("cds_db_up", "1 while feedback can be kept").Add({});
    Counter& db_errors = counters("cds_db_errors_total", "Failed attempts to keep feedback").Add({});

    Family<Counter>& decisions =
        counters("cds_decision_records_total", "Decision records, by whether they are on the disk");
    Counter& kept_decisions = decisions.Add({{"result", "kept"}});
    Counter& lost_decisions = decisions.Add({{"result", "lost"}});
    Family<Gauge>& decision_log =
        gauges("cds_decision_records_up", "1 while decision records can be written");

    Family<Counter>& verifications =
        counters("cds_jwt_verifications_total", "Tokens of clients, by what became of them");
    ByName<Counter> verifications_by_result;
    Family<Counter>& jwks_fetches =
        counters("cds_jwks_fetches_total", "Fetches of clients' keys, by issuer and result");
    Family<Gauge>& jwks_ages = gauges("cds_jwks_age_seconds", "Since a client's keys were last fetched");
    std::map<std::string, Clock::time_point, std::less<>> jwks_fetched;  // by issuer

    Family<Counter>& fhir_requests =
        counters("cds_fhir_requests_total", "Requests to FHIR servers, by server and result");
    ByNames<Counter> fhir_requests_by_result;
    Histogram& fhir_seconds = histograms("cds_fhir_request_duration_seconds", "Requests to FHIR servers")
                                  .Add({}, request_buckets());

    Gauge& reload_success =
        gauges("cds_config_reload_success", "1 if the last reload was taken over").Add({});
    Gauge& reload_time =
        gauges("cds_config_reload_timestamp_seconds", "When settings and knowledge were last taken over")
            .Add({});
    Family<Gauge>& certificate = gauges("cds_tls_certificate_expiry_timestamp_seconds",
                                        "The earliest end of the server's certificates");
    Family<Gauge>& build = gauges("cds_build_info", "1, with what this is");
    Gauge* build_now = nullptr;

    Counter& cpu_seconds = counters("process_cpu_seconds_total", "Processor time, user and system").Add({});
    Gauge& start_time = gauges("process_start_time_seconds", "When the process started, since 1970").Add({});
    Gauge& resident = gauges("process_resident_memory_bytes", "Memory that is resident").Add({});
    Gauge& virtual_memory = gauges("process_virtual_memory_bytes", "Memory that is mapped").Add({});
    Gauge& open_files = gauges("process_open_fds", "Open file descriptors").Add({});
    Gauge& most_files = gauges("process_max_fds", "Most file descriptors that may be open").Add({});
    Gauge& threads = gauges("process_threads", "Threads").Add({});

    Figures() {
        for (std::size_t i = 0; i < rejection_names.size(); ++i) {
            rejections_by_reason[i] = &rejections.Add({{"reason", std::string(rejection_names[i])}});
        }
        services.add(no_service);
        results.add("ok");
        for (std::uint8_t i = 0; i <= static_cast<std::uint8_t>(TokenFault::busy); ++i) {
            results.add(to_string(TokenFault{i}));
        }
        reload_success.Set(1);
        reload_time.Set(seconds_since_1970(std::chrono::system_clock::now()));
    }
};

Figures& figures() {
    static Figures all;
    return all;
}

/// The metric of `name` in `table`. Made at its first use by `make`, which is told the name that the label
/// gets: the same, or "other" if it is none of `names`.
template <class Metric, class Make>
Metric& found(Figures& all, const Names& names, ByName<Metric>& table, std::string_view name,
              const Make& make) {
    {
        const std::shared_lock lock(all.mutex);
        const auto entry = table.find(name);
        if (entry != table.end()) return *entry->second;
    }
    const std::unique_lock lock(all.mutex);
    const std::string label(names.known(name));
    Metric*& metric = table[label];
    if (!metric) metric = &make(label);
    return *metric;
}

/// Likewise for two labels, of which the second is a word of ours.
template <class Metric, class Make>
Metric& found(Figures& all, const Names& names, ByNames<Metric>& table, std::string_view name,
              std::string_view word, const Make& make) {
    {
        const std::shared_lock lock(all.mutex);
        const auto entry = table.find(name);
        if (entry != table.end()) {
            const auto inner = entry->second.find(word);
            if (inner != entry->second.end()) return *inner->second;
        }
    }
    const std::unique_lock lock(all.mutex);
    const std::string label(names.known(name));
    Metric*& metric = table[label][std::string(word)];
    if (!metric) metric = &make(label);
    return *metric;
}

Counter& request_counter(Figures& all, std::string_view service, std::string_view code) {
    return found(all, all.services, all.requests_by_code, service, code,
                 [&](const std::string& label) -> Counter& {
                     return all.requests.Add({{"service", label}, {"code", std::string(code)}});
                 });
}

/// Cards of one rule have one indicator.
Counter& card_counter(Figures& all, const std::string& service, const cards::Rule& rule) {
    ByName<Counter>* table = nullptr;
    {
        const std::shared_lock lock(all.mutex);
        const auto entry = all.cards_by_rule.find(service);
        if (entry != all.cards_by_rule.end()) table = &entry->second;
    }
    if (!table) {
        const std::unique_lock lock(all.mutex);
        table = &all.cards_by_rule[std::string(all.services.known(service))];
    }
    return found(all, all.rules, *table, rule.id, [&](const std::string& label) -> Counter& {
        return all.cards.Add({{"service", std::string(all.services.known(service))},
                              {"rule", label},
                              {"indicator", std::string(to_string(rule.indicator))}});
    });
}

void read_process(Figures& all) {
    const ProcessFigures now = process_figures();
    const std::unique_lock lock(all.mutex);  // two scrapes at once would count the same time twice
    all.cpu_seconds.Increment(now.cpu_seconds - all.cpu_seconds.Value());
    all.start_time.Set(now.start_seconds);
    all.resident.Set(static_cast<double>(now.resident_bytes));
    all.virtual_memory.Set(static_cast<double>(now.virtual_bytes));
    all.open_files.Set(static_cast<double>(now.open_files));
    all.most_files.Set(static_cast<double>(now.most_files));
    all.threads.Set(static_cast<double>(now.threads));
    for (const auto& [issuer, fetched] : all.jwks_fetched) {
        all.jwks_ages.Add({{"issuer", issuer}}).Set(seconds(Clock::now() - fetched));
    }
}

}  // namespace

std::string text() {
    Figures& all = figures();
    read_process(all);
    std::vector<prometheus::MetricFamily> families = all.registry.Collect();
    std::erase_if(families, [](const auto& family) { return family.metric.empty(); });
    std::sort(families.begin(), families.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    for (auto& family : families) {
        std::sort(family.metric.begin(), family.metric.end(),
                  [](const auto& a, const auto& b) { return a.label < b.label; });
    }
    return prometheus::TextSerializer().Serialize(families);
}

void know(const cards::Knowledge& knowledge) {
    Figures& all = figures();
    {
        const std::unique_lock lock(all.mutex);
        for (const cards::Service& service : knowledge.services()) all.services.add(service.id);
        for (const auto& rule : knowledge.rules()) all.rules.add(rule->id);
        for (const cards::Input& input : knowledge.inputs()) all.inputs.add(input.id);
        if (all.build_now) all.build.Remove(all.build_now);
        all.build_now = &all.build.Add({{"version", std::string(version())},
                                        {"commit", std::string(commit())},
                                        {"rules_version", knowledge.version()}});
        all.build_now->Set(1);
    }
    // From 0 on, so that the first one is seen as a rise.
    for (const cards::Service& service : knowledge.services()) {
        request_counter(all, service.id, "200");
        for (const cards::Rule* rule : service.rules) card_counter(all, service.id, *rule);
    }
}

void know(const TrustedClient& client) {
    Figures& all = figures();
    const std::unique_lock lock(all.mutex);
    if (!client.jku.empty() && all.issuers.size() < most_issuers)
        all.issuers.emplace(client.jku, client.issuer);
}

void know_fhir_server(std::string_view base) {
    Figures& all = figures();
    const std::unique_lock lock(all.mutex);
    all.servers.add(base);
}

void answered(const RequestEvent& event) {
    Figures& all = figures();
    const std::string_view service = event.service.empty() ? no_service : event.service;
    request_counter(all, service, code_name(event.status)).Increment();
    if (!is_probe(event.path)) all.request_seconds.Observe(static_cast<double>(event.microseconds) / 1e6);
}

InFlight::InFlight() { figures().in_flight.Increment(); }
InFlight::~InFlight() { figures().in_flight.Decrement(); }

void connections(std::size_t open) { figures().open_connections.Set(static_cast<double>(open)); }

void rejected(Rejection reason) {
    figures().rejections_by_reason[static_cast<std::size_t>(reason)]->Increment();
}

void queued(std::chrono::nanoseconds time) { figures().queue_seconds.Observe(seconds(time)); }

void evaluated(const cards::Service& service, const cards::Evaluation& evaluation) {
    Figures& all = figures();
    for (const cards::Card& card : evaluation.cards) card_counter(all, service.id, *card.rule).Increment();
    for (std::size_t i = 0; i < evaluation.times.size(); ++i) {
        found(all, all.rules, all.rule_seconds_by_rule, service.rules[i]->id,
              [&](const std::string& rule) -> Histogram& {
                  return all.rule_seconds.Add({{"rule", rule}}, rule_buckets());
              })
            .Observe(seconds(evaluation.times[i]));
    }
    for (const std::string_view input : evaluation.unavailable) {
        found(all, all.inputs, all.missing_by_key, input, [&](const std::string& key) -> Counter& {
            return all.missing.Add({{"key", key}});
        }).Increment();
    }
}

void feedback_kept(std::size_t accepted, std::size_t overridden) {
    figures().feedback_accepted.Increment(static_cast<double>(accepted));
    figures().feedback_overridden.Increment(static_cast<double>(overridden));
}

void database_up(bool up) { figures().db_up.Set(up ? 1 : 0); }

void database_failed() { figures().db_errors.Increment(); }

void token_verified(std::optional<TokenFault> fault) {
    Figures& all = figures();
    const std::string_view result = fault ? to_string(*fault) : "ok";
    found(all, all.results, all.verifications_by_result, result, [&](const std::string& label) -> Counter& {
        return all.verifications.Add({{"result", label}});
    }).Increment();
}

void jwks_fetched(std::string_view url, bool well) {
    Figures& all = figures();
    const std::unique_lock lock(all.mutex);
    const auto entry = all.issuers.find(url);
    const std::string issuer = entry == all.issuers.end() ? std::string(other) : entry->second;
    all.jwks_fetches.Add({{"issuer", issuer}, {"result", well ? "ok" : "failed"}}).Increment();
    if (well) all.jwks_fetched[issuer] = Clock::now();
}

void fhir_asked(std::string_view base, std::string_view fault, std::chrono::nanoseconds time) {
    Figures& all = figures();
    const std::string_view result = fault.empty() ? "ok" : fault;
    found(all, all.servers, all.fhir_requests_by_result, base, result,
          [&](const std::string& server) -> Counter& {
              return all.fhir_requests.Add({{"server", server}, {"result", std::string(result)}});
          })
        .Increment();
    all.fhir_seconds.Observe(seconds(time));
}

void decisions_kept(std::size_t count) { figures().kept_decisions.Increment(static_cast<double>(count)); }

void decisions_lost(std::size_t count) { figures().lost_decisions.Increment(static_cast<double>(count)); }

void decisions_up(bool up) { figures().decision_log.Add({}).Set(up ? 1 : 0); }

void reloaded(bool well) {
    Figures& all = figures();
    all.reload_success.Set(well ? 1 : 0);
    if (well) all.reload_time.Set(seconds_since_1970(std::chrono::system_clock::now()));
}

void certificate_expires(std::chrono::system_clock::time_point end) {
    figures().certificate.Add({}).Set(seconds_since_1970(end));
}

}  // namespace hooks::metrics
