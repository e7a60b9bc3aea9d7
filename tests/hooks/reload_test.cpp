// The reloader and the service manager inside one process: what changes by itself, and what must not be said.
#include "hooks/reload.hpp"
#include "tests/support/hooks_certificates.hpp"
#include "tests/support/hooks_client.hpp"
#include "tests/support/hooks_feedback.hpp"
#include "tests/support/hooks_knowledge.hpp"
#include "tests/support/hooks_systemd.hpp"
#include "tests/support/hooks_tls_client.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <string>
#include <thread>

namespace {

using hooks::testing::Certificate;
using hooks::testing::Client;
using hooks::testing::eventually;
using hooks::testing::make_certificate;
using hooks::testing::NotifySocket;
using hooks::testing::TlsClient;

class Reload : public ::testing::Test {
  protected:
    void SetUp() override {
        for (const cards::SourceFile& file : hooks::testing::demo_files()) write(file.name, file.text);
        write_pair(make_certificate({.dns = "localhost", .name = "first"}));
        write("server.json", R"({"listen":"127.0.0.1:0","feedback":{"file":""},"knowledge":")" +
                                 path("demo") + R"(","tls":{"listen":"127.0.0.1:0","certificateFile":")" +
                                 path("cert.pem") + R"(","keyFile":")" + path("key.pem") + "\"}}");
    }
    void TearDown() override {
        if (server_) server_->stop();
        if (thread_.joinable()) thread_.join();
        reloader_.reset();
    }

    std::string path(const std::string& name) const { return folder_.path + "/" + name; }
    void write(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
        std::ofstream(path(name)) << text;
        ::chmod(path(name).c_str(), 0600);
    }
    void write_pair(const Certificate& certificate) const {
        write("cert.pem", certificate.pem());
        write("key.pem", certificate.key_pem());
    }

    void start() {
        manager_.emplace();
        const hooks::ConfigurationSource source{path("server.json"), {}, {}};
        hooks::LoadedConfiguration loaded = hooks::load_configuration(source);
        ASSERT_TRUE(loaded.configuration) << loaded.problems.front();
        const hooks::Clock clock = *hooks::pinned_clock("2026-11-24");
        service_.emplace(hooks::service_of(*loaded.configuration, clock, nullptr, nullptr, process_));
        hooks::ServerOptions options = loaded.configuration->settings.server;
        options.threads = 1;
        server_.emplace(options, *service_);
        ASSERT_EQ(server_->listen(), std::nullopt);
        reloader_.emplace(hooks::Reloadable{*server_, *service_, process_, *manager_, nullptr, nullptr, clock,
                                            source, std::chrono::milliseconds(5)},
                          *loaded.configuration);
        thread_ = std::thread([this] { server_->run(); });
    }

    const hooks::testing::TemporaryFolder folder_;
    hooks::ProcessState process_;
    std::optional<hooks::ServiceManager> manager_;
    std::optional<hooks::CurrentService> service_;
    std::optional<hooks::HttpServer> server_;
    std::optional<hooks::Reloader> reloader_;
    std::thread thread_;
};

TEST_F(Reload, SeesByItselfThatTheCertificateWasRenewed) {
    start();
    ASSERT_EQ(TlsClient(server_->tls_port()).server_name(), "first");

    write_pair(make_certificate({.dns = "localhost", .name = "second"}));

    EXPECT_TRUE(eventually([this] { return TlsClient(server_->tls_port()).server_name() == "second"; }));
    EXPECT_TRUE(eventually([this] { return process_.is_current.load(); }));
}

TEST_F(Reload, KeepsTheCertificateThatItHasWhenTheRenewedOneIsBad) {
    start();

    // In one step: a file half written would be one more that is refused.
    write("renewed.pem", "no certificate");
    std::filesystem::rename(folder_.path + "/renewed.pem", folder_.path + "/cert.pem");

    EXPECT_TRUE(eventually([this] { return process_.refused == 1; }));
    EXPECT_EQ(TlsClient(server_->tls_port()).server_name(), "first");
    EXPECT_FALSE(process_.is_current);
    EXPECT_EQ(Client(server_->port()).get("/health/ready").status, 200U) << "the old one is still good";
    EXPECT_EQ(process_.refused, 1) << "it is not refused again until it changes again";
}

TEST_F(Reload, IsNotReadyBehindAnExpiredCertificate) {
    start();
    ASSERT_EQ(Client(server_->port()).get("/health/ready").status, 200U);

    process_.certificate_expires = 1;

    const auto answer = Client(server_->port()).get("/health/ready");
    EXPECT_EQ(answer.status, 503U);
    EXPECT_NE(answer.body.find("certificate: expired"), std::string::npos);
    EXPECT_EQ(Client(server_->port()).get("/health/live").status, 200U);
}

TEST_F(Reload, SaysItIsAliveOnlyWhileItsServingThreadsAnswer) {
    NotifySocket systemd;
    ::setenv("NOTIFY_SOCKET", systemd.name().c_str(), 1);
    ::setenv("WATCHDOG_USEC", "20000", 1);
    start();
    EXPECT_EQ(systemd.next("WATCHDOG=1"), "WATCHDOG=1\n");

    std::promise<void> stuck, go_on;
    std::future<void> going = go_on.get_future();
    server_->post([&stuck, &going] {
        stuck.set_value();
        going.wait();
    });
    stuck.get_future().wait();
    std::string last;
    do last = systemd.message(200);  // what was sent before
    while (!last.empty());
    EXPECT_EQ(systemd.message(200), "") << "ten times the interval";
    go_on.set_value();
    EXPECT_EQ(systemd.next("WATCHDOG=1"), "WATCHDOG=1\n");
}

TEST_F(Reload, TakesWhatSystemdSaysOutOfTheEnvironment) {
    for (const char* name :
         {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
        ::setenv(name, "1", 1);
    }
    const hooks::ServiceManager manager;

    for (const char* name :
         {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
        EXPECT_EQ(std::getenv(name), nullptr) << name;
    }
    EXPECT_EQ(manager.watchdog().count(), 0) << "another process is meant";
    EXPECT_TRUE(manager.sockets().empty());
}

}  // namespace
