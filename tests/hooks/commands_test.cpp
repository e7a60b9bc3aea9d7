// The commands as a user starts them: what they print, their exit codes, and a server that stops when told
// to.
#include "tests/support/hooks_check.hpp"
#include "tests/support/hooks_client.hpp"
#include "tests/support/hooks_knowledge.hpp"
#include "tests/support/hooks_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace {

using hooks::testing::Client;
using hooks::testing::Commands;
using hooks::testing::Finished;
using hooks::testing::json_of;
using hooks::testing::Process;
using hooks::testing::run;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST_F(Commands, TellTheirVersionAndTheirUse) {
    EXPECT_THAT(run({"--version"}).out, StartsWith("asps-cds "));
    EXPECT_EQ(run({"--version"}).code, 0);
    EXPECT_EQ(run({"--help"}).code, 0);
    EXPECT_EQ(run({}).code, 2);
    EXPECT_EQ(run({"brew"}).code, 2);
    EXPECT_EQ(run({"evaluate"}).code, 2);
    EXPECT_THAT(run({"serve", "--lisen", "x"}).err, HasSubstr("--lisen"));
}

TEST_F(Commands, ServeRefusesFhirSettingsThatCannotWork) {
    const Finished unreadable =
        run({"serve", "--listen", "127.0.0.1:0"}, {"ASPS_CDS_FHIR_CA_FILE=/nowhere.pem"});
    const Finished unlistable = run({"serve"}, {"ASPS_CDS_FHIR_SERVERS=http://ehr.example.org/r4"});

    EXPECT_EQ(unreadable.code, 1);
    EXPECT_THAT(unreadable.err, HasSubstr("fhir: "));
    EXPECT_THAT(unreadable.err, HasSubstr("/nowhere.pem"));
    EXPECT_EQ(unlistable.code, 1);
    EXPECT_THAT(unlistable.err, HasSubstr("fhir.servers: \"http://ehr.example.org/r4\": expected https"));
}

TEST_F(Commands, CheckFindsNoFaultInGoodKnowledge) {
    const Finished checked = run({"check", path("demo")});

    EXPECT_EQ(checked.code, 0) << checked.err;
    EXPECT_THAT(checked.out, HasSubstr("version 0.0.7, 6 services, 4 rules"));
    EXPECT_THAT(checked.out, HasSubstr("demo-start (encounter-start)\n  prefetch: patient conditions\n"
                                       "  has-conditions\n"));
    EXPECT_THAT(checked.out, HasSubstr("\nno-observations\n  needs: patient observations\n"));
}

TEST_F(Commands, CheckNamesFileAndPlaceOfEachFault) {
    write("demo/bad.json", "{");
    write("demo/has-orders.json", R"({"resourceType":"PlanDefinition","urll":"x"})");

    const Finished checked = run({"check", path("demo")});

    EXPECT_EQ(checked.code, 1);
    EXPECT_THAT(checked.err, HasSubstr(path("demo/bad.json")));
    EXPECT_THAT(checked.err, HasSubstr(path("demo/has-orders.json") + ":"));
    EXPECT_THAT(checked.err, HasSubstr("urll"));
}

TEST_F(Commands, CheckSaysThatAFolderIsNotThereOrEmpty) {
    std::filesystem::create_directory(folder_ / "empty");

    EXPECT_EQ(run({"check", path("nowhere")}).code, 1);
    EXPECT_THAT(run({"check", path("nowhere")}).err, HasSubstr("No such file or directory"));
    EXPECT_THAT(run({"check", path("empty")}).err, HasSubstr("no *.json file"));
}

TEST_F(Commands, EvaluatePrintsTheCardsOfARequest) {
    const Finished evaluated = run({"evaluate", "--knowledge", path("demo"), path("request.json")});

    EXPECT_EQ(evaluated.code, 0) << evaluated.err;
    hooks::testing::check(hooks::testing::Answer{200, {{"Content-Type", "application/json"}}, evaluated.out});
    EXPECT_EQ(json_of(evaluated.out).at("cards").at(0).at("summary"), "This patient has 1 conditions");
    EXPECT_THAT(evaluated.out, HasSubstr("\n      \"summary\": ")) << "for human eyes";
    EXPECT_TRUE(evaluated.out.ends_with("\n    }\n  ]\n}\n")) << evaluated.out;
}

