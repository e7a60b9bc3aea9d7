// The life of the process: reloading by SIGHUP while calls run, stopping, and what it tells systemd and gets
// from it (reliability.md 8, R7).
#include "tests/support/hooks_certificates.hpp"
#include "tests/support/hooks_check.hpp"
#include "tests/support/hooks_client.hpp"
#include "tests/support/hooks_feedback.hpp"
#include "tests/support/hooks_knowledge.hpp"
#include "tests/support/hooks_process.hpp"
#include "tests/support/hooks_systemd.hpp"
#include "tests/support/hooks_tls_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using hooks::testing::Certificate;
using hooks::testing::Client;
using hooks::testing::Commands;
using hooks::testing::eventually;
using hooks::testing::Finished;
using hooks::testing::ListeningSocket;
using hooks::testing::make_certificate;
using hooks::testing::NotifySocket;
using hooks::testing::patient_view_request;
using hooks::testing::Process;
using hooks::testing::run;
using hooks::testing::TlsClient;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Lifecycle : public Commands {
  protected:
    /// Settings and knowledge are files of the folder.
    std::vector<std::string> arguments() const { return {"serve", "--config", path("server.json")}; }
    void configure(const std::string& members) const {
        write("server.json", R"({"listen":"127.0.0.1:0")" + (members.empty() ? "" : "," + members) + "}");
    }
    static std::uint16_t port_of(Process& server) {
        const std::string line = server.line();
        std::uint16_t port = 0;
        std::from_chars(line.data() + line.rfind(':') + 1, line.data() + line.size(), port);
        return port;
    }
    static std::string readiness(std::uint16_t port) { return Client(port).get("/health/ready").body; }
    /// The reloading is over when readiness counts it.
    static void expect_soon(std::uint16_t port, const std::string& text) {
        EXPECT_TRUE(eventually([&] { return readiness(port).find(text) != std::string::npos; }))
            << text << " in " << readiness(port);
    }
    static unsigned call(std::uint16_t port) {
        return Client(port).post("/cds-services/demo-view", patient_view_request()).status;
    }
    std::string write_secret(const std::string& name, const std::string& text) const {
        write(name, text);
        ::chmod(path(name).c_str(), 0600);
        return path(name);
    }
    /// The members of `tls` that name a pair of files, which are written.
    std::string tls_files(const Certificate& certificate) const {
        return R"("certificateFile":")" + write_secret("cert.pem", certificate.pem()) + R"(","keyFile":")" +
               write_secret("key.pem", certificate.key_pem()) + '"';
    }
};

TEST_F(Lifecycle, SwitchesAServiceOffByAReload) {
    configure("");
    Process server(arguments(), demo());
    const std::uint16_t port = port_of(server);
    ASSERT_EQ(call(port), 200U);

    configure(R"("services":{"demo-view":false})");
    server.signal(SIGHUP);

    expect_soon(port, "\"reloads\":1");
    EXPECT_EQ(call(port), 404U);
    EXPECT_THAT(Client(port).get("/cds-services").body, Not(HasSubstr("\"demo-view\"")));
}

TEST_F(Lifecycle, KeepsServingOnWhatItHasWhenKnowledgeIsBrokenAndSaysWhy) {
    configure("");
    Process server(arguments(), demo());
    const std::uint16_t port = port_of(server);
    write("demo/broken.json", R"({"resourceType":"PlanDefinition","urll":"x"})");

    server.signal(SIGHUP);
    expect_soon(port, "\"refused\":1");
    EXPECT_EQ(call(port), 200U);
    EXPECT_EQ(Client(port).get("/health/ready").status, 200U);
    std::filesystem::remove(folder_ / "demo/broken.json");
    server.signal(SIGHUP);
    expect_soon(port, "\"reloads\":1");

    server.signal(SIGTERM);
    std::string out, err;
    EXPECT_EQ(server.wait(out, err), 0);
    EXPECT_THAT(err, HasSubstr("\"event\":\"reload-refused\",\"reason\":\"" + path("demo/broken.json")));
    EXPECT_THAT(err, HasSubstr("urll"));
}

TEST_F(Lifecycle, TakesAllOfANewConfigurationOrNothing) {
    configure("");
    Process server(arguments(), demo());
    const std::uint16_t port = port_of(server);

    configure(R"("services":{"demo-view":false},"limits":{"bodyByte":1})");
    server.signal(SIGHUP);

    expect_soon(port, "\"refused\":1");
    EXPECT_EQ(call(port), 200U) << "the service is still on";
    server.signal(SIGTERM);
    std::string out, err;
    server.wait(out, err);
    EXPECT_THAT(err, HasSubstr("limits.bodyByte: unknown key; nearest: limits.bodyBytes"));
}

