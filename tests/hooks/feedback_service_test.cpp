// The feedback endpoint over a real port and a real file: every fixture of real clients, what is joined to
// it, and what it says while nothing can be kept.
#include "hooks/feedback_sqlite.hpp"
#include "hooks/service.hpp"
#include "tests/support/hooks_check.hpp"
#include "tests/support/hooks_client.hpp"
#include "tests/support/hooks_feedback.hpp"
#include "tests/support/hooks_knowledge.hpp"
#include "tests/support/hooks_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <SQLiteCpp/SQLiteCpp.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using hooks::Feedback;
using hooks::FeedbackDatabase;
using hooks::FeedbackRow;
using hooks::testing::Answer;
using hooks::testing::Client;
using hooks::testing::eventually;
using hooks::testing::json_of;
using hooks::testing::patient_view_request;
using hooks::testing::TestServer;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

const std::string path = "/cds-services/demo-view/feedback";

std::string element(const std::string& card, const std::string& members) {
    return R"({"card":")" + card + R"(",)" + members + "}";
}
std::string accept(const std::string& card, const std::string& suggestion = "s1") {
    return element(card, R"("outcome":"accepted","acceptedSuggestions":[{"id":")" + suggestion +
                             R"("}],"outcomeTimestamp":"2026-11-23T16:26:55.161Z")");
}
std::string override_for(const std::string& card, const std::string& reason = {}) {
    return element(card, R"("outcome":"overridden","outcomeTimestamp":"2026-11-23T16:27:00.161Z")" +
                             (reason.empty() ? "" : R"(,"overrideReason":)" + reason));
}
std::string body_of(const std::string& elements) { return R"({"feedback":[)" + elements + "]}"; }

/// A server with a feedback file.
class FeedbackService : public hooks::testing::FeedbackFile {
  protected:
    void start(const hooks::Settings& settings = {}) {
        hooks::SqliteFeedbackOptions options;
        options.file = file();
        store_ = std::make_unique<hooks::SqliteFeedback>(options);
        store_->wait_for_first_attempt(std::chrono::seconds(20));
        service_ = std::make_unique<hooks::CdsService>(settings, hooks::testing::demo_knowledge(),
                                                       hooks::system_clock(), store_.get());
        server_ = std::make_unique<TestServer>(*service_);
    }
    Answer post(const std::string& body, const std::string& to = path) const {
        Client client(server_->port());
        return client.post(to, body);
    }
    Answer get(const std::string& target) const {
        Client client(server_->port());
        return client.get(target);
    }
    std::vector<FeedbackRow> rows() const {
        std::vector<FeedbackRow> found;
        FeedbackDatabase reader(file(), FeedbackDatabase::Access::read);
        reader.each_feedback("", [&found](const FeedbackRow& row) { found.push_back(row); });
        return found;
    }

    std::unique_ptr<hooks::SqliteFeedback> store_;
    std::unique_ptr<hooks::CdsService> service_;
    std::unique_ptr<TestServer> server_;
};

TEST_F(FeedbackService, KeepsWhatBecameOfItsOwnCard) {  // F-1, F-13, C-5
    start();
    Client client(server_->port());
    const Answer cards = client.post("/cds-services/demo-view", patient_view_request());
    const auto card = json_of(cards.body).at("cards").at(0);
    const std::string uuid(card.at("uuid").as_string());
    const std::string suggestion(card.at("suggestions").at(0).at("uuid").as_string());

    const Answer answer = client.post(path, body_of(accept(uuid, suggestion)));

    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.body, "{}");
    const auto kept = rows();
    ASSERT_THAT(kept, SizeIs(1));
    ASSERT_TRUE(kept[0].card);
    EXPECT_EQ(kept[0].card->topic, "has-conditions");
    EXPECT_EQ(kept[0].card->rule, "has-conditions");
    EXPECT_EQ(kept[0].card->rule_version, "1.0.0");
    EXPECT_EQ(kept[0].card->service, "demo-view");
    EXPECT_EQ(kept[0].card->hook, "patient-view");
    EXPECT_THAT(kept[0].card->suggestions, testing::ElementsAre(suggestion));
    EXPECT_EQ(kept[0].feedback.timestamp, "2026-11-23T16:26:55.161000Z");
}

