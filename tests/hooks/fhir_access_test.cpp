// Questions to a FHIR server and every way in which it may fail to answer them, through real sockets.
#include "hooks/fhir_access.hpp"

#include "tests/support/hooks_asking.hpp"
#include "tests/support/hooks_fhir.hpp"
#include "tests/support/hooks_resources.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/strand.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace hooks::testing;
using namespace std::chrono_literals;
using hooks::FhirReplies;
using hooks::FhirReply;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

const std::string condition = R"({"resourceType":"Condition","id":"c1","subject":{"reference":"Patient/1"}})";

/// An access with threads of its own, and questions to it that wait for the replies.
class Access {
  public:
    explicit Access(hooks::FhirSettings settings, const std::string& base) {
        settings.servers = {base};
        settings.plain_http = true;
        access_.emplace(context_.get_executor(), settings);
        base_ = *access_->servers().listed(base);
        for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { context_.run(); });
    }
    ~Access() {
        work_.reset();
        for (std::thread& thread : threads_) thread.join();
    }

    /// `queries`, each for resources of the type that it begins with.
    FhirReplies ask(const std::vector<std::string>& queries) {
        hooks::FhirQuestions questions{.base = base_, .token = "t", .questions = {}};
        for (const std::string& query : queries) {
            const std::string type = query.substr(0, query.find_first_of("/?"));
            questions.questions.push_back({.input = questions.questions.size(),
                                           .type = fhir::Model::r4().type_id(type),
                                           .query = query,
                                           .next = {}});
        }
        const auto strand = boost::asio::make_strand(context_);
        auto asking = access_->ask(std::move(questions));
        return boost::asio::co_spawn(strand, std::move(asking), boost::asio::use_future).get();
    }

    FhirReply ask_one(const std::string& query = "Condition?patient=1") {
        FhirReplies replies = ask({query});
        return std::move(replies.replies.at(0));
    }

  private:
    boost::asio::io_context context_{2};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ =
        make_work_guard(context_);
    std::optional<hooks::FhirAccess> access_;
    hooks::FhirBase base_;
    std::vector<std::thread> threads_;
};

hooks::FhirSettings patient_settings() {
    hooks::FhirSettings settings;
    settings.deadline = settings.request_deadline = 8s;
    return settings;
}

/// Deadlines for servers that never come to an end.
hooks::FhirSettings hasty_settings() {
    hooks::FhirSettings settings;
    settings.deadline = 250ms;
    return settings;
}

Script with(const std::string& bytes) { return {read_request(), send(bytes)}; }

// ---- failures

struct Failing {
    const char* name;
    Script script;
    std::string_view fault;
    bool hasty = false;
};

class FhirFailure : public testing::TestWithParam<Failing> {};

TEST_P(FhirFailure, IsNamedByItsKindWithinTheDeadline) {  // A-12
    const FaultyServer server(std::vector<Script>{GetParam().script});
    Access access(GetParam().hasty ? hasty_settings() : patient_settings(), server.url("/fhir"));

    const FhirReplies replies = access.ask({"Condition?patient=1"});

    ASSERT_THAT(replies.replies, SizeIs(1));
    EXPECT_EQ(replies.replies[0].fault, GetParam().fault);
    EXPECT_FALSE(replies.replies[0].whole);
    EXPECT_TRUE(replies.replies[0].pages.empty());
    EXPECT_LT(replies.time, GetParam().hasty ? 5s : 8s);
}

const std::string head =
    "HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: 5000\r\n\r\n";
const std::string outcome =
    R"({"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"timeout"}]})";

