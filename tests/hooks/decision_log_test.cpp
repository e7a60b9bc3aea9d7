// Decisions on a real file: what one evaluation leaves, how its chain goes on over restarts, renames and
// deaths of the writer, and what happens when there is no room.
#include "hooks/decision_log.hpp"

#include "hooks/decision_key.hpp"
#include "tests/support/hooks_check.hpp"
#include "tests/support/hooks_feedback.hpp"
#include "tests/support/hooks_metrics.hpp"
#include "tests/support/hooks_running.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <sys/stat.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

namespace {

using hooks::ChainReport;
using hooks::Decision;
using hooks::DecisionLog;
using hooks::testing::eventually;
using hooks::testing::json_of;
using hooks::testing::series_now;
using hooks::testing::value_of;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;
using namespace std::string_view_literals;
namespace fs = std::filesystem;
namespace json = boost::json;

const std::string key(32, 'k');

/// While it lives no file of this process can grow beyond so many bytes.
class FullDisk {
  public:
    explicit FullDisk(::rlim_t bytes) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const struct rlimit small = {bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &small);
    }
    ~FullDisk() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        ::signal(SIGXFSZ, signal_before_);
    }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

  private:
    struct rlimit before_ {};
    void (*signal_before_)(int) = ::signal(SIGXFSZ, SIG_IGN);
};

class Decisions : public ::testing::Test {
  protected:
    std::string file() const { return folder_.path + "/decisions.ndjson"; }

    std::unique_ptr<DecisionLog> open(std::size_t waiting = 10'000) const {
        hooks::DecisionLogOptions options;
        options.file = file();
        options.key = key;
        options.waiting = waiting;
        auto log = std::make_unique<DecisionLog>(std::move(options));
        log->wait_for_first_attempt(10s);
        return log;
    }

    /// A decision of demo-view without cards.
    static Decision decision(std::string_view request = "r") {
        Decision made;
        made.request_id = request;
        made.knowledge = hooks::testing::demo_knowledge().get();
        made.service = made.knowledge->service("demo-view");
        return made;
    }

    static std::string text_of(const std::string& name) {
        std::ifstream in(name, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    }
    static std::vector<std::string> lines_of(const std::string& name) {
        std::vector<std::string> lines;
        std::ifstream in(name, std::ios::binary);
        for (std::string line; std::getline(in, line);) lines.push_back(line);
        return lines;
    }
    ChainReport verify() const {
        std::ifstream in(file(), std::ios::binary);
        return hooks::verify_chain(in);
    }

    const hooks::testing::TemporaryFolder folder_;
};

TEST_F(Decisions, TellWhatACallWasAnsweredAndWhyWithoutSayingAboutWhom) {  // X-11
    const auto log = open();
    hooks::CdsService service({}, hooks::testing::shipped_knowledge(), *hooks::pinned_clock("2026-11-24"),
                              nullptr, log.get());
    hooks::testing::TestServer server(service);
    hooks::testing::Client client(server.port());
    const std::string body = json::serialize(hooks::testing::shipped_call("patient-view"));
    const auto answer = client.post("/cds-services/asps-patient-view", body, {{"X-Request-Id", "visit-7"}});
    ASSERT_TRUE(eventually([this] { return lines_of(file()).size() == 2; }));

    const std::string line = lines_of(file())[1];
    const json::value record = json_of(line);
    EXPECT_EQ(record.at("event"), "decision");
    EXPECT_EQ(record.at("requestId"), "visit-7");
    EXPECT_EQ(record.at("service"), "asps-patient-view");
    EXPECT_EQ(record.at("knowledge"), json::string(hooks::testing::shipped_knowledge()->version()));
    EXPECT_EQ(record.at("date"), "2026-11-24");
    EXPECT_EQ(record.at("status"), 200);
    EXPECT_EQ(record.at("input"), json::string(hooks::sha256_hex({body})));
    EXPECT_EQ(record.at("userType"), "Practitioner");
    EXPECT_EQ(record.at("patient"), json::string(log->names().of("patient", "", "demo-1")));
    EXPECT_THAT(line, Not(HasSubstr("demo-1")));
    EXPECT_THAT(line, Not(HasSubstr("demo-doctor")));
    const json::array cards = json_of(answer.body).at("cards").as_array();
    ASSERT_EQ(record.at("cards").as_array().size(), cards.size());
    for (std::size_t i = 0; i < cards.size(); ++i) {
        EXPECT_EQ(record.at("cards").at(i).at("uuid"), cards[i].at("uuid"));
        EXPECT_EQ(record.at("cards").at(i).at("topic"), cards[i].at("source").at("topic").at("code"));
        EXPECT_EQ(record.at("cards").at(i).at("indicator"), cards[i].at("indicator"));
    }
    EXPECT_THAT(json::serialize(record.at("fired")), HasSubstr("asps-staging|"));
    std::size_t rules = 0;
    for (const char* group : {"fired", "notFired", "notChecked", "failed", "dropped"}) {
        const json::value* groups = record.as_object().if_contains(group);
        if (!groups) continue;
        for (const json::value& same : groups->as_array()) {
            EXPECT_FALSE(same.at("why").as_string().empty());
            rules += same.at("rules").as_array().size();
        }
    }
    EXPECT_EQ(rules, hooks::testing::shipped_knowledge()->service("asps-patient-view")->rules.size());
    EXPECT_EQ(json::serialize(record.at("inputs").at("conditions")),
              R"({"type":"Condition","state":"present","count":1})");
}

TEST_F(Decisions, AreLeftByACallThatCouldNotBeAnsweredForItsDataAndByNoOther) {
    const auto log = open();
    hooks::CdsService service({}, hooks::testing::demo_knowledge(), *hooks::pinned_clock("2026-01-31"),
                              nullptr, log.get());
    hooks::testing::TestServer server(service);
    hooks::testing::Client client(server.port());

    client.post("/cds-services/demo-view", "{");
    client.post("/cds-services/unknown", hooks::testing::patient_view_request());
    client.get("/cds-services");
    const auto answer =
        client.post("/cds-services/demo-view", R"({"hook":"patient-view","hookInstance":"Jane Doe",
        "context":{"userId":"Practitioner/p","patientId":"1"}})");

