// conformance asked of services that keep to every rule, and for each rule of one that breaks it: no check is
// there that cannot fail.
#include "hooks/conformance.hpp"

#include "fhir/json_writer.hpp"
#include "hooks/service.hpp"
#include "hooks/uuid.hpp"
#include "tests/support/hooks_contract_cases.hpp"
#include "tests/support/hooks_knowledge.hpp"
#include "tests/support/hooks_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace {

using hooks::CheckedRule;
using hooks::Message;
using hooks::Request;
using hooks::Response;
using hooks::Verdict;
using hooks::testing::sample;
using hooks::testing::with;

const std::string origin = "https://ehr.example.org";

bool is_call(const Request& request) {
    return request.method == "POST" && request.path.starts_with("/cds-services/") &&
           !request.path.ends_with("/feedback");
}

bool has(const Request& request, std::string_view text) {
    return request.body.find(text) != std::string::npos;
}

void answer(Response& response, unsigned status, std::string body) {
    response.status = status;
    response.body = std::move(body);
}

const std::string refusal =
    R"({"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"invalid"}]})";

/// Our service on the demo knowledge, whose cards are as rich as a card may be; then what `fault` makes of
/// it.
class Model final : public hooks::Handler {
  public:
    using Fault = std::function<void(const Request&, Response&)>;

    explicit Model(Fault fault = {}, bool all_services = false)
        : inner_(settings(all_services), hooks::testing::demo_knowledge(),
                 *hooks::pinned_clock("2026-01-31")),
          fault_(std::move(fault)) {}

    boost::asio::awaitable<Response> answer(const Request& request, hooks::RequestEvent& event) override {
        const bool is_feedback = request.path.ends_with("/feedback");
        Request asked = request;
        if (is_feedback) asked.path = request.path.substr(0, request.path.rfind('/'));  // same preflight
        Response response = co_await inner_.answer(asked, event);
        if (is_call(request) && response.status == 200 && response.body.find("uuid") != std::string::npos)
            response.body = rich();
        if (is_feedback && request.method != "OPTIONS") {
            const unsigned status = feedback(request);
            ::answer(response, status, status == 200 ? "{}" : refusal);
        }
        if (fault_) fault_(request, response);
        co_return response;
    }

    Response refuse(const hooks::Refusal& refused, const Request& head, hooks::RequestEvent& event) override {
        return inner_.refuse(refused, head, event);
    }

    /// The sample of a response, with new uuids.
    static std::string rich() {
        std::string text = sample("response");
        for (const char* id : {"3d9f5a0e-53a5-4c1c-9f50-2f0c0ec8f1aa", "b7a0a4b1-6f0d-4b0f-8a6e-9f6f3a1f3c55",
                               "b7a0a4b1-6f0d-4b0f-8a6e-9f6f3a1f3c56"})
            text = with(text, id, hooks::new_uuid());
        return text;
    }

  private:
    static hooks::Settings settings(bool all_services) {
        hooks::Settings settings;
        settings.cors.origins = {origin};
        if (!all_services) {
            for (const char* id : {"demo-start", "demo-select", "demo-sign", "demo-problem"})
                settings.services[id] = false;
        }
        return settings;
    }

    static unsigned feedback(const Request& request) {
        if (request.path.find("no-such-service") != std::string::npos) return 404;
        const auto document = fhir::Document::parse(request.body);
        if (!document || !hooks::contract_faults(Message::feedback, (*document)->root()).empty()) return 400;
        return 200;
    }

    hooks::CdsService inner_;
    const Fault fault_;
};

/// A service in the hands of a check: asked without sockets, so that two hundred of them can be.
struct Asked {
    std::string url = "http://127.0.0.1/";
    Model::Fault fault = {};
    bool all_services = false;
    std::chrono::milliseconds each_takes{1};
    std::string origin = ::origin;
    std::string token = {};
};

hooks::ConformanceReport report_on(const Asked& asked) {
    Model model(asked.fault, asked.all_services);
    hooks::ConformanceQuestion question;
    question.url = asked.url;
    question.origin = asked.origin;
    question.token = asked.token;
    const std::string whole = with(hooks::testing::patient_view_request(), R"("prefetch":{)",
                                   R"("prefetch":{"observations":null,)");
    question.requests = {{"patient-view.json", whole}};
    const auto ask = [&](const hooks::ClientRequest& sent) {
        Request request;
        request.method = sent.method;
        request.path = sent.url.substr(sent.url.find('/', std::string("https://").size()));
        request.fields = sent.fields;
        request.body = sent.body;
        hooks::RequestEvent event;
        const Response response = hooks::testing::answer_of(model, request, event);
        hooks::ClientAnswer answer;
        answer.status = response.status;
        answer.fields = response.fields;
        answer.body = response.body;
        if (!response.body.empty())
            answer.fields.push_back({"Content-Type", std::string(response.content_type)});
        return answer;
    };
    std::chrono::milliseconds time{};
    return hooks::check_conformance(question, ask, [&] { return time += asked.each_takes; });
}

