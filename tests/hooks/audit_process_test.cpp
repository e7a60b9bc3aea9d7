// Decision records and the program as a process: killed, without room, read and checked by its own commands.
#include "cards/element_check.hpp"
#include "fhir/document.hpp"
#include "tests/support/hooks_check.hpp"
#include "tests/support/hooks_client.hpp"
#include "tests/support/hooks_feedback.hpp"
#include "tests/support/hooks_metrics.hpp"
#include "tests/support/hooks_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>

#include <charconv>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace {

using hooks::testing::Client;
using hooks::testing::eventually;
using hooks::testing::Finished;
using hooks::testing::Process;
using hooks::testing::run;
using testing::HasSubstr;
using testing::Not;

class AuditProcess : public hooks::testing::Commands {
  protected:
    std::string file() const { return path("var/decisions.ndjson"); }

    std::unique_ptr<Process> serve(std::uint16_t& port) const {
        auto process = std::make_unique<Process>(
            std::vector<std::string>{"serve", "--listen", "127.0.0.1:0", "--today", "2026-01-31"}, demo());
        const std::string line = process->line();
        const std::size_t at = line.find("127.0.0.1:") + 10;
        std::from_chars(line.data() + at, line.data() + line.size(), port);
        return process;
    }
    static void call(std::uint16_t port, const std::string& id) {
        EXPECT_EQ(Client(port)
                      .post("/cds-services/demo-view", hooks::testing::patient_view_request(),
                            {{"X-Request-Id", id}})
                      .status,
                  200U);
    }
    std::vector<std::string> lines() const {
        std::vector<std::string> all;
        std::ifstream in(file());
        for (std::string line; std::getline(in, line);) all.push_back(line);
        return all;
    }
    /// A run with two calls, to its end.
    std::string log_of_two_calls() const {
        std::uint16_t port = 0;
        const auto process = serve(port);
        call(port, "one");
        call(port, "two");
        process->signal(SIGTERM);
        std::string out, err;
        EXPECT_EQ(process->wait(out, err), 0);
        return err;
    }
    Finished audit(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), "audit");
        return run(std::move(arguments), demo());
    }
};

TEST_F(AuditProcess, VerifyFindsARunUnbrokenAndShowsTheLineThatWasChanged) {
    const std::string log = log_of_two_calls();

    const Finished well = audit({"verify"});
    EXPECT_EQ(well.code, 0) << well.out << well.err;
    EXPECT_THAT(well.out, HasSubstr("3 lines, 2 decisions, unbroken"));
    const std::size_t at = log.find(R"("hash":")", log.find("decisions-end")) + 8;
    const std::string hash = log.substr(at, 64);
    EXPECT_THAT(well.out, HasSubstr(hash)) << "the log knows where the chain ends";
    EXPECT_EQ(audit({"verify", "--last", hash}).code, 0);

    std::vector<std::string> changed = lines();
    changed[1].replace(changed[1].find("\"one\""), 5, "\"0ne\"");
    write("var/decisions.ndjson", changed[0] + "\n" + changed[1] + "\n" + changed[2] + "\n");
    const Finished tampered = audit({"verify", file()});
    EXPECT_EQ(tampered.code, 1);
    EXPECT_THAT(tampered.out, HasSubstr("decisions.ndjson:2: changed"));

    write("var/decisions.ndjson", lines()[0] + "\n");
    EXPECT_EQ(audit({"verify"}).code, 0) << "a clean cut at the end does not show by itself";
    EXPECT_EQ(audit({"verify", "--last", hash}).code, 1) << "but by the hash in the log";
    EXPECT_EQ(audit({"verify", path("nowhere")}).code, 1);
}

TEST_F(AuditProcess, IsWholeAfterBeingKilledAgainAndAgain) {
    std::size_t seen = 0;
    for (int round = 0; round < 5; ++round) {
        std::uint16_t port = 0;
        const auto process = serve(port);
        for (int i = 0; i < 20; ++i) call(port, std::to_string(round) + "-" + std::to_string(i));
        EXPECT_TRUE(eventually([&] { return lines().size() > seen; }));
        process->signal(SIGKILL);
        std::string out, err;
        EXPECT_EQ(process->wait(out, err), -1);
        seen = lines().size();
        // As if the last line had been cut off by it.
        if (round % 2 == 0) std::filesystem::resize_file(file(), std::filesystem::file_size(file()) - 30);
    }
    std::uint16_t port = 0;
    serve(port)->signal(SIGTERM);
    EXPECT_TRUE(eventually([&] { return audit({"verify"}).code == 0; })) << audit({"verify"}).out;
}