TEST_F(Commands, EvaluateExplainsEveryRule) {
    const Finished evaluated = run({"evaluate", "--knowledge", path("demo"), "--today", "2026-01-31",
                                    "--explain", path("request.json")});

    EXPECT_EQ(evaluated.code, 0) << evaluated.err;
    EXPECT_THAT(evaluated.out,
                HasSubstr("service demo-view (patient-view), knowledge 0.0.7, today 2026-01-31"));
    EXPECT_THAT(evaluated.out, HasSubstr("has-conditions\n      fired"));
    EXPECT_THAT(evaluated.out, HasSubstr("no-observations\n      not checked"));
    EXPECT_THAT(evaluated.out, HasSubstr("observations (missing)"));
}

TEST_F(Commands, EvaluateTakesAPatientsBundle) {
    write("bundle.json",
          R"({"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"1"}},
        {"resource":{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/1"}}}]})");

    const Finished evaluated =
        run({"evaluate", "--knowledge", path("demo"), "--service", "demo-view", path("bundle.json")});

    EXPECT_EQ(evaluated.code, 0) << evaluated.err;
    EXPECT_EQ(json_of(evaluated.out).at("cards").as_array().size(), 2U) << "a Bundle is all there is";
}

TEST_F(Commands, EvaluateTakesTheSameBundleInXml) {
    const auto evaluate = [this](const char* file) {
        return run({"evaluate", "--knowledge", std::string(SOURCE_DIR) + "/config/asps", "--today",
                    "2026-11-01", std::string(SOURCE_DIR) + "/tests/data/" + file});
    };
    const auto summaries = [](const Finished& finished) {
        std::vector<std::string> all;
        const auto answer = json_of(finished.out);
        for (const auto& card : answer.at("cards").as_array())
            all.emplace_back(card.at("summary").as_string());
        return all;
    };
    const Finished xml = evaluate("chart-bundle.xml"), json = evaluate("chart-bundle.json");

    EXPECT_EQ(xml.code, 0) << xml.err;
    EXPECT_FALSE(summaries(xml).empty());
    EXPECT_EQ(summaries(xml), summaries(json));
}

TEST_F(Commands, EvaluateTakesAPatientAloneInXml) {
    write("patient.xml", "\xEF\xBB\xBF\n<Patient xmlns='http://hl7.org/fhir'><id value='1'/></Patient>");

    const Finished evaluated =
        run({"evaluate", "--knowledge", path("demo"), "--service", "demo-view", path("patient.xml")});

    EXPECT_EQ(evaluated.code, 0) << evaluated.err;
    EXPECT_TRUE(json_of(evaluated.out).at("cards").is_array());
}

TEST_F(Commands, EvaluateSaysWhatIsWrongWithAnXmlFileAndWhere) {
    write("wrong.xml",
          "<Bundle xmlns='http://hl7.org/fhir'>\n<entry><resource><Patient><nmae/></Patient></resource>"
          "</entry></Bundle>");

    const Finished evaluated = run({"evaluate", "--knowledge", path("demo"), path("wrong.xml")});

    EXPECT_EQ(evaluated.code, 1);
    EXPECT_EQ(evaluated.err, path("wrong.xml") +
                                 ": entry[0].resource.nmae: expected an element of Patient in FHIR "
                                 "R4, got <nmae>, at line 2, column 28\n");
}

TEST_F(Commands, EvaluateTellsFaultsOfTheInputFromWrongUse) {
    write("broken.json", "{");
    write("no-call.json", R"({"hook":"patient-view","hookInstance":"x","context":{"userId":"u"}})");
    write("no-prefetch.json",
          R"({"hook":"patient-view","hookInstance":"x","context":{"userId":"u","patientId":"1"}})");
    const auto evaluate = [this](std::vector<std::string> more) {
        std::vector<std::string> arguments = {"evaluate", "--knowledge", path("demo")};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run(std::move(arguments));
    };

    EXPECT_EQ(evaluate({path("broken.json")}).code, 1);
    EXPECT_EQ(evaluate({path("no-call.json")}).code, 1);
    EXPECT_THAT(evaluate({path("no-call.json")}).err, HasSubstr("context.patientId"));
    EXPECT_EQ(evaluate({path("no-prefetch.json")}).code, 1);
    EXPECT_THAT(evaluate({path("no-prefetch.json")}).out, HasSubstr("OperationOutcome"));
    EXPECT_EQ(evaluate({path("nowhere.json")}).code, 2);
    EXPECT_EQ(evaluate({"--today", "2026-13-01", path("request.json")}).code, 2);
    EXPECT_EQ(evaluate({"--service", "unknown", path("request.json")}).code, 2);
}