const CheckedRule& rule(const hooks::ConformanceReport& report, const std::string& id) {
    const auto found = std::find_if(report.rules.begin(), report.rules.end(),
                                    [&](const CheckedRule& one) { return one.rule == id; });
    if (found == report.rules.end()) throw std::logic_error("no rule " + id);
    return *found;
}

struct Broken {
    std::string rule;
    Asked asked;
};

/// For each rule on behaviour a service that breaks it.
std::vector<Broken> misbehaving() {
    std::vector<Broken> all;
    const auto add = [&](std::vector<std::string> rules, Model::Fault fault, bool all_services = false) {
        for (std::string& one : rules) {
            Broken broken;
            broken.rule = std::move(one);
            broken.asked.fault = fault;
            broken.asked.all_services = all_services;
            all.push_back(std::move(broken));
        }
    };
    /// Answers calls that hold `text` with that status.
    const auto on = [&](std::vector<std::string> rules, const std::string& text, unsigned status,
                        bool all_services = false) {
        add(
            std::move(rules),
            [=](const Request& request, Response& response) {
                if (is_call(request) && has(request, text)) answer(response, status, refusal);
            },
            all_services);
    };
    /// Discovery with a piece replaced.
    const auto listing = [&](std::vector<std::string> rules, const std::string& from, const std::string& to) {
        add(std::move(rules), [=](const Request& request, Response& response) {
            if (request.method == "GET" && request.path.starts_with("/cds-services"))
                response.body = with(sample("discovery"), from, to);
        });
    };
    const auto of_discovery = [&](const std::string& id, unsigned status, const std::string& body) {
        add({id}, [=](const Request& request, Response& response) {
            if (request.path == "/cds-services" && request.method == "GET")
                answer(response, status, body.empty() ? response.body : body);
        });
    };
    of_discovery("D-1", 404, refusal);
    of_discovery("D-2", 200, "<html>");
    of_discovery("J-1", 200, "<html>");
    of_discovery("D-3", 203, "");
    of_discovery("D-5", 200, "{}");
    const std::string entry =
        R"({"hook":"patient-view","title":"t","description":"d","id":"demo-view","version":"2.0"})";
    of_discovery("D-9", 200, R"({"services":[)" + entry + "," + entry + "]}");
    of_discovery("D-16", 200,
                 R"({"services":[)" + entry + "," + with(entry, "patient-view", "order-sign") + "]}");
    add({"D-8"}, [](const Request& request, Response& response) {
        if (is_call(request)) answer(response, 404, refusal);
    });
    add({"D-17"}, [](const Request& request, Response& response) {
        if (request.count("Authorization") > 0) answer(response, 401, refusal);
    });
    add({"D-18"}, [](const Request& request, Response& response) {
        if (request.path.ends_with('/')) answer(response, 404, refusal);
    });
    listing({"T-6"}, "Patient/{{context.patientId}}", "Patient/{{context.patientId}}/$everything");
    listing({"T-8"}, "&_sort=-date", "&code:below=http://loinc.org|1");
    listing({"T-9"}, "&_sort=-date", "&onset-date=sa2020-01-01");
    listing({"T-13"}, "&_sort=-date", "&date=ge2020&date=le2021");
    listing({"T-14"}, "&_sort=-date", "&encounter={{context.encounterId}}");
    on({"S-1", "S-8"}, "hook", 500);
    on({"P-9"}, "conditions", 412);
    // Takes everything.
    add({"R-2", "R-3", "R-4", "R-11", "R-12", "R-14", "J-8"}, [](const Request& request, Response& response) {
        if (is_call(request) && response.status == 400) answer(response, 200, R"({"cards":[]})");
    });
    all.push_back({"R-10", {.each_takes = std::chrono::milliseconds(501)}});
    on({"R-13"}, "D1577C69", 400);
    add({"R-15"}, [](const Request&, Response& response) {
        if (response.status == 404) response.status = 400;
    });
    on({"J-7", "E-4", "H-5"}, "org.example.unknown", 400);
    on({"H-20"}, "not-there", 400, true);
    on({"R-16"}, std::string(199, '0'), 400);
    on({"R-17"}, "request-123", 500, true);
    on({"V-2"}, "200 OK", 500);
    on({"P-5"}, R"("conditions":null)", 412);
    on({"P-7"}, R"("conditions":{"resourceType":"OperationOutcome")", 400);
    add({"P-8"}, [](const Request& request, Response& response) {
        if (is_call(request) && !has(request, "conditions")) answer(response, 500, refusal);
    });
    on({"P-11"}, R"("conditions":{"resourceType":"Bundle"})", 412);
    on({"P-12"}, "page=2", 500);
    on({"P-13"}, R"("conditions":7)", 500);
    add({"P-14"}, [](const Request& request, Response& response) {
        if (is_call(request) && has(request, "conformance-other-patient"))
            answer(response, 200, Model::rich());
    });
    on({"P-15"}, "conformance-unrequested", 400);

    /// Feedback that holds `text`, with that status.
    const auto reports = [&](std::vector<std::string> rules, const std::string& text, unsigned status) {
        add(std::move(rules), [=](const Request& request, Response& response) {
            if (request.path.ends_with("/feedback") && request.method == "POST" && has(request, text))
                answer(response, status, status == 200 ? "{}" : refusal);
        });
    };
    reports({"F-1"}, "accepted", 400);
    reports({"F-2", "F-3", "F-4", "F-5", "F-13", "F-16"}, "", 200);
    reports({"F-6", "F-7", "F-8", "F-9", "F-10", "F-15"}, "overridden", 400);

    const auto without_field = [&](const std::string& id, const std::string& name) {
        add({id}, [=](const Request&, Response& response) {
            std::erase_if(response.fields, [&](const hooks::Field& field) { return field.name == name; });
        });
    };
    add({"K-1"}, [](const Request& request, Response& response) {
        if (request.method == "OPTIONS" && request.count("Authorization") == 0)
            answer(response, 401, refusal);
    });
    without_field("K-2", "Access-Control-Allow-Headers");
    without_field("K-3", "Access-Control-Allow-Origin");
    without_field("K-4", "Vary");
    without_field("K-5", "Access-Control-Max-Age");
    add({"K-4"}, [](const Request&, Response& response) {
        response.fields.push_back({"Access-Control-Allow-Origin", "*"});
    });

    add({"J-9"}, [](const Request&, Response& response) { response.content_type = "text/html"; });
    add({"S-4"}, [](const Request& request, Response& response) {
        if (is_call(request) && response.status == 200) answer(response, 204, "");
    });
    add({"S-6"}, [](const Request&, Response& response) {
        if (response.status >= 400) response.body = R"({"error":"no"})";
    });
    add({"S-9"}, [](const Request&, Response& response) {
        if (response.status >= 400)
            response.body = with(refusal, "\"invalid\"", R"x("invalid","diagnostics":"at a.B(B.java:7)")x");
    });
    all.push_back({"X-1", {.url = "http://cds.example.org"}});
    add({"Y-2"}, [](const Request& request, Response& response) {
        if (is_call(request) && response.status == 200)
            answer(response, 200,
                   R"({"cards":[],"systemActions":[{"type":"delete","resourceId":"ServiceRequest/1"}]})");
    });
    const auto cards = [&](const std::string& id, const std::string& from, const std::string& to) {
        add({id}, [=](const Request& request, Response& response) {
            if (is_call(request) && response.status == 200) response.body = with(Model::rich(), from, to);
        });
    };
    cards("SG-8", R"("actions":[)",
          R"("actions":[{"type":"delete","description":"d","resourceId":"Task/1"},)");
    cards("C-17", R"({"cards":[)",
          R"({"cards":[{"uuid":"3d9f5a0e-53a5-4c1c-9f50-2f0c0ec8f1ab","summary":"s","indicator":"info",
              "source":{"label":"l","topic":{"code":"c","system":"s"}}},)");
    add({"C-16"}, [](const Request& request, Response& response) {
        if (is_call(request) && response.status == 200) response.body = sample("response");
    });
    return all;
}