TEST_F(Lifecycle, TakesLimitsAtOnceAlsoForConnectionsThatAreOpen) {
    configure("");
    Process server(arguments(), demo());
    const std::uint16_t port = port_of(server);
    Client kept(port);
    ASSERT_EQ(kept.post("/cds-services/demo-view", patient_view_request()).status, 200U);

    configure(R"("limits":{"bodyBytes":1024})");
    server.signal(SIGHUP);

    expect_soon(port, "\"reloads\":1");
    const std::string large = "{\"x\":\"" + std::string(2'000, 'x') + "\"}";
    EXPECT_EQ(Client(port).post("/cds-services/demo-view", large).status, 413U);
    const auto last = kept.get("/health/live");
    EXPECT_EQ(last.status, 200U);
    EXPECT_EQ(last.field("Connection"), "close") << "the next connection begins under the new limits";
}

TEST_F(Lifecycle, NamesWhatNeedsARestartAndGoesOn) {
    configure("");
    Process server(arguments(), demo());
    const std::uint16_t port = port_of(server);

    write("server.json", R"({"listen":"127.0.0.1:1","threads":3})");
    server.signal(SIGHUP);

    expect_soon(port, "\"reloads\":1");
    EXPECT_EQ(call(port), 200U);
    server.signal(SIGTERM);
    std::string out, err;
    server.wait(out, err);
    EXPECT_THAT(err, HasSubstr(R"("event":"setting-needs-restart","key":"listen")"));
    EXPECT_THAT(err, HasSubstr(R"("event":"setting-needs-restart","key":"threads")"));
}

TEST_F(Lifecycle, AnswersEveryCallDuringAStormOfReloads) {
    configure("");
    Process server(arguments(), demo());
    const std::uint16_t port = port_of(server);
    std::atomic<bool> enough = false;
    std::atomic<int> answered = 0, failed = 0;
    std::vector<std::thread> callers;
    for (int i = 0; i < 3; ++i) {
        callers.emplace_back([&] {
            while (!enough) ++(call(port) == 200U ? answered : failed);
        });
    }

    for (int i = 0; i < 200; ++i) server.signal(SIGHUP);
    EXPECT_TRUE(eventually([&] { return readiness(port).find("\"reloads\":0") == std::string::npos; }));
    for (int i = 0; i < 5; ++i) {
        const int before = answered;
        server.signal(SIGHUP);
        EXPECT_TRUE(eventually([&] { return answered > before; }));
    }
    enough = true;
    for (std::thread& caller : callers) caller.join();

    EXPECT_EQ(failed, 0);
    EXPECT_GT(answered, 5);
    EXPECT_THAT(readiness(port), HasSubstr("\"refused\":0"));
}

TEST_F(Lifecycle, EndsAtOnceWhenToldASecondTime) {
    configure(R"("deadlinesMs":{"drain":3600000,"body":3600000})");
    Process server(arguments(), demo());
    const std::uint16_t port = port_of(server);
    Client idle(port), busy(port);
    ASSERT_EQ(idle.get("/health/live").status, 200U);
    busy.send(
        "POST /cds-services/demo-view HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: "
        "2\r\n\r\n");
    ASSERT_TRUE(busy.read());

    server.signal(SIGTERM);
    ASSERT_TRUE(idle.is_closed_by_peer()) << "it has begun to stop, and waits for the busy one";
    server.signal(SIGTERM);
    std::string out, err;

    EXPECT_EQ(server.wait(out, err), 0);
    EXPECT_THAT(err, HasSubstr("stopped-with-connections-cut"));
}

// ---- what the log says of many

TEST_F(Lifecycle, LogsALineASecondOfCallsTurnedAwayAndHowManyHadNone) {
    configure(R"("limits":{"connections":1})");
    Process server(arguments(), demo());
    const std::uint16_t port = port_of(server);
    const auto start = std::chrono::steady_clock::now();
    Client welcome(port);
    ASSERT_EQ(welcome.get("/health/live").status, 200U);
    for (int i = 0; i < 60; ++i) {
        EXPECT_EQ(Client(port).get("/health/live").status, 503U);
    }
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start);
    server.signal(SIGTERM);
    std::string out, err;
    ASSERT_EQ(server.wait(out, err), 0);

    std::size_t lines = 0, left_out = 0;
    std::istringstream log(err);
    for (std::string line; std::getline(log, line);) {
        if (line.find(R"("refusal":"throttled")") != std::string::npos) ++lines;
        const std::size_t at = line.find(R"("leftOut":)");
        if (at != std::string::npos) left_out += std::stoul(line.substr(at + 10));
    }
    EXPECT_GE(lines, 1U);
    EXPECT_LE(lines, static_cast<std::size_t>(seconds.count()) + 2);
    EXPECT_EQ(lines + left_out, 60U) << err;
}

