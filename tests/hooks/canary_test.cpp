// Canary: a marked patient with marked tokens goes through every endpoint, well and in every way that fails.
// Nothing of it may be left in the log, in figures, in answers that refuse, in decision records or in the
// feedback file (R12).
#include "hooks/base64url.hpp"
#include "hooks/signing_key.hpp"
#include "hooks/uuid.hpp"
#include "tests/support/hooks_check.hpp"
#include "tests/support/hooks_faulty_server.hpp"
#include "tests/support/hooks_fhir.hpp"
#include "tests/support/hooks_mutants.hpp"
#include "tests/support/hooks_process.hpp"
#include "tests/support/hooks_running.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

namespace {

namespace json = boost::json;
using hooks::Field;
using hooks::testing::Answer;
using hooks::testing::Client;
using hooks::testing::FaultyServer;
using hooks::testing::Process;
using hooks::testing::Script;

// Every marked value holds this, in capitals; names of members and codes of ours do not.
constexpr std::string_view mark = "ZQ";
const std::string birth_date = "1961-07-23", issuer = "https://ehr.example.org",
                  caller_url = "https://cds.example.org";

/// A write-ahead log's pages, without the headers between: their salts and checksums are chance, and may look
/// like anything (SQLite's file format, 4.1).
std::string wal_pages(const std::string& wal) {
    constexpr std::size_t header = 32, frame_header = 24;
    if (wal.size() < header) return {};
    std::size_t page = 0;
    for (std::size_t i = 8; i < 12; ++i) page = page << 8U | static_cast<unsigned char>(wal[i]);
    std::string pages;
    for (std::size_t at = header + frame_header; at + page <= wal.size(); at += frame_header + page)
        pages.append(wal, at, page);
    return pages;
}

/// Marks a person's own words in all resources below `value`: names, addresses, identifiers, texts, ids of
/// codes.
void mark_all(json::value& value) {
    if (json::array* items = value.if_array()) {
        for (json::value& item : *items) mark_all(item);
        return;
    }
    json::object* object = value.if_object();
    if (!object) return;
    if (object->contains("resourceType")) {
        (*object)["identifier"] = {{{"system", "urn:ZQSYSTEM"}, {"value", "ZQMRN"}}};
        (*object)["text"] = {{"status", "generated"},
                             {"div", "<div xmlns=\"http://www.w3.org/1999/xhtml\">ZQNARRATIVE</div>"}};
    }
    if (json::value* type = object->if_contains("resourceType"); type && *type == "Patient") {
        (*object)["name"] = {{{"family", "ZQFAMILY"}, {"given", {"ZQGIVEN"}}}};
        (*object)["address"] = {{{"line", {"ZQSTREET 7"}}, {"city", "ZQCITY"}}};
        (*object)["telecom"] = {{{"system", "phone"}, {"value", "ZQPHONE"}}};
        (*object)["birthDate"] = birth_date;
    }
    for (json::key_value_pair member : *object) {
        if (member.key() == "text" && member.value().is_string()) {
            member.value() = std::string(member.value().as_string()) + " ZQTEXT";
        } else if (member.key() == "display" && member.value().is_string()) {
            member.value() = std::string(member.value().as_string()) + " ZQDISPLAY";
        } else if (member.value().is_string() &&
                   member.value().as_string().find("demo-1") != json::string::npos) {
            std::string text(member.value().as_string());
            text.replace(text.find("demo-1"), 6, "ZQPATIENT");
            member.value() = text;
        } else {
            mark_all(member.value());
        }
    }
}

json::value marked_call(std::string_view hook, const std::string& fhir_server) {
    json::value call = hooks::testing::shipped_call(hook);
    mark_all(call);
    call.as_object()["hookInstance"] = "ZQINSTANCE";
    call.at("context").as_object()["userId"] = "Practitioner/ZQUSER";
    call.as_object()["fhirServer"] = fhir_server;
    call.as_object()["fhirAuthorization"] = {
        {"access_token", "ZQACCESS"},        {"token_type", "Bearer"}, {"expires_in", 300},
        {"scope", "patient/*.read ZQSCOPE"}, {"subject", "ZQSUBJECT"}, {"patient", "ZQPATIENT"}};
    return call;
}

/// A FHIR server that fails in another way each time, with marked words in all it says.
Script failing_answer(std::size_t turn) {
    using hooks::testing::fhir_bytes;
    using hooks::testing::send;
    const std::string outcome =
        R"({"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"exception",)"
        R"("diagnostics":"ZQDIAGNOSTICS"}]})";
    switch (turn % 9) {
        case 0:
            return {send(fhir_bytes(outcome))};
        case 1:
            return {send(fhir_bytes(outcome, "500 ZQREASON"))};
        case 2:
            return {send(fhir_bytes("<html>ZQHTML</html>", "200 OK", "text/html; ZQ=1"))};
        case 3:
            return {send(
                "HTTP/1.1 302 Found\r\nLocation: http://ZQHOST/ZQPATH?ZQ=1\r\nContent-Length: 0\r\n\r\n")};
        case 4:
            return {send(
                fhir_bytes(R"({"resourceType":"Patient","id":"ZQOTHER","name":[{"family":"ZQFAMILY"}]})"))};
        case 5:
            return {send(fhir_bytes(
                R"({"resourceType":"Bundle","link":[{"relation":"next","url":"http://ZQNEXT/?ZQ"}]})"))};
        case 6:
            return {send("HTTP/1.1 200 OK\r\nZQ-FIELD: ZQ\x01\r\n\r\nZQ"),
                    hooks::testing::close_connection()};
        case 7:
            return {hooks::testing::reset_connection()};
        default:
            return {send(fhir_bytes("{\"resourceType\":\"ZQTYPE\""))};
    }
}

class Canary : public hooks::testing::Commands {
  protected:
    void SetUp() override {
        Commands::SetUp();
        write("keys.json", jwks_of(key_));
    }

    /// The program with a client, a FHIR server and tokens as `required`.
    void serve(const std::string& required, const std::string& fhir_server) {
        write("server.json",
              R"({"auth":{"required":")" + required + R"(","discovery":)" +
                  (required == "always" ? "true" : "false") + R"(},"publicUrl":")" + caller_url +
                  R"(","clients":[{"issuer":")" + issuer + R"(","keysFile":")" + path("keys.json") +
                  R"("}],"fhir":{"servers":[")" + fhir_server +
                  R"("],"plainHttp":true},"deadlinesMs":{"fhir":300},"limits":{"bodyBytes":200000},)" +
                  R"("log":{"level":"debug"},"knowledge":")" + SOURCE_DIR + R"(/config/asps"})");
        std::vector<std::string> environment = demo();
        environment.erase(environment.begin());  // the knowledge is that of the file
        process_ = std::make_unique<Process>(
            std::vector<std::string>{"serve", "--config", path("server.json"), "--listen", "127.0.0.1:0",
                                     "--today", "2026-11-24"},
            environment);
        const std::string line = process_->line();
        const std::size_t at = line.find("127.0.0.1:") + 10;
        std::from_chars(line.data() + at, line.data() + line.size(), port_);
        printed_ += line + "\n";
    }

    void ask(const std::string& method, const std::string& target, const std::string& body = {},
             std::vector<Field> fields = {}) {
        if (!body.empty()) fields.push_back({"Content-Type", "application/json"});
        Client client(port_);
        if (!client.send(hooks::testing::request_bytes(method, target, body, fields))) return;
        const auto answer = client.read(method == "HEAD");
        if (!answer) return;
        ++answers_[answer->status / 100 % 6];
        for (const Field& field : answer->fields) refusals_ += field.name + ": " + field.value + "\n";
        if (answer->status >= 300 || target.starts_with("/metrics") || target.starts_with("/health")) {
            refusals_ += std::to_string(answer->status) + " " + answer->body + "\n";
        }
    }

    /// A token as the client would make it, but for what `claims` say instead.
    Field token(const std::string& audience, const std::string& who = issuer, std::int64_t lifetime = 300) {
        const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                             std::chrono::system_clock::now().time_since_epoch())
                             .count();
        const std::string header = R"({"alg":"ES384","typ":"JWT","kid":")" + key_.kid + "\"}";
        const std::string claims = R"({"iss":")" + who + R"(","aud":")" + audience + R"(","iat":)" +
                                   std::to_string(now) + R"(,"exp":)" + std::to_string(now + lifetime) +
                                   R"(,"jti":"ZQJTI)" + hooks::new_uuid() +
                                   R"(","sub":"ZQSUB","tenant":"ZQTENANT"})";
        const std::string text = hooks::base64url(header) + "." + hooks::base64url(claims);
        const std::string whole = text + "." + hooks::base64url(sign(key_, text));
        tokens_.push_back(hooks::base64url(claims));
        tokens_.push_back(whole.substr(whole.rfind('.') + 1));
        return {"Authorization", "Bearer " + whole};
    }

    void ask_everything(const std::string& fhir_server) {
        for (const std::string_view hook : hooks::testing::shipped_hooks) {
            const std::string path = "/cds-services/asps-" + std::string(hook), url = caller_url + path;
            const json::value call = marked_call(hook, fhir_server);
            const std::string body = json::serialize(call);
            ask("POST", path, body, {token(url)});
            const Field used = token(url);
            ask("POST", path, body, {used, {"X-Request-Id", "ZQ ID\x01"}, {"traceparent", "00-ZQ-ZQ-01"}});
            ask("POST", path, body, {used});
            ask("POST", path, body, {{"Authorization", "Bearer ZQOPAQUE"}});
            ask("POST", path, body, {{"Authorization", "Basic ZQBASIC"}, {"Cookie", "ZQ=ZQCOOKIE"}});
            ask("POST", path, body, {token("https://ZQAUDIENCE")});
            ask("POST", path, body, {token(url, "https://ZQISSUER")});
            ask("POST", path, body, {token(url, issuer, -9'000)});
            ask("POST", path + "?ZQ=ZQQUERY", body, {{"Content-Type", "text/ZQ"}, token(url)});
            std::size_t number = 0;
            for (const hooks::testing::Mutant& mutant : hooks::testing::mutants_of(call, 0)) {
                if (number++ % 11 == 0) ask("POST", path, mutant.body);
            }
            // Without most of its prefetch, so that the FHIR server is asked, which fails in every way.
            json::value bare = call;
            bare.at("prefetch").as_object().clear();
            for (int turn = 0; turn < 3; ++turn) ask("POST", path, json::serialize(bare), {token(url)});
            bare.as_object()["fhirServer"] = "https://ZQELSEWHERE/r4";
            ask("POST", path, json::serialize(bare), {token(url)});
        }
        for (const std::string target :
             {"/", "/ZQPATH", "/cds-services/ZQSERVICE", "/cds-services?ZQ=ZQQUERY", "/openapi.json?ZQ",
              "/console/ZQ", "/cds-services/asps-order-sign/feedback/ZQ", "/%5A%51", "/%ZQ",
              "http://ZQHOST/cds-services", "*"}) {
            for (const std::string method : {"GET", "HEAD", "POST", "OPTIONS", "TRACE", "ZQMETHOD"}) {
                ask(method, target, method == "POST" ? "{\"ZQKEY\":1}" : "",
                    {{"Origin", "https://ZQORIGIN"},
                     {"Access-Control-Request-Method", "ZQ"},
                     {"ZQ-Field", "ZQ"}});
            }
        }
        const std::string told = "/cds-services/asps-patient-view/feedback";
        for (
            const std::string& body :
            {std::string(
                 R"({"feedback":[{"card":"ZQ","outcome":"ZQSHRUGGED","outcomeTimestamp":"2026-03-02T09:14:07Z"}]})"),
             std::string(R"({"feedback":[{"card":7,"outcome":"accepted","outcomeTimestamp":"ZQSOON"}]})"),
             std::string(R"({"feedback":"ZQ"})"),
             std::string(R"({"feedback":[{"card":"c","outcome":"overridden",)"
                         R"("overrideReason":"ZQCOMMENT","outcomeTimestamp":"2026-03-02T09:14:07Z"}]})"),
             std::string("ZQ"), std::string(R"({"feedback":[]})")}) {
            ask("POST", told, body);
            ask("POST", told, body, {token(caller_url + told)});
        }
        ask("POST", told, std::string(300'000, 'Z') + "ZQ");
        hostile_bytes();
        ask("GET", "/metrics");
        ask("GET", "/health/ready");
    }

    /// Requests that are broken before anybody looks at their content.
    void hostile_bytes() {
        for (const std::string bytes :
             {"ZQ\r\n\r\n", "GET /ZQ HTTP/9.9\r\nHost: ZQ\r\n\r\n", "GET / HTTP/1.1\r\nZQ Field: ZQ\r\n\r\n",
              "GET / HTTP/1.1\r\nHost: ZQ\r\nHost: ZQ2\r\n\r\n",
              "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ZQ\r\n\r\n",
              "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: ZQ\r\n\r\n",
              "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nZQ\r\n"}) {
            Client client(port_);
            if (!client.send(bytes)) continue;
            client.finish_writing();
            if (const auto answer = client.read()) refusals_ += answer->body + "\n";
        }
    }

    std::string file_text(const std::string& name) const {
        std::ifstream in(path(name), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    }

    void expect_nothing_in(const std::string& what, const std::string& text) const {
        std::vector<std::string> sought = tokens_;
        sought.insert(sought.end(), {std::string(mark), birth_date, hooks::base64url("ZQ")});
        for (const std::string& word : sought) {
            const std::size_t at = text.find(word);
            EXPECT_EQ(at, std::string::npos)
                << what << " holds " << word << ": ..." << text.substr(at > 200 ? at - 200 : 0, 400) << "...";
            if (at != std::string::npos) return;
        }
    }

    /// W-16: what a refused token says of itself stands in its line, and nowhere else.
    static std::string without_names_of_tokens(std::string log) {
        for (const std::string member : {"tokenIssuer", "tokenTenant", "tokenId"}) {
            const std::string start = '"' + member + "\":\"";
            for (std::size_t at = log.find(start); at != std::string::npos; at = log.find(start, at + 1)) {
                const std::size_t value = at + start.size();
                log.erase(value, log.find('"', value) - value);
            }
        }
        return log;
    }

    void expect_nothing_left() {
        expect_nothing_in("the database", file_text("var/feedback.sqlite"));
        const std::string pages = wal_pages(file_text("var/feedback.sqlite-wal"));
        EXPECT_THAT(pages, testing::HasSubstr("asps-staging")) << "the cards that were given";
        expect_nothing_in("its write-ahead log", pages);
        process_->signal(SIGTERM);
        std::string out, err;
        EXPECT_EQ(process_->wait(out, err), 0);
        expect_nothing_in("stdout", printed_ + out);
        expect_nothing_in("the log", without_names_of_tokens(err));
        expect_nothing_in("refusals, figures and fields", refusals_);
        expect_nothing_in("decisions", file_text("var/decisions.ndjson"));
        expect_nothing_in("the feedback file", file_text("var/feedback.sqlite"));
        EXPECT_GT(err.size(), 10'000U);
        EXPECT_GT(answers_[4], 100U);
    }

    const hooks::SigningKey key_ = hooks::new_signing_key(hooks::Algorithm::ES384);
    std::unique_ptr<Process> process_;
    std::uint16_t port_ = 0;
    std::string printed_, refusals_;
    std::vector<std::string> tokens_;
    std::array<std::size_t, 6> answers_{};
};

TEST_F(Canary, IsNowhereWhereItDoesNotBelongThoughAnybodyMayCall) {
    std::atomic<std::size_t> turn = 0;
    FaultyServer ehr([&turn](const std::string&) { return failing_answer(turn++); });
    serve("never", ehr.url("/r4"));

    ask_everything(ehr.url("/r4"));

    EXPECT_GE(ehr.requests().size(), 1U) << "its failures were seen";
    EXPECT_GT(answers_[2], 10U);
    EXPECT_NE(file_text("var/decisions.ndjson").find(R"("event":"decision")"), std::string::npos);
    expect_nothing_left();
}

TEST_F(Canary, IsNowhereWhereItDoesNotBelongThoughTokensAreAskedFor) {
    std::atomic<std::size_t> turn = 0;
    FaultyServer ehr([&turn](const std::string&) { return failing_answer(turn++); });
    serve("always", ehr.url("/r4"));

    ask_everything(ehr.url("/r4"));

    EXPECT_GT(answers_[2], 10U);
    expect_nothing_left();
}

}  // namespace
