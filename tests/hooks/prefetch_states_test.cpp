// The decision table of prefetch: what came under a key x whether the service must have it x why nothing can
// be fetched, and the answer to each (spec 6).
#include "tests/support/hooks_running.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <vector>

namespace {

namespace json = boost::json;
using hooks::testing::Running;
using hooks::testing::told;

constexpr const char* key_missing = "";

/// What came under a key, and what is answered if the key is required. `cards`: how many, of demo-view, if it
/// is the optional key `observations` ("No observation is on record" is one).
struct State {
    const char *name, *value;
    const char* if_required;
    std::size_t cards;
};

const std::vector<State> states = {
    {"aResource", R"({"resourceType":"TYPE","id":"c","subject":{"reference":"Patient/1"}})", "200",
     1},  // P-13
    {"aBundle",
     R"({"resourceType":"Bundle","type":"searchset","total":1,"entry":[{"resource":{"resourceType":"TYPE"}}]})",
     "200", 1},
    {"aCollection",
     R"({"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"TYPE"}}]})", "200",
     1},  // P-11
    {"anEntryAsObject", R"({"resourceType":"Bundle","entry":{"resource":{"resourceType":"TYPE"}}})", "200",
     1},
    {"entriesWithoutResource",
     R"({"resourceType":"Bundle","entry":[{"fullUrl":"urn:x"},{"resource":{"resourceType":"TYPE"}}]})", "200",
     1},  // P-11
    {"beforeVersion10", R"({"response":{"status":"200"},"resource":{"resourceType":"TYPE"}})", "200",
     1},                         // V-2
    {"null", "null", "200", 2},  // P-5
    {"anEmptyBundle", R"({"resourceType":"Bundle","type":"searchset","total":0,"entry":[]})", "200",
     2},                                                                                   // P-5
    {"aBundleWithoutEntry", R"({"resourceType":"Bundle","type":"searchset"})", "200", 2},  // P-11
    {"onlyAnInclude",
     R"({"resourceType":"Bundle","entry":[{"search":{"mode":"include"},"resource":{"resourceType":"Practitioner"}}]})",
     "200", 2},  // P-11
    {"onlyAWarning",
     R"({"resourceType":"Bundle","entry":[{"search":{"mode":"outcome"},"resource":{"resourceType":"OperationOutcome","issue":[{"severity":"warning","code":"informational"}]}}]})",
     "200", 2},  // P-11
    {"anOperationOutcome",
     R"({"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"timeout"}]})",
     "412 prefetch.KEY", 1},  // P-6, P-7
    {"anOutcomeInABundle",
     R"({"resourceType":"Bundle","entry":[{"resource":{"resourceType":"TYPE"}},{"resource":{"resourceType":"OperationOutcome","issue":[{"severity":"fatal","code":"timeout"}]}}]})",
     "412 prefetch.KEY", 1},  // P-7
    {"anUnreadPage",
     R"({"resourceType":"Bundle","link":[{"relation":"next","url":"https://ehr.example.org/p2"}],"entry":[{"resource":{"resourceType":"TYPE"}}]})",
     "412 prefetch.KEY", 1},                                                          // P-10, P-12
    {"anotherType", R"({"resourceType":"Device","id":"d"})", "412 prefetch.KEY", 1},  // P-13
    {"anotherPatientsResource", R"({"resourceType":"TYPE","subject":{"reference":"Patient/2"}})",
     "412 prefetch.KEY", 1},  // P-14
    {"aText", R"("none")", "412 prefetch.KEY", 1},
    {"aNumber", "0", "412 prefetch.KEY", 1},
    {"anArray", "[]", "412 prefetch.KEY", 1},
    {"anEmptyObject", "{}", "412 prefetch.KEY", 1},
    {"missing", key_missing, "412 prefetch.KEY", 1},  // P-4, P-8, P-9
};

