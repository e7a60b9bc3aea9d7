// What discovery says of the shipped services, and that each entry can be called as it says (spec 3 and 4).
#include "tests/support/hooks_running.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <re2/re2.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <set>
#include <string>

namespace {

namespace json = boost::json;
using hooks::testing::demo_files;
using hooks::testing::json_of;
using hooks::testing::Running;
using hooks::testing::shipped_knowledge;
using testing::HasSubstr;

class Discovery : public testing::Test {
  protected:
    json::array services() {
        return json_of(running_.ask("GET", "/cds-services").body).at("services").as_array();
    }
    Running running_{{}, shipped_knowledge()};
};

TEST_F(Discovery, StandsAtOneAddressAndIsTheSameEveryTime) {  // D-1, D-2, D-3, J-9
    const auto first = running_.ask("GET", "/cds-services");
    const auto second = running_.ask("GET", "/cds-services");

    EXPECT_EQ(first.status, 200U);
    EXPECT_EQ(first.body, second.body);
    EXPECT_EQ(first.field("Content-Type"), "application/json");
    EXPECT_EQ(services().size(), 5U);
}

TEST_F(Discovery, AnswersOtherwiseWithAnErrorOfItsOwn) {  // D-4, S-8
    EXPECT_EQ(running_.ask("DELETE", "/cds-services").status, 405U);
    EXPECT_EQ(running_.ask("GET", "/cds-service").status, 404U);
}

TEST_F(Discovery, DescribesEveryServiceInFullAndNothingElse) {  // D-6, D-7, D-10 to D-15, J-3, J-4
    const std::set<std::string> known = {"hook",    "title",    "description",      "id",
                                         "version", "prefetch", "usageRequirements"};
    for (const json::value& service : services()) {
        for (const auto& [name, value] : service.as_object()) EXPECT_TRUE(known.contains(name)) << name;
        EXPECT_EQ(service.as_object().size(), known.size()) << "all of them are there";
        EXPECT_EQ(service.at("version"), "2.0.1");
        const std::string description(service.at("description").as_string());
        EXPECT_FALSE(RE2::PartialMatch(description, "[\n*_#`<>\\[\\]]")) << "text is Markdown, too";
        EXPECT_THAT(std::string(service.at("usageRequirements").as_string()), HasSubstr("412"));
    }
}

TEST_F(Discovery, NamesIdsAtWhichTheServicesAnswer) {  // D-8, D-16
    std::set<std::string> ids;
    for (const json::value& service : services()) {
        const std::string id(service.at("id").as_string()), hook(service.at("hook").as_string());

        EXPECT_EQ(running_.call(id, hooks::testing::shipped_call(hook)).status, 200U) << id;
        EXPECT_TRUE(ids.insert(id).second) << id;
    }
}

TEST_F(Discovery, PublishesQueriesThatEvery20ClientUnderstands) {  // T-1 to T-16
    // A read, or a search by the patient's id; codes, sorting and a number of results. No other token, no
    // modifier, no date, no parameter twice.
    const RE2 read(R"(Patient/\{\{context\.patientId\}\})");
    const RE2 search(
        R"([A-Z][A-Za-z]+\?patient=\{\{context\.patientId\}\}(&code=http[^&{}]+\|[^&{}]+)?(&_sort=-[a-z-]+)?(&_count=[1-9][0-9]*)?)");
    for (const json::value& service : services()) {
        for (const auto& [key, value] : service.at("prefetch").as_object()) {
            const std::string query(value.as_string());

            EXPECT_TRUE(RE2::FullMatch(query, read) || RE2::FullMatch(query, search)) << query;
        }
    }
}

TEST_F(Discovery, PublishesTheKeysThatTheServicesRulesUse) {  // D-10, P-8
    for (const json::value& service : services()) {
        const json::object& prefetch = service.at("prefetch").as_object();

        EXPECT_TRUE(prefetch.contains("patient") && prefetch.contains("conditions")) << service.at("id");
    }
}

TEST(DiscoveryOfSwitchedServices, IsAnEmptyListIfAllAreOff) {  // D-5
    hooks::Settings settings;
    for (const cards::Service& service : shipped_knowledge()->services())
        settings.services[service.id] = false;
    Running running(settings, shipped_knowledge());

    EXPECT_EQ(running.ask("GET", "/cds-services").body, R"({"services":[]})");
}

TEST(DiscoveryOfAKnowledge, SaysWhatItsUsageSays) {  // D-11, J-4
    const auto services_of = [](const std::string& usage) {
        std::vector<cards::SourceFile> files = demo_files();
        files[0].text.insert(files[0].text.find("\"version\""), usage);
        Running running({}, cards::Knowledge::load(files).knowledge);
        return json_of(running.ask("GET", "/cds-services").body).at("services");
    };

    EXPECT_EQ(services_of(R"("usage": "Ask <before> use.",)").at(0).at("usageRequirements"),
              "Ask <before> use.");
    EXPECT_FALSE(services_of("").at(0).as_object().contains("usageRequirements"));
}

}  // namespace
