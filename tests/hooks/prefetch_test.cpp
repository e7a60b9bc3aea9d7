// What prefetch left out is fetched from the EHR's FHIR server, if it may be asked; and what happens if not.
#include "hooks/prefetch.hpp"

#include "tests/support/hooks_client.hpp"
#include "tests/support/hooks_fhir.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace hooks::testing;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

const std::string patient = R"("patient":{"resourceType":"Patient","id":"1"})";
const std::string a_cough =
    R"({"resourceType":"Condition","id":"c1","subject":{"reference":"Patient/1"},"code":{"text":"Cough"}})";
const std::string another =
    R"({"resourceType":"Condition","id":"c2","subject":{"reference":"Patient/1"},"code":{"text":"Fever"}})";
const std::string conditions = R"("conditions":)" + bundle({a_cough});
const std::string observations = R"("observations":)" + bundle({});
const std::string all = patient + "," + conditions + "," + observations;

/// The service, and a FHIR server below /r4 that it lists.
class Fetching : public testing::Test {
  protected:
    /// Answers of the server from now on; the demo patient's by default.
    using Answers = std::function<Script(const FhirRequest&)>;

    void serve(const Answers& answers) {
        const std::lock_guard lock(mutex_);
        answers_ = answers;
    }

    std::string base() const { return server_.url("/r4"); }
    std::vector<std::string> targets() const {
        std::vector<std::string> found;
        for (const std::string& request : server_.requests()) found.push_back(FhirRequest(request).target);
        return found;
    }

    Script answer(const std::string& bytes) {
        const FhirRequest request(bytes);
        Answers answers;
        {
            const std::lock_guard lock(mutex_);
            answers = answers_;
        }
        return answers(request);
    }

    std::mutex mutex_;
    Answers answers_ = demo_answer;
    FaultyServer server_{[this](const std::string& bytes) { return answer(bytes); }};
    CalledService service_{listing(base())};
};

// ---- what is asked

TEST_F(Fetching, FetchesEveryMissingKeyAndAnswersAsIfItHadBeenSent) {  // A-1, P-8
    const Answer sent = service_.call(call_of(base(), all));
    ASSERT_EQ(server_.connections(), 0U) << "nothing was missing";

    const Answer fetched = service_.call(call_of(base()));

    EXPECT_EQ(fetched.status, 200U);
    EXPECT_EQ(without_uuids(fetched.body), without_uuids(sent.body));
    EXPECT_THAT(targets(), UnorderedElementsAre("/r4/Patient/1", "/r4/Condition?patient=1",
                                                "/r4/Observation?patient=1"));
    EXPECT_EQ(service_.event().fhir, "asked");
    EXPECT_EQ(service_.event().fetched, 3);
}

TEST_F(Fetching, SendsTheTokenAndAsksForFhir) {  // A-2
    service_.call(call_of(base()));

    for (const std::string& request : server_.requests()) {
        EXPECT_EQ(field_of(request, "Authorization"), "Bearer " + std::string(demo_token));
        EXPECT_EQ(field_of(request, "Accept"), "application/fhir+json, application/fhir+xml;q=0.9");
    }
}

TEST_F(Fetching, KeepsNoTokenPastTheCallThatBroughtIt) {  // A-4
    service_.call(call_of(base()));
    const std::size_t asked = server_.requests().size();

    const Answer without = service_.call(call_of(base(), patient, ""));
    EXPECT_EQ(without.status, 412U) << "though connections to the server are open";
    EXPECT_EQ(server_.requests().size(), asked);
    service_.call(
        call_of(base(), "", R"({"access_token":"an0ther","token_type":"Bearer","expires_in":300})"));

    const auto requests = server_.requests();
    ASSERT_GT(requests.size(), asked);
    for (std::size_t i = asked; i < requests.size(); ++i)
        EXPECT_EQ(field_of(requests[i], "Authorization"), "Bearer an0ther");
}

