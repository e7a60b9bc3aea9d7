// The admin address: figures and probes apart from the service, on a thread of its own.
#include "hooks/admin.hpp"

#include "tests/support/hooks_metrics.hpp"
#include "tests/support/hooks_running.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using hooks::testing::Answer;
using hooks::testing::Client;
using hooks::testing::Running;

TEST(Admin, HasFiguresAndProbesAndNothingElse) {
    hooks::Settings settings;
    settings.admin.address = "127.0.0.1";
    Running service(settings);
    hooks::AdminListener admin(settings.admin, service.service());
    ASSERT_EQ(admin.listen(), std::nullopt);
    Client client(admin.port());

    EXPECT_THAT(client.get("/metrics").body, testing::HasSubstr("\ncds_build_info{"));
    EXPECT_EQ(client.get("/health/live").body, R"({"status":"live"})");
    EXPECT_EQ(client.get("/health/ready").status, 200U);
    EXPECT_EQ(client.get("/cds-services").status, 404U);
    EXPECT_EQ(client.post("/metrics", "{}").status, 404U);
    EXPECT_EQ(client.post("/cds-services/demo-view", hooks::testing::patient_view_request()).status, 404U);
}

TEST(Admin, TellsOfReadinessWhatTheServiceWouldTell) {
    hooks::Settings settings;
    settings.admin.address = "127.0.0.1";
    Running service(settings);
    hooks::AdminListener admin(settings.admin, service.service());
    ASSERT_EQ(admin.listen(), std::nullopt);
    service.service().stopping();

    EXPECT_EQ(Client(admin.port()).get("/health/ready").status, 503U);
}

TEST(Admin, SaysWhyItCannotListen) {
    hooks::AdminSettings taken;
    taken.address = "127.0.0.1";
    Running service;
    hooks::AdminListener first(taken, service.service());
    ASSERT_EQ(first.listen(), std::nullopt);
    taken.port = first.port();

    EXPECT_THAT(hooks::AdminListener(taken, service.service()).listen().value_or(""),
                testing::HasSubstr("cannot listen on 127.0.0.1:"));
}

}  // namespace
