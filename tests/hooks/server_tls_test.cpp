// TLS: which versions and ciphers are agreed upon, whose certificates are let in, and what becomes of
// connections when the server's own is replaced (reliability.md 6).
#include "hooks/server_tls.hpp"
#include "hooks/clock.hpp"
#include "hooks/http_server.hpp"
#include "hooks/service.hpp"
#include "tests/support/hooks_certificates.hpp"
#include "tests/support/hooks_client.hpp"
#include "tests/support/hooks_knowledge.hpp"
#include "tests/support/hooks_tls_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <openssl/ssl.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

using hooks::ServerTls;
using hooks::TlsSettings;
using hooks::testing::Certificate;
using hooks::testing::make_certificate;
using hooks::testing::make_revocations;
using hooks::testing::TlsClient;
using hooks::testing::TlsWish;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Asked = TlsSettings::ClientCertificates;

class Tls : public ::testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = ::testing::TempDir() + "asps-cds-XXXXXX";
        folder_ = ::mkdtemp(pattern.data());
        settings_.certificate_file = write("cert.pem", first_.pem());
        settings_.key_file = write("key.pem", first_.key_pem());
    }
    void TearDown() override {
        if (server_) server_->stop();
        if (thread_.joinable()) thread_.join();
        std::filesystem::remove_all(folder_);
    }

    /// The file's path; only its owner may read it.
    std::string write(const std::string& name, const std::string& text) const {
        const std::string path = folder_ + "/" + name;
        std::ofstream(path) << text;
        ::chmod(path.c_str(), 0600);
        return path;
    }
    static ServerTls::Loaded load(const TlsSettings& settings) {
        return ServerTls::load(settings, std::chrono::system_clock::now());
    }
    static std::vector<std::string> problems(const TlsSettings& settings) { return load(settings).problems; }

    void start(hooks::ServerOptions options = {}) {
        options.address = options.tls_address = "127.0.0.1";
        options.port = options.tls_port = 0;
        options.threads = 2;
        server_.emplace(options, service_);
        ServerTls::Loaded loaded = load(settings_);
        ASSERT_THAT(loaded.problems, IsEmpty());
        server_->use(loaded.tls);
        ASSERT_EQ(server_->listen(), std::nullopt);
        thread_ = std::thread([this] { server_->run(); });
    }
    std::uint16_t port() const { return server_->tls_port(); }
    /// "live" if this client is served.
    std::string answer_to(const Certificate* shown) const {
        TlsClient client(port(), {.version = TLS1_3_VERSION, .shown = shown});
        return client.get("/health/live") == 200 ? "live" : "refused";
    }

    const Certificate authority_ = make_certificate({.authority = true, .name = "Hospital authority"});
    const Certificate first_ = make_certificate({.dns = "localhost", .name = "first"});
    hooks::CdsService service_{{}, hooks::testing::demo_knowledge(), *hooks::pinned_clock("2026-11-24")};
    TlsSettings settings_;
    std::string folder_;
    std::optional<hooks::HttpServer> server_;
    std::thread thread_;
};

TEST_F(Tls, SpeaksTheSameAsPlainHttp) {
    start();
    TlsClient client(port());
    hooks::testing::Client plain(server_->port());

    EXPECT_EQ(client.post("/cds-services/demo-view", hooks::testing::patient_view_request()), 200U);
    EXPECT_EQ(client.post("/cds-services/demo-view", "{"), 400U);
    EXPECT_EQ(client.get("/nowhere"), 404U) << "on the same connection";
    EXPECT_EQ(plain.get("/nowhere").status, 404U) << "beside it";
}

TEST_F(Tls, TakesBodiesAndSendsAnswersOfManyRecords) {
    start();
    TlsClient client(port());
    const std::string body = "{\"x\":\"" + std::string(1'000'000, 'x') + "\"}";

    EXPECT_EQ(client.post("/cds-services/demo-view", body), 400U);
    EXPECT_EQ(client.get("/openapi.json"), 200U);
}

TEST_F(Tls, AgreesOnVersions12And13Only) {
    start();
    struct Case {
        int version;
        std::string agreed;
    };
    for (const Case& given : {Case{TLS1_VERSION, ""}, Case{TLS1_1_VERSION, ""},
                              Case{TLS1_2_VERSION, "TLSv1.2"}, Case{TLS1_3_VERSION, "TLSv1.3"}}) {
        TlsClient client(port(), {.version = given.version});

        EXPECT_EQ(client.is_open() ? client.version() : "", given.agreed);
    }
}

TEST_F(Tls, AgreesOnForwardSecrecyWithAuthenticatedEncryptionOnly) {
    start();
    for (const char* good : {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
                             "ECDHE-ECDSA-CHACHA20-POLY1305"}) {
        TlsClient client(port(), {.version = TLS1_2_VERSION, .ciphers = good});
        EXPECT_EQ(client.cipher(), good);
    }
    for (const char* bad : {"ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "AES128-GCM-SHA256",
                            "AES256-SHA", "DHE-RSA-AES128-GCM-SHA256", "NULL", "aNULL"}) {
        EXPECT_FALSE(TlsClient(port(), {.version = TLS1_2_VERSION, .ciphers = bad}).is_open()) << bad;
    }
}