TEST_F(Commands, ServeAnswersUntilItIsToldToStop) {
    Process server({"serve", "--listen", "127.0.0.1:0", "--today", "2026-01-31"}, demo());
    const std::string first = server.line();
    EXPECT_THAT(server.line(), HasSubstr("knowledge 0.0.7"));
    EXPECT_EQ(server.line(), "today is pinned to 2026-01-31");
    const std::size_t colon = first.rfind(':');
    ASSERT_NE(colon, std::string::npos) << first;
    std::uint16_t port = 0;
    std::from_chars(first.data() + colon + 1, first.data() + first.size(), port);
    Client idle(port), client(port);
    EXPECT_EQ(idle.get("/health/ready").status, 200U);
    EXPECT_EQ(client.post("/cds-services/demo-view", hooks::testing::patient_view_request()).status, 200U);
    client.send(
        "POST /cds-services/demo-view HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: "
        "2\r\n\r\n");
    ASSERT_TRUE(client.read());  // in flight

    server.signal(SIGTERM);
    EXPECT_TRUE(idle.is_closed_by_peer());
    client.send("{}");
    const auto last = client.read();
    std::string out, err;
    const int code = server.wait(out, err);

    ASSERT_TRUE(last);
    EXPECT_EQ(last->status, 400U);
    EXPECT_EQ(last->field("Connection"), "close");
    EXPECT_EQ(code, 0);
    EXPECT_THAT(err, HasSubstr(R"("event":"started")"));
    EXPECT_THAT(err, HasSubstr(R"("event":"stopped")"));
    for (std::size_t at = 0; at < err.size();) {  // every line is JSON
        const std::size_t end = std::min(err.find('\n', at), err.size());
        EXPECT_TRUE(json_of(err.substr(at, end - at)).is_object());
        at = end + 1;
    }
}

/// The topics of the cards of an answer.
std::vector<std::string> topics(const hooks::testing::Answer& answer) {
    std::vector<std::string> found;
    const boost::json::value body = json_of(answer.body);
    for (const auto& card : body.at("cards").as_array())
        found.emplace_back(card.at("source").at("topic").at("code").as_string());
    return found;
}

/// A call of `hook` for patient 1: members of the context, and what is on record as Condition.
std::string call_of(const std::string& hook, const std::string& context, const std::string& conditions) {
    std::string prefetch;
    for (const char* key :
         {"observations", "reports", "serviceRequests", "procedures", "medicationRequests"}) {
        prefetch.append(",\"").append(key).append("\":null");
    }
    return R"({"hook":")" + hook +
           R"(","hookInstance":"x","context":{"userId":"Practitioner/1","patientId":"1")" + context +
           R"(},"prefetch":{"patient":{"resourceType":"Patient","id":"1","birthDate":"1996-05-01"},)" +
           R"("conditions":{"resourceType":"Bundle","entry":[)" + conditions + "]}" + prefetch + "}}";
}

const std::string asps =
    R"({"resource":{"resourceType":"Condition","id":"asps","subject":{"reference":"Patient/1"},)"
    R"("code":{"text":"Alveolar soft part sarcoma of right thigh"},"onsetDateTime":"2025-12-01"}})";

std::uint16_t port_of(const std::string& line) {
    std::uint16_t port = 0;
    std::from_chars(line.data() + line.rfind(':') + 1, line.data() + line.size(), port);
    return port;
}

