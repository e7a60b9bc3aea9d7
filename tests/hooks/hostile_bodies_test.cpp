// Thousands of hostile and odd bodies at the shipped services: an answer or a refusal that names the member,
// never a 5xx, and nothing of a patient in any refusal.
#include "tests/support/hooks_mutants.hpp"
#include "tests/support/hooks_running.hpp"

#include "hooks/knowledge_folder.hpp"

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace {

namespace json = boost::json;
using hooks::testing::Answer;
using hooks::testing::Mutant;
using hooks::testing::Running;

// Every second body of more than 7,000; ThreadSanitizer, which is slow, gets every sixteenth.
#if defined(__SANITIZE_THREAD__)
constexpr std::size_t step = 16;
#else
constexpr std::size_t step = 2;
#endif

bool is_json_object(const std::string& body) {
    json::parse_options deep;
    deep.max_depth = 1'000;
    boost::system::error_code ec;
    const json::value value = json::parse(body, ec, {}, deep);
    return !ec && value.is_object();
}

/// The call with "CANARY" in the texts that say something of the patient.
json::value marked_call(std::string_view hook) {
    std::string text = json::serialize(hooks::testing::shipped_call(hook));
    const auto replace_all = [&text](std::string_view from, std::string_view to) {
        for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
            text.replace(at, from.size(), to);
    };
    replace_all("demo-1", "CANARY-1");
    replace_all("demo-doctor", "CANARY-doctor");
    replace_all("\"Demo\"", "\"CANARY\"");
    replace_all("of right thigh", "of right thigh CANARY");
    replace_all("DOXOrubicin", "DOXOrubicin CANARY");
    replace_all("No acute finding.", "No acute CANARY finding.");
    return json::parse(text);
}

class HostileBody : public testing::TestWithParam<std::size_t> {};

TEST_P(HostileBody, GetsAnAnswerOrARefusalThatNamesTheMember) {  // R-11, R-17, J-2 to J-8, S-6, S-9
    Running running({}, hooks::testing::shipped_knowledge());
    const std::string_view hook = hooks::testing::shipped_hooks[GetParam()];
    const std::string service = "asps-" + std::string(hook);
    const std::vector<Mutant> mutants = hooks::testing::mutants_of(marked_call(hook), GetParam() * 7);
    ASSERT_GE(mutants.size(), 1'200U) << "so that the five hooks are sent 3,000";
    std::size_t answered = 0, refused = 0;
    for (std::size_t i = GetParam() % step; i < mutants.size(); i += step) {
        const Mutant& mutant = mutants[i];
        SCOPED_TRACE(mutant.what);

        const Answer answer = running.call(service, std::string_view(mutant.body));

        const bool is_refusal = answer.status >= 400 && answer.status < 500;
        EXPECT_TRUE(answer.status == 200 || is_refusal) << answer.status << ' ' << answer.body;
        ++(is_refusal ? refused : answered);
        if (!is_refusal) continue;
        EXPECT_EQ(answer.body.find("CANARY"), std::string::npos) << answer.body;
        if (is_json_object(mutant.body)) {
            EXPECT_NE(hooks::testing::expression_of(answer), "") << answer.body;
        }
    }

    EXPECT_GE((answered + refused) * step, mutants.size() - step);
    RecordProperty("answered", static_cast<int>(answered));
    RecordProperty("refused", static_cast<int>(refused));
    EXPECT_GE(answered, 20U) << "most odd members are none of ours";
    EXPECT_GE(refused, 20U);
}

INSTANTIATE_TEST_SUITE_P(Hooks, HostileBody,
                         testing::Range(std::size_t{0}, std::size(hooks::testing::shipped_hooks)),
                         [](const auto& test) {
                             std::string name(hooks::testing::shipped_hooks[test.param]);
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

TEST(RefusedCall, RepeatsNoNameThatItsCallerMadeUp) {  // S-9
    struct Case {
        const char *body, *told;
    };
    constexpr Case cases[] = {
        {R"({"context":{"patientId":"1","patientId":"2"}})", "400 context.patientId"},
        {R"({"prefetch":{"a":{"birthDate":"x","birthDate":"y"}}})", "400 prefetch.?.birthDate"},
        {R"({"Ada Demo 1977":1,"Ada Demo 1977":2})", "400 ?"},
        {R"({"Ada \u0044emo":{"hook":1,"hook":2}})", "400 ?.hook"},
        {R"({"context":{"Ada Demo":{"Ada Demo":1e999}}})", "400 context.?.?"},
        {R"({"context":{"Ada Demo":tru}})", "400 context.?"},
        {R"({"hook":"patient-view","hookInstance":"i","context":{"userId":"Practitioner/1","patientId":"1",
            "Ada Demo":{"entry":[{"resource":{"resourceType":"MedicationOrder"}}]}}})",
         "422 context.?.entry[0].resource.resourceType"},
    };
    Running running;
    for (const Case& one : cases) {
        SCOPED_TRACE(one.body);

        const Answer answer = running.call("demo-view", std::string_view(one.body));

        EXPECT_EQ(hooks::testing::told(answer), one.told);
        EXPECT_EQ(answer.body.find("Demo"), std::string::npos) << answer.body;
    }
}

TEST(JsonTestSuite, IsRefusedAsNoCallOfOurs) {  // J-6, J-8
    const std::filesystem::path folder = SOURCE_DIR "/../shared/jsontestsuite";
    if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << folder << " is not there";
    Running running;
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.path().extension() != ".json") continue;
        const std::string body = hooks::read_text(entry.path()).value_or("");

        EXPECT_EQ(running.call("demo-view", std::string_view(body)).status, 400U) << entry.path();
        ++count;
    }
    EXPECT_GE(count, 300U);
}

}  // namespace