TEST_F(Lifecycle, WarnsWhenNoTokenCanNameItsAddress) {
    configure(
        R"("clients":[{"issuer":"https://ehr.example.org","jku":"https://ehr.example.org/jwks.json"}])");
    const Finished checked = run({"check", "--config", path("server.json")}, demo());
    Process server(arguments(), demo());
    port_of(server);
    server.signal(SIGTERM);
    std::string out, err;

    EXPECT_EQ(server.wait(out, err), 0);
    EXPECT_THAT(err, HasSubstr(R"("level":"warn","event":"public-url-unknown")"));
    EXPECT_EQ(checked.code, 0);
    EXPECT_THAT(checked.err, HasSubstr("publicUrl: tokens name the address that clients call"));
}

// ---- TLS of the whole program

TEST_F(Lifecycle, ServesTlsBesidePlainHttpAndReloadsTheCertificate) {
    const Certificate second = make_certificate({.dns = "localhost", .name = "second"});
    const std::string listen = R"("tls":{"listen":"127.0.0.1:0",)";
    configure(listen + tls_files(make_certificate({.dns = "localhost", .name = "first"})) + "}");
    Process server(arguments(), demo());
    const std::uint16_t port = port_of(server), tls_port = port_of(server);
    EXPECT_EQ(TlsClient(tls_port).server_name(), "first");
    EXPECT_EQ(TlsClient(tls_port).post("/cds-services/demo-view", patient_view_request()), 200U);
    EXPECT_THAT(readiness(port), HasSubstr(R"("certificate":{"status":"ready","expiresInDays":2})"));

    write_secret("cert.pem", "no certificate");
    server.signal(SIGHUP);
    expect_soon(port, "\"refused\":1");
    EXPECT_EQ(TlsClient(tls_port).server_name(), "first");

    tls_files(second);
    server.signal(SIGHUP);
    expect_soon(port, "\"reloads\":1");
    EXPECT_EQ(TlsClient(tls_port).server_name(), "second");
}

TEST_F(Lifecycle, WillNotStartWithACertificateThatIsOfNoUse) {
    configure(R"("tls":{"listen":"127.0.0.1:0",)" + tls_files(make_certificate({.expired = true})) + "}");
    const Finished expired = run(arguments(), demo());
    configure(R"("tls":{"listen":"127.0.0.1:0"})");
    const Finished none = run(arguments(), demo());

    EXPECT_EQ(expired.code, 1);
    EXPECT_THAT(expired.err,
                HasSubstr("server.json: tls.certificateFile: " + path("cert.pem") + ": expired on "));
    EXPECT_EQ(none.code, 1);
    EXPECT_THAT(none.err, HasSubstr("tls.certificateFile: TLS needs a certificate"));
}

TEST_F(Lifecycle, ListensForPlainHttpBeyondLoopbackOnlyWhenToldSo) {
    std::vector<std::string> environment = demo();
    environment.emplace_back("ASPS_CDS_AUTH_REQUIRED=never");
    configure("");
    const Finished refused =
        run({"serve", "--config", path("server.json"), "--listen", "0.0.0.0:0"}, environment);
    environment.emplace_back("ASPS_CDS_TLS_REQUIRED=never");
    Process server({"serve", "--config", path("server.json"), "--listen", "0.0.0.0:0"}, environment);

    EXPECT_EQ(refused.code, 1);
    EXPECT_THAT(refused.err, HasSubstr("ASPS_CDS_TLS_REQUIRED=never"));
    EXPECT_EQ(call(port_of(server)), 200U);
}

// ---- systemd

TEST_F(Lifecycle, TellsTheManagerWhatItDoes) {
    for (const bool is_abstract : {false, true}) {
        NotifySocket manager(is_abstract);
        std::vector<std::string> environment = demo();
        environment.push_back("NOTIFY_SOCKET=" + manager.name());
        environment.emplace_back("WATCHDOG_USEC=100000");
        configure("");
        Process server(arguments(), environment);

        EXPECT_THAT(manager.next("READY=1"), HasSubstr("STATUS=knowledge 0.0.7"));
        EXPECT_EQ(manager.next("WATCHDOG=1"), "WATCHDOG=1\n");
        EXPECT_EQ(manager.next("WATCHDOG=1"), "WATCHDOG=1\n");
        server.signal(SIGHUP);
        EXPECT_THAT(manager.next("RELOADING=1"), HasSubstr("MONOTONIC_USEC="));
        EXPECT_THAT(manager.next("READY=1"), HasSubstr("STATUS=knowledge 0.0.7"));
        write("server.json", "{");
        server.signal(SIGHUP);
        EXPECT_THAT(manager.next("RELOADING=1"), HasSubstr("MONOTONIC_USEC="));
        EXPECT_THAT(manager.next("READY=1"), HasSubstr("refused"));
        server.signal(SIGTERM);
        EXPECT_THAT(manager.next("STOPPING=1"), HasSubstr("STATUS="));
    }
}

TEST_F(Lifecycle, TakesOverSocketsThatWereOpenedForIt) {
    const ListeningSocket plain, secure;
    configure(R"("tls":{)" + tls_files(make_certificate({.dns = "localhost", .name = "passed"})) + "}");
    std::vector<std::string> environment = demo();
    environment.emplace_back("LISTEN_FDNAMES=http:https");

    Process server(arguments(), environment, "/dev/null", false, {plain.descriptor(), secure.descriptor()});
    EXPECT_THAT(server.line(), HasSubstr(":" + std::to_string(plain.port()) + "/cds-services"));

    EXPECT_EQ(call(plain.port()), 200U);
    EXPECT_EQ(TlsClient(secure.port()).server_name(), "passed");
    server.signal(SIGHUP);
    expect_soon(plain.port(), "\"reloads\":1");
    EXPECT_EQ(TlsClient(secure.port()).get("/health/live"), 200U);
}

TEST_F(Lifecycle, LosesNoConnectionOverARestartWithAPassedSocket) {  // R7
    const ListeningSocket plain;
    configure("");
    Process first(arguments(), demo(), "/dev/null", false, {plain.descriptor()});
    EXPECT_EQ(call(plain.port()), 200U);
    first.signal(SIGTERM);
    std::string out, err;
    EXPECT_EQ(first.wait(out, err), 0);
    Client between(plain.port());  // while nobody accepts
    between.send("GET /health/live HTTP/1.1\r\nHost: h\r\n\r\n");

    Process second(arguments(), demo(), "/dev/null", false, {plain.descriptor()});

    const auto answer = between.read();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200U);
}

