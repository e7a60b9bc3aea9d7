// Settings: file < environment, and a message for every mistake that says where, what was expected and what
// came.
#include "hooks/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <string>

namespace {

using hooks::Environment;
using hooks::load_settings;
using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

TEST(Settings, AreTheDefaultsWithoutAFile) {
    const auto loaded = load_settings("", "", {});

    EXPECT_THAT(loaded.problems, testing::IsEmpty());
    EXPECT_EQ(loaded.settings.server.address, "127.0.0.1");
    EXPECT_EQ(loaded.settings.server.port, 8080);
    EXPECT_TRUE(loaded.settings.cors.origins.empty());
}

TEST(Settings, TheShippedFileShowsEveryKeyWithItsDefault) {
    std::ifstream in(SOURCE_DIR "/config/server.json");
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    const hooks::Settings none = load_settings("", "", {}).settings;

    const auto loaded = load_settings(text, "config/server.json", {});

    EXPECT_THAT(loaded.problems, testing::IsEmpty());
    EXPECT_EQ(loaded.settings.server.http.body_bytes, none.server.http.body_bytes);
    EXPECT_EQ(loaded.settings.server.http.header_bytes, none.server.http.header_bytes);
    EXPECT_EQ(loaded.settings.server.http.fields, none.server.http.fields);
    EXPECT_EQ(loaded.settings.server.http.overhead_bytes, none.server.http.overhead_bytes);
    EXPECT_EQ(loaded.settings.server.connections, none.server.connections);
    EXPECT_EQ(loaded.settings.server.connections_per_address, none.server.connections_per_address);
    EXPECT_EQ(loaded.settings.server.requests_per_connection, none.server.requests_per_connection);
    EXPECT_EQ(loaded.settings.server.deadlines.header, none.server.deadlines.header);
    EXPECT_EQ(loaded.settings.server.deadlines.body, none.server.deadlines.body);
    EXPECT_EQ(loaded.settings.server.deadlines.write, none.server.deadlines.write);
    EXPECT_EQ(loaded.settings.server.deadlines.idle, none.server.deadlines.idle);
    EXPECT_EQ(loaded.settings.server.deadlines.drain, none.server.deadlines.drain);
    EXPECT_EQ(loaded.settings.server.deadlines.drain_delay, none.server.deadlines.drain_delay);
    EXPECT_EQ(loaded.settings.cors.max_age, none.cors.max_age);
    EXPECT_EQ(loaded.settings.feedback.file, none.feedback.file);
    EXPECT_EQ(loaded.settings.feedback.retention, none.feedback.retention);
    EXPECT_EQ(loaded.settings.log_level, none.log_level);
}

TEST(Settings, AreReadFromAFileWithComments) {
    const auto loaded = load_settings(R"({
        // a line: "listen": "9.9.9.9:1"
        "listen": "[::1]:9000", /* a "block" */
        "basePath": "/a//b" /* not yet */ })",
                                      "s.json", {});

    EXPECT_THAT(loaded.problems,
                ElementsAre("s.json: basePath: expected \"\" or a path such as /asps, got \"/a//b\""));
    EXPECT_EQ(loaded.settings.server.address, "::1");
    EXPECT_EQ(loaded.settings.server.port, 9000);
}

TEST(Settings, TakeEveryKindOfValue) {
    const auto loaded = load_settings(
        R"({"threads":3,"services":{"a":true,"b":false},"rules":{"r":true},"limits":{"bodyBytes":2048},"deadlinesMs":{"idle":5},
            "cors":{"origins":["https://a.example","http://localhost:3000"],"maxAgeSeconds":0},"log":{"level":"warn"},
            "feedback":{"file":"","retentionDays":0}})",
        "s.json", {});

    EXPECT_THAT(loaded.problems, testing::IsEmpty());
    EXPECT_EQ(loaded.settings.server.threads, 3U);
    EXPECT_TRUE(loaded.settings.services.at("a"));
    EXPECT_FALSE(loaded.settings.services.at("b"));
    EXPECT_TRUE(loaded.settings.rules.at("r"));
    EXPECT_EQ(loaded.settings.server.http.body_bytes, 2048U);
    EXPECT_EQ(loaded.settings.server.deadlines.idle, 5ms);
    EXPECT_THAT(loaded.settings.cors.origins, ElementsAre("https://a.example", "http://localhost:3000"));
    EXPECT_EQ(loaded.settings.cors.max_age, 0s);
    EXPECT_EQ(loaded.settings.feedback.file, "");
    EXPECT_EQ(loaded.settings.feedback.retention, std::chrono::days(0));
    EXPECT_EQ(loaded.settings.log_level, hooks::LogLevel::warn);
}