/// A service that sends that message whenever it is its turn.
Asked sending(const hooks::testing::BrokenMessage& broken) {
    Asked asked;
    asked.fault = [=](const Request& request, Response& response) {
        const bool is_discovery = request.method == "GET" && request.path.starts_with("/cds-services");
        if (broken.message == Message::discovery && is_discovery) response.body = broken.text;
        if (broken.message == Message::response && is_call(request) && response.status == 200)
            response.body = broken.text;
        if (broken.message == Message::outcome && response.status >= 400) response.body = broken.text;
    };
    return asked;
}

void expect_broken(const std::string& id, const hooks::ConformanceReport& report, const std::string& what) {
    const CheckedRule& found = rule(report, id);
    EXPECT_EQ(found.verdict, found.level == hooks::Level::must ? Verdict::failed : Verdict::advice)
        << id << what;
    EXPECT_NE(found.why, "") << id;
}

TEST(Conformance, PassesAServiceThatKeepsToEveryRule) {
    for (const bool all_services : {false, true}) {
        const auto report = report_on({.all_services = all_services});

        ASSERT_EQ(report.problem, "");
        for (const CheckedRule& one : report.rules) {
            EXPECT_TRUE(one.verdict == Verdict::passed || one.verdict == Verdict::not_applicable)
                << one.rule << ": " << one.why;
        }
    }
}