TEST_F(Tls, NeitherResumesNorRenegotiates) {
    start();
    TlsClient older(port(), {.version = TLS1_2_VERSION}), newer(port(), {.version = TLS1_3_VERSION});
    EXPECT_EQ(older.get("/health/live"), 200U);
    EXPECT_EQ(newer.get("/health/live"), 200U);

    EXPECT_FALSE(older.is_resumable());
    EXPECT_FALSE(newer.is_resumable());
    EXPECT_FALSE(older.renegotiate() && older.get("/health/live") == 200U);
}

TEST_F(Tls, ChoosesHttp11AndNothingElse) {
    start();
    using namespace std::string_literals;
    TlsClient both(port(), {.protocols = "\x02h2\x08http/1.1"s}), other(port(), {.protocols = "\x02h2"s});

    EXPECT_EQ(both.protocol(), "http/1.1");
    EXPECT_FALSE(other.is_open());
}

TEST_F(Tls, SaysFarewellSoThatAnEndIsToldFromACut) {  // RFC 8446 6.1
    start();
    TlsClient asked(port()), refused(port());
    asked.send("GET /health/live HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    refused.send("GET / HTTP/1.1\r\n\r\n");

    EXPECT_EQ(asked.read(), 200U);
    EXPECT_EQ(asked.end(), "closed");
    EXPECT_EQ(refused.read(), 400U);
    EXPECT_EQ(refused.end(), "closed");
}

TEST_F(Tls, ServesOthersBesideStalledHandshakes) {  // R4
    hooks::ServerOptions options;
    options.deadlines.handshake = std::chrono::milliseconds(300);
    start(options);
    std::vector<std::unique_ptr<hooks::testing::Client>> stalled;
    for (int i = 0; i < 50; ++i) {
        stalled.push_back(std::make_unique<hooks::testing::Client>(port()));
        if (i % 2 == 0) stalled.back()->send(std::string("\x16\x03\x01\x02", 4));
    }

    for (int i = 0; i < 20; ++i) EXPECT_EQ(TlsClient(port()).get("/health/live"), 200U);

    for (const auto& client : stalled)
        EXPECT_TRUE(client->is_closed_by_peer()) << "at the handshake's deadline";
}

TEST_F(Tls, IsDeafToPlainHttp) {
    start();
    hooks::testing::Client plain(port());
    plain.send("GET /health/live HTTP/1.1\r\nHost: h\r\n\r\n");

    const auto answer = plain.read();

    EXPECT_FALSE(answer && answer->status == 200U);
    EXPECT_EQ(TlsClient(port()).get("/health/live"), 200U);
}

TEST_F(Tls, LetsStrangersAndTheKnownInWhereCertificatesAreOptional) {
    const Certificate known = make_certificate({.name = "ehr"}, &authority_), stranger = make_certificate({});
    settings_.client_certificates = Asked::optional;
    settings_.client_ca_file = write("ca.pem", authority_.pem());
    start();

    EXPECT_EQ(answer_to(nullptr), "live");
    EXPECT_EQ(answer_to(&known), "live");
    EXPECT_EQ(answer_to(&stranger), "refused") << "a bad certificate is worse than none";
}

TEST_F(Tls, AsksForACertificateOfItsAuthorityWhereItIsRequired) {
    const Certificate other = make_certificate({.authority = true, .name = "Other authority"});
    const Certificate good = make_certificate({.name = "ehr"}, &authority_);
    const Certificate old = make_certificate({.expired = true, .name = "ehr"}, &authority_);
    const Certificate early = make_certificate({.name = "ehr", .not_yet = true}, &authority_);
    const Certificate foreign = make_certificate({.name = "ehr"}, &other),
                      own = make_certificate({.name = "ehr"});
    const Certificate revoked = make_certificate({.name = "ehr"}, &authority_);
    settings_.client_certificates = Asked::required;
    settings_.client_ca_file = write("ca.pem", authority_.pem());
    settings_.client_crl_file = write("crl.pem", make_revocations(authority_, {revoked}));
    start();

    EXPECT_EQ(answer_to(&good), "live");
    EXPECT_EQ(answer_to(nullptr), "refused");
    EXPECT_EQ(answer_to(&old), "refused");
    EXPECT_EQ(answer_to(&early), "refused");
    EXPECT_EQ(answer_to(&foreign), "refused");
    EXPECT_EQ(answer_to(&own), "refused") << "self-signed";
    EXPECT_EQ(answer_to(&revoked), "refused");
}

TEST_F(Tls, LetsOnlyListedSubjectsIn) {
    const Certificate by_subject = make_certificate({.name = "ehr"}, &authority_);
    const Certificate by_name = make_certificate({.dns = "ehr.example.org", .name = "x"}, &authority_);
    const Certificate wildcard = make_certificate({.dns = "*.example.org", .name = "y"}, &authority_);
    const Certificate longer = make_certificate({.name = "ehr2"}, &authority_);
    settings_.client_certificates = Asked::required;
    settings_.client_ca_file = write("ca.pem", authority_.pem());
    settings_.client_subjects = {"CN=ehr", "DNS:ehr.example.org"};
    start();

    EXPECT_EQ(answer_to(&by_subject), "live");
    EXPECT_EQ(answer_to(&by_name), "live");
    EXPECT_EQ(answer_to(&wildcard), "refused");
    EXPECT_EQ(answer_to(&longer), "refused");
}

TEST_F(Tls, ShowsANewCertificateToNewConnectionsWhileOldOnesRunOn) {
    start();
    TlsClient old(port());
    ASSERT_EQ(old.get("/health/live"), 200U);
    const Certificate second = make_certificate({.dns = "localhost", .name = "second"});
    write("cert.pem", second.pem());
    write("key.pem", second.key_pem());

    server_->use(load(settings_).tls);

    EXPECT_EQ(TlsClient(port()).server_name(), "second");
    EXPECT_EQ(old.get("/health/live"), 200U);
    EXPECT_EQ(old.server_name(), "first");
}

// ---- what is wrong with files, by key and name

TEST_F(Tls, NamesKeyAndFileOfWhatCannotBeUsed) {
    const auto with = [this](auto change) {
        TlsSettings changed = settings_;
        change(changed);
        return problems(changed);
    };
    const Certificate other = make_certificate({});
    const Certificate old = make_certificate({.expired = true}), early = make_certificate({.not_yet = true});
    const std::string garbage = write("garbage.pem", "no PEM"),
                      foreign_key = write("other.pem", other.key_pem());
    write("old.pem", old.pem());
    write("old-key.pem", old.key_pem());
    write("early.pem", early.pem());
    write("early-key.pem", early.key_pem());

    EXPECT_THAT(problems(settings_), IsEmpty());
    EXPECT_THAT(with([](auto& s) { s.key_file = ""; }), ElementsAre(HasSubstr("tls.keyFile: ")));
    EXPECT_THAT(with([](auto& s) { s.certificate_file = ""; }),
                ElementsAre(HasSubstr("tls.certificateFile: ")));
    EXPECT_THAT(with([](auto& s) { s.certificate_file = "/nowhere.pem"; }),
                ElementsAre("tls.certificateFile: /nowhere.pem: cannot be read"));
    EXPECT_THAT(with([&](auto& s) { s.certificate_file = garbage; }),
                ElementsAre(HasSubstr("tls.certificateFile: " + garbage + ": expected certificates in PEM")));
    EXPECT_THAT(with([&](auto& s) { s.key_file = garbage; }),
                ElementsAre(HasSubstr("tls.keyFile: " + garbage + ": expected a private key in PEM")));
    EXPECT_THAT(
        with([&](auto& s) { s.key_file = foreign_key; }),
        ElementsAre(HasSubstr("tls.keyFile: " + foreign_key + ": not the key of the certificate in")));
    EXPECT_THAT(with([&](auto& s) {
                    s.certificate_file = folder_ + "/old.pem";
                    s.key_file = folder_ + "/old-key.pem";
                }),
                ElementsAre(HasSubstr("old.pem: expired on 20")));
    EXPECT_THAT(with([&](auto& s) {
                    s.certificate_file = folder_ + "/early.pem";
                    s.key_file = folder_ + "/early-key.pem";
                }),
                ElementsAre(HasSubstr("early.pem: not valid before 20")));
}

TEST_F(Tls, RefusesAKeyThatEveryUserMayRead) {
    ::chmod(settings_.key_file.c_str(), 0644);
    EXPECT_THAT(problems(settings_), ElementsAre("tls.keyFile: " + settings_.key_file +
                                                 ": every user of this machine may read it; chmod o-r"));
    ::chmod(settings_.key_file.c_str(), 0640);
    EXPECT_THAT(problems(settings_), IsEmpty());
}

TEST_F(Tls, RefusesSettingsOfClientCertificatesThatContradictOneAnother) {
    settings_.client_ca_file = write("ca.pem", authority_.pem());
    EXPECT_THAT(problems(settings_),
                ElementsAre(HasSubstr("tls.clientCertificates: expected optional or required")));

    settings_.client_certificates = Asked::required;
    EXPECT_THAT(problems(settings_), IsEmpty());

    settings_.client_crl_file = write("crl.pem", make_revocations(authority_, {}, true));
    EXPECT_THAT(problems(settings_), ElementsAre(HasSubstr("a list that was to be renewed by 20")));

    settings_.client_crl_file = settings_.client_ca_file;
    EXPECT_THAT(problems(settings_), ElementsAre(HasSubstr("tls.clientCrlFile: ")));

    settings_.client_crl_file = "";
    settings_.client_ca_file = "";
    EXPECT_THAT(problems(settings_), ElementsAre(HasSubstr("tls.clientCaFile: ")));
}

TEST_F(Tls, SeesAFileThatWasWrittenOrReplaced) {
    const std::string before = hooks::state_of_files(settings_);
    EXPECT_EQ(hooks::state_of_files(settings_), before);

    std::filesystem::rename(write("new.pem", first_.pem()), settings_.certificate_file);

    EXPECT_NE(hooks::state_of_files(settings_), before);
}

}  // namespace
