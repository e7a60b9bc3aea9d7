// Feedback and the program as a process: killed at any moment, out of room for its file, without a store, and
// read by its own commands.
#include "hooks/feedback_database.hpp"
#include "tests/support/hooks_check.hpp"
#include "tests/support/hooks_client.hpp"
#include "tests/support/hooks_feedback.hpp"
#include "tests/support/hooks_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <SQLiteCpp/SQLiteCpp.h>

#include <sys/resource.h>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace {

using hooks::FeedbackDatabase;
using hooks::testing::Answer;
using hooks::testing::Client;
using hooks::testing::eventually;
using hooks::testing::Finished;
using hooks::testing::json_of;
using hooks::testing::Process;
using hooks::testing::run;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kills = 3;
#else
constexpr int kills = 20;
#endif
constexpr int senders = 32;

const std::string path_of_demo = "/cds-services/demo-view/feedback";

std::string acceptance(const std::string& card) {
    return R"({"feedback":[{"card":")" + card +
           R"(","outcome":"accepted","acceptedSuggestions":[{"id":"s"}],)"
           R"("outcomeTimestamp":"2026-03-02T09:14:07.120Z"}]})";
}

class FeedbackProcess : public hooks::testing::Commands {
  protected:
    std::string file() const { return path("var/feedback.sqlite"); }

    std::unique_ptr<Process> serve(std::uint16_t& port) const {
        auto process =
            std::make_unique<Process>(std::vector<std::string>{"serve", "--listen", "127.0.0.1:0"}, demo());
        const std::string line = process->line();
        const std::size_t at = line.find("127.0.0.1:") + 10;
        std::from_chars(line.data() + at, line.data() + line.size(), port);
        return process;
    }

    /// Connections that post feedback of their own until theirs ends; every card that was answered with 200.
    static std::vector<std::string> acknowledged(std::uint16_t port, const std::string& prefix,
                                                 std::atomic<int>& answers) {
        std::vector<std::vector<std::string>> of_sender(senders);
        std::vector<std::thread> threads;
        for (int sender = 0; sender < senders; ++sender) {
            threads.emplace_back([&, sender] {
                Client client(port);
                for (int i = 0;; ++i) {
                    const std::string card = prefix + std::to_string(sender) + "-" + std::to_string(i);
                    if (!client.send(hooks::testing::request_bytes("POST", path_of_demo, acceptance(card),
                                                                   {{"Content-Type", "application/json"}})))
                        return;
                    const auto answer = client.read();
                    if (!answer) return;
                    EXPECT_EQ(answer->status, 200U) << answer->body;
                    if (answer->status == 200) of_sender[static_cast<std::size_t>(sender)].push_back(card);
                    ++answers;
                }
            });
        }
        for (std::thread& thread : threads) thread.join();
        std::vector<std::string> all;
        for (auto& cards : of_sender) all.insert(all.end(), cards.begin(), cards.end());
        return all;
    }
};