TEST(Conformance, FailsAServiceThatMisbehaves) {
    for (const Broken& broken : misbehaving()) expect_broken(broken.rule, report_on(broken.asked), "");
}

TEST(Conformance, FailsAServiceWhoseMessagesBreakTheContract) {
    for (const hooks::testing::BrokenMessage& broken : hooks::testing::broken_messages()) {
        if (broken.message == Message::request || broken.message == Message::feedback) continue;
        expect_broken(broken.rule, report_on(sending(broken)), " in " + broken.text);
    }
}

TEST(Conformance, AsksEveryRuleOnceAndHasAServiceThatBreaksIt) {
    std::set<std::string> broken_here, asked;
    for (const Broken& broken : misbehaving()) broken_here.insert(broken.rule);
    for (const auto& broken : hooks::testing::broken_messages()) broken_here.insert(broken.rule);

    for (const CheckedRule& one : report_on({}).rules) {
        EXPECT_TRUE(asked.insert(one.rule).second) << one.rule << " twice";
        EXPECT_TRUE(broken_here.contains(one.rule)) << one.rule;
    }

    for (const Message message : {Message::discovery, Message::response, Message::outcome}) {
        for (const std::string& id : hooks::contract_rules(message)) EXPECT_TRUE(asked.contains(id)) << id;
    }
}

TEST(Conformance, SaysWhatWasExpectedAndWhatCame) {
    const auto report =
        report_on(sending({"C-2", Message::response, with(sample("response"), "warning", "hard-stop")}));

    const std::string why = rule(report, "C-2").why;
    EXPECT_NE(why.find("POST /cds-services/demo-view: cards[0].indicator: expected \"info\", \"warning\" or "
                       "\"critical\", got \"hard-stop\""),
              std::string::npos)
        << why;
    EXPECT_NE(why.find(" more"), std::string::npos) << "told three times, not a hundred times: " << why;
}

TEST(Conformance, LeavesOutWhatTheServiceDoesNotOffer) {
    Asked asked;
    asked.origin = "";
    asked.fault = [](const Request& request, Response& response) {
        if (request.path.ends_with("/feedback")) answer(response, 404, refusal);
        if (is_call(request) && response.status == 200) answer(response, 200, R"({"cards":[]})");
    };

    const auto report = report_on(asked);

    for (const char* id : {"F-1", "F-16", "K-1", "C-1", "L-1", "P-14", "Y-1"}) {
        EXPECT_EQ(rule(report, id).verdict, Verdict::not_applicable) << id;
        EXPECT_NE(rule(report, id).why, "") << id;
    }
    EXPECT_EQ(rule(report, "S-2").verdict, Verdict::passed);
}

TEST(Conformance, SendsTheTokenWithEverythingButPreflights) {
    std::size_t with_token = 0, without = 0, preflights = 0;
    Asked asked;
    asked.token = "secret";
    asked.fault = [&](const Request& request, Response&) {
        if (request.method == "OPTIONS") {
            preflights += request.count("Authorization") == 0;
        } else {
            ++(request.field("Authorization") == "Bearer secret" ? with_token : without);
        }
    };

    const auto report = report_on(asked);

    EXPECT_EQ(rule(report, "S-1").verdict, Verdict::passed);
    EXPECT_GT(with_token, 50U);
    EXPECT_EQ(without, 0U);
    EXPECT_GT(preflights, 0U);
}

TEST(Conformance, SaysThatAServiceIsLockedRatherThanBroken) {
    Asked asked;
    asked.fault = [](const Request& request, Response& response) {
        if (is_call(request)) answer(response, 401, refusal);
    };

    const auto report = report_on(asked);

    EXPECT_EQ(rule(report, "S-1").verdict, Verdict::not_applicable);
    EXPECT_EQ(rule(report, "R-11").verdict, Verdict::not_applicable);
}

TEST(Conformance, TakesTheBaseAndTheAddressOfDiscovery) {
    for (const char* url : {"http://127.0.0.1", "http://127.0.0.1/", "http://127.0.0.1/cds-services",
                            "http://127.0.0.1/cds-services/"}) {
        EXPECT_EQ(rule(report_on({.url = url}), "D-1").verdict, Verdict::passed) << url;
    }
}

}  // namespace
