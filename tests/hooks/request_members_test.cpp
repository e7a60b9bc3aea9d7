// Every member of a service call, absent, null, of another type and empty: what is taken, and which path a
// refusal names.
#include "tests/support/hooks_running.hpp"

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

/// A member by its JSON pointer, values of another type, and what is answered: the status, and the path
/// unless it is 200.
struct Member {
    const char *name, *hook, *pointer, *other_type, *empty;
    std::string if_missing, if_null, if_other_type, if_empty;
};

const std::string context_bundle = R"({"resourceType":"Bundle","entry":[]})";

/// A call of `hook` with every member that one may have.
json::object whole_call(const std::string& hook) {
    json::object call = json::parse(hooks::testing::patient_view_request()).as_object();
    call["hook"] = hook;
    call["fhirServer"] = "https://ehr.example.org/fhir";
    call["extension"] = {{"org.example.ward", "oncology"}};
    json::object& context = call.at("context").as_object();
    context["encounterId"] = "e";
    context["draftOrders"] = json::parse(context_bundle);
    context["selections"] = json::array{"MedicationRequest/1"};
    context["conditions"] = json::parse(context_bundle);
    if (hook == "patient-view") {
        call["fhirAuthorization"] = json::parse(
            R"({"access_token":"t","token_type":"Bearer","expires_in":300,"scope":"user/*.read","subject":"s","patient":"1"})");
    }
    return call;
}

std::string service_of(const std::string& hook) {
    if (hook == "encounter-start") return "demo-start";
    if (hook == "order-select") return "demo-select";
    if (hook == "order-sign") return "demo-sign";
    return hook == "problem-list-item-create" ? "demo-problem" : "demo-view";
}

class CallMember : public testing::TestWithParam<Member> {
  protected:
    std::string answer_with(const json::value* value) {
        const std::string hook = GetParam().hook, pointer = GetParam().pointer;
        json::value call = whole_call(hook);
        const std::size_t slash = pointer.rfind('/');
        json::object& parent = (slash == 0 ? call : call.at_pointer(pointer.substr(0, slash))).as_object();
        if (value) {
            parent[pointer.substr(slash + 1)] = *value;
        } else {
            parent.erase(pointer.substr(slash + 1));
        }
        return told(running_.call(service_of(hook), call));
    }
    Running running_;
};

TEST_P(CallMember, IsTakenOrRefusedWithItsPath) {  // R-1 to R-9, R-11, R-14, J-2, J-3, J-7, J-8
    const json::value null, other_type = json::parse(GetParam().other_type),
                            empty = json::parse(GetParam().empty);

    EXPECT_EQ(answer_with(nullptr), GetParam().if_missing) << "missing";
    EXPECT_EQ(answer_with(&null), GetParam().if_null) << "null";
    EXPECT_EQ(answer_with(&other_type), GetParam().if_other_type) << "of another type";
    EXPECT_EQ(answer_with(&empty), GetParam().if_empty) << "empty";
}

// clang-format off
INSTANTIATE_TEST_SUITE_P(
    All, CallMember,
    testing::Values(
        // name, hook, pointer, other type, empty | missing, null, other type, empty
        Member{"Hook", "patient-view", "/hook", "7", R"("")", "400 hook", "400 hook", "400 hook", "400 hook"},
        Member{"HookInstance", "patient-view", "/hookInstance", "{}", R"(" ")", "400 hookInstance", "400 hookInstance", "400 hookInstance", "400 hookInstance"},
        Member{"Context", "patient-view", "/context", "[]", "{}", "400 context", "400 context", "400 context", "400 context.userId"},
        Member{"UserId", "patient-view", "/context/userId", "7", R"("")", "400 context.userId", "400 context.userId", "400 context.userId", "400 context.userId"},
        Member{"PatientId", "patient-view", "/context/patientId", "[\"1\"]", R"("")", "400 context.patientId", "400 context.patientId", "400 context.patientId", "400 context.patientId"},
        Member{"EncounterId", "patient-view", "/context/encounterId", "true", R"("")", "200", "200", "400 context.encounterId", "200"},
        Member{"FhirServer", "patient-view", "/fhirServer", "7", R"("")", "400 fhirServer", "400 fhirServer", "400 fhirServer", "400 fhirServer"},
        Member{"FhirServerWithoutAuthorization", "order-sign", "/fhirServer", "[]", R"("")", "200", "200", "400 fhirServer", "200"},
        Member{"FhirServerThatIsNoAddress", "order-sign", "/fhirServer", R"("ehr.example.org/fhir")", R"("https://")", "200", "200", "400 fhirServer", "400 fhirServer"},
        Member{"FhirServerOfAnotherKind", "order-sign", "/fhirServer", R"("ftp://ehr.example.org/")", R"("https:// /fhir")", "200", "200", "400 fhirServer", "400 fhirServer"},
        Member{"FhirAuthorization", "patient-view", "/fhirAuthorization", R"("Bearer t")", "{}", "200", "200", "400 fhirAuthorization", "200"},
        Member{"AccessToken", "patient-view", "/fhirAuthorization/access_token", "7", R"("")", "200", "200", "400 fhirAuthorization.access_token", "200"},
        Member{"TokenType", "patient-view", "/fhirAuthorization/token_type", "{}", R"("")", "200", "200", "400 fhirAuthorization.token_type", "200"},
        Member{"ExpiresIn", "patient-view", "/fhirAuthorization/expires_in", "true", "[]", "200", "200", "400 fhirAuthorization.expires_in", "400 fhirAuthorization.expires_in"},
        Member{"Scope", "patient-view", "/fhirAuthorization/scope", "[]", R"("")", "200", "200", "400 fhirAuthorization.scope", "200"},
        Member{"Subject", "patient-view", "/fhirAuthorization/subject", "7", R"("")", "200", "200", "400 fhirAuthorization.subject", "200"},
        Member{"AuthorizedPatient", "patient-view", "/fhirAuthorization/patient", "7", R"("")", "200", "200", "400 fhirAuthorization.patient", "200"},
        Member{"Prefetch", "patient-view", "/prefetch", "[]", "{}", "412 prefetch.patient", "412 prefetch.patient", "400 prefetch", "412 prefetch.patient"},
        Member{"Extension", "patient-view", "/extension", "[]", "{}", "200", "200", "200", "200"},  // E-4
        Member{"AMemberOfTheFuture", "patient-view", "/future", "[]", "{}", "200", "200", "200", "200"},
        Member{"AContextMemberOfTheFuture", "patient-view", "/context/future", "[]", "{}", "200", "200", "200", "200"},  // H-5
        Member{"EncounterIdAtEncounterStart", "encounter-start", "/context/encounterId", "7", R"("")", "400 context.encounterId", "400 context.encounterId", "400 context.encounterId", "400 context.encounterId"},
        Member{"Selections", "order-select", "/context/selections", R"("MedicationRequest/1")", "[]", "400 context.selections", "400 context.selections", "400 context.selections", "200"},
        Member{"SelectionsOfNumbers", "order-select", "/context/selections", R"(["MedicationRequest/1",7])", R"([""])", "400 context.selections", "400 context.selections", "400 context.selections[1]", "200"},
        Member{"DraftOrdersAtSelect", "order-select", "/context/draftOrders", "[]", "{}", "400 context.draftOrders", "400 context.draftOrders", "400 context.draftOrders", "200"},
        Member{"DraftOrdersAtSign", "order-sign", "/context/draftOrders", R"("Bundle/1")", "{}", "200", "200", "400 context.draftOrders", "200"},
        Member{"TypeOfDraftOrders", "order-sign", "/context/draftOrders/resourceType", R"("MedicationRequest")", R"("")", "200", "200", "400 context.draftOrders.resourceType", "400 context.draftOrders.resourceType"},
        Member{"EntriesOfDraftOrders", "order-sign", "/context/draftOrders/entry", R"("x")", "[]", "200", "200", "400 context.draftOrders.entry", "200"},
        Member{"SelectionsAtSign", "order-sign", "/context/selections", "7", "[]", "200", "200", "200", "200"},  // H-31
        Member{"Conditions", "problem-list-item-create", "/context/conditions", "[]", "{}", "400 context.conditions", "400 context.conditions", "400 context.conditions", "200"},
        Member{"TypeOfConditions", "problem-list-item-create", "/context/conditions/resourceType", R"("Condition")", "{}", "200", "200", "400 context.conditions.resourceType", "400 context.conditions.resourceType"}),
    [](const auto& test) { return test.param.name; });
// clang-format on

TEST(Call, TakesAnythingForAnInstance) {  // R-3, R-13
    Running running;
    for (const std::string instance :
         {"D1577C69-DFBE-44AD-BA6D-3E05E953B2EA", "2fb2a8e0-0001-11ee-be56-0242ac120002", "nine",
          "{d1577c69-dfbe-44ad-ba6d-3e05e953b2ea}", "urn:uuid:d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"}) {
        json::object call = whole_call("patient-view");
        call["hookInstance"] = instance;

        EXPECT_EQ(told(running.call("demo-view", call)), "200") << instance;
        EXPECT_EQ(told(running.call("demo-view", call)), "200") << instance << ", sent again";
    }
}

TEST(Call, TakesIdsOfAnyLengthAndOfOddCharacters) {  // R-16
    Running running;
    for (const std::string& id :
         {std::string(200, 'e'), std::string(10'000, 'x') + ".-", std::string("a b"), std::string("a\"b\\c"),
          std::string("<img src=x onerror=alert(1)>"), std::string("\x01\x02\n\x7f"), std::string("%2F%00"),
          std::string("a|b$c,d&e=f?g#h"), std::string("\xC3\xA4\xF0\x9F\x98\x80"),
          std::string("{{context.patientId}}"), std::string("-"), std::string("..")}) {
        json::object call = whole_call("patient-view");
        call.at("context").at("patientId") = id;
        call.at("context").at("encounterId") = id;
        call.at("context").at("userId") = "Practitioner/" + id;
        call.at("prefetch").at("patient").at("id") = id;
        call.at("prefetch").at("conditions").at_pointer("/entry/0/resource/subject/reference") =
            "Patient/" + id;

        const auto answer = running.call("demo-view", call);

        ASSERT_EQ(told(answer), "200") << id.substr(0, 20);
        const json::value card = hooks::testing::cards_of(answer).at(0);
        EXPECT_EQ(card.at_pointer("/suggestions/0/actions/0/resource/subject/reference").as_string(),
                  "Patient/" + id);
    }
}

TEST(Call, TakesBareIdsOnly) {  // R-16
    Running running;
    for (const char* name : {"patientId", "encounterId"}) {
        json::object call = whole_call("patient-view");
        call.at("context").as_object()[name] = "Patient/1";

        EXPECT_EQ(told(running.call("demo-view", call)), std::string("400 context.") + name);
    }
}

TEST(Call, NeedsAHookOfItsService) {  // R-12, D-9
    Running running;
    for (const char* hook :
         {"encounter-start", "Patient-View", "patient-view ", "nonsense", "order-dispatch"}) {
        json::object call = whole_call("patient-view");
        call["hook"] = hook;
        call.at("context").as_object()["dispatchedOrders"] = json::array{"ServiceRequest/1"};
        call.at("context").as_object()["performer"] = "Organization/1";

        EXPECT_EQ(told(running.call("demo-view", call)), "400 hook") << hook;
    }
}

TEST(Call, IsRefusedAsDuplicateWhereAMemberComesTwice) {  // J-8
    Running running;
    const std::string body = json::serialize(whole_call("patient-view"));
    for (const auto& [member, path] : std::vector<std::pair<std::string, std::string>>{
             {R"("hook":)", "hook"}, {R"("patientId":)", "context.patientId"}}) {
        const std::size_t at = body.find(member);
        ASSERT_NE(at, std::string::npos) << member;
        const std::string twice = std::string(body).insert(at, member + "\"1\",");

        EXPECT_EQ(told(running.call("demo-view", twice)), "400 " + path);
    }
}

TEST(Call, IsStrictJson) {  // J-6, J-8, R-11
    Running running;
    for (const char* body :
         {"", " ", "{", "{\"hook\":\"patient-view\",}", "{/* no */}", "{\"a\":1}// no", "{'a':1}",
          "{\"a\":NaN}", "{\"a\":+1}", "{\"a\":01}", "{\"a\":\"\t\"}", "\xEF\xBB\xBF{}", "{}{}",
          "{\"a\":\"\xC0\x80\"}", "{\"a\":\"\\uD800\"}", "[]", "null", "\"text\"", "7"}) {
        EXPECT_EQ(running.call("demo-view", std::string_view(body)).status, 400U) << body;
    }
}

}  // namespace
