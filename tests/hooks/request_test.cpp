// Reading a service call: what is taken from real clients, and what is refused with the path of the fault.
#include "hooks/request.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace {

/// The issue for a body, or its absence.
std::optional<fhir::Issue> issue_of(const std::string& body) {
    const auto document = fhir::Document::parse(body);
    if (!document) return document.error();
    const auto request = hooks::read_request((*document)->root());
    if (request) return std::nullopt;
    return request.error();
}

/// A call whose members are `members`, beside a valid hookInstance.
std::string call(const std::string& hook, const std::string& context, const std::string& more = {}) {
    return R"({"hookInstance":"d1577c69-dfbe-44ad-ba6d-3e05e953b2ea","hook":")" + hook + R"(","context":)" +
           context + more + "}";
}

const std::string someone = R"("userId":"Practitioner/example","patientId":"1")";

struct Refused {
    const char* name;
    std::string body, path;
    fhir::IssueCode code;
};

class RefusedCall : public testing::TestWithParam<Refused> {};

TEST_P(RefusedCall, NamesThePathOfWhatIsWrong) {
    const auto issue = issue_of(GetParam().body);

    ASSERT_TRUE(issue);
    EXPECT_EQ(issue->expression, GetParam().path) << issue->diagnostics;
    EXPECT_EQ(issue->code, GetParam().code) << issue->diagnostics;
    EXPECT_FALSE(issue->diagnostics.empty());
}

using fhir::IssueCode;

INSTANTIATE_TEST_SUITE_P(
    Requests, RefusedCall,
    testing::Values(
        Refused{"R11_AnArray", "[]", "", IssueCode::invalid},  //
        Refused{"R11_AText", R"("x")", "", IssueCode::invalid},
        Refused{"R2_NoHook", R"({"hookInstance":"x","context":{}})", "hook", IssueCode::required},
        Refused{"R2_HookIsANumber", R"({"hook":1,"hookInstance":"x","context":{}})", "hook",
                IssueCode::invalid},
        Refused{"R2_HookIsEmpty", R"({"hook":"","hookInstance":"x","context":{}})", "hook", IssueCode::value},
        Refused{"R3_NoHookInstance", R"({"hook":"patient-view","context":{}})", "hookInstance",
                IssueCode::required},
        Refused{"R3_HookInstanceIsNull", R"({"hook":"patient-view","hookInstance":null,"context":{}})",
                "hookInstance", IssueCode::invalid},
        Refused{"R4_NoContext", R"({"hook":"patient-view","hookInstance":"x"})", "context",
                IssueCode::required},
        Refused{"J8_ContextIsAnArray", call("patient-view", "[]"), "context", IssueCode::invalid},
        Refused{"R4_NoUser", call("patient-view", R"({"patientId":"1"})"), "context.userId",
                IssueCode::required},
        Refused{"R4_NoPatient", call("patient-view", R"({"userId":"Practitioner/1"})"), "context.patientId",
                IssueCode::required},
        Refused{"J8_PatientIsANumber", call("patient-view", R"({"userId":"Practitioner/1","patientId":1})"),
                "context.patientId", IssueCode::invalid},
        Refused{"J3_PatientIsEmpty", call("patient-view", R"({"userId":"Practitioner/1","patientId":""})"),
                "context.patientId", IssueCode::value},
        // Fixture 9
        Refused{"R16_PatientWithItsType",
                call("patient-view", R"({"userId":"Practitioner/1","patientId":"Patient/1"})"),
                "context.patientId", IssueCode::value},
        Refused{"R16_EncounterWithItsType",
                call("patient-view", "{" + someone + R"(,"encounterId":"Encounter/1"})"),
                "context.encounterId", IssueCode::value},
        Refused{"J8_EncounterIsAnObject", call("patient-view", "{" + someone + R"(,"encounterId":{}})"),
                "context.encounterId", IssueCode::invalid},
        Refused{"R14_AuthorizationWithoutServer",
                call("patient-view", "{" + someone + "}", R"(,"fhirAuthorization":{})"), "fhirServer",
                IssueCode::required},
        Refused{"J8_AuthorizationIsAText",
                call("patient-view", "{" + someone + "}", R"(,"fhirAuthorization":"x")"), "fhirAuthorization",
                IssueCode::invalid},
        Refused{"J8_ServerIsANumber", call("patient-view", "{" + someone + "}", R"(,"fhirServer":7)"),
                "fhirServer", IssueCode::invalid},
        Refused{"J8_PrefetchIsAnArray", call("patient-view", "{" + someone + "}", R"(,"prefetch":[])"),
                "prefetch", IssueCode::invalid},
        Refused{"H12_4_EncounterStartWithoutEncounter", call("encounter-start", "{" + someone + "}"),
                "context.encounterId", IssueCode::required},
        Refused{"H12_2_SelectionsWithoutOrders",
                call("order-select", "{" + someone + R"(,"selections":["MedicationRequest/1"]})"),
                "context.draftOrders", IssueCode::required},
        Refused{"H12_2_OrdersWithoutSelections",
                call("order-select", "{" + someone + R"(,"draftOrders":{}})"), "context.selections",
                IssueCode::required},
        Refused{"H12_2_SelectionsAreAText",
                call("order-select", "{" + someone + R"(,"selections":"a","draftOrders":{}})"),
                "context.selections", IssueCode::invalid},
        Refused{"H12_2_ASelectionIsANumber",
                call("order-select", "{" + someone + R"(,"selections":["a",1],"draftOrders":{}})"),
                "context.selections[1]", IssueCode::invalid},
        Refused{"H12_2_OrdersAreAnArray",
                call("order-select", "{" + someone + R"(,"selections":[],"draftOrders":[]})"),
                "context.draftOrders", IssueCode::invalid},
        Refused{"H12_5_ProblemsMissing", call("problem-list-item-create", "{" + someone + "}"),
                "context.conditions", IssueCode::required},
        Refused{"H12_7_DispatchWithoutOrders",
                call("order-dispatch", R"({"patientId":"1","performer":"Organization/1"})"),
                "context.dispatchedOrders", IssueCode::required},
        Refused{"H12_7_DispatchOfNumbers",
                call("order-dispatch",
                     R"({"patientId":"1","performer":"Organization/1","dispatchedOrders":[1]})"),
                "context.dispatchedOrders[0]", IssueCode::invalid},
        Refused{"H12_7_AllergyMissing", call("allergyintolerance-create", "{" + someone + "}"),
                "context.allergyIntolerance", IssueCode::required},
        // Fixture 10: before CDS Hooks 1.0
        Refused{"OldStyle",
                R"({"hook":"patient-view","hookInstance":"x","user":"Practitioner/1","patient":"1"})",
                "context", IssueCode::required},
        Refused{"J8_PatientTwice",
                call("patient-view", R"({"userId":"Practitioner/1","patientId":"1","patientId":"2"})"),
                "context.patientId", IssueCode::duplicate}),
    [](const auto& test) { return test.param.name; });