/// Why nothing can be fetched: no server, no authorization, no token, a server that the settings do not list.
const std::vector<std::string> unfetchable = {
    "{}", R"({"fhirServer":"https://ehr.example.org/fhir"})",
    R"({"fhirServer":"https://ehr.example.org/fhir","fhirAuthorization":{"token_type":"Bearer","expires_in":300,"scope":"user/*.read","subject":"s"}})",
    R"({"fhirServer":"https://ehr.example.org/fhir","fhirAuthorization":{"access_token":"t","token_type":"Bearer","expires_in":300,"scope":"user/*.read","subject":"s"}})"};

json::value call_with(const std::string& key, const std::string& type, const State& state,
                      const std::string& access) {
    json::value call = json::parse(hooks::testing::patient_view_request());
    const json::value members = json::parse(access);
    for (const auto& [name, value] : members.as_object()) call.as_object()[name] = value;
    json::object& prefetch = call.at("prefetch").as_object();
    prefetch.erase(key);
    if (state.value == key_missing) return call;
    std::string value = state.value;
    for (std::size_t at = 0; (at = value.find("TYPE", at)) != std::string::npos;) value.replace(at, 4, type);
    prefetch[key] = json::parse(value);
    return call;
}

TEST(PrefetchKey, ThatIsRequiredGives412ExactlyWhenItsDataCannotBeHad) {  // P-1 to P-13, S-5
    Running running;
    for (const State& state : states) {
        std::string expected = state.if_required;
        if (const auto at = expected.find("KEY"); at != std::string::npos)
            expected.replace(at, 3, "conditions");
        for (const std::string& access : unfetchable) {
            const auto answer =
                running.call("demo-view", call_with("conditions", "Condition", state, access));

            EXPECT_EQ(told(answer), expected) << state.name << " with " << access;
        }
    }
}

TEST(PrefetchKey, ThatIsOptionalNeverGives412AndIsNoneOnlyIfItIsKnownToBeNone) {  // P-5, P-8
    Running running;
    for (const State& state : states) {
        for (const std::string& access : unfetchable) {
            const auto answer =
                running.call("demo-view", call_with("observations", "Observation", state, access));

            EXPECT_EQ(hooks::testing::cards_of(answer).size(), state.cards)
                << state.name << " with " << access;
        }
    }
}

TEST(PrefetchKey,
     OfAReadKnowsNoEmptyAnswer) {  // P-5: null is for searches; a patient who is not there is no patient
    Running running;
    for (const char* value :
         {"null", R"({"resourceType":"Bundle","entry":[]})", R"({"resourceType":"Patient","id":"2"})"}) {
        json::value call = json::parse(hooks::testing::patient_view_request());
        call.at("prefetch").at("patient") = json::parse(value);

        EXPECT_EQ(told(running.call("demo-view", call)), "412 prefetch.patient") << value;
    }
    json::value call = json::parse(hooks::testing::patient_view_request());
    call.at("prefetch").at("patient") = json::parse(
        R"({"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"1"}}]})");
    EXPECT_EQ(told(running.call("demo-view", call)), "200") << "a Bundle of one for a read (P-13)";
}

TEST(PrefetchKey, ThatNobodyAskedForIsIgnored) {  // P-3, P-15
    Running running;
    json::value call = json::parse(hooks::testing::patient_view_request());
    call.at("prefetch").as_object()["deviceRequestBundle"] = json::parse(
        R"({"resourceType":"OperationOutcome","issue":[{"severity":"fatal","code":"exception"}]})");

    EXPECT_EQ(told(running.call("demo-view", call)), "200");
}

TEST(PrefetchKey, ThatIsPagedIsSaidToBeIncompleteWhereItCounts) {  // P-12
    Running running({}, hooks::testing::shipped_knowledge());
    json::value call = hooks::testing::shipped_call("patient-view");
    call.at_pointer("/prefetch/conditions").as_object()["link"] = json::parse(
        R"([{"relation":"self","url":"https://e.example/1"},{"relation":"next","url":"https://e.example/2"}])");

    const json::array cards = hooks::testing::cards_of(running.call("asps-patient-view", call));

    ASSERT_FALSE(cards.empty());
    EXPECT_THAT(std::string(cards.at(0).at("detail").as_string()),
                testing::HasSubstr("only the first page was read"));
}

TEST(PrefetchKey, ThatIsMissingIsSaidToBeUncheckedAndNot412) {  // spec 6: 412 is not for gaps in the record
    Running running({}, hooks::testing::shipped_knowledge());
    json::value call = hooks::testing::shipped_call("patient-view");
    call.at("prefetch").as_object().erase("reports");

    const auto answer = running.call("asps-patient-view", call);

    EXPECT_THAT(hooks::testing::topics_of(answer), testing::Contains("notChecked"));
}

}  // namespace