TEST_F(Fetching, AsksOnlyForWhatIsMissing) {  // P-8: key by key
    service_.call(call_of(base(), patient + "," + conditions));

    EXPECT_THAT(targets(), ElementsAre("/r4/Observation?patient=1"));
}

TEST_F(Fetching, TakesNullAndAnEmptyBundleAsTheAnswerNone) {  // P-5
    service_.call(
        call_of(base(), patient + R"(,"conditions":)" + bundle({a_cough}) + R"(,"observations":null)"));

    EXPECT_THAT(targets(), IsEmpty());
}

TEST_F(Fetching, AsksForNothingThatCouldNotChangeTheAnswer) {
    const Answer answer =
        service_.call(call_of(base(), patient + R"(,"conditions":null,"observations":null)"));

    EXPECT_EQ(answer.status, 200U);
    EXPECT_THAT(targets(), IsEmpty());
    EXPECT_EQ(service_.event().fhir, "");
}

TEST_F(Fetching, TriesOnceWhereTheClientsPrefetchFailed) {  // P-6, table of spec 6
    const std::string failed =
        R"({"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"timeout"}]})";

    const Answer answer =
        service_.call(call_of(base(), patient + R"(,"conditions":)" + failed + "," + observations));

    EXPECT_EQ(answer.status, 200U);
    EXPECT_THAT(targets(), ElementsAre("/r4/Condition?patient=1"));
}

TEST_F(Fetching, KeepsTheBasePathAndPutsOneSlash) {  // A-9
    service_.call(call_of(base() + "/tenant-7/", patient + "," + conditions));

    EXPECT_THAT(targets(), ElementsAre("/r4/tenant-7/Observation?patient=1"));
}

TEST_F(Fetching, AsksForAllKeysAtOnce) {
    // The server answers nobody before all three have asked.
    struct {
        std::mutex mutex;
        std::condition_variable changed;
        int arrived = 0;
    } door;
    serve([&door](const FhirRequest& request) {
        std::unique_lock lock(door.mutex);
        ++door.arrived;
        door.changed.notify_all();
        const bool together =
            door.changed.wait_for(lock, std::chrono::seconds(5), [&] { return door.arrived >= 3; });
        return together ? demo_answer(request) : Script{close_connection()};
    });

    EXPECT_EQ(service_.call(call_of(base())).status, 200U);
    EXPECT_EQ(service_.event().fetched, 3);
}

// ---- pages

TEST_F(Fetching, FollowsThePagesAfterTheOneThatWasSent) {  // P-10
    serve([this](const FhirRequest& request) {
        if (request.target == "/r4?page=2") return Script{send(fhir_bytes(bundle({another})))};
        return demo_answer(request);
    });
    const std::string sent = R"("conditions":)" + bundle({a_cough}, base() + "?page=2");

    const Answer answer = service_.call(call_of(base(), patient + "," + sent + "," + observations));

    EXPECT_THAT(targets(), ElementsAre("/r4?page=2"));
    EXPECT_THAT(answer.body, HasSubstr("This patient has 2 conditions"));
}

TEST_F(Fetching, SearchesAnewWhereThePageThatWasSentLeadsElsewhere) {
    const std::string sent =
        R"("conditions":)" + bundle({a_cough}, "https://elsewhere.example.org/r4?page=2");

    const Answer answer = service_.call(call_of(base(), patient + "," + sent + "," + observations));

    EXPECT_THAT(targets(), ElementsAre("/r4/Condition?patient=1"));
    EXPECT_THAT(answer.body, HasSubstr("This patient has 1 conditions"));
}

TEST_F(Fetching, UsesThePagesItHasWhenTheNextOneFails) {  // P-12
    serve([](const FhirRequest& request) {
        if (request.is_for("Observation")) return demo_answer(request);
        return Script{send(fhir_bytes("{}", "500 Oh"))};
    });
    const std::string sent = R"("observations":)" + bundle({}, base() + "/Observation?page=2");

    const Answer answer = service_.call(call_of(base(), patient + "," + conditions + "," + sent));

    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(service_.event().not_checked, 0);
}