TEST_F(Commands, ServeReadsTheProblemsThatWereAdded) {  // 12.5
    Process server({"serve", "--listen", "127.0.0.1:0", "--today", "2026-01-31"},
                   {std::string("ASPS_CDS_KNOWLEDGE=") + SOURCE_DIR + "/config/asps"});
    Client client(port_of(server.line()));
    const std::string path = "/cds-services/asps-problem-list-item-create";
    const auto added = [](const std::string& problem) {
        return R"(,"conditions":{"resourceType":"Bundle","type":"collection","entry":[)" + problem + "]}";
    };
    const std::string hook = "problem-list-item-create";
    const std::string cough =
        R"({"resource":{"resourceType":"Condition","id":"cough","code":{"text":"Cough"}}})";
    std::string of_another = asps;
    of_another.replace(of_another.find("Patient/1"), 9, "Patient/2");

    EXPECT_THAT(client.get("/cds-services").body, HasSubstr(R"("hook":"problem-list-item-create")"));
    EXPECT_THAT(topics(client.post(path, call_of(hook, added(asps), ""))), ElementsAre("staging"));
    EXPECT_THAT(topics(client.post(path, call_of(hook, added(asps), asps))), ElementsAre("staging"));
    EXPECT_THAT(topics(client.post(path, call_of(hook, added(cough), asps))), IsEmpty());
    EXPECT_THAT(topics(client.post(path, call_of(hook, added(of_another), ""))), IsEmpty());
    EXPECT_EQ(client.post(path, call_of(hook, "", asps)).status, 400U);
    EXPECT_EQ(client.post(path, call_of("patient-view", "", asps)).status, 400U);
    server.signal(SIGTERM);
    std::string out, err;
    EXPECT_EQ(server.wait(out, err), 0);
}

TEST_F(Commands, ServeSwitchesARuleOn) {
    const std::string knowledge = std::string("ASPS_CDS_KNOWLEDGE=") + SOURCE_DIR + "/config/asps";
    const std::string path = "/cds-services/asps-patient-view", body = call_of("patient-view", "", asps);
    for (const bool on : {false, true}) {
        std::vector<std::string> environment = {knowledge};
        if (on) environment.emplace_back("ASPS_CDS_RULES=asps-code-diagnosis=true,asps-staging=false");
        Process server({"serve", "--listen", "127.0.0.1:0", "--today", "2026-01-31"}, environment);
        Client client(port_of(server.line()));

        const auto found = topics(client.post(path, body));
        EXPECT_EQ(std::count(found.begin(), found.end(), "codeDiagnosis"), on ? 1 : 0);
        EXPECT_EQ(std::count(found.begin(), found.end(), "staging"), on ? 0 : 1);
        server.signal(SIGTERM);
        std::string out, err;
        EXPECT_EQ(server.wait(out, err), 0);
    }
}

TEST_F(Commands, ServeSurvivesAClosedLog) {  // reliability 11: log pipe closed
    Process server({"serve", "--listen", "127.0.0.1:0"}, demo());
    const std::string first = server.line();
    std::uint16_t port = 0;
    std::from_chars(first.data() + first.rfind(':') + 1, first.data() + first.size(), port);
    server.close_stderr();
    Client client(port);

    for (int i = 0; i < 100; ++i) EXPECT_EQ(client.get("/health/live").status, 200U);
    server.signal(SIGINT);
    std::string out, err;

    EXPECT_EQ(server.wait(out, err), 0);
}

TEST_F(Commands, ServeRefusesWrongSettingsAndKnowledge) {
    write("server.json", R"({"lisen":1})");
    write("faulty/a.json", "{");

    const Finished settings = run({"serve", "--config", path("server.json")}, demo());
    EXPECT_EQ(settings.code, 1);
    EXPECT_THAT(settings.err, HasSubstr("server.json: lisen: unknown key; nearest: listen"));
    EXPECT_EQ(run({"serve"}, {"ASPS_CDS_KNOWLEDGE=" + path("faulty")}).code, 1);
    EXPECT_EQ(run({"serve", "--config", path("nowhere.json")}, demo()).code, 2);
    EXPECT_EQ(run({"serve", "--listen", "here"}, demo()).code, 2);
    EXPECT_EQ(run({"serve", "--today", "soon"}, demo()).code, 2);
    std::vector<std::string> environment = demo();
    environment.push_back("ASPS_CDS_SERVICES=demo-vew=true");
    const Finished services = run({"serve", "--listen", "127.0.0.1:0"}, environment);
    EXPECT_EQ(services.code, 1);
    EXPECT_THAT(services.err, HasSubstr("services.demo-vew: unknown service"));
    environment.back() = "ASPS_CDS_RULES=has-condition=false";
    const Finished rules = run({"serve", "--listen", "127.0.0.1:0"}, environment);
    EXPECT_EQ(rules.code, 1);
    EXPECT_THAT(rules.err, HasSubstr("rules.has-condition: unknown rule; known: has-conditions"));
}

}  // namespace
