// Metrics: every promised name is there, figures rise by what happened, and no request can add a series of
// its own.
#include "hooks/metrics.hpp"

#include "cards/apply.hpp"
#include "hooks/jwt.hpp"
#include "hooks/trusted_client.hpp"
#include "tests/support/hooks_feedback.hpp"
#include "tests/support/hooks_metrics.hpp"
#include "tests/support/hooks_running.hpp"

#include <boost/json/serialize.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace {

using hooks::testing::Answer;
using hooks::testing::Running;
using hooks::testing::Series;
using hooks::testing::series_now;
using hooks::testing::value_of;
using namespace std::chrono_literals;
using namespace std::string_view_literals;
using testing::HasSubstr;
using testing::Not;

/// What rose between two readings of the same figures, and by how much.
Series rises(const Series& before, const Series& after) {
    Series all;
    for (const auto& [name, value] : after) {
        const double rise = value - value_of(before, name);
        if (rise != 0) all[name] = rise;
    }
    return all;
}

/// Something of everything that can be recorded.
void record_everything() {
    namespace metrics = hooks::metrics;
    hooks::TrustedClient client;
    client.issuer = "https://ehr.example.org";
    client.jku = "https://ehr.example.org/jwks.json";
    metrics::know(*hooks::testing::demo_knowledge());
    metrics::know(client);
    metrics::know_fhir_server("https://fhir.example.org/r4");
    metrics::connections(1);
    metrics::queued(1ms);
    metrics::database_up(true);
    metrics::token_verified(std::nullopt);
    metrics::jwks_fetched(client.jku, true);
    metrics::fhir_asked("https://fhir.example.org/r4", "", 20ms);
    metrics::reloaded(true);
    metrics::certificate_expires(std::chrono::system_clock::now() + 24h);
    Running service({}, hooks::testing::shipped_knowledge());
    service.call("asps-patient-view", hooks::testing::shipped_call("patient-view"));
    service.call("asps-order-sign",
                 R"({"hook":"order-sign","hookInstance":"d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",)"
                 R"("context":{"userId":"Practitioner/p","patientId":"1","draftOrders":{}}})"sv);
}

TEST(Metrics, HaveAllTheNamesThatOperatorsRelyOn) {
    record_everything();

    const std::string text = hooks::metrics::text();

    for (const char* name : {"cds_http_requests_total",
                             "cds_http_request_duration_seconds",
                             "cds_http_requests_in_flight",
                             "cds_http_connections",
                             "cds_http_rejected_total",
                             "cds_queue_seconds",
                             "cds_cards_total",
                             "cds_rule_evaluation_seconds",
                             "cds_feedback_total",
                             "cds_jwt_verifications_total",
                             "cds_jwks_fetches_total",
                             "cds_jwks_age_seconds",
                             "cds_fhir_requests_total",
                             "cds_fhir_request_duration_seconds",
                             "cds_prefetch_missing_total",
                             "cds_db_errors_total",
                             "cds_db_up",
                             "cds_config_reload_success",
                             "cds_config_reload_timestamp_seconds",
                             "cds_tls_certificate_expiry_timestamp_seconds",
                             "cds_build_info",
                             "process_cpu_seconds_total",
                             "process_start_time_seconds",
                             "process_resident_memory_bytes",
                             "process_virtual_memory_bytes",
                             "process_open_fds",
                             "process_max_fds",
                             "process_threads"}) {
        EXPECT_THAT(text, HasSubstr(std::string("\n# TYPE ") + name + " ")) << name;
    }
    EXPECT_THAT(text, HasSubstr(R"(cds_http_request_duration_seconds_bucket{le="0.0025"})"));
}

