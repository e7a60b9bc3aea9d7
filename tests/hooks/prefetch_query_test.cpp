// Prefetch templates filled in: what the caller sent can name something, but never change the question.
#include "hooks/prefetch_query.hpp"

#include "fhir/document.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace {

struct Filling {
    const char* name;
    std::string query, context;
    std::optional<std::string> filled;
};

class PrefetchQuery : public testing::TestWithParam<Filling> {};

TEST_P(PrefetchQuery, IsFilledIn) {
    const auto context = fhir::Document::parse(GetParam().context);
    ASSERT_TRUE(context);

    EXPECT_EQ(hooks::filled_query(GetParam().query, (*context)->root()), GetParam().filled);
}

const std::string by_patient = "Condition?patient={{context.patientId}}";

std::string patient(const std::string& id) {
    return R"({"userId":"Practitioner/1","patientId":")" + id + "\"}";
}
std::string user(const std::string& id) { return R"({"patientId":"p","userId":")" + id + "\"}"; }

INSTANTIATE_TEST_SUITE_P(
    Tokens, PrefetchQuery,  // T-2, T-4
    testing::Values(
        Filling{"Read", "Patient/{{context.patientId}}", patient("p-1"), "Patient/p-1"},
        Filling{"Search", by_patient, patient("p-1"), "Condition?patient=p-1"},
        Filling{"SpacesInTheToken", "Patient/{{ context.patientId }}", patient("p-1"), "Patient/p-1"},
        Filling{"TwoTokens", "Encounter?patient={{context.patientId}}&_id={{context.encounterId}}",
                R"({"patientId":"p","encounterId":"e"})", "Encounter?patient=p&_id=e"},
        Filling{"UserWithType", "{{context.userId}}", user("PractitionerRole/r-9"), "PractitionerRole/r-9"},
        Filling{"Practitioner", "Practitioner/{{userPractitionerId}}", user("Practitioner/a"),
                "Practitioner/a"},
        Filling{"PractitionerRole", "PractitionerRole?_id={{userPractitionerRoleId}}",
                user("PractitionerRole/b"), "PractitionerRole?_id=b"},
        Filling{"PatientUser", "Patient/{{userPatientId}}", user("Patient/c"), "Patient/c"},
        Filling{"RelatedPerson", "RelatedPerson/{{userRelatedPersonId}}", user("RelatedPerson/d"),
                "RelatedPerson/d"},
        Filling{"NoToken", "Medication?code=x", patient("p"), "Medication?code=x"}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    WithoutAValue, PrefetchQuery,
    testing::Values(
        Filling{"AnotherKindOfUser", "Practitioner/{{userPractitionerId}}", user("Patient/a"), {}},
        Filling{"NoEncounter", "Encounter/{{context.encounterId}}", patient("p"), {}},  // T-14
        Filling{"UnknownToken", "Patient/{{today()}}", patient("p"), {}},
        Filling{"AnObject", "Patient/{{context.patientId}}", R"({"patientId":{"a":1}})", {}},
        Filling{"Empty", "Patient/{{context.patientId}}", patient(""), {}},
        Filling{"UserWithoutType", "{{context.userId}}", user("abc"), {}},
        Filling{"Unclosed", "Patient/{{context.patientId", patient("p"), {}}),
    [](const auto& test) { return test.param.name; });

INSTANTIATE_TEST_SUITE_P(
    HostileValues, PrefetchQuery,  // A-9
    testing::Values(
        Filling{"AnotherParameter", by_patient, patient("p&_count=9"), "Condition?patient=p%26_count%3D9"},
        Filling{"Comma", by_patient, patient("a,b"), "Condition?patient=a%2Cb"},
        Filling{"Slash", "Patient/{{context.patientId}}", patient("a/../b"), "Patient/a%2F..%2Fb"},
        Filling{"Question", "Patient/{{context.patientId}}", patient("a?x=y#z"), "Patient/a%3Fx%3Dy%23z"},
        Filling{"OneUp", "Patient/{{context.patientId}}", patient(".."), {}},
        Filling{"SamePlace", "Patient/{{context.patientId}}", patient("."), {}},
        Filling{"EscapedDots", "Patient/{{context.patientId}}", patient("%2e%2e"), "Patient/%252e%252e"},
        Filling{"LineFeed", "Patient/{{context.patientId}}", patient("a\\r\\nHost: b"),
                "Patient/a%0D%0AHost%3A%20b"},
        Filling{"Nul", "Patient/{{context.patientId}}", patient("a\\u0000b"), "Patient/a%00b"},
        Filling{"Utf8", by_patient, patient("Jos\xC3\xA9"), "Condition?patient=Jos%C3%A9"},
        Filling{"Plus", by_patient, patient("a+b c"), "Condition?patient=a%2Bb%20c"},
        Filling{"ATokenAgain", by_patient, patient("{{context.userId}}"),
                "Condition?patient=%7B%7Bcontext.userId%7D%7D"},
        Filling{"UserIsAUrl", "{{context.userId}}", user("https://evil.example/Practitioner/1"), {}},
        Filling{"UserGoesUp", "{{context.userId}}", user("Practitioner/.."), {}},
        Filling{"UserGoesUpLater", "{{context.userId}}", user("Practitioner/a/../.."),
                "Practitioner/a%2F..%2F.."},
        Filling{"UserIsRooted", "{{context.userId}}", user("/Practitioner/1"), {}}),
    [](const auto& test) { return test.param.name; });

TEST(PrefetchQueryText, OfATemplateBecomesLegalInAUrl) {
    const auto context = fhir::Document::parse(patient("p"));

    EXPECT_EQ(hooks::filled_query("Observation?code=http://loinc.org|1-8,http://loinc.org|2-6&x=\"y\"",
                                  (*context)->root()),
              "Observation?code=http://loinc.org%7C1-8,http://loinc.org%7C2-6&x=%22y%22");
}

TEST(PrefetchQueryText, KeepsIdsOfAnyLength) {  // R-16: Epic's are longer than FHIR's 64
    const std::string id(200, 'e');
    const auto context = fhir::Document::parse(patient(id));

    EXPECT_EQ(hooks::filled_query(by_patient, (*context)->root()), "Condition?patient=" + id);
}

}  // namespace