TEST_F(FeedbackProcess, LosesNothingThatItAcknowledgedHoweverOftenItIsKilled) {  // R8
    std::mt19937 random(20'261'127);
    std::uniform_int_distribution<int> more_answers(500, 700), microseconds(0, 3'000);
    std::vector<std::string> acknowledged_cards;
    for (int round = 0; round < kills; ++round) {
        std::uint16_t port = 0;
        const auto process = serve(port);
        std::atomic<int> answers = 0;
        const int enough = more_answers(random);
        const std::chrono::microseconds later(microseconds(random));
        std::thread killer([&] {
            EXPECT_TRUE(eventually([&] { return answers >= enough; }));
            std::this_thread::sleep_for(later);  // in the middle of whatever it does then
            process->signal(SIGKILL);
        });
        const auto cards = acknowledged(port, "r" + std::to_string(round) + "-", answers);
        killer.join();
        acknowledged_cards.insert(acknowledged_cards.end(), cards.begin(), cards.end());
        std::string out, err;
        EXPECT_EQ(process->wait(out, err), -1) << "by the signal";
    }

    SQLite::Database left(file(), SQLite::OPEN_READWRITE);
    EXPECT_EQ(left.execAndGet("PRAGMA integrity_check").getString(), "ok");
    std::set<std::string> there;
    FeedbackDatabase(file(), FeedbackDatabase::Access::read)
        .each_feedback("", [&](const hooks::FeedbackRow& row) { there.insert(row.feedback.card); });
    for (const std::string& card : acknowledged_cards) EXPECT_TRUE(there.contains(card)) << card;
    EXPECT_GE(acknowledged_cards.size(), static_cast<std::size_t>(kills) * 500);
    RecordProperty("acknowledged", static_cast<int>(acknowledged_cards.size()));
}

TEST_F(FeedbackProcess, KnowsTheCardOfWhatItAcknowledgedThoughItIsKilledAtOnce) {
    for (int round = 0; round < 3; ++round) {
        std::uint16_t port = 0;
        const auto process = serve(port);
        Client client(port);
        const Answer cards = client.post("/cds-services/demo-view", hooks::testing::patient_view_request());
        const std::string card(json_of(cards.body).at("cards").at(0).at("uuid").as_string());
        ASSERT_EQ(client.post(path_of_demo, acceptance(card)).status, 200U);
        process->signal(SIGKILL);
        std::string out, err;
        ASSERT_EQ(process->wait(out, err), -1) << "by the signal";
    }

    std::size_t known = 0;
    FeedbackDatabase(file(), FeedbackDatabase::Access::read)
        .each_feedback("", [&](const hooks::FeedbackRow& row) { known += row.card ? 1 : 0; });
    EXPECT_EQ(known, 3U);
}

TEST_F(FeedbackProcess, SaysSoWhenThereIsNoRoomForItsFileAndRecovers) {  // R9
    std::uint16_t port = 0;
    const auto process = serve(port);
    ASSERT_EQ(Client(port).post(path_of_demo, acceptance("before")).status, 200U);
    rlimit before{};
    ASSERT_EQ(::prlimit(process->id(), RLIMIT_FSIZE, nullptr, &before), 0);
    const rlimit full{4'096, before.rlim_max};
    ASSERT_EQ(::prlimit(process->id(), RLIMIT_FSIZE, &full, nullptr), 0);

    const Answer refused = Client(port).post(path_of_demo, acceptance("no-room"));
    EXPECT_EQ(refused.status, 503U);
    EXPECT_NE(refused.field("Retry-After"), "");
    EXPECT_EQ(Client(port).get("/health/ready").status, 503U);
    EXPECT_EQ(Client(port).post("/cds-services/demo-view", hooks::testing::patient_view_request()).status,
              200U);

    ASSERT_EQ(::prlimit(process->id(), RLIMIT_FSIZE, &before, nullptr), 0);
    EXPECT_TRUE(eventually([port] { return Client(port).get("/health/ready").status == 200; }));
    EXPECT_EQ(Client(port).post(path_of_demo, acceptance("no-room")).status, 200U);

    process->signal(SIGTERM);
    std::string out, err;
    EXPECT_EQ(process->wait(out, err), 0);
    EXPECT_THAT(err, HasSubstr(R"("event":"feedback-unavailable")"));
    EXPECT_THAT(err, HasSubstr(R"("event":"feedback-open")"));
}

TEST_F(FeedbackProcess, WritesNeitherCommentsNorCardsIntoItsLog) {  // R12, F-15
    std::uint16_t port = 0;
    const auto process = serve(port);
    const std::string body =
        R"({"feedback":[{"card":"MARKED-CARD","outcome":"overridden","overrideReason":{"reason":{"code":"MARKED-CODE"},)"
        R"("userComment":"MARKED-COMMENT"},"outcomeTimestamp":"2026-03-02T09:14:07Z"}]})";

    EXPECT_EQ(Client(port).post(path_of_demo, body).status, 200U);
    EXPECT_EQ(Client(port).post(path_of_demo, body).status, 200U);
    process->signal(SIGTERM);
    std::string out, err;
    EXPECT_EQ(process->wait(out, err), 0);

    EXPECT_THAT(out + err, Not(HasSubstr("MARKED")));
    EXPECT_THAT(err, HasSubstr(R"("path":"/cds-services/{id}/feedback","status":200)"));
    EXPECT_THAT(err, HasSubstr(R"("stored":1,"unknownCards":1})"));
    EXPECT_THAT(err, HasSubstr(R"("repeated":1,"unknownCards":1})"));
}

TEST_F(FeedbackProcess, GivesCardsThoughItsFileCannotBeMade) {  // R9
    write("var", "a file where the folder should be");
    std::uint16_t port = 0;
    const auto process = serve(port);

    EXPECT_EQ(Client(port).get("/health/ready").status, 503U);
    EXPECT_EQ(Client(port).post("/cds-services/demo-view", hooks::testing::patient_view_request()).status,
              200U);
    EXPECT_EQ(Client(port).post(path_of_demo, acceptance("c1")).status, 503U);
    std::filesystem::remove(path("var"));
    EXPECT_TRUE(eventually([port] { return Client(port).get("/health/ready").status == 200; }));
    EXPECT_EQ(Client(port).post(path_of_demo, acceptance("c1")).status, 200U);
}

TEST_F(FeedbackProcess, ReportsAndExportsWhatACardBecame) {
    std::uint16_t port = 0;
    const auto process = serve(port);
    const Answer cards = Client(port).post("/cds-services/demo-view", hooks::testing::patient_view_request());
    const std::string card(json_of(cards.body).at("cards").at(0).at("uuid").as_string());
    const std::string body =
        R"({"feedback":[{"card":")" + card +
        R"(","outcome":"overridden","overrideReason":{"reason":{"code":"doneElsewhere"},"userComment":"=2+3"},)"
        R"("outcomeTimestamp":"2026-03-02T09:14:07Z"}]})";
    ASSERT_EQ(Client(port).post(path_of_demo, body).status, 200U);

    const Finished report = run({"feedback", "report"}, demo());  // while it serves
    EXPECT_EQ(report.code, 0) << report.err;
    EXPECT_THAT(report.out, StartsWith("feedback in " + file() + "\n"));
    EXPECT_THAT(report.out, testing::ContainsRegex("has-conditions +1 +0 +1 +0 +1  doneElsewhere 1\n"));
    EXPECT_THAT(report.out, Not(HasSubstr("2+3")));
    const Finished later = run({"feedback", "report", "--since", "2999-01-01"}, demo());
    EXPECT_THAT(later.out, HasSubstr(", cards shown since 2999-01-01\n\nno card was shown"));

    const Finished csv = run({"feedback", "export", "--file", file()});
    EXPECT_EQ(csv.code, 0) << csv.err;
    EXPECT_THAT(csv.out, StartsWith("receivedAt,outcomeTimestamp,outcome,card,"));
    EXPECT_THAT(csv.out, HasSubstr(",overridden," + card + ",true,"));
    EXPECT_THAT(csv.out, Not(HasSubstr("2+3"))) << "only when asked for";
    const Finished with_comments = run({"feedback", "export", "--comments"}, demo());
    EXPECT_THAT(with_comments.out, HasSubstr(",\"'=2+3\"\r\n"));
    const Finished ndjson =
        run({"feedback", "export", "--format", "ndjson", "--since", "2026-01-01"}, demo());
    EXPECT_EQ(json_of(ndjson.out).at("card"), card.c_str());
    EXPECT_EQ(json_of(ndjson.out).at("rule"), "has-conditions");
}

TEST_F(FeedbackProcess, CommandsSayWhatIsWrong) {
    EXPECT_EQ(run({"feedback"}).code, 2);
    EXPECT_EQ(run({"feedback", "export", "--format", "xml"}).code, 2);
    const Finished date = run({"feedback", "report", "--since", "March"}, demo());
    EXPECT_EQ(date.code, 2);
    EXPECT_THAT(date.err, HasSubstr("--since: expected a date such as 2026-01-31, got \"March\""));
    const Finished nowhere = run({"feedback", "report", "--file", path("nowhere")});
    EXPECT_EQ(nowhere.code, 1);
    EXPECT_THAT(nowhere.err, StartsWith(path("nowhere") + ": unable to open"));
    const Finished other = run({"feedback", "report", "--file", path("request.json")});
    EXPECT_EQ(other.code, 1);
    EXPECT_THAT(other.err, HasSubstr("file is not a database"));
    const Finished off = run({"feedback", "report"}, {"ASPS_CDS_FEEDBACK_FILE="});
    EXPECT_EQ(off.code, 2);
    EXPECT_THAT(off.err, HasSubstr("feedback.file"));
}

}  // namespace