struct Taken {
    const char* name;
    std::string body;
};

class TakenCall : public testing::TestWithParam<Taken> {};

TEST_P(TakenCall, IsRead) {
    const auto issue = issue_of(GetParam().body);

    EXPECT_FALSE(issue) << issue->expression << ": " << issue->diagnostics;
}

// Fixtures of real clients (spec/clients.md 7)
INSTANTIATE_TEST_SUITE_P(
    Requests, TakenCall,
    testing::Values(
        Taken{"F1_SandboxBeforeADrugIsChosen",
              call("order-select",
                   "{" + someone + R"(,"selections":["MedicationRequest/request-123"],"draftOrders":{
                  "resourceType":"Bundle","entry":[{"resource":{"resourceType":"MedicationRequest","id":"request-123",
                  "status":"draft","subject":{"reference":"Patient/1"},"authoredOn":"2026-01-01"}}]}})")},
        Taken{"F2_CategoryAndReasonAsObjects",
              call("order-select", "{" + someone + R"(,"selections":["MedicationRequest/1"],"draftOrders":{
                  "resourceType":"Bundle","entry":[{"resource":{"resourceType":"MedicationRequest","id":"1",
                  "category":{"text":"x"},"reasonCode":{"text":"y"}}}]}})")},
        Taken{"F3_SelectWithNeitherSelectionsNorOrders", call("order-select", "{" + someone + "}")},
        Taken{"F4_EmptyCoding",
              call("order-select", "{" + someone + R"(,"selections":["ServiceRequest/1"],"draftOrders":{
                  "resourceType":"Bundle","entry":[{"resource":{"resourceType":"ServiceRequest","id":"1",
                  "code":{"coding":[{}]},"reasonCode":[]}}]}})")},
        Taken{"F5_EpicIdsOf200Characters",
              call("patient-view",
                   R"({"userId":"PractitionerRole/1","patientId":"e)" + std::string(200, 'x') + R"(.-"})",
                   R"(,"extension":{"com.epic.cdshooks.request.bpa-trigger-action":"6"})")},
        Taken{"F5_UuidVersion1",
              R"({"hook":"patient-view","hookInstance":"2FB2A8E0-0001-11EE-BE56-0242AC120002","context":{)" +
                  someone + "}}"},
        Taken{"R13_InstanceThatIsNoUuid",
              R"({"hook":"patient-view","hookInstance":"nine","context":{)" + someone + "}}"},
        Taken{"F5_ScopesWithCapitals",
              call("patient-view", "{" + someone + "}",
                   R"(,"fhirServer":"https://ehr.example.org/fhir","fhirAuthorization":{"access_token":"t",
                   "token_type":"Bearer","expires_in":3600,"scope":"user/Condition.Read","subject":"s"})")},
        Taken{"F6_AuthorizationWithoutToken",
              call("patient-view", "{" + someone + "}",
                   R"(,"fhirServer":"https://ehr.example.org/fhir","fhirAuthorization":{"token_type":"Bearer",
                   "expires_in":300,"scope":"patient/Patient.read","subject":"cds-service4"})")},
        Taken{"R14_AuthorizationNull",
              call("patient-view", "{" + someone + "}", R"(,"fhirAuthorization":null)")},
        Taken{"J7_OptionalMembersNull", call("patient-view", "{" + someone + R"(,"encounterId":null})",
                                             R"(,"fhirServer":null,"prefetch":null,"extension":null)")},
        Taken{"J7_UnknownMembers", call("patient-view", "{" + someone + R"(,"unknown":[1,{}]})",
                                        R"(,"unknown":{"a":[]},"status":"x")")},
        Taken{"E4_ExtensionOfAnyKind", call("patient-view", "{" + someone + "}", R"(,"extension":[1,2])")},
        Taken{"F7_PrefetchValuesOfAnyKind", call("patient-view", "{" + someone + "}",
                                                 R"(,"prefetch":{"a":null,"b":{},"c":"x","d":7,"e":[]})")},
        Taken{"H31_SignWithSelections",
              call("order-sign",
                   "{" + someone + R"(,"selections":[],"draftOrders":{"resourceType":"Bundle"}})")},
        Taken{
            "H12_7_DispatchWithoutUser",
            call(
                "order-dispatch",
                R"({"patientId":"1","performer":"Organization/1","dispatchedOrders":["ServiceRequest/1"]})")},
        Taken{"H12_7_RefillWithoutUser", call("medication-refill", R"({"patientId":"1","medications":{}})")},
        Taken{"H5_HookOfOurOwn", call("org.example.thing-happen", "{" + someone + "}")}),
    [](const auto& test) { return test.param.name; });

