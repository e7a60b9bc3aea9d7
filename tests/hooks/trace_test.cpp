// Following a request: ids and traces are taken only if they are well-formed, and go on to FHIR servers with
// a span of their own.
#include "hooks/trace.hpp"

#include "hooks/http.hpp"
#include "hooks/uuid.hpp"
#include "tests/support/hooks_fhir.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace {

using hooks::Field;
using hooks::Trace;
using hooks::trace_of;
using testing::HasSubstr;
using testing::MatchesRegex;

const std::string trace_id = "4bf92f3577b34da6a3ce929d0e0e4736", span = "00f067aa0ba902b7";
const std::string valid = "00-" + trace_id + "-" + span + "-01";

Trace of(std::vector<Field> fields) {
    hooks::Request request;
    request.fields = std::move(fields);
    return trace_of(request);
}

TEST(Trace, IsTheCallersIfItsFieldIsValid) {
    const Trace trace = of({{"traceparent", valid}});

    EXPECT_EQ(trace.trace_id, trace_id);
    EXPECT_EQ(trace.request_id, trace_id) << "without an X-Request-Id";
    EXPECT_EQ(trace.flags, "01");
    EXPECT_THAT(trace.own(), MatchesRegex("00-" + trace_id + "-[0-9a-f]{16}-01"));
    EXPECT_EQ(trace.own(), "00-" + trace_id + "-" + trace.span_id + "-01");
    EXPECT_NE(trace.span_id, span);
}

TEST(Trace, GivesEachRequestThatItLeadsToASpanOfItsOwn) {
    const Trace trace = of({{"traceparent", valid}});
    const std::set<std::string> children = {trace.child(), trace.child(), trace.own()};

    EXPECT_EQ(children.size(), 3U);
    EXPECT_THAT(trace.child(), MatchesRegex("00-" + trace_id + "-[0-9a-f]{16}-01"));
}

TEST(Trace, IsFreshIfTheFieldIsNotExactlyWhatItShouldBe) {  // W3C Trace Context 3.2
    const std::vector<std::string> invalid = {"",
                                              "x",
                                              valid + "-more",
                                              valid + "0",
                                              "ff" + valid.substr(2),
                                              "0x" + valid.substr(2),
                                              "00-" + std::string(32, '0') + "-" + span + "-01",
                                              "00-" + trace_id + "-" + std::string(16, '0') + "-01",
                                              "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + span + "-01",
                                              "00-" + trace_id + "-" + span + "-0x",
                                              "00-" + trace_id + "_" + span + "-01",
                                              "01" + valid.substr(2) + "0",
                                              "01" + valid.substr(2) + ".x",
                                              " " + valid.substr(1),
                                              valid.substr(0, 54),
                                              "00-" + trace_id.substr(1) + "g-" + span + "-01"};
    for (const std::string& text : invalid) {
        const Trace trace = of({{"traceparent", text}});

        EXPECT_NE(trace.trace_id, trace_id) << text;
        EXPECT_THAT(trace.own(), MatchesRegex("00-[0-9a-f]{32}-[0-9a-f]{16}-00")) << text;
        EXPECT_TRUE(hooks::is_uuid(trace.request_id)) << text;
    }
    EXPECT_NE(of({{"traceparent", valid}, {"Traceparent", valid}}).trace_id, trace_id) << "two of them";
}

TEST(Trace, OfALaterVersionIsReadAsFarAsItIsKnown) {
    EXPECT_EQ(of({{"traceparent", "cc" + valid.substr(2) + "-what-comes"}}).trace_id, trace_id);
    EXPECT_EQ(of({{"traceparent", valid.substr(0, 53) + "0a"}}).flags, "00")
        << "only the first flag is known";
    EXPECT_EQ(of({{"traceparent", valid.substr(0, 53) + "0b"}}).flags, "01");
}

TEST(RequestId, IsTheCallersOnlyIfItIsAPlainWord) {
    EXPECT_EQ(of({{"X-Request-Id", "aB3-._"}}).request_id, "aB3-._");
    EXPECT_EQ(of({{"X-Request-Id", std::string(64, 'a')}}).request_id, std::string(64, 'a'));
    for (const std::string& text :
         {std::string(), std::string(65, 'a'), std::string("a b"), std::string("a\n{}"),
          std::string("J\xc3\xbcrgen"), std::string("a\"b"), std::string("a/b")}) {
        EXPECT_TRUE(hooks::is_uuid(of({{"X-Request-Id", text}}).request_id)) << text;
    }
    EXPECT_TRUE(hooks::is_uuid(of({{"X-Request-Id", "a"}, {"x-request-id", "a"}}).request_id))
        << "two of them";
}

TEST(Trace, GoesFromTheCallerToItsFhirServerAndIntoTheLog) {
    using hooks::testing::field_of;
    hooks::testing::FaultyServer ehr([](const std::string& request) {
        return hooks::testing::demo_answer(hooks::testing::FhirRequest(request));
    });
    hooks::testing::CalledService service(hooks::testing::listing(ehr.url("/base")));
    hooks::testing::Client client(service.port());

    const auto answer = client.post("/cds-services/demo-view", hooks::testing::call_of(ehr.url("/base")),
                                    {{"X-Request-Id", "visit-7"}, {"traceparent", valid}});

    EXPECT_EQ(answer.field("X-Request-Id"), "visit-7");
    EXPECT_THAT(answer.field("traceparent"), MatchesRegex("00-" + trace_id + "-[0-9a-f]{16}-01"));
    EXPECT_THAT(service.log_line(), HasSubstr(R"("requestId":"visit-7","traceId":")" + trace_id + "\""));
    std::set<std::string> spans = {valid, answer.field("traceparent")};
    const auto requests = ehr.requests();
    ASSERT_GE(requests.size(), 2U);
    for (const std::string& request : requests) {
        EXPECT_EQ(field_of(request, "X-Request-Id"), "visit-7");
        EXPECT_THAT(field_of(request, "traceparent"), MatchesRegex("00-" + trace_id + "-[0-9a-f]{16}-01"));
        EXPECT_TRUE(spans.insert(field_of(request, "traceparent")).second) << "a span of its own";
    }
}

}  // namespace