// ---- whether it may ask

struct Refusing {
    const char* name;
    std::string authorization;
    std::string_view decision;
};

class WithoutAccess : public Fetching, public testing::WithParamInterface<Refusing> {};

TEST_P(WithoutAccess, DoesNotAskAndAnswers412ForRequiredData) {  // P-9, A-10, A-11
    const Answer answer = service_.call(call_of(base(), patient, GetParam().authorization));

    EXPECT_EQ(answer.status, 412U);
    EXPECT_THAT(answer.body, HasSubstr("prefetch key 'conditions' missing"));
    EXPECT_THAT(answer.body, HasSubstr("FHIR access: " + std::string(GetParam().decision)));
    EXPECT_EQ(server_.connections(), 0U);
    EXPECT_EQ(service_.event().fhir, GetParam().decision);
}

INSTANTIATE_TEST_SUITE_P(
    All, WithoutAccess,
    testing::Values(
        Refusing{"NoAuthorization", "", "no-token"}, Refusing{"Null", "null", "no-token"},
        Refusing{"NoToken", R"({"token_type":"Bearer","expires_in":300})", "no-token"},  // reference EHR
        Refusing{"EmptyToken", R"({"access_token":"","token_type":"Bearer"})", "no-token"},
        Refusing{"AnotherKindOfToken", R"({"access_token":"x","token_type":"mac"})", "no-token"},
        Refusing{"TokenWithALineFeed", R"({"access_token":"x\r\nHost: y","token_type":"Bearer"})",
                 "no-token"},
        Refusing{"Expired", R"({"access_token":"x","token_type":"Bearer","expires_in":0})", "token-expired"},
        Refusing{"LongExpired", R"({"access_token":"x","expires_in":-5})", "token-expired"},
        Refusing{"ScopesOfOtherTypes",
                 R"({"access_token":"x","scope":"openid patient/Encounter.read launch"})", "nothing-to-ask"},
        Refusing{"ScopesToWrite", R"({"access_token":"x","scope":"patient/*.write user/Condition.c"})",
                 "nothing-to-ask"}),
    [](const auto& test) { return test.param.name; });

class WithScopes : public Fetching, public testing::WithParamInterface<std::string> {};

TEST_P(WithScopes, AsksUnlessTheyPlainlyLeaveTheTypeOut) {
    service_.call(call_of(base(), patient + "," + observations,
                          R"({"access_token":"x","expires_in":3600,"scope":")" + GetParam() + "\"}"));

    EXPECT_THAT(targets(), ElementsAre("/r4/Condition?patient=1"));
}

INSTANTIATE_TEST_SUITE_P(All, WithScopes,
                         testing::Values("", "patient/Condition.read", "user/Condition.Read", "user/*.*",
                                         "system/Condition.rs?category=problem-list-item", "patient/*.cruds",
                                         "EPIC.FHIR.R4.SERVICES.X patient/Patient.read", "openid fhirUser"));

TEST_F(Fetching, DoesNotAskAServerThatIsNotListed) {  // A-8
    const FaultyServer canary(std::vector<Script>{{read_request(), send(fhir_bytes("{}"))}});

    const Answer answer = service_.call(call_of(canary.url("/r4"), patient));

    EXPECT_EQ(answer.status, 412U);
    EXPECT_THAT(answer.body, HasSubstr("FHIR access: not-listed"));
    EXPECT_EQ(canary.connections(), 0U);
    EXPECT_EQ(service_.event().fhir, "not-listed");
}

TEST_F(Fetching, AsksWithoutATokenWhereTheSwitchSaysSo) {  // A-11
    hooks::Settings settings = listing(base());
    settings.fhir.without_token = true;
    CalledService open(settings);

    EXPECT_EQ(open.call(call_of(base(), "", "")).status, 200U);
    for (const std::string& request : server_.requests()) EXPECT_EQ(field_of(request, "Authorization"), "");
}

TEST_F(Fetching, NeedsNoListWhereNothingIsMissing) {
    CalledService closed{hooks::Settings()};

    EXPECT_EQ(closed.call(call_of("https://anywhere.example.org", all)).status, 200U);
    EXPECT_EQ(closed.event().fhir, "");
    EXPECT_EQ(closed.call(call_of("https://anywhere.example.org", patient)).status, 412U);
    EXPECT_EQ(closed.event().fhir, "not-listed");
}

// ---- stopping

TEST_F(Fetching, IsWaitedForWhenTheServiceStops) {
    struct {
        std::mutex mutex;
        std::condition_variable changed;
        bool asked = false, stopping = false;
    } door;
    serve([&door](const FhirRequest& request) {
        std::unique_lock lock(door.mutex);
        door.asked = true;
        door.changed.notify_all();
        door.changed.wait_for(lock, std::chrono::seconds(5), [&] { return door.stopping; });
        return demo_answer(request);
    });
    Client client(service_.port());
    client.send(request_bytes("POST", "/cds-services/demo-view", call_of(base()),
                              {{"Content-Type", "application/json"}}));
    {
        std::unique_lock lock(door.mutex);
        ASSERT_TRUE(door.changed.wait_for(lock, std::chrono::seconds(5), [&] { return door.asked; }));
    }
    std::thread stopping([this] { EXPECT_TRUE(service_.stop()); });
    {
        const std::lock_guard lock(door.mutex);
        door.stopping = true;
        door.changed.notify_all();
    }
    const auto answer = client.read();
    stopping.join();

    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200U);
}

TEST_F(Fetching, IsCutWhenItOutlastsTheStop) {
    hooks::Settings settings = listing(base());
    settings.server.deadlines.drain = std::chrono::milliseconds(50);
    serve([](const FhirRequest&) { return Script{hang()}; });
    CalledService service(settings);
    Client client(service.port());
    client.send(request_bytes("POST", "/cds-services/demo-view", call_of(base()),
                              {{"Content-Type", "application/json"}}));
    while (server_.requests().size() < 3) std::this_thread::yield();

    EXPECT_FALSE(service.stop());
    EXPECT_FALSE(client.read());
}

// ---- other patients

TEST_F(Fetching, DropsAndCountsResourcesOfAnotherPatient) {  // P-14
    const std::string foreign =
        R"({"resourceType":"Condition","id":"x","subject":{"reference":"Patient/2"},"code":{"text":"Gout"}})";
    serve([&](const FhirRequest& request) {
        if (request.is_for("Condition")) return Script{send(fhir_bytes(bundle({a_cough, foreign})))};
        return demo_answer(request);
    });

    const Answer answer = service_.call(call_of(base()));

    EXPECT_THAT(answer.body, HasSubstr("This patient has 1 conditions"));
    EXPECT_EQ(service_.event().dropped_resources, 1);
}

// ---- what the log says

TEST_F(Fetching, IsLoggedInCountsAndKindsAlone) {  // A-7, X-11
    serve([](const FhirRequest& request) {
        if (request.is_for("Observation")) return Script{send(fhir_bytes("{}", "403 No"))};
        return demo_answer(request);
    });
    service_.call(call_of(base()));

    const std::string line = service_.log_line();
    EXPECT_THAT(line, HasSubstr(R"("fhir":"asked","fhirCalls":3,"fhirUs":)"));
    EXPECT_THAT(line, HasSubstr(R"("fetched":2,"fhirFaults":{"forbidden":1})"));
    EXPECT_THAT(line, Not(HasSubstr(std::string(demo_token))));
    EXPECT_THAT(line, Not(HasSubstr("127.0.0.1")));
    EXPECT_THAT(line, Not(HasSubstr("Patient/1")));
}

TEST_F(Fetching, IsCountedForEveryCallAnew) {
    service_.call(call_of(base()));
    service_.call(call_of(base(), all));

    EXPECT_EQ(service_.event().fhir_calls, 0);
    EXPECT_THAT(service_.log_line(), Not(HasSubstr("fhir")));
}

}  // namespace