TEST_F(Lifecycle, SaysWhichPassedSocketItCannotUse) {
    const ListeningSocket named;
    const NotifySocket datagrams;
    configure("");
    std::vector<std::string> environment = demo();
    environment.emplace_back("LISTEN_FDNAMES=asps-cds.socket:http");

    Process server(arguments(), environment, "/dev/null", false,
                   {named.descriptor(), datagrams.descriptor()});
    std::string out, err;

    EXPECT_EQ(server.wait(out, err), 1);
    EXPECT_THAT(err, AllOf(HasSubstr("socket 1 of LISTEN_FDS: expected the name http or https"),
                           HasSubstr("socket 2 of LISTEN_FDS: expected a listening TCP socket")));
}

// ---- check --config

TEST_F(Lifecycle, CheckNamesAllThatWouldKeepItFromStarting) {
    configure("");
    const Finished good = run({"check", "--config", path("server.json")}, demo());
    write("keys.json", "{\"keys\":[]}");
    configure(R"("services":{"demo-vew":true},"clients":[{"issuer":"https://ehr.example.org","keysFile":")" +
              path("keys.json") +
              R"("}],"tls":{"listen":"127.0.0.1:0","certificateFile":"/no.pem","keyFile":"/no.pem"},)" +
              R"("fhir":{"caFile":"/nowhere.pem"})");
    const Finished bad = run({"check", "--config", path("server.json")}, demo());
    write("demo/broken.json", "{");
    const Finished knowledge = run({"check", "--config", path("server.json")}, demo());

    EXPECT_EQ(good.code, 0) << good.err;
    EXPECT_THAT(good.out, HasSubstr("server.json: no faults; knowledge 0.0.7"));
    EXPECT_EQ(bad.code, 1);
    for (const char* fault :
         {"server.json: services.demo-vew: unknown service", "server.json: tls.certificateFile: /no.pem",
          "clients[0].keysFile: ", "no key that verifies signatures", "/nowhere.pem"}) {
        EXPECT_THAT(bad.err, HasSubstr(fault));
    }
    EXPECT_EQ(knowledge.code, 1);
    EXPECT_THAT(knowledge.err, HasSubstr(path("demo/broken.json")));
    EXPECT_EQ(run({"check", "--config", path("nowhere.json")}, demo()).code, 2);
    EXPECT_EQ(run({"check", path("demo"), "--config", path("server.json")}, demo()).code, 2);
}

}  // namespace