TEST(Settings, TheEnvironmentWinsOverTheFile) {
    const Environment environment = {{"ASPS_CDS_LISTEN", "127.0.0.1:1"},
                                     {"ASPS_CDS_LIMITS_BODY_BYTES", "5000"},
                                     {"ASPS_CDS_CORS_ORIGINS", "https://a.example,https://b.example"},
                                     {"ASPS_CDS_SERVICES", "asps-prognosis=true"}};

    const auto loaded =
        load_settings(R"({"listen":"127.0.0.1:2","limits":{"fields":7}})", "s.json", environment);

    EXPECT_THAT(loaded.problems, testing::IsEmpty());
    EXPECT_EQ(loaded.settings.server.port, 1);
    EXPECT_EQ(loaded.settings.server.http.body_bytes, 5000U);
    EXPECT_EQ(loaded.settings.server.http.fields, 7U);
    EXPECT_THAT(loaded.settings.cors.origins, ElementsAre("https://a.example", "https://b.example"));
    EXPECT_TRUE(loaded.settings.services.at("asps-prognosis"));
}

TEST(Settings, LetVariablesThroughThatKubernetesMakesOfAServiceName) {
    const auto loaded = load_settings("", "", {{"ASPS_CDS_PORT", "tcp://10.0.0.1:80"}});

    EXPECT_THAT(loaded.problems, testing::IsEmpty());
}

struct Mistake {
    const char* name;
    std::string text, message;
};

class SettingsMistake : public testing::TestWithParam<Mistake> {};

TEST_P(SettingsMistake, IsNamedWithItsPath) {
    const auto loaded = load_settings(GetParam().text, "s.json", {});

    ASSERT_FALSE(loaded.problems.empty());
    EXPECT_THAT(loaded.problems.front(), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, SettingsMistake,
    testing::Values(
        Mistake{"UnknownKey", R"({"lisen":"127.0.0.1:1"})", "s.json: lisen: unknown key; nearest: listen"},
        Mistake{"UnknownKeyInASection", R"({"limits":{"bodyByte":1}})",
                "s.json: limits.bodyByte: unknown key; nearest: limits.bodyBytes"},
        Mistake{"UnknownSection", R"({"limit":{"bodyBytes":1}})", "s.json: limit: unknown key; nearest: "},
        Mistake{"SectionIsAText", R"({"limits":"x"})", "s.json: limits: expected an object, got \"x\""},
        Mistake{"NumberAsText", R"({"threads":"2"})",
                "threads: expected a number from 0 (one a core) to 256, got \"2\""},
        Mistake{"NumberTooSmall", R"({"limits":{"bodyBytes":5}})",
                "limits.bodyBytes: expected a number from 1024"},
        Mistake{"NegativeNumber", R"({"threads":-1})",
                "threads: expected a number from 0 (one a core) to 256, got -1"},
        Mistake{"Fraction", R"({"threads":1.5})", "got 1.5"},
        Mistake{"ListenWithoutPort", R"({"listen":"127.0.0.1"})", "listen: expected address:port"},
        Mistake{"ListenWithHugePort", R"({"listen":"127.0.0.1:70000"})", "listen: expected address:port"},
        Mistake{"WildcardOrigin", R"({"cors":{"origins":["*"]}})",
                "cors.origins: expected a list of exact origins"},
        Mistake{"NullOrigin", R"({"cors":{"origins":["null"]}})",
                "cors.origins: expected a list of exact origins"},
        Mistake{"OriginWithPath", R"({"cors":{"origins":["https://a.example/x"]}})",
                "cors.origins: expected"},
        Mistake{"ServiceIsAText", R"({"services":{"a":"on"}})",
                "services: expected service ids with true or false"},
        Mistake{"RuleIsANumber", R"({"rules":{"a":1}})", "rules: expected rule ids with true or false"},
        Mistake{"FeedbackInAFolder", R"({"feedback":{"file":"var/"}})",
                "feedback.file: expected \"\" or a file such as var/feedback.sqlite, got \"var/\""},
        Mistake{"RetentionOfACentury", R"({"feedback":{"retentionDays":40000}})",
                "feedback.retentionDays: expected days from 0 (for ever) to 36500, got 40000"},
        Mistake{"UnknownLevel", R"({"log":{"level":"loud"}})",
                "log.level: expected debug, info, warn, error or off"},
        Mistake{"SameKeyTwice", R"({"threads":1,"threads":2})", "s.json: threads"},
        Mistake{"NoObject", "[]", "s.json: expected an object"}, Mistake{"OpenComment", "{ /* ", "s.json: "},
        Mistake{"NoJson", "{", "s.json: "}),
    [](const auto& test) { return test.param.name; });

TEST(Settings, AllMistakesAreToldAtOnce) {
    const auto loaded =
        load_settings(R"({"a":1,"b":2,"threads":999})", "s.json", {{"ASPS_CDS_LOG_LEVEL", "loud"}});

    EXPECT_EQ(loaded.problems.size(), 4U);
    EXPECT_THAT(loaded.problems.back(), HasSubstr("ASPS_CDS_LOG_LEVEL: expected debug"));
}

}  // namespace