struct Sent {
    const char* name;
    std::string body;
    std::size_t events;
};

class FeedbackOfClients : public FeedbackService, public testing::WithParamInterface<Sent> {};

TEST_P(FeedbackOfClients, IsTaken) {  // clients.md 7, item 11
    start();

    EXPECT_EQ(post(GetParam().body).status, 200U);
    EXPECT_EQ(post(GetParam().body).status, 200U) << "a repeat does no harm";

    EXPECT_THAT(rows(), SizeIs(GetParam().events));
}

INSTANTIATE_TEST_SUITE_P(
    All, FeedbackOfClients,
    testing::Values(
        Sent{"Batch", body_of(accept("c1") + "," + override_for("c2") + "," + accept("c3")), 3},  // F-10
        Sent{"RepeatInOneBody", body_of(accept("c1") + "," + accept("c1")), 1},
        Sent{"AcceptThenOverride", body_of(accept("c1") + "," + override_for("c1")), 2},
        Sent{"UnknownCard", body_of(accept("00000000-0000-4000-8000-000000000000")), 1},  // F-15
        Sent{"ReasonWithoutDisplay",
             body_of(override_for("c1", R"({"reason":{"code":"r1","system":"urn:reasons"}})")), 1},  // O-2
        Sent{"CommentOnly", body_of(override_for("c1", R"({"userComment":"not now"})")), 1},
        Sent{"OffsetTimestamp",
             body_of(element("c1",
                             R"("outcome":"overridden","outcomeTimestamp":"2026-11-23T17:26:55+01:00")")),
             1}),
    [](const auto& test) { return test.param.name; });

TEST_F(FeedbackService, TakesTheSameMomentInTwoZonesForARepeat) {  // F-15
    start();
    const auto at = [](const std::string& time) {
        return body_of(element("c1", R"("outcome":"overridden","outcomeTimestamp":")" + time + "\""));
    };

    EXPECT_EQ(post(at("2026-11-23T17:26:55+01:00")).status, 200U);
    EXPECT_EQ(post(at("2026-11-23T16:26:55.000Z")).status, 200U);

    EXPECT_THAT(rows(), SizeIs(1));
}

TEST_F(FeedbackService, KeepsNothingOfABodyWithOneBadElement) {  // F-4, F-16
    start();

    const Answer answer =
        post(body_of(accept("c1") + "," +
                     element("c2", R"("outcome":"ignored","outcomeTimestamp":"2026-11-23T16:26:55Z")")));

    EXPECT_EQ(answer.status, 400U);
    const auto issue = json_of(answer.body).at("issue").at(0);
    EXPECT_EQ(issue.at("expression").at(0), "feedback[1].outcome");
    EXPECT_THAT(rows(), SizeIs(0));
}

TEST_F(FeedbackService, TellsTheKindOfWhatIsWrongAndNeverAWordOfIt) {  // S-9
    start();
    const std::string members[] = {
        R"("outcome":"Ada Demo","outcomeTimestamp":"2026-11-23T16:26:55Z")",
        R"("outcome":"overridden","outcomeTimestamp":"Ada Demo born 1977-11-13 <script>")",
        R"("outcome":"overridden","outcomeTimestamp":"2026-11-23T16:26:55Z","overrideReason":"Ada Demo")",
        R"("outcome":"accepted","outcomeTimestamp":"2026-11-23T16:26:55Z","acceptedSuggestions":"Ada Demo")",
    };
    for (const std::string& one : members) {
        SCOPED_TRACE(one);

        const Answer answer = post(body_of(element("c1", one)));

        EXPECT_EQ(answer.status, 400U);
        EXPECT_THAT(answer.body, HasSubstr("feedback[0].")) << "where it is wrong";
        EXPECT_THAT(answer.body, HasSubstr("got a string"));
        EXPECT_THAT(answer.body, Not(AnyOf(HasSubstr("Demo"), HasSubstr("1977"), HasSubstr("script"))));
    }
    EXPECT_EQ(json_of(post(R"({"Ada Demo":1,"Ada Demo":2})").body).at("issue").at(0).at("expression").at(0),
              "?");
    EXPECT_THAT(rows(), SizeIs(0));
}

