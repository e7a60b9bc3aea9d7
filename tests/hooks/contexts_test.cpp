// The contexts of the five hooks as real clients write them, asked of the shipped knowledge (spec 12 and 13,
// clients.md).
#include "tests/support/hooks_running.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <string>

namespace {

namespace json = boost::json;
using hooks::testing::Answer;
using hooks::testing::cards_of;
using hooks::testing::Running;
using hooks::testing::shipped_call;
using hooks::testing::shipped_hooks;
using hooks::testing::shipped_knowledge;
using hooks::testing::told;
using hooks::testing::topics_of;
using testing::ElementsAre;
using testing::IsEmpty;

class Context : public testing::Test {
  protected:
    Answer answer_to(const json::value& call) {
        return running_.call("asps-" + std::string(call.at("hook").as_string()), call);
    }
    static json::value& order(json::value& call, std::size_t index = 0) {
        return call.at_pointer("/context/draftOrders/entry").as_array()[index].as_object()["resource"];
    }
    Running running_{{}, shipped_knowledge()};
};

TEST_F(Context, OfEveryHookBringsItsCards) {  // R-4, S-1
    EXPECT_THAT(topics_of(answer_to(shipped_call("patient-view"))), testing::Contains("staging"));
    EXPECT_THAT(topics_of(answer_to(shipped_call("encounter-start"))), ElementsAre("staging"));
    EXPECT_THAT(topics_of(answer_to(shipped_call("order-select"))), testing::Contains("cytotoxicOrder"));
    EXPECT_THAT(topics_of(answer_to(shipped_call("order-sign"))), testing::Contains("cytotoxicOrder"));
    EXPECT_THAT(topics_of(answer_to(shipped_call("problem-list-item-create"))), ElementsAre("staging"));
}

// ---- extensions and unknown members

/// `extension` in every object, as an object of our invention; in FHIR resources, where one is an array, as
/// such.
void extend(json::value& value, bool is_fhir) {
    if (json::array* array = value.if_array()) {
        for (json::value& item : *array) extend(item, is_fhir);
    } else if (json::object* object = value.if_object()) {
        is_fhir = is_fhir || object->contains("resourceType");
        for (auto& [name, member] : *object) extend(member, is_fhir);
        const json::object unknown = {{"url", "https://ehr.example.org/unknown"}, {"valueString", "x"}};
        if (is_fhir) {
            (*object)["extension"] = json::array{unknown};
        } else {
            (*object)["extension"] = {{"com.epic.cdshooks.request.bpa-trigger-action", "6"},
                                      {"org.example.x", 7}};
        }
    }
}

TEST_F(Context, WithExtensionsAtEveryLevelGivesTheSameCards) {  // E-1, E-2, E-4
    for (const std::string_view hook : shipped_hooks) {
        json::value call = shipped_call(hook);
        const json::array plain = cards_of(answer_to(call));
        extend(call, false);

        EXPECT_EQ(cards_of(answer_to(call)), plain) << hook;
    }
}

TEST_F(Context, WithExtensionsThatAreNoObjectGivesTheSameCards) {  // E-4
    for (const json::value& odd : {json::value(nullptr), json::value("x"),
                                   json::value(json::array{1, nullptr}), json::value(json::object{})}) {
        json::value call = shipped_call("order-sign");
        const json::array plain = cards_of(answer_to(call));
        call.as_object()["extension"] = odd;
        call.at("context").as_object()["extension"] = odd;
        call.at("prefetch").as_object()["extension"] = odd;

        EXPECT_EQ(cards_of(answer_to(call)), plain) << json::serialize(odd);
    }
}

TEST_F(Context, OfAClientBefore10IsReadWhereItSaysTheSame) {  // V-1, V-2; fixture 10
    json::value call = shipped_call("patient-view");
    const json::array plain = cards_of(answer_to(call));
    call.as_object()["user"] = "Practitioner/demo-doctor";
    call.as_object()["patient"] = "demo-1";
    for (auto& [key, value] : call.at("prefetch").as_object())
        value = json::object{{"response", {{"status", "200 OK"}}}, {"resource", value}};

    EXPECT_EQ(cards_of(answer_to(call)), plain);
    call.as_object().erase("context");
    EXPECT_EQ(told(answer_to(call)), "400 context");
}

TEST_F(Context, WithScopesOfAnySmartVersionGivesTheSameCards) {  // V-3
    json::value call = shipped_call("patient-view");
    const json::array plain = cards_of(answer_to(call));
    call.as_object()["fhirServer"] = "https://ehr.example.org/fhir";
    for (const char* scope :
         {"user/Condition.rs?category=http://x|y", "EPIC.FHIR.R4.SERVICES.X user/Condition.Read", "*"}) {
        call.as_object()["fhirAuthorization"] = {{"access_token", "t"},
                                                 {"token_type", "Bearer"},
                                                 {"expires_in", 3600},
                                                 {"scope", scope},
                                                 {"subject", "s"}};

        EXPECT_EQ(cards_of(answer_to(call)), plain) << scope;
    }
}

// ---- order-select

TEST_F(Context, OfOrderSelectCountsWhatIsSelected) {  // H-20
    const auto topics_with = [this](json::array selections) {
        json::value call = shipped_call("order-select");
        call.at_pointer("/context/draftOrders/entry").as_array()[0].as_object()["fullUrl"] =
            "https://ehr.example.org/fhir/MedicationRequest/by-url";
        call.at("context").as_object()["selections"] = std::move(selections);
        return topics_of(answer_to(call));
    };

    EXPECT_THAT(topics_with({"MedicationRequest/draft-1"}), testing::Contains("cytotoxicOrder"));
    EXPECT_THAT(topics_with({"MedicationRequest/by-url"}), testing::Contains("cytotoxicOrder"));
    EXPECT_THAT(topics_with({"https://ehr.example.org/fhir/MedicationRequest/by-url"}),
                testing::Contains("cytotoxicOrder"));
    EXPECT_THAT(topics_with({"ServiceRequest/other", "MedicationRequest/draft-1"}),
                testing::Contains("cytotoxicOrder"));
    EXPECT_THAT(topics_with({"MedicationRequest/other"}), IsEmpty());
    EXPECT_THAT(topics_with({"draft-1"}), IsEmpty());
    EXPECT_THAT(topics_with({""}), IsEmpty());
    EXPECT_THAT(topics_with({}), IsEmpty());
}

// Fixture 3. The sandbox sends neither on coming back to Rx View, nor on coming back to Rx Sign.
TEST_F(Context, OfOrdersMayLackSelectionsAndOrders) {
    for (const char* hook : {"order-select", "order-sign"}) {
        for (const bool as_null : {false, true}) {
            json::value call = shipped_call(hook);
            for (const char* name : {"selections", "draftOrders"}) {
                call.at("context").as_object().erase(name);
                if (as_null) call.at("context").as_object()[name] = nullptr;
            }

            EXPECT_EQ(answer_to(call).body, R"({"cards":[]})") << hook;
        }
    }
}

// ---- orders

TEST_F(Context, OfOrdersMayBeWrittenLoosely) {  // H-2, R-17; fixtures 1, 2, 4
    const json::array plain = cards_of(answer_to(shipped_call("order-sign")));
    const auto cards_with = [this](auto change) {
        json::value call = shipped_call("order-sign");
        change(call);
        return cards_of(answer_to(call));
    };

    EXPECT_EQ(
        cards_with([](json::value& c) { c.at_pointer("/context/draftOrders").as_object().erase("type"); }),
        plain);
    EXPECT_EQ(cards_with([](json::value& c) {
                  c.at_pointer("/context/draftOrders").as_object().erase("resourceType");
              }),
              plain);
    EXPECT_EQ(cards_with([](json::value& c) {
                  const json::value only = c.at_pointer("/context/draftOrders/entry/0");
                  c.at_pointer("/context/draftOrders/entry") = only;
              }),
              plain)
        << "an entry that is an object";
    EXPECT_EQ(cards_with([](json::value& c) { order(c).as_object().erase("intent"); }), plain);
    EXPECT_EQ(cards_with([](json::value& c) {
                  order(c).as_object()["category"] = {{"text", "community"}};
                  order(c).as_object()["reasonCode"] = {{"text", "sarcoma"}};
              }),
              plain);
    EXPECT_EQ(
        cards_with([](json::value& c) {
            json::array& entries = c.at_pointer("/context/draftOrders/entry").as_array();
            for (const char* odd :
                 {"7", "null", "{}", R"({"resource":null})", R"({"resource":[]})", R"({"resource":{}})",
                  R"({"resource":{"resourceType":"Nothing"}})",
                  R"({"resource":{"resourceType":"MedicationRequest","id":"bare","status":"draft"}})",
                  R"({"resource":{"resourceType":"ServiceRequest","code":{"coding":[{}]},"reasonCode":[]}})"})
                entries.push_back(json::parse(odd));
        }),
        plain)
        << "beside entries that cannot be read";
}

TEST_F(Context, OfOrdersOfAnyStatusIsLookedAt) {  // H-30
    for (const char* status : {"draft", "active", "on-hold", "unknown"}) {
        json::value call = shipped_call("order-sign");
        order(call).as_object()["status"] = status;

        EXPECT_THAT(topics_of(answer_to(call)), testing::Contains("cytotoxicOrder")) << status;
    }
}

TEST_F(Context, OfAnotherPatientsOrderIsNotLookedAtHoweverItIsWritten) {  // P-14
    json::value call = shipped_call("order-sign");
    order(call).at("subject").at("reference") = "Patient/other";
    EXPECT_EQ(answer_to(call).body, R"({"cards":[]})");

    json::value as_object = call;
    as_object.at_pointer("/context/draftOrders/entry") = call.at_pointer("/context/draftOrders/entry/0");
    EXPECT_EQ(answer_to(as_object).body, R"({"cards":[]})");

    json::value untyped = call;
    untyped.at_pointer("/context/draftOrders").as_object().erase("resourceType");
    EXPECT_EQ(answer_to(untyped).body, R"({"cards":[]})");
}

TEST_F(Context, WithOrdersOfAnOlderFhirIsToldSo) {  // H-1
    for (const char* type : {"MedicationOrder", "ProcedureRequest", "DiagnosticOrder"}) {
        json::value call = shipped_call("order-sign");
        order(call).at("resourceType") = type;

        EXPECT_EQ(told(answer_to(call)), "422 context.draftOrders.entry[0].resource.resourceType") << type;
    }
}

// ---- problem-list-item-create

TEST_F(Context, OfAProblemTakesACategoryOfAnyForm) {  // spec 12.5, fixture 8
    const json::array plain = cards_of(answer_to(shipped_call("problem-list-item-create")));
    for (const char* category :
         {R"("problem-list-item")", R"({"text":"Problem list"})",
          R"([{"coding":[{"code":"problem-list-item"}]}])", "[]", "7", R"(["problem-list-item"])"}) {
        json::value call = shipped_call("problem-list-item-create");
        json::object& problem = call.at_pointer("/context/conditions/entry/0/resource").as_object();
        problem["category"] = json::parse(category);
        problem["assertedDate"] = "2026-11-24";

        EXPECT_EQ(cards_of(answer_to(call)), plain) << category;
    }
}

TEST_F(Context, OfAProblemThatIsOnTheListAlreadyCountsItOnce) {
    json::value call = shipped_call("problem-list-item-create");
    const json::array new_alone = cards_of(answer_to(call));

    call.at("prefetch").at("conditions") = call.at("context").at("conditions");

    EXPECT_EQ(cards_of(answer_to(call)), new_alone);
}

TEST_F(Context, OfAProblemCountsWithThoseOnTheList) {
    json::value call = shipped_call("problem-list-item-create");
    json::value metastasis = shipped_call("order-sign").at_pointer("/prefetch/conditions/entry/1/resource");
    const json::value known = call.at("context").at("conditions");
    call.at_pointer("/context/conditions/entry/0/resource") = metastasis;
    EXPECT_THAT(topics_of(answer_to(call)), IsEmpty()) << "a metastasis alone";

    call.at("prefetch").at("conditions") = known;

    EXPECT_THAT(topics_of(answer_to(call)), ElementsAre("staging"));
}

TEST(Services, OfferAtPatientViewWhatTheyOfferForAProblem) {  // Epic fires patient-view for a new problem
    const auto* view = shipped_knowledge()->service("asps-patient-view");
    const auto* problem = shipped_knowledge()->service("asps-problem-list-item-create");
    ASSERT_TRUE(view && problem);
    for (const cards::Rule* rule : problem->rules)
        EXPECT_THAT(view->rules, testing::Contains(rule)) << rule->id;
}

// ---- encounter-start

TEST_F(Context, OfAnEncounterGoesIntoWhatIsOffered) {  // spec 12.4, AC-6
    const auto answer = answer_to(shipped_call("encounter-start"));

    const json::array cards = cards_of(answer);
    ASSERT_FALSE(cards.empty());
    EXPECT_EQ(cards.at(0).at_pointer("/suggestions/0/actions/0/resource/encounter/reference"),
              "Encounter/demo-visit");
    json::value without = shipped_call("encounter-start");
    without.at("context").as_object().erase("encounterId");
    EXPECT_EQ(told(answer_to(without)), "400 context.encounterId");
}

// ---- whole clients

TEST_F(Context, OfEpicIsUnderstood) {  // fixture 5
    json::value call = shipped_call("patient-view");
    std::string text = json::serialize(call);
    const std::string id = "e" + std::string(199, 'x');
    for (std::size_t at = 0; (at = text.find("demo-1", at)) != std::string::npos; at += id.size())
        text.replace(at, 6, id);
    call = json::parse(text);
    call.as_object()["hookInstance"] = "2fb2a8e0-0001-11ee-be56-0242ac120002";
    call.at("context").at("userId") = "PractitionerRole/" + id;
    call.as_object()["extension"] = {{"com.epic.cdshooks.request.bpa-trigger-action", "6"},
                                     {"com.epic.cdshooks.request.fhir-version", "R4"},
                                     {"internal.epic.x", 7}};

    const auto answer = answer_to(call);

    EXPECT_THAT(topics_of(answer), testing::Contains("staging"));
    EXPECT_EQ(
        cards_of(answer).at(0).at_pointer("/suggestions/0/actions/0/resource/subject/reference").as_string(),
        "Patient/" + id);
}

TEST_F(Context, OfTheReferenceEhrIsUnderstood) {  // fixture 6
    json::value call = shipped_call("order-sign");
    const json::array plain = cards_of(answer_to(call));
    call.as_object()["fhirServer"] = "http://localhost:8080/fhir";
    call.as_object()["fhirAuthorization"] = {{"token_type", "Bearer"},
                                             {"expires_in", 300},
                                             {"scope", "patient/Patient.read patient/Observation.read"},
                                             {"subject", "cds-service4"}};
    call.as_object()["extension"] = {{"davinci-crd.configuration", {{"coverage", true}}}};
    call.at("prefetch").as_object()["deviceRequestBundle"] = {{"resourceType", "Bundle"},
                                                              {"type", "collection"}};
    for (auto& [key, value] : call.at("prefetch").as_object())
        if (value.at("resourceType") == "Bundle") value.as_object()["type"] = "collection";

    const auto answer = running_.call("asps-order-sign", json::serialize(call), {{"Authorization", "null"}});

    EXPECT_EQ(cards_of(answer), plain);
}

}  // namespace
