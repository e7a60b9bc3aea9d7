// Whom the client believes over TLS: certificates of trusted authorities for the host that was asked.
#include "hooks/http_client.hpp"

#include "tests/support/hooks_asking.hpp"
#include "tests/support/hooks_certificates.hpp"
#include "tests/support/hooks_faulty_server.hpp"
#include "tests/support/hooks_tunnel.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

namespace hooks {

namespace {

using namespace testing;
using std::chrono::milliseconds;

constexpr milliseconds long_enough{20'000};

class HttpClientTls : public ::testing::Test {
  protected:
    HttpClientTls() {
        std::string pattern = ::testing::TempDir() + "asps-cds-ca-XXXXXX";
        folder_ = ::mkdtemp(pattern.data());
        std::ofstream(ca_file()) << authority.pem();
    }
    ~HttpClientTls() override { std::filesystem::remove_all(folder_); }

    std::string ca_file() const { return (folder_ / "ca.pem").string(); }

    ClientOptions trusting() const {
        ClientOptions options;
        options.ca_file = ca_file();
        return options;
    }

    static std::shared_ptr<const FaultyTls> with(Certificate certificate, bool only_tls_1_1 = false) {
        return std::make_shared<FaultyTls>(FaultyTls{std::move(certificate), only_tls_1_1});
    }

    static Script answer(const std::string&) { return {send(ok_bytes("{}"))}; }

    /// The fault, which is about TLS, with its words.
    static std::string refusal_of(const ClientAnswer& answer) {
        EXPECT_EQ(answer.fault, ClientFault::tls) << answer.detail;
        return answer.detail;
    }

    const Certificate authority = make_certificate({.authority = true});

  private:
    std::filesystem::path folder_;
};

TEST_F(HttpClientTls, BelievesAPrivateAuthorityAndKeepsTheConnection) {
    FaultyServer server(answer, with(make_certificate({.dns = "localhost", .ip = "127.0.0.1"}, &authority)));
    Asking asking(trusting());
    const std::string by_name = "https://localhost:" + std::to_string(server.port()) + "/";

    for (const std::string& url : {server.url(), server.url(), by_name, by_name}) {
        const ClientAnswer answer = asking.get(url, long_enough);
        EXPECT_EQ(answer.status, 200U) << answer.detail;
    }

    EXPECT_EQ(server.connections(), 2U);
    EXPECT_EQ(server.requests().size(), 4U);
}

TEST_F(HttpClientTls, BelievesTheSystemsStoreBesideTheFile) {
    FaultyServer server(answer, with(make_certificate({.ip = "127.0.0.1"}, &authority)));
    ::setenv("SSL_CERT_FILE", ca_file().c_str(), 1);
    Asking asking;
    ::setenv("SSL_CERT_FILE", "/dev/null", 1);
    Asking without;

    EXPECT_EQ(asking.get(server.url(), long_enough).status, 200U);
    EXPECT_EQ(without.get(server.url(), long_enough).fault, ClientFault::tls);
}

TEST_F(HttpClientTls, DoesNotBelieveACertificateForAnotherHost) {
    FaultyServer other_name(answer, with(make_certificate({.dns = "ehr.example.org"}, &authority)));
    FaultyServer other_address(answer, with(make_certificate({.ip = "127.0.0.2"}, &authority)));
    FaultyServer no_name(answer, with(make_certificate({}, &authority)));
    Asking asking(trusting());
    const std::string localhost = "https://localhost:" + std::to_string(other_name.port()) + "/";

    EXPECT_NE(refusal_of(asking.get(localhost, long_enough)).find("hostname mismatch"), std::string::npos);
    EXPECT_NE(refusal_of(asking.get(other_address.url(), long_enough)).find("IP address mismatch"),
              std::string::npos);
    EXPECT_NE(refusal_of(asking.get(no_name.url(), long_enough)).find("IP address mismatch"),
              std::string::npos);
    EXPECT_TRUE(other_name.requests().empty() && other_address.requests().empty() &&
                no_name.requests().empty());
}

TEST_F(HttpClientTls, DoesNotBelieveAnExpiredCertificate) {
    FaultyServer server(answer, with(make_certificate({.ip = "127.0.0.1", .expired = true}, &authority)));
    Asking asking(trusting());

    EXPECT_NE(refusal_of(asking.get(server.url(), long_enough)).find("expired"), std::string::npos);
    EXPECT_TRUE(server.requests().empty());
}

TEST_F(HttpClientTls, DoesNotBelieveWhoSignedForThemselves) {
    FaultyServer server(answer, with(make_certificate({.ip = "127.0.0.1"})));
    Asking asking(trusting());

    EXPECT_NE(refusal_of(asking.get(server.url(), long_enough)).find("self-signed"), std::string::npos);
    EXPECT_TRUE(server.requests().empty());
}

TEST_F(HttpClientTls, DoesNotBelieveAnAuthorityNobodyNamed) {
    const Certificate stranger = make_certificate({.authority = true});
    FaultyServer server(answer, with(make_certificate({.ip = "127.0.0.1"}, &stranger)));
    Asking asking(trusting());

    refusal_of(asking.get(server.url(), long_enough));
    EXPECT_TRUE(server.requests().empty());
}

TEST_F(HttpClientTls, SpeaksNoTlsOlderThan12) {
    FaultyServer server(answer, with(make_certificate({.ip = "127.0.0.1"}, &authority), true));
    Asking asking(trusting());

    refusal_of(asking.get(server.url(), long_enough));
    EXPECT_TRUE(server.requests().empty());
}

TEST_F(HttpClientTls, SaysThatThePortSpeaksNoTls) {
    FaultyServer server(std::vector<Script>{{send("HTTP/1.1 400 Bad Request\r\n\r\n"), close_connection()}});
    Asking asking(trusting());

    refusal_of(asking.get("https://127.0.0.1:" + std::to_string(server.port()) + "/", long_enough));
}

TEST_F(HttpClientTls, WaitsForAHandshakeNoLongerThanTheDeadline) {
    FaultyServer server(std::vector<Script>{{hang()}});
    Asking asking(trusting());

    const ClientAnswer answer =
        asking.get("https://127.0.0.1:" + std::to_string(server.port()) + "/", milliseconds(200));

    EXPECT_EQ(answer.fault, ClientFault::timeout) << answer.detail;
}

TEST_F(HttpClientTls, TakesNoCutConnectionForTheEndOfABody) {
    const std::string head = "HTTP/1.1 200 OK\r\n\r\n{}";
    const auto tls = with(make_certificate({.ip = "127.0.0.1"}, &authority));
    FaultyServer orderly(std::vector<Script>{{read_request(), send(head), close_connection()}}, tls);
    FaultyServer cut(std::vector<Script>{{read_request(), send(head), cut_connection()}}, tls);
    Asking asking(trusting());

    EXPECT_EQ(asking.get(orderly.url(), long_enough).body, "{}");
    EXPECT_EQ(asking.get(cut.url(), long_enough).fault, ClientFault::reset);
}

TEST_F(HttpClientTls, HoldsEncryptedBytesToTheSameDeadlines) {
    const auto tls = with(make_certificate({.ip = "127.0.0.1"}, &authority));
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n";
    FaultyServer drips(std::vector<Script>{{read_request(), send(head), drip(std::string(4'000, 'x'))}}, tls);
    FaultyServer hangs(std::vector<Script>{{read_request(), hang()}}, tls);
    Asking asking(trusting());

    EXPECT_EQ(asking.get(drips.url(), milliseconds(400)).fault, ClientFault::timeout);
    EXPECT_EQ(asking.get(hangs.url(), milliseconds(400)).fault, ClientFault::timeout);
}

TEST_F(HttpClientTls, GoesThroughAProxyWithoutShowingItAnything) {
    FaultyServer server(answer, with(make_certificate({.dns = "ehr.invalid"}, &authority)));
    Tunnel proxy(server.port());
    ClientOptions options = trusting();
    options.proxy = "http://127.0.0.1:" + std::to_string(proxy.port());
    Asking asking(options);

    for (int i = 0; i < 2; ++i) {
        const ClientAnswer answer = asking.get("https://ehr.invalid/secret", long_enough);
        EXPECT_EQ(answer.status, 200U) << answer.detail;
    }

    EXPECT_EQ(server.connections(), 1U);
    EXPECT_EQ(proxy.request(),
              "CONNECT ehr.invalid:443 HTTP/1.1\r\nHost: ehr.invalid:443\r\nUser-Agent: asps-cds\r\n\r\n");
}

}  // namespace

}  // namespace hooks
