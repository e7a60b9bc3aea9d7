// Responses as bytes, cut at every place, and requests to bytes.
#include "hooks/http_message.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

namespace hooks {

namespace {

using State = ResponseReader::State;

/// Puts the pieces in one after the other; what is left over is not given.
State feed(ResponseReader& reader, std::string_view bytes) {
    State state = State::head;
    while (!bytes.empty() && (state == State::head || state == State::body)) {
        const std::span<char> space = reader.space();
        const std::size_t count = std::min(space.size(), bytes.size());
        bytes.copy(space.data(), count);
        bytes.remove_prefix(count);
        state = reader.received(count);
    }
    return state;
}

struct ResponseCase {
    std::string name;
    std::string bytes;
    State state = State::complete;
    unsigned status = 200;
    std::string body{};
    bool keeps_alive = true;
    bool closes = false;  ///< the connection ends behind the bytes
};

class ResponseReaderReads : public ::testing::TestWithParam<ResponseCase> {};

TEST_P(ResponseReaderReads, CutAnywhere) {
    const ResponseCase& expected = GetParam();
    const std::string_view bytes = expected.bytes;

    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        SCOPED_TRACE(cut);
        ResponseReader reader({}, false);
        State state = feed(reader, bytes.substr(0, cut));
        if (state == State::head || state == State::body) state = feed(reader, bytes.substr(cut));
        if (expected.closes) state = reader.closed();

        ASSERT_EQ(state, expected.state) << reader.reason();
        if (state != State::complete) continue;
        EXPECT_EQ(reader.status(), expected.status);
        EXPECT_EQ(reader.body(), expected.body);
        EXPECT_EQ(reader.keeps_alive(), expected.keeps_alive);
    }
}

TEST_P(ResponseReaderReads, ByteByByte) {
    const ResponseCase& expected = GetParam();
    ResponseReader reader({}, false);
    State state = State::head;

    for (const char byte : expected.bytes) {
        if (state != State::head && state != State::body) break;
        state = feed(reader, std::string_view(&byte, 1));
    }
    if (expected.closes) state = reader.closed();

    ASSERT_EQ(state, expected.state) << reader.reason();
    EXPECT_EQ(reader.body(), expected.body);
}

INSTANTIATE_TEST_SUITE_P(
    , ResponseReaderReads,
    ::testing::Values(
        ResponseCase{.name = "ALength",
                     .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nA: b\r\n\r\na\n\n",
                     .body = "a\n\n"},
        ResponseCase{.name = "Chunks",
                     .bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
                              "chunked\r\n\r\n2;a=b\r\n\n\n\r\n1\r\nc\r\n0\r\nTrailer: "
                              "x\r\n\r\n",
                     .body = "\n\nc"},
        ResponseCase{.name = "NoChunkButTheLast",
                     .bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        ResponseCase{.name = "NoChunkButTheLastAndATrailer",
                     .bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: x\r\n\r\n"},
        ResponseCase{.name = "ChunksThatNeverEnd",
                     .bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n",
                     .state = State::body,
                     .body = "a",
                     .closes = true},
        ResponseCase{.name = "TheEndOfTheConnection",
                     .bytes = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n\nabc",
                     .body = "\nabc",
                     .keeps_alive = false,
                     .closes = true},
        ResponseCase{.name = "NothingToTheEndOfTheConnection",
                     .bytes = "HTTP/1.1 200 OK\r\n\r\n",
                     .keeps_alive = false,
                     .closes = true},
        ResponseCase{
            .name = "InterimResponses",
            .bytes = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early "
                     "Hints\r\nContent-Length: 9\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nx",
            .status = 404,
            .body = "x"},
        ResponseCase{.name = "NotModified",
                     .bytes = "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
                     .status = 304},
        ResponseCase{.name = "Http10",
                     .bytes = "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx",
                     .body = "x",
                     .keeps_alive = false},
        ResponseCase{.name = "AConnectionThatEndsTooEarly",
                     .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
                     .state = State::body,
                     .body = "ab",
                     .closes = true},
        ResponseCase{.name = "NoHttp", .bytes = "220 mail.example.org ESMTP\r\n", .state = State::malformed},
        ResponseCase{.name = "Http2", .bytes = "HTTP/2 200\r\n", .state = State::malformed},
        ResponseCase{.name = "AStatusBelow100",
                     .bytes = "HTTP/1.1 020 OK\r\nContent-Length: 2\r\n\r\n{}",
                     .state = State::malformed},
        ResponseCase{.name = "LfAlone", .bytes = "HTTP/1.1 200 OK\r\nA: b\n\n", .state = State::malformed},
        ResponseCase{.name = "AFieldWithoutColon",
                     .bytes = "HTTP/1.1 200 OK\r\nA b\r\n\r\n",
                     .state = State::malformed},
        ResponseCase{.name = "ASpaceBeforeTheColon",
                     .bytes = "HTTP/1.1 200 OK\r\nContent-Length : 3\r\n\r\nabc",
                     .state = State::malformed},
        ResponseCase{.name = "ANegativeLength",
                     .bytes = "HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\n",
                     .state = State::malformed},
        ResponseCase{.name = "ALengthInTwoFrames",
                     .bytes = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: gzip\r\n\r\nabc",
                     .state = State::malformed},
        ResponseCase{.name = "ChunksInHttp10",
                     .bytes = "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                     .state = State::malformed}),
    [](const auto& tested) { return tested.param.name; });

TEST(ResponseReader, SeesThatSomethingFollowsTheResponse) {
    ResponseReader reader({}, false);

    EXPECT_EQ(feed(reader, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1"), State::complete);

    EXPECT_EQ(reader.body(), "x");
    EXPECT_FALSE(reader.keeps_alive());
}

TEST(ResponseReader, CountsEveryHeadAgainstOneLimit) {
    ResponseLimits limits;
    limits.header_bytes = 60;
    const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";  // 25 bytes
    const std::string last = "HTTP/1.1 204 No Content\r\n\r\n";

    ResponseReader within(limits, false), beyond(limits, false);

    EXPECT_EQ(feed(within, interim + last), State::complete);
    EXPECT_EQ(feed(beyond, interim + interim + last), State::too_large);
}

TEST(ResponseReader, LimitsTheNumberOfFields) {
    ResponseLimits limits;
    limits.fields = 2;
    ResponseReader within(limits, false), beyond(limits, false);

    EXPECT_EQ(feed(within, "HTTP/1.1 204 No Content\r\nA: b\r\nC: d\r\n\r\n"), State::complete);
    EXPECT_EQ(feed(beyond, "HTTP/1.1 204 No Content\r\nA: b\r\nC: d\r\nE: f\r\n\r\n"), State::too_large);
}

TEST(AppendRequest, WritesARequestAsItIsSent) {
    std::string get, post;

    append_request(get, "GET", "/a?b=c", "ehr.example.org", {{"Accept", "application/json"}}, {});
    append_request(post, "POST", "/", "ehr.example.org:8443", {}, {});

    EXPECT_EQ(get, "GET /a?b=c HTTP/1.1\r\nHost: ehr.example.org\r\nAccept: application/json\r\n\r\n");
    EXPECT_EQ(post, "POST / HTTP/1.1\r\nHost: ehr.example.org:8443\r\nContent-Length: 0\r\n\r\n");
}

}  // namespace

}  // namespace hooks