TEST(Metrics, PassPromtool) {
    if (std::system("promtool --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "promtool is not installed";
    record_everything();
    const hooks::testing::TemporaryFolder folder;
    const std::string file = folder.path + "/metrics";
    std::ofstream(file) << hooks::metrics::text();

    std::FILE* promtool = ::popen(("promtool check metrics < " + file + " 2>&1").c_str(), "r");
    ASSERT_TRUE(promtool);
    std::string said;
    for (int c = 0; (c = std::fgetc(promtool)) != EOF;) said += static_cast<char>(c);

    EXPECT_EQ(::pclose(promtool), 0) << said;
    EXPECT_EQ(said, "");
}

TEST(Metrics, CountAServiceCallWithItsCardsAndRules) {
    Running service({}, hooks::testing::shipped_knowledge());
    const Series before = series_now();

    const Answer answer = service.call("asps-patient-view", hooks::testing::shipped_call("patient-view"));
    service.ask("GET", "/health/live");

    Series risen = rises(before, series_now());
    EXPECT_EQ(value_of(risen, R"(cds_http_requests_total{code="200",service="asps-patient-view"})"), 1);
    EXPECT_EQ(value_of(risen, R"(cds_http_requests_total{code="200",service="none"})"), 1) << "the probe";
    EXPECT_EQ(value_of(risen, "cds_http_request_duration_seconds_count"), 1) << "without the probe";
    double cards = 0;
    for (const auto& [name, rise] : risen) {
        if (name.starts_with("cds_cards_total{")) cards += rise;
    }
    EXPECT_EQ(cards, static_cast<double>(hooks::testing::cards_of(answer).size()));
    EXPECT_EQ(
        value_of(risen,
                 R"(cds_cards_total{indicator="warning",rule="asps-staging",service="asps-patient-view"})"),
        1);
    EXPECT_EQ(value_of(risen, R"(cds_rule_evaluation_seconds_count{rule="asps-staging"})"), 1);
    EXPECT_GT(value_of(risen, R"(cds_rule_evaluation_seconds_sum{rule="asps-staging"})"), 0);
    EXPECT_EQ(value_of(series_now(), "cds_http_requests_in_flight"), 0);
}

TEST(Metrics, CountInputsThatWereNeitherSentNorFetched) {
    Running service;
    const Series before = series_now();

    const Answer answer = service.call("demo-view", R"({"hook":"patient-view",
        "hookInstance":"d1577c69-dfbe-44ad-ba6d-3e05e953b2ea","context":{"userId":"Practitioner/p","patientId":"1"}})"sv);

    EXPECT_EQ(answer.status, 412U);
    EXPECT_EQ(value_of(rises(before, series_now()), R"(cds_prefetch_missing_total{key="patient"})"), 1);
}

TEST(Metrics, NameTheBuildAndTheKnowledgeThatIsInUse) {
    hooks::metrics::know(*hooks::testing::demo_knowledge());
    const std::string demo = hooks::metrics::text();
    hooks::metrics::know(*hooks::testing::shipped_knowledge());
    const std::string shipped = hooks::metrics::text();

    EXPECT_THAT(demo, HasSubstr(R"(rules_version="0.0.7")"));
    EXPECT_THAT(shipped, Not(HasSubstr(R"(rules_version="0.0.7")")));
    EXPECT_THAT(shipped, testing::ContainsRegex(R"(cds_build_info\{commit="[0-9a-f]{12}|unknown")"));
}

TEST(Metrics, TellOfTheProcess) {
    const Series now = series_now();

    EXPECT_GT(value_of(now, "process_resident_memory_bytes"), 1e6);
    EXPECT_GT(value_of(now, "process_virtual_memory_bytes"), value_of(now, "process_resident_memory_bytes"));
    EXPECT_GE(value_of(now, "process_open_fds"), 3);
    EXPECT_GE(value_of(now, "process_max_fds"), value_of(now, "process_open_fds"));
    EXPECT_GE(value_of(now, "process_threads"), 1);
    EXPECT_GT(value_of(now, "process_start_time_seconds"), 1'700'000'000);
    EXPECT_LE(value_of(now, "process_cpu_seconds_total"),
              value_of(series_now(), "process_cpu_seconds_total"));
}

TEST(Metrics, CountWhatHasNoKnownNameUnderOneLabel) {
    namespace metrics = hooks::metrics;
    const std::size_t known = series_now().size();
    hooks::RequestEvent event;
    event.path = "other";
    for (unsigned i = 0; i < 2'000; ++i) {
        event.service = "service-" + std::to_string(i);
        event.status = 1'000 + i;
        metrics::answered(event);
        metrics::fhir_asked("https://" + std::to_string(i) + ".example.org", "timeout", 1ms);
        metrics::jwks_fetched("https://" + std::to_string(i) + ".example.org/jwks", false);
    }

    const Series now = series_now();
    EXPECT_LE(now.size(), known + 3);
    EXPECT_GE(value_of(now, R"(cds_http_requests_total{code="other",service="other"})"), 2'000);
    EXPECT_GE(value_of(now, R"(cds_fhir_requests_total{result="timeout",server="other"})"), 2'000);
    EXPECT_GE(value_of(now, R"(cds_jwks_fetches_total{issuer="other",result="failed"})"), 2'000);
}

TEST(Metrics, StayUnderAThousandSeriesWhateverIsAsked) {
    record_everything();
    Running service({}, hooks::testing::shipped_knowledge());
    const std::string good = boost::json::serialize(hooks::testing::shipped_call("patient-view"));

    for (int i = 0; i < 300; ++i) {
        const std::string mark = "zzmark" + std::to_string(i);
        service.ask("GET", "/" + mark);
        service.ask("POST", "/cds-services/" + mark, good, {{"Content-Type", "application/json"}});
        service.ask("POST", "/cds-services/asps-patient-view", mark, {{"Content-Type", "application/json"}});
        service.ask("POST", "/cds-services/asps-patient-view", good, {{"Content-Type", "text/" + mark}});
        service.ask("PUT" + mark, "/cds-services");
        service.ask("GET", "/cds-services?" + mark + "=1", {},
                    {{"X-Request-Id", mark}, {"Authorization", mark}});
    }

    const std::string text = hooks::metrics::text();
    EXPECT_LT(hooks::testing::series_of(text).size(), 1'000U);
    EXPECT_THAT(text, Not(HasSubstr("zzmark")));
}

TEST(Metrics, LoseNothingToThreadsThatCountTogether) {
    const Series before = series_now();
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([] {
            for (int n = 0; n < 5'000; ++n) {
                hooks::metrics::feedback_kept(1, 2);
                hooks::metrics::token_verified(hooks::TokenFault::expired);
                if (n % 1'000 == 0) hooks::metrics::text();
            }
        });
    }
    for (std::thread& thread : threads) thread.join();

    const Series risen = rises(before, series_now());
    EXPECT_EQ(value_of(risen, R"(cds_feedback_total{outcome="accepted"})"), 20'000);
    EXPECT_EQ(value_of(risen, R"(cds_feedback_total{outcome="overridden"})"), 40'000);
    EXPECT_EQ(value_of(risen, R"(cds_jwt_verifications_total{result="expired"})"), 20'000);
}

TEST(MetricsEndpoint, AnswersInPrometheusTextBesideTheServices) {
    Running service;

    const Answer answer = service.ask("GET", "/metrics");

    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.field("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_THAT(answer.body, testing::StartsWith("# HELP cds_build_info "));
    EXPECT_EQ(service.ask("POST", "/metrics").status, 405U);
    EXPECT_EQ(service.ask("HEAD", "/metrics").status, 200U);
}

TEST(MetricsEndpoint, IsNotBesideTheServicesIfThereIsAnAdminAddress) {
    hooks::Settings settings;
    settings.admin.address = "127.0.0.1";
    Running service(settings);

    EXPECT_EQ(service.ask("GET", "/metrics").status, 404U);
    EXPECT_THAT(service.ask("GET", "/openapi.json").body, Not(HasSubstr("/metrics")));
}

}  // namespace