TEST_F(AuditProcess, GivesCardsWithoutRoomForRecordsAndWritesThemWhenThereIsSome) {  // R9
    std::uint16_t port = 0;
    const auto process = serve(port);
    call(port, "before");
    EXPECT_TRUE(eventually([&] { return lines().size() == 2; }));
    rlimit before{};
    ASSERT_EQ(::prlimit(process->id(), RLIMIT_FSIZE, nullptr, &before), 0);
    const rlimit full{std::filesystem::file_size(file()) + 100, before.rlim_max};
    ASSERT_EQ(::prlimit(process->id(), RLIMIT_FSIZE, &full, nullptr), 0);

    call(port, "no-room");
    const auto is_up = [port] {
        return hooks::testing::value_of(hooks::testing::series_of(Client(port).get("/metrics").body),
                                        "cds_decision_records_up") == 1;
    };
    EXPECT_TRUE(eventually([&] { return !is_up(); }));
    EXPECT_THAT(Client(port).get("/health/ready").body, HasSubstr("cannot be recorded, the log says why"));
    call(port, "no-room-either");

    ASSERT_EQ(::prlimit(process->id(), RLIMIT_FSIZE, &before, nullptr), 0);
    EXPECT_TRUE(eventually(is_up));
    process->signal(SIGTERM);
    std::string out, err;
    EXPECT_EQ(process->wait(out, err), 0);
    EXPECT_EQ(audit({"verify"}).code, 0) << audit({"verify"}).out;
    EXPECT_THAT(audit({"show"}).out, HasSubstr("request no-room-either"));
    EXPECT_THAT(err, HasSubstr(R"("event":"decisions-unavailable")"));
}

TEST_F(AuditProcess, ShowPrintsTheRecordsThatAreAskedFor) {
    log_of_two_calls();
    const auto shown = [this](std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "show");
        const Finished finished = audit(std::move(arguments));
        EXPECT_EQ(finished.code, 0) << finished.err;
        return finished.out;
    };

    EXPECT_THAT(shown({}), HasSubstr("demo-view (patient-view)  200"));
    EXPECT_THAT(shown({}), HasSubstr("fired: has-conditions"));
    EXPECT_THAT(shown({"--request", "two"}), Not(HasSubstr("request one")));
    EXPECT_THAT(shown({"--service", "demo-view", "--rule", "has-conditions", "--since", "2026-01-01"}),
                HasSubstr("request one"));
    EXPECT_EQ(shown({"--service", "other"}), "");
    EXPECT_EQ(shown({"--rule", "no-observations"}), "") << "it did not fire";
    EXPECT_EQ(shown({"--since", "2999-01-01"}), "");
    EXPECT_EQ(shown({"--until", "2020"}), "");
    EXPECT_THAT(shown({"--patient", "1"}), HasSubstr("request one"));
    EXPECT_EQ(shown({"--patient", "2"}), "");
    EXPECT_EQ(shown({"--format", "ndjson"}), lines()[1] + "\n" + lines()[2] + "\n");
    EXPECT_EQ(audit({"show", "--since", "soon"}).code, 2);
    EXPECT_EQ(audit({"show", "--format", "csv"}).code, 2);
    EXPECT_EQ(run({"audit", "show"}, {"ASPS_CDS_DECISIONS_FILE="}).code, 2);
}

TEST_F(AuditProcess, ShowGivesAuditEventsThatAreSoundR4) {
    log_of_two_calls();
    std::uint16_t port = 0;
    {
        const auto process = serve(port);  // and one that could not be answered
        Client(port).post(
            "/cds-services/demo-view",
            R"({"hook":"patient-view","hookInstance":"h","context":{"userId":"p","patientId":"1"}})");
        process->signal(SIGTERM);
        std::string out, err;
        process->wait(out, err);
    }

    const Finished shown = audit({"show", "--format", "auditevent"});

    std::istringstream in(shown.out);
    std::size_t count = 0;
    for (std::string line; std::getline(in, line); ++count) {
        const auto event = fhir::Document::parse(line);
        ASSERT_TRUE(event) << line;
        cards::check_elements((*event)->root(), [&](const fhir::Node& place, const std::string& message) {
            ADD_FAILURE() << place.name() << ": " << message << " in " << line;
        });
        EXPECT_EQ((*event)->root().text_of("resourceType"), "AuditEvent");
        EXPECT_EQ((*event)->root().text_of("action"), "E");
        EXPECT_EQ((*event)->root().text_of("outcome"), count == 2 ? "4" : "0");
        EXPECT_THAT(line, HasSubstr(R"("code":"rest")"));
    }
    EXPECT_EQ(count, 3U);
}

TEST_F(AuditProcess, WillNotServeWithAKeyThatIsTooShort) {
    write("var/decisions.key", "secret");

    const Finished refused = run({"serve", "--listen", "127.0.0.1:0"}, demo());

    EXPECT_EQ(refused.code, 1);
    EXPECT_THAT(refused.err,
                HasSubstr("decisions.keyFile: " + path("var/decisions.key") + ": expected a secret"));
}

}  // namespace