INSTANTIATE_TEST_SUITE_P(
    Connection, FhirFailure,
    testing::Values(
        Failing{"HangsBeforeTheHead", {read_request(), hang()}, "timeout", true},
        Failing{"HangsInTheHead", {read_request(), send("HTTP/1.1 200 OK\r\n"), hang()}, "timeout", true},
        Failing{"HangsAfterTheHead", {read_request(), send(head), hang()}, "timeout", true},
        Failing{"Drips", {read_request(), send(head), drip(std::string(5000, ' '))}, "timeout", true},
        Failing{"ClosesAtOnce", {close_connection()}, "closed"},
        Failing{"ClosesInTheBody", {read_request(), send(head + "{"), close_connection()}, "closed"},
        Failing{"Resets", {read_request(), send(head + "{"), reset_connection()}, "reset"},
        Failing{
            "IsNoHttp", {read_request(), send("SSH-2.0-OpenSSH\r\n\r\n"), close_connection()}, "malformed"},
        Failing{"NeverEnds",
                {read_request(), send("HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\n\r\n{"),
                 endless(std::string(65'536, ' '))},
                "too-large"},
        Failing{"IsHuge",
                with("HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: "
                     "5368709120\r\n\r\n{"),
                "too-large"},
        Failing{"IsAGzipBomb",
                with(fhir_bytes(gzipped(std::string(8U * 1024 * 1024, ' ')), "200 OK",
                                "application/fhir+json\r\nContent-Encoding: gzip")),
                "too-large"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Status, FhirFailure,
    testing::Values(Failing{"Of400", with(fhir_bytes(outcome, "400 Bad Request")), "rejected"},
                    Failing{"Of401", with(fhir_bytes(outcome, "401 Unauthorized")), "unauthorized"},
                    Failing{"Of403", with(fhir_bytes(outcome, "403 Forbidden")), "forbidden"},
                    Failing{"Of404", with(fhir_bytes(outcome, "404 Not Found")), "not-found"},
                    Failing{"Of410", with(fhir_bytes(outcome, "410 Gone")), "not-found"},
                    Failing{"Of429", with(fhir_bytes(outcome, "429 Slow")), "throttled"},
                    Failing{"Of500", with(fhir_bytes(outcome, "500 Oh")), "server-error"},
                    Failing{"Of503", with(fhir_bytes(outcome, "503 Down")), "server-error"},
                    Failing{"Of302",
                            with("HTTP/1.1 302 Found\r\nLocation: /fhir/x\r\nContent-Length: 0\r\n\r\n"),
                            "redirect"},
                    Failing{"Of204", with("HTTP/1.1 204 No Content\r\n\r\n"), "no-fhir"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Content, FhirFailure,
    testing::Values(
        Failing{"HtmlWith200", with(fhir_bytes("<html><body>Log in</body></html>", "200 OK", "text/html")),
                "no-fhir"},
        Failing{"HtmlAsFhir", with(fhir_bytes("<html><body>Log in</body></html>")), "no-fhir"},
        Failing{"HtmlAsFhirXml",
                with(fhir_bytes("<html><body>Log in</body></html>", "200 OK", "application/fhir+xml")),
                "no-fhir"},
        Failing{"JsonAsXml", with(fhir_bytes(bundle({}), "200 OK", "application/fhir+xml")), "no-fhir"},
        Failing{"WithoutAType", with("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), "no-fhir"},
        Failing{"Empty", with(fhir_bytes("")), "no-fhir"},
        Failing{"Garbage", with(fhir_bytes("\x01\x02{]")), "no-fhir"},
        Failing{"HalfAnObject", with(fhir_bytes(R"({"resourceType":"Bundle")")), "no-fhir"},
        Failing{"AMemberTwice", with(fhir_bytes(R"({"resourceType":"Bundle","resourceType":"Bundle"})")),
                "no-fhir"},
        Failing{"TooDeep", with(fhir_bytes(std::string(200, '[') + std::string(200, ']'))), "no-fhir"},
        Failing{"AnXmlEntity",
                with(fhir_bytes(R"(<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>)",
                                "200 OK", "application/fhir+xml")),
                "no-fhir"},
        Failing{"AnArray", with(fhir_bytes("[]")), "wrong-type"},
        Failing{"NoResource", with(fhir_bytes("{}")), "wrong-type"},
        Failing{"OperationOutcomeWith200", with(fhir_bytes(outcome)), "operation-outcome"},
        Failing{"AnotherType", with(fhir_bytes(R"({"resourceType":"Patient","id":"1"})")), "wrong-type"}),
    [](const auto& test) { return test.param.name; });

TEST(FhirAccess, SaysThatNobodyListens) {
    const ClosedPort port;
    Access access(patient_settings(), "http://127.0.0.1:" + std::to_string(port.port()) + "/fhir");

    EXPECT_EQ(access.ask_one().fault, "refused");
}

TEST(FhirAccess, SaysThatACertificateIsNotTrusted) {
    const Certificate own = make_certificate({.ip = "127.0.0.1"});
    const auto tls = std::make_shared<const FaultyTls>(FaultyTls{own});
    const FaultyServer server(std::vector<Script>{with(fhir_bytes(bundle({condition})))}, tls);
    Access access(patient_settings(), server.url("/fhir"));

    EXPECT_EQ(access.ask_one().fault, "tls");
    EXPECT_TRUE(server.requests().empty()) << "no token went out";
}

TEST(FhirAccess, AsksOverTlsWhereTheOperatorTrustsTheAuthority) {
    const Certificate authority = make_certificate({.authority = true});
    const Certificate own = make_certificate({.ip = "127.0.0.1"}, &authority);
    const auto tls = std::make_shared<const FaultyTls>(FaultyTls{own});
    const FaultyServer server(
        [](const std::string&) { return Script{send(fhir_bytes(bundle({condition})))}; }, tls);
    const auto file =
        std::filesystem::temp_directory_path() / ("fhir-ca-" + std::to_string(server.port()) + ".pem");
    std::ofstream(file) << authority.pem();
    hooks::FhirSettings settings = patient_settings();
    settings.ca_file = file.string();
    Access access(settings, server.url("/fhir"));
    std::filesystem::remove(file);

    EXPECT_TRUE(access.ask_one().whole);
    EXPECT_EQ(field_of(server.requests().at(0), "Authorization"), "Bearer t");
}

// ---- answers

TEST(FhirAccess, TakesJsonXmlAndGzip) {
    const std::string xml =
        R"(<Bundle xmlns="http://hl7.org/fhir"><type value="searchset"/><entry><resource>)"
        R"(<Condition><id value="c1"/></Condition></resource></entry></Bundle>)";
    const FaultyServer server([&](const std::string& bytes) {
        const FhirRequest request(bytes);
        if (request.is_for("Condition"))
            return Script{send(fhir_bytes(xml, "200 OK", "application/fhir+xml"))};
        if (request.is_for("Patient")) {
            return Script{send(fhir_bytes(gzipped(R"({"resourceType":"Patient","id":"1"})"), "200 OK",
                                          "application/json\r\nContent-Encoding: gzip"))};
        }
        return Script{send(fhir_bytes(bundle({R"({"resourceType":"Observation","id":"o1"})"})))};
    });
    Access access(patient_settings(), server.url("/fhir"));

    const FhirReplies replies = access.ask({"Condition?patient=1", "Patient/1", "Observation?patient=1"});

    for (const FhirReply& reply : replies.replies) {
        EXPECT_EQ(reply.fault, "");
        EXPECT_TRUE(reply.whole);
    }
    EXPECT_EQ(
        replies.replies[0].pages.at(0)->root().find("entry")->first_child->find("resource")->text_of("id"),
        "c1");
    EXPECT_EQ(replies.replies[1].pages.at(0)->root().text_of("id"), "1");
    EXPECT_EQ(replies.calls, 3U);
}

TEST(FhirAccess, SendsALongQueryInTheBodyOfAPost) {
    const FaultyServer server(
        [](const std::string&) { return Script{send(fhir_bytes(bundle({condition})))}; });
    Access access(patient_settings(), server.url("/fhir"));
    const std::string query = "patient=1&code=" + std::string(1'600, 'x') + "%7C1";

    EXPECT_TRUE(access.ask_one("Condition?" + query).whole);

    ASSERT_THAT(server.requests(), SizeIs(1));
    const FhirRequest request(server.requests()[0]);
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.target, "/fhir/Condition/_search");
    EXPECT_EQ(request.body, query);
    EXPECT_EQ(field_of(server.requests()[0], "Content-Type"), "application/x-www-form-urlencoded");
    EXPECT_EQ(field_of(server.requests()[0], "Authorization"), "Bearer t");
}

TEST(FhirAccess, SendsALongQueryInTheUrlToAServerThatKnowsNoSearchByPost) {
    const FaultyServer server([](const std::string& bytes) {
        const bool post = FhirRequest(bytes).method == "POST";
        return Script{send(post ? fhir_bytes("{}", "405 No") : fhir_bytes(bundle({condition})))};
    });
    Access access(patient_settings(), server.url("/fhir"));

    EXPECT_TRUE(access.ask_one("Condition?patient=1&code=" + std::string(1'600, 'x')).whole);
    EXPECT_THAT(server.requests(), SizeIs(2));
}

// ---- pages

/// A server whose page n links to what `next` says; the first page is number 1.
Script page_of(const FhirRequest& request, const std::function<std::string(int)>& next) {
    const std::size_t at = request.target.find("page=");
    const int page = at == std::string::npos ? 1 : std::stoi(request.target.substr(at + 5));
    const std::string id = "c" + std::to_string(page);
    return {send(fhir_bytes(bundle({R"({"resourceType":"Condition","id":")" + id + "\"}"}, next(page))))};
}

class Paging : public testing::Test {
  protected:
    FhirReply follow(const std::function<std::string(int)>& next,
                     hooks::FhirSettings settings = patient_settings()) {
        next_ = next;
        Access access(settings, server_.url("/fhir"));
        return access.ask_one();
    }
    std::string page(int number) const { return server_.url("/fhir?page=" + std::to_string(number)); }

    std::function<std::string(int)> next_;
    FaultyServer server_{[this](const std::string& bytes) { return page_of(FhirRequest(bytes), next_); }};
};

TEST_F(Paging, EndsWithTheLastPage) {  // P-10
    const FhirReply reply = follow([this](int number) { return number < 3 ? page(number + 1) : ""; });

    EXPECT_TRUE(reply.whole);
    EXPECT_EQ(reply.fault, "");
    EXPECT_THAT(reply.pages, SizeIs(3));
    for (const std::string& request : server_.requests())
        EXPECT_EQ(field_of(request, "Authorization"), "Bearer t");
}

TEST_F(Paging, StopsWhereItGoesInCircles) {
    const FhirReply reply = follow([this](int number) { return page(number == 3 ? 2 : number + 1); });

    EXPECT_EQ(reply.fault, "paging-loop");
    EXPECT_FALSE(reply.whole);
    EXPECT_THAT(server_.requests(), SizeIs(3));
}

TEST_F(Paging, StopsAtTheTenthPage) {
    const FhirReply reply = follow([this](int number) { return page(number + 1); });

    EXPECT_EQ(reply.fault, "too-many-pages");
    EXPECT_THAT(reply.pages, SizeIs(10)) << "what was read is kept (P-12)";
    EXPECT_THAT(server_.requests(), SizeIs(10));
}

TEST_F(Paging, StopsAtTheLimitOfCalls) {
    hooks::FhirSettings settings = patient_settings();
    settings.calls = 4;

    EXPECT_EQ(follow([this](int number) { return page(number + 1); }, settings).fault, "too-many-calls");
    EXPECT_THAT(server_.requests(), SizeIs(4));
}

TEST_F(Paging, LeavesNoServerForAnother) {
    const FaultyServer canary(std::vector<Script>{with(fhir_bytes(bundle({})))});

    EXPECT_EQ(follow([&](int) { return canary.url("/fhir?page=2"); }).fault, "foreign-link");
    EXPECT_EQ(canary.connections(), 0U);
}

TEST(FhirAccess, StopsWhenAllAnswersTogetherAreTooLarge) {
    const std::string large = bundle(
        {R"({"resourceType":"Condition","id":"c","note":[{"text":")" + std::string(3'000, 'x') + "\"}]}"});
    const FaultyServer server([&](const std::string&) { return Script{send(fhir_bytes(large))}; });
    hooks::FhirSettings settings = patient_settings();
    settings.total_bytes = 10'000;
    Access access(settings, server.url("/fhir"));

    const FhirReplies replies =
        access.ask({"Condition?a=1", "Condition?a=2", "Condition?a=3", "Condition?a=4"});

    std::size_t whole = 0;
    for (const FhirReply& reply : replies.replies) {
        whole += reply.whole ? 1 : 0;
        if (reply.whole) continue;
        EXPECT_THAT(std::string(reply.fault), testing::AnyOf("too-many-bytes", "too-large"));
    }
    EXPECT_EQ(whole, 3U);
}

// ---- the room for what is fetched (reliability R5)

/// A Bundle whose nodes take many times what its text does.
std::string bundle_of_arrays(std::size_t bytes) {
    std::string text = R"({"resourceType":"Bundle","type":"searchset","x":[)";
    while (text.size() + 6 < bytes) text += "[],";
    return text + "[]]}";
}

TEST(FhirAccess, LeavesOutWhatThereIsNoRoomForAndGivesBackWhatItHeld) {
    const std::string large = bundle_of_arrays(60'000), small = bundle({condition});
    const FaultyServer server([&](const std::string& request) {
        return Script{send(fhir_bytes(FhirRequest(request).target.ends_with("large") ? large : small))};
    });
    hooks::FhirSettings settings = patient_settings();
    settings.room = 400'000;
    Access access(settings, server.url("/fhir"));

    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(access.ask_one("Condition?a=large").fault, "no-room") << "its nodes take over a megabyte";
        EXPECT_EQ(access.ask_one("Condition?a=small").fault, "");
    }
    std::vector<FhirReply> held;
    while (held.size() < 10'000 && (held.empty() || held.back().whole)) {
        held.push_back(access.ask_one("Condition?a=small"));
    }
    EXPECT_EQ(held.back().fault, "no-room") << "of all calls together";
    EXPECT_GT(held.size(), 20U);
    held.clear();
    EXPECT_TRUE(access.ask_one("Condition?a=small").whole);
}

TEST(FhirAccess, LeavesOutATextThatComesWhenThereIsNoRoom) {
    const FaultyServer server([](const std::string&) {
        return Script{send("HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\n\r\n{"),
                      endless(std::string(65'536, ' '))};
    });
    hooks::FhirSettings settings = patient_settings();
    settings.room = 1'000'000;
    Access access(settings, server.url("/fhir"));

    EXPECT_EQ(access.ask_one().fault, "no-room") << "long before it is too large";
}

TEST(FhirAccess, TakesNoMoreMemoryThanThereIsRoomHoweverManyAskAtOnce) {
    const std::string large = fhir_bytes(bundle_of_arrays(2'000'000));
    const FaultyServer server([&](const std::string&) { return Script{send(large)}; });
    hooks::FhirSettings settings = patient_settings();
    settings.room = 16'777'216;
    settings.circuit_failures = 1'000;
    Access access(settings, server.url("/fhir"));
    access.ask_one();
    const std::size_t before = memory_in_mb("VmRSS");
    reset_peak();

    std::vector<std::thread> callers;
    for (int i = 0; i < 8; ++i) {
        callers.emplace_back([&access] {
            const FhirReplies replies = access.ask({"Condition?a=1", "Condition?a=2", "Condition?a=3"});
            for (const FhirReply& reply : replies.replies) EXPECT_EQ(reply.fault, "no-room");
        });
    }
    for (std::thread& caller : callers) caller.join();

    const std::size_t peak = memory_in_mb("VmHWM");
    std::printf("24 answers whose nodes take 40 MB each: RSS %zu MB before, %zu MB at most\n", before, peak);
    if (!is_sanitized) {
        EXPECT_LT(peak, before + 90) << "the room, and what the other side of the test sends and keeps";
    }
}

// ---- the circuit

TEST(FhirAccess, LeavesAServerAloneThatFailedFiveTimes) {
    const FaultyServer server([](const std::string&) { return Script{send(fhir_bytes("{}", "503 Down"))}; });
    Access access(patient_settings(), server.url("/fhir"));
    for (int i = 0; i < 5; ++i) EXPECT_EQ(access.ask_one().fault, "server-error");

    const FhirReplies replies = access.ask({"Condition?patient=1", "Patient/1"});

    for (const FhirReply& reply : replies.replies) EXPECT_EQ(reply.fault, "circuit-open");
    EXPECT_EQ(replies.calls, 0U);
    EXPECT_THAT(server.requests(), SizeIs(5));
}

TEST(FhirAccess, GoesOnAskingAServerThatForbids) {  // 401, 403, 404 speak of the question
    const FaultyServer server([](const std::string&) { return Script{send(fhir_bytes("{}", "403 No"))}; });
    Access access(patient_settings(), server.url("/fhir"));

    for (int i = 0; i < 8; ++i) EXPECT_EQ(access.ask_one().fault, "forbidden");
}

TEST(FhirAccess, AsksAgainWhenThePauseIsOver) {
    std::atomic<bool> is_down = true;
    const FaultyServer server([&](const std::string&) {
        return Script{send(is_down ? fhir_bytes("{}", "503 Down") : fhir_bytes(bundle({condition})))};
    });
    hooks::FhirSettings settings = patient_settings();
    settings.circuit_pause = 0ms;
    Access access(settings, server.url("/fhir"));
    for (int i = 0; i < 6; ++i) EXPECT_EQ(access.ask_one().fault, "server-error");

    is_down = false;

    EXPECT_TRUE(access.ask_one().whole);
}

}  // namespace
