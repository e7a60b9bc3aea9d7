// asps-cds conformance as an integrator starts it: our own server, a faulty one and none; what it prints and
// its exit code.
#include "hooks/feedback_sqlite.hpp"
#include "hooks/service.hpp"
#include "tests/support/hooks_check.hpp"
#include "tests/support/hooks_feedback.hpp"
#include "tests/support/hooks_knowledge.hpp"
#include "tests/support/hooks_process.hpp"
#include "tests/support/hooks_server.hpp"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <vector>

namespace {

using hooks::testing::json_of;

hooks::Settings settings() {
    hooks::Settings settings;
    settings.base_path = "/asps";
    settings.cors.origins = {"https://ehr.example.org"};
    return settings;
}

/// Our server, which a fault may make answer 500 to every call.
class OurServer final : public hooks::Handler {
  public:
    explicit OurServer(bool fails = false)
        : store_(in_the_folder()),
          service_(settings(), hooks::testing::demo_knowledge(), *hooks::pinned_clock("2026-01-31"), &store_),
          fails_(fails),
          server_(*this) {}

    boost::asio::awaitable<hooks::Response> answer(const hooks::Request& request,
                                                   hooks::RequestEvent& event) override {
        hooks::Response response = co_await service_.answer(request, event);
        if (fails_ && request.method == "POST") {
            response.status = 500;
            response.body = "{\"error\":\"\\u001b[31mno\"}";
        }
        co_return response;
    }
    hooks::Response refuse(const hooks::Refusal& refusal, const hooks::Request& head,
                           hooks::RequestEvent& event) override {
        return service_.refuse(refusal, head, event);
    }

    std::string url() const { return "http://127.0.0.1:" + std::to_string(server_.port()) + "/asps"; }
    std::uint16_t port() const { return server_.port(); }

  private:
    hooks::SqliteFeedbackOptions in_the_folder() const {
        hooks::SqliteFeedbackOptions options;
        options.file = folder_.path + "/feedback.sqlite";
        return options;
    }

    hooks::testing::TemporaryFolder folder_;
    hooks::SqliteFeedback store_;
    hooks::CdsService service_;
    const bool fails_;
    hooks::testing::TestServer server_;
};

/// Starts the command, with a folder for files.
class ConformanceCommand : public hooks::testing::Commands {
  protected:
    static hooks::testing::Finished conformance(std::vector<std::string> arguments,
                                                const std::vector<std::string>& environment = {}) {
        arguments.insert(arguments.begin(), "conformance");
        return hooks::testing::run(std::move(arguments), environment);
    }
};

TEST_F(ConformanceCommand, FindsNothingToSayAboutOurOwnServer) {
    const OurServer server;

    const auto ended =
        conformance({server.url(), "--request", path("request.json"), "--origin", "https://ehr.example.org"});

    EXPECT_EQ(ended.code, 0) << ended.out;
    EXPECT_EQ(ended.err, "");
    EXPECT_NE(
        ended.out.find("passed          D-1         MUST    Discovery is at {base}/cds-services, by GET\n"),
        std::string::npos)
        << ended.out;
    EXPECT_NE(ended.out.find("passed          F-10        MUST    "), std::string::npos) << ended.out;
    EXPECT_NE(ended.out.find(" 0 failed, 0 advice, "), std::string::npos) << ended.out;
}

TEST_F(ConformanceCommand, TakesTheAddressOfDiscoveryAndNeedsNoRequest) {
    const OurServer server;

    const auto ended = conformance({server.url() + "/cds-services/"});

    EXPECT_EQ(ended.code, 0) << ended.out;
    EXPECT_NE(ended.out.find("not applicable  O-1         MUST    "), std::string::npos) << ended.out;
    EXPECT_NE(ended.out.find("not applicable  K-1         POLICY  "), std::string::npos) << ended.out;
}

TEST_F(ConformanceCommand, EndsWith1AndSaysWhatCameFromAFaultyServer) {
    const OurServer server(true);

    const auto ended = conformance({server.url()});

    EXPECT_EQ(ended.code, 1);
    EXPECT_NE(ended.out.find("failed          S-1         MUST    A well-formed call is answered with 200: "
                             "POST /cds-services/demo-view: expected 200, got 500"),
              std::string::npos)
        << ended.out;
    EXPECT_NE(ended.out.find("advice          S-6         SHOULD  "), std::string::npos) << ended.out;
    EXPECT_EQ(ended.out.find('\x1B'), std::string::npos) << "nothing that a terminal would obey";
}

TEST_F(ConformanceCommand, PrintsTheReportAsJson) {
    const OurServer server;

    const auto ended = conformance({server.url(), "--json"});

    const boost::json::value report = json_of(ended.out);
    EXPECT_EQ(report.at("url").as_string(), server.url());
    EXPECT_EQ(report.at("failed"), 0);
    const auto& rules = report.at("rules").as_array();
    EXPECT_EQ(report.at("passed").as_int64() + report.at("notApplicable").as_int64(),
              static_cast<std::int64_t>(rules.size()));
    EXPECT_EQ(rules.at(0).at("rule"), "D-1");
    EXPECT_EQ(rules.at(0).at("level"), "MUST");
    EXPECT_EQ(rules.at(0).at("verdict"), "passed");
}

TEST_F(ConformanceCommand, EndsWith2WhereTheServiceCannotBeReached) {
    std::string url;
    {
        const OurServer gone;
        url = gone.url();
    }

    const auto ended = conformance({url});

    EXPECT_EQ(ended.code, 2);
    EXPECT_EQ(ended.out, "");
    EXPECT_NE(ended.err.find(url + "/cds-services: no answer (refused)"), std::string::npos) << ended.err;
}

TEST_F(ConformanceCommand, RefusesWhatItCannotUse) {
    const OurServer server;
    write("no.json", "{}");
    struct Case {
        std::vector<std::string> arguments;
        std::string says;
    };

    for (const Case& given :
         {Case{{"ftp://x"}, "URL: "}, Case{{server.url(), "--request", path("none.json")}, "none.json"},
          Case{{server.url(), "--request", path("no.json")}, "no.json: expected a CDS Hooks call in JSON"},
          Case{{server.url(), "--token", path("none")}, "none"},
          Case{{server.url(), "--ca", path("none.pem")}, "none.pem"},
          Case{{server.url(), "--proxy", "socks://x"}, "proxy"},
          Case{{server.url(), "--timeout", "0"}, "timeout"}, Case{{}, "URL"}}) {
        const auto ended = conformance(given.arguments);

        EXPECT_EQ(ended.code, 2) << given.says;
        EXPECT_NE(ended.err.find(given.says), std::string::npos) << ended.err;
    }
}

TEST_F(ConformanceCommand, GoesThroughTheProxyOfTheOptionOrTheEnvironmentButForNoProxy) {
    const OurServer server;
    std::string dead;
    {
        const OurServer gone;
        dead = "http://127.0.0.1:" + std::to_string(gone.port());
    }

    const auto through = conformance({server.url(), "--proxy", dead});
    const auto through_environment = conformance({server.url()}, {"http_proxy=" + dead});
    const auto direct =
        conformance({server.url()}, {"http_proxy=" + dead, "no_proxy=example.org, 127.0.0.1"});
    const auto for_tls_only = conformance({server.url()}, {"https_proxy=" + dead});

    EXPECT_EQ(through.code, 2) << through.out;
    EXPECT_EQ(through_environment.code, 2);
    EXPECT_EQ(direct.code, 0) << direct.err;
    EXPECT_EQ(for_tls_only.code, 0) << for_tls_only.err;
}

}  // namespace