TEST_F(FeedbackService, RefusesWhatIsNotForIt) {  // F-13, R-15
    start();
    Client client(server_->port());
    const std::string good = body_of(accept("c1"));

    EXPECT_EQ(client.post("/cds-services/nothing/feedback", good).status, 404U);
    EXPECT_EQ(client.post("/cds-services/demo-off/feedback", good).status, 404U) << "switched off";
    EXPECT_EQ(client.post("/cds-services/demo-view/feedback/more", good).status, 404U);
    EXPECT_EQ(client.post(path, good, {{"Content-Type", "text/plain"}}).status, 415U);
    EXPECT_EQ(client.post(path, "{").status, 400U);
    EXPECT_EQ(client.post(path, "").status, 400U);
    const Answer got = client.get(path);
    EXPECT_EQ(got.status, 405U);
    EXPECT_EQ(got.field("Allow"), "POST, OPTIONS");
    EXPECT_EQ(client.post("/cds-services//demo-view/feedback/", good).status, 200U) << "D-18";
}

TEST_F(FeedbackService, IsOpenToListedBrowserClients) {  // K-1, K-3
    hooks::Settings settings;
    settings.cors.origins = {"https://sandbox.cds-hooks.org"};
    start(settings);
    Client client(server_->port());
    const std::vector<hooks::Field> origin = {{"Origin", "https://sandbox.cds-hooks.org"}};

    const Answer preflight =
        client.exchange("OPTIONS", path, {},
                        {origin[0],
                         {"Access-Control-Request-Method", "POST"},
                         {"Access-Control-Request-Headers", "authorization,content-type"}});
    const Answer taken = client.post(path, body_of(accept("c1")), origin);

    EXPECT_EQ(preflight.status, 204U);
    EXPECT_THAT(preflight.field("Access-Control-Allow-Methods"), HasSubstr("POST"));
    EXPECT_EQ(taken.status, 200U);
    EXPECT_EQ(taken.field("Access-Control-Allow-Origin"), "https://sandbox.cds-hooks.org");
}

TEST_F(FeedbackService, SaysThatItCannotKeepItWhileTheFileIsLockedAndRecovers) {  // R9
    start();
    ASSERT_EQ(post(body_of(accept("before"))).status, 200U);
    EXPECT_EQ(get("/health/ready").status, 200U);
    {
        SQLite::Database other(file(), SQLite::OPEN_READWRITE);
        SQLite::Transaction lock(other, SQLite::TransactionBehavior::IMMEDIATE);

        const Answer answer = post(body_of(accept("locked-out")));

        EXPECT_EQ(answer.status, 503U);
        EXPECT_EQ(answer.field("Retry-After"), "2");
        const Answer ready = get("/health/ready");
        EXPECT_EQ(ready.status, 503U);
        EXPECT_THAT(ready.body, HasSubstr("feedback: cannot be kept"));
        EXPECT_EQ(get("/health/live").status, 200U);
        EXPECT_EQ(post(patient_view_request(), "/cds-services/demo-view").status, 200U) << "cards go on";
    }
    EXPECT_EQ(post(body_of(accept("locked-out"))).status, 200U) << "sent again";
    EXPECT_EQ(get("/health/ready").status, 200U);
    EXPECT_THAT(rows(), SizeIs(2));
}

TEST_F(FeedbackService, AnswersAtItsDeadlineThoughTheStoreStillTries) {
    hooks::Settings settings;
    settings.feedback.deadline = std::chrono::milliseconds(1);
    start(settings);
    SQLite::Database other(file(), SQLite::OPEN_READWRITE);
    std::optional<SQLite::Transaction> lock(std::in_place, other, SQLite::TransactionBehavior::IMMEDIATE);

    EXPECT_EQ(post(body_of(accept("c1"))).status, 503U);
    EXPECT_TRUE(store_->is_open()) << "it has not given up";
    lock.reset();

    EXPECT_TRUE(eventually([this] { return rows().size() == 1; })) << "kept after all";
}