TEST(ReadRequest, TellsEveryMemberItRead) {
    const auto document = fhir::Document::parse(
        call("encounter-start", R"({"userId":"PractitionerRole/r","patientId":"p","encounterId":"e"})",
             R"(,"fhirServer":"https://f.example/fhir","fhirAuthorization":{},"prefetch":{"patient":null})"));
    ASSERT_TRUE(document);

    const auto request = hooks::read_request((*document)->root());

    ASSERT_TRUE(request);
    EXPECT_EQ(request->hook, "encounter-start");
    EXPECT_EQ(request->user_id, "PractitionerRole/r");
    EXPECT_EQ(request->patient_id, "p");
    EXPECT_EQ(request->encounter_id, "e");
    EXPECT_EQ(request->fhir_server, "https://f.example/fhir");
    EXPECT_TRUE(request->authorization);
    ASSERT_TRUE(request->prefetch);
    EXPECT_TRUE(request->prefetch->find("patient"));
}

TEST(ReadRequest, SaysWhatToSendInsteadOfAReference) {  // R-16
    const auto issue =
        issue_of(call("patient-view", R"({"userId":"Practitioner/1","patientId":"Patient/x"})"));

    ASSERT_TRUE(issue);
    EXPECT_EQ(issue->diagnostics, "expected a bare id: send it without the resource type and the slash");
}

}  // namespace