    EXPECT_EQ(answer.status, 412U);
    ASSERT_TRUE(eventually([this] { return lines_of(file()).size() == 2; }));
    const json::value record = json_of(lines_of(file())[1]);
    EXPECT_EQ(record.at("status"), 412);
    EXPECT_EQ(record.at("inputs").at("patient").at("state"), "missing");
    EXPECT_EQ(record.at("hookInstance"), json::string(log->names().of("hookInstance", "", "Jane Doe")));
}

TEST_F(Decisions, StandInAFileForItsUserAlone) {
    open();
    struct stat found {};
    ASSERT_EQ(::stat(file().c_str(), &found), 0);

    EXPECT_EQ(found.st_mode & 0777U, 0600U);
}

TEST_F(Decisions, ContinueTheirChainAfterARestart) {
    for (int start = 0; start < 3; ++start) open()->record(decision());

    const ChainReport report = verify();
    EXPECT_FALSE(report.fault) << report.fault->what;
    EXPECT_EQ(report.decisions, 3U);
    EXPECT_EQ(report.lines, 4U) << "and the line that begins it";
}

TEST_F(Decisions, GoOnInANewFileWhenTheirsWasRenamed) {  // logrotate
    const auto log = open();
    log->record(decision("before"));
    ASSERT_TRUE(eventually([this] { return lines_of(file()).size() == 2; }));
    fs::rename(file(), file() + ".1");
    log->record(decision("after"));
    ASSERT_TRUE(eventually([this] { return lines_of(file()).size() == 2; }));

    std::ifstream first(file() + ".1"), second(file());
    const ChainReport before = hooks::verify_chain(first);
    const ChainReport after = hooks::verify_chain(second, before.end);
    EXPECT_FALSE(after.fault) << after.fault->what;
    EXPECT_EQ(before.decisions, 1U);
    EXPECT_EQ(after.decisions, 1U);
}

TEST_F(Decisions, GoOnWhenTheirFileWasEmptied) {  // logrotate's copytruncate
    const auto log = open();
    log->record(decision("before"));
    ASSERT_TRUE(eventually([this] { return lines_of(file()).size() == 2; }));
    fs::resize_file(file(), 0);
    log->record(decision("after"));

    ASSERT_TRUE(eventually([this] { return lines_of(file()).size() == 2; }));
    EXPECT_FALSE(verify().fault) << verify().fault->what;
    EXPECT_EQ(verify().end.sequence, 4U);
}

TEST_F(Decisions, GoOnBehindALineThatWasCutOffWhereverThatWas) {
    open()->record(decision());
    const std::string whole = text_of(file());
    const std::size_t last = whole.rfind('\n', whole.size() - 2) + 1;
    for (const std::size_t cut : {last + 1, last + 20, last + 200, whole.size() - 2, whole.size() - 1}) {
        std::ofstream(file(), std::ios::binary) << whole.substr(0, cut);

        open()->record(decision());

        const ChainReport report = verify();
        EXPECT_FALSE(report.fault) << "cut at " << cut << ": line " << report.fault->line << " "
                                   << report.fault->what;
        EXPECT_EQ(report.decisions, cut == whole.size() - 1 ? 2U : 1U) << "only its line feed was missing";
    }
}