TEST_F(FeedbackService, EndsWhileFeedbackWaits) {
    start();
    SQLite::Database other(file(), SQLite::OPEN_READWRITE);
    SQLite::Transaction lock(other, SQLite::TransactionBehavior::IMMEDIATE);
    Client client(server_->port());
    const std::string body = body_of(accept("c1"));
    const std::string request = hooks::testing::request_bytes(
        "POST", path, body, {{"Content-Type", "application/json"}, {"Expect", "100-continue"}});
    client.send(request.substr(0, request.size() - body.size()));
    ASSERT_EQ(client.read()->status, 100U) << "the request has begun";

    client.send(body);
    server_->stop();
    const auto answer = client.read();

    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 503U);
}

TEST_F(FeedbackService, CardsGoOutThoughNothingCanBeRemembered) {  // R9
    std::filesystem::create_directory(file());
    start();

    const Answer cards = post(patient_view_request(), "/cds-services/demo-view");

    EXPECT_EQ(cards.status, 200U);
    EXPECT_THAT(json_of(cards.body).at("cards").as_array(), SizeIs(1));
    EXPECT_EQ(get("/health/ready").status, 503U);
    EXPECT_EQ(post(body_of(accept("c1"))).status, 503U);
}

TEST(FeedbackOff, HasNoEndpoint) {
    hooks::CdsService service({}, hooks::testing::demo_knowledge(), hooks::system_clock());
    TestServer server(service);
    Client client(server.port());

    EXPECT_EQ(client.post(path, body_of(accept("c1"))).status, 404U);
    EXPECT_EQ(client.get("/health/ready").status, 200U);
    EXPECT_EQ(client.post("/cds-services/demo-view", patient_view_request()).status, 200U);
}

TEST_F(FeedbackService, PutsNothingOfThePatientIntoTheFile) {
    start();
    std::string request = patient_view_request();
    for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
             {R"("patientId":"1")", R"("patientId":"MARKED-1")"},
             {R"("id":"1")", R"("id":"MARKED-1","name":[{"text":"MARKED-NAME"}])"},
             {"Patient/1", "Patient/MARKED-1"},
             {"Cough", "MARKED-TEXT"},
             {"Practitioner/p", "Practitioner/MARKED-USER"}}) {
        for (std::size_t at = 0; (at = request.find(from, at)) != std::string::npos; at += to.size())
            request.replace(at, from.size(), to);
    }
    const Answer cards = post(request, "/cds-services/demo-view");
    ASSERT_EQ(cards.status, 200U);
    const auto listed = json_of(cards.body).at("cards");
    ASSERT_FALSE(listed.as_array().empty());
    const std::string card(listed.at(0).at("uuid").as_string());
    ASSERT_EQ(post(body_of(override_for(card))).status, 200U);

    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
        std::ifstream in(entry.path(), std::ios::binary);
        const std::string bytes(std::istreambuf_iterator<char>(in), {});
        EXPECT_THAT(bytes, testing::Not(HasSubstr("MARKED"))) << entry.path();
        if (entry.path() == file() + "-wal") {
            EXPECT_THAT(bytes, HasSubstr(card)) << "the card itself is there";
        }
    }
}

TEST_F(FeedbackService, ServesManySendersAtOnce) {
    start();
    std::atomic<int> kept = 0;
    std::vector<std::thread> senders;
    for (int sender = 0; sender < 8; ++sender) {
        senders.emplace_back([this, sender, &kept] {
            Client client(server_->port());
            for (int i = 0; i < 25; ++i) {
                const std::string card = std::to_string(sender) + "-" + std::to_string(i);
                if (client.post(path, body_of(accept(card))).status == 200) ++kept;
            }
        });
    }
    for (std::thread& sender : senders) sender.join();

    EXPECT_EQ(kept, 200);
    EXPECT_THAT(rows(), SizeIs(200));
}

}  // namespace