TEST_F(Decisions, GoOnBehindAFirstLineThatWasCutOff) {
    std::ofstream(file(), std::ios::binary) << R"({"event":"beg)";

    open()->record(decision());

    EXPECT_FALSE(verify().fault) << verify().fault->what;
    EXPECT_EQ(verify().decisions, 1U);
}

TEST_F(Decisions, AreNotWrittenIntoAFileOfSomebodyElse) {
    std::ofstream(file()) << "{\"listen\": \"127.0.0.1:8080\"}\n";

    const auto log = open();

    EXPECT_FALSE(log->is_open());
    EXPECT_EQ(text_of(file()), "{\"listen\": \"127.0.0.1:8080\"}\n");
}

TEST_F(Decisions, AreWrittenByOneProcessAtATime) {
    auto first = open();
    const auto second = open();
    second->record(decision());
    EXPECT_FALSE(second->is_open());

    first.reset();  // as in a rolling restart

    EXPECT_TRUE(eventually([&second] { return second->is_open(); }));
    ASSERT_TRUE(eventually([this] { return verify().decisions == 1; }));
    EXPECT_FALSE(verify().fault);
}

TEST_F(Decisions, ThatFindNoRoomInTheQueueAreCountedInTheFileAndInAMetric) {
    const auto before = series_now();
    fs::create_directory(file());  // cannot be opened
    auto log = open(5);
    EXPECT_FALSE(log->is_open());
    EXPECT_EQ(value_of(series_now(), "cds_decision_records_up"), 0);
    for (int i = 0; i < 8; ++i) log->record(decision());
    fs::remove(file());

    ASSERT_TRUE(eventually([this] { return fs::is_regular_file(file()) && verify().decisions == 5; }));
    log.reset();
    EXPECT_FALSE(verify().fault);
    EXPECT_THAT(text_of(file()), HasSubstr(R"("event":"lost")"));
    EXPECT_THAT(text_of(file()), HasSubstr(R"("decisions":3,)"));
    const std::string lost = R"(cds_decision_records_total{result="lost"})",
                      kept = R"(cds_decision_records_total{result="kept"})";
    EXPECT_EQ(value_of(series_now(), lost) - value_of(before, lost), 3);
    EXPECT_EQ(value_of(series_now(), kept) - value_of(before, kept), 5);
    EXPECT_EQ(value_of(series_now(), "cds_decision_records_up"), 1);
}

TEST_F(Decisions, OfABatchOfWhichPartFoundNoRoomAreWrittenOnceWhenThereIsSome) {
    std::string lines;
    for (int i = 0; i < 1'000; ++i) lines += R"({"event":"decision","number":)" + std::to_string(i) + "}\n";
    hooks::DecisionFile written(file());
    written.append("{\"event\":\"begun\"}\n");
    const std::string before = text_of(file());

    {
        const FullDisk full(100'000);
        EXPECT_THROW(written.append(lines), std::runtime_error);
    }
    EXPECT_EQ(text_of(file()), before);
    written.append(lines);

    EXPECT_FALSE(verify().fault) << verify().fault->what;
    EXPECT_EQ(verify().lines, 1'001U);
    EXPECT_EQ(verify().decisions, 1'000U);
}

TEST_F(Decisions, OfManyThreadsStandInOneChain) {
    auto log = open();
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&log] {
            for (int n = 0; n < 500; ++n) log->record(decision());
        });
    }
    for (std::thread& thread : threads) thread.join();
    log.reset();

    EXPECT_FALSE(verify().fault);
    EXPECT_EQ(verify().decisions, 2'000U);
}

TEST(DecisionKey, IsMadeAtTheFirstStartForItsUserAloneAndKept) {
    const hooks::testing::TemporaryFolder folder;
    const std::string file = folder.path + "/below/decisions.key";

    const auto made = hooks::decision_key(file);

    ASSERT_TRUE(made);
    EXPECT_GE(made->size(), 32U);
    EXPECT_EQ(*hooks::decision_key(file), *made);
    struct stat found {};
    ASSERT_EQ(::stat(file.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0600U);
    EXPECT_NE(*hooks::decision_key(folder.path + "/other"), *made);
}

TEST(DecisionKey, IsTheOperatorsIfThereIsOneAndRefusedIfItIsShort) {
    const hooks::testing::TemporaryFolder folder;
    std::ofstream(folder.path + "/given") << "  " << key << "\n";
    std::ofstream(folder.path + "/short") << "secret";
    std::ofstream(folder.path + "/empty") << "";

    EXPECT_EQ(*hooks::decision_key(folder.path + "/given"), key);
    EXPECT_THAT(hooks::decision_key(folder.path + "/short").error().diagnostics,
                HasSubstr("32 to 4096 bytes"));
    EXPECT_FALSE(hooks::decision_key(folder.path + "/empty"));
    EXPECT_FALSE(hooks::decision_key(folder.path)) << "a folder";
}

}  // namespace
