// Framing: what is a request, what is refused and with which status, byte by byte and without a port.
#include "hooks/http_message.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace {

using hooks::HttpLimits;
using hooks::RequestReader;
using State = RequestReader::State;

/// Feeds bytes in pieces of `step`; stops at a complete or refused request.
State feed(RequestReader& reader, std::string_view bytes, std::size_t step) {
    State state = reader.next();
    while (!bytes.empty() && state != State::complete && state != State::refused) {
        const std::span<char> space = reader.space();
        const std::size_t count = std::min({step, bytes.size(), space.size()});
        std::copy_n(bytes.begin(), count, space.begin());
        bytes.remove_prefix(count);
        state = reader.received(count);
    }
    return state;
}

constexpr HttpLimits small_limits = {
    .header_bytes = 1'024, .fields = 10, .body_bytes = 4'096, .overhead_bytes = 1'024};

struct Refused {
    const char* name;
    std::string bytes;
    unsigned status;
};

const std::string host = "Host: h\r\n";

std::string post(const std::string& fields, const std::string& body = {}) {
    return "POST / HTTP/1.1\r\n" + host + fields + "\r\n" + body;
}

class RefusedRequest : public testing::TestWithParam<Refused> {};

TEST_P(RefusedRequest, GetsItsStatusHoweverItsBytesArrive) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{100'000}}) {
        RequestReader reader(small_limits);

        EXPECT_EQ(feed(reader, GetParam().bytes, step), State::refused) << "in steps of " << step;

        EXPECT_EQ(reader.refusal().status, GetParam().status) << reader.refusal().issue.diagnostics;
    }
}

// RFC 9112 3.2, 5, 6, 7; RFC 9110 10.1.1, 15.5
INSTANTIATE_TEST_SUITE_P(
    Framing, RefusedRequest,
    testing::Values(
        Refused{"TransferEncodingAndContentLength",
                post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400},
        Refused{"ContentLengthAndTransferEncoding",
                post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
        Refused{"GzipAndContentLength",
                post("Transfer-Encoding: gzip\r\nContent-Length: 40\r\n",
                     "GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n"),
                400},
        Refused{"GzipBeforeChunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501},
        Refused{"ChunkedBeforeGzip", post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"), 400},
        Refused{"ChunkedWithParameter", post("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n"), 400},
        Refused{"ChunkedWithSemicolon", post("Transfer-Encoding: chunked;\r\n", "0\r\n\r\n"), 400},
        Refused{"ChunkedAfterEmptyCoding", post("Transfer-Encoding: ,chunked\r\n", "0\r\n\r\n"), 400},
        Refused{"Identity", post("Transfer-Encoding: identity\r\n"), 400},
        Refused{"UnknownCoding", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 400},
        Refused{"EmptyTransferEncoding", post("Transfer-Encoding:\r\n"), 400},
        Refused{"TwoTransferEncodings",
                post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
        Refused{"ChunkedInHttp10", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        Refused{"TwoContentLengths", post("Content-Length: 5\r\nContent-Length: 5\r\n", "12345"), 400},
        Refused{"ContentLengthList", post("Content-Length: 5, 5\r\n", "12345"), 400},
        Refused{"SignedContentLength", post("Content-Length: +5\r\n", "12345"), 400},
        Refused{"EmptyContentLength", post("Content-Length:\r\n"), 400},
        Refused{"HexContentLength", post("Content-Length: 0x5\r\n", "12345"), 400},
        Refused{"OverflowingContentLength", post("Content-Length: 18446744073709551621\r\n", "12345"), 400},
        Refused{"ChunkSizeWithPrefix", post("Transfer-Encoding: chunked\r\n", "0x5\r\n12345\r\n0\r\n\r\n"),
                400},
        Refused{"ChunkSizeWithUnderscore",
                post("Transfer-Encoding: chunked\r\n", "1_0\r\n12345\r\n0\r\n\r\n"), 400},
        Refused{"ChunkSizeWithSign", post("Transfer-Encoding: chunked\r\n", "+5\r\n12345\r\n0\r\n\r\n"), 400},
        Refused{"ChunkSizeMissing", post("Transfer-Encoding: chunked\r\n", "\r\n12345\r\n0\r\n\r\n"), 400},
        Refused{"ChunkLongerThanItsSize", post("Transfer-Encoding: chunked\r\n", "3\r\n12345\r\n0\r\n\r\n"),
                400},
        Refused{"ChunkSizeBeyond64Bits",
                post("Transfer-Encoding: chunked\r\n", "10000000000000005\r\n12345\r\n0\r\n\r\n"), 400},
        Refused{"NoHost", "GET / HTTP/1.1\r\n\r\n", 400},
        Refused{"TwoHosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
        Refused{"TwoHostsInHttp10", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        Refused{"EmptyHost", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
        Refused{"HostWithPath", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
        Refused{"HostWithUser", "GET / HTTP/1.1\r\nHost: me@a\r\n\r\n", 400},
        Refused{"HostWithBadPort", "GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n", 400},
        Refused{"TwoHostsInOneField", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
        Refused{"NoVersion", "GET /\r\n\r\n", 400},
        Refused{"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        Refused{"Http3", "GET / HTTP/3.0\r\nHost: h\r\n\r\n", 505},
        Refused{"RelativeTarget", "GET cds-services HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        Refused{"AuthorityTarget", "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", 405},
        Refused{"AsteriskForGet", "GET * HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        Refused{"TargetWithFragment", "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        Refused{"AbsoluteTargetWithUser", "GET http://me@h/ HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        Refused{"TwoEmptyLinesFirst", "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        Refused{"SpaceBeforeColon", "GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400},
        Refused{"SpaceBeforeFirstField", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400},
        Refused{"NulInValue", "GET / HTTP/1.1\r\nHost: h\r\nX: a" + std::string(1, '\0') + "b\r\n\r\n", 400},
        Refused{"BareCarriageReturnInValue", "GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n", 400},
        Refused{"LineFeedOnly", "GET / HTTP/1.1\nHost: h\n\n", 400},
        Refused{"CarriageReturnWithoutLineFeedAtTheEnd", "GET / HTTP/1.1\r\nHost: h\r\n\rX", 400},
        Refused{"NoFieldName", "GET / HTTP/1.1\r\nHost: h\r\n: x\r\n\r\n", 400},
        Refused{"ContentEncoding", post("Content-Encoding: deflate\r\nContent-Length: 5\r\n", "12345"), 415},
        Refused{"ContentEncodingWithoutBody", post("Content-Encoding: br\r\nContent-Length: 0\r\n"), 415},
        Refused{"UnknownExpectation", post("Expect: 200-ok\r\nContent-Length: 5\r\n"), 417},
        Refused{"BodyOverTheLimit", post("Content-Length: 4097\r\n"), 413},
        Refused{"ExpectedBodyOverTheLimit", post("Expect: 100-continue\r\nContent-Length: 4097\r\n"), 413},
        Refused{"ChunksOverTheLimit",
                post("Transfer-Encoding: chunked\r\n",
                     "800\r\n" + std::string(2'048, 'x') + "\r\n801\r\n" + std::string(2'049, 'x') + "\r\n"),
                413},
        Refused{"EndlessChunkExtension",
                post("Transfer-Encoding: chunked\r\n", "5;a=" + std::string(2'000, 'x')), 400},
        Refused{"ManyChunkExtensions",
                [] {
                    std::string chunks;
                    for (int i = 0; i < 20; ++i) chunks += "1;" + std::string(60, 'x') + "\r\ny\r\n";
                    return post("Transfer-Encoding: chunked\r\n", chunks + "0\r\n\r\n");
                }(),
                400},
        Refused{"EndlessTrailers",
                post("Transfer-Encoding: chunked\r\n",
                     "5\r\n12345\r\n0\r\nX: " + std::string(2'000, 'x') + "\r\n\r\n"),
                400},
        Refused{"LongTarget", "GET /" + std::string(2'000, 'x'), 414},
        Refused{"LongField", "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(2'000, 'x'), 431},
        Refused{"ManySmallFields",
                [] {
                    std::string bytes = "GET / HTTP/1.1\r\nHost: h\r\n";
                    for (int i = 0; i < 10; ++i) bytes += "X: y\r\n";
                    return bytes + "\r\n";
                }(),
                431},
        Refused{"FieldsOverTheLimitTogether",
                [] {
                    std::string bytes = "GET / HTTP/1.1\r\nHost: h\r\n";
                    for (int i = 0; i < 8; ++i) bytes += "X: " + std::string(200, 'y') + "\r\n";
                    return bytes + "\r\n";
                }(),
                431}),
    [](const auto& test) { return test.param.name; });

struct Accepted {
    const char* name;
    std::string bytes;
    std::string method, path, query, body;
    bool keep_alive = true;
};

class AcceptedRequest : public testing::TestWithParam<Accepted> {};

TEST_P(AcceptedRequest, IsReadHoweverItsBytesArrive) {
    const Accepted& expected = GetParam();
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{100'000}}) {
        RequestReader reader(small_limits);

        ASSERT_EQ(feed(reader, expected.bytes, step), State::complete) << "in steps of " << step;

        EXPECT_EQ(reader.request().method, expected.method);
        EXPECT_EQ(reader.request().path, expected.path);
        EXPECT_EQ(reader.request().query, expected.query);
        EXPECT_EQ(reader.request().body, expected.body);
        EXPECT_EQ(reader.request().keep_alive, expected.keep_alive);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Framing, AcceptedRequest,
    testing::Values(
        Accepted{"OriginForm", "GET /cds-services HTTP/1.1\r\nHost: h\r\n\r\n", "GET", "/cds-services", "",
                 ""},
        Accepted{"Query", "GET /a?b=c?d HTTP/1.1\r\nHost: h\r\n\r\n", "GET", "/a", "b=c?d", ""},
        Accepted{"AbsoluteForm", "GET http://other:81/a/b?c HTTP/1.1\r\nHost: h\r\n\r\n", "GET", "/a/b", "c",
                 ""},
        Accepted{"AbsoluteFormWithoutPath", "GET HTTPS://other HTTP/1.1\r\nHost: h\r\n\r\n", "GET", "/", "",
                 ""},
        Accepted{"AsteriskForm", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS", "*", "", ""},
        Accepted{"OneEmptyLineFirst", "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET", "/", "", ""},
        Accepted{"HostWithPort", "GET / HTTP/1.1\r\nHost: cds.example.org:8443\r\n\r\n", "GET", "/", "", ""},
        Accepted{"HostIPv6", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET", "/", "", ""},
        Accepted{"Http10WithoutHost", "GET / HTTP/1.0\r\n\r\n", "GET", "/", "", "", false},
        Accepted{"Http10KeepAlive", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET", "/", "", ""},
        Accepted{"ConnectionClose", "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "GET", "/", "",
                 "", false},
        Accepted{"ContentLength", post("Content-Length: 5\r\n", "12345"), "POST", "/", "", "12345"},
        Accepted{"ContentLengthZero", post("Content-Length: 0\r\n"), "POST", "/", "", ""},
        Accepted{"NoLengthMeansNoBody", post(""), "POST", "/", "", ""},
        Accepted{"IdentityContentEncoding", post("Content-Encoding: identity\r\nContent-Length: 2\r\n", "{}"),
                 "POST", "/", "", "{}"},
        Accepted{"Chunks", post("Transfer-Encoding: Chunked\r\n", "3\r\n123\r\nA\r\n4567890123\r\n0\r\n\r\n"),
                 "POST", "/", "", "1234567890123"},
        Accepted{"ChunkExtensions", post("Transfer-Encoding: chunked\r\n", "3;a=b\r\n123\r\n0;c\r\n\r\n"),
                 "POST", "/", "", "123"},
        Accepted{"BodyAtTheLimit", post("Content-Length: 4096\r\n", std::string(4'096, 'x')), "POST", "/", "",
                 std::string(4'096, 'x')}),
    [](const auto& test) { return test.param.name; });

TEST(RequestReader, DropsTrailersSoThatNothingInThemChangesTheRequest) {
    RequestReader reader(small_limits);

    const State state =
        feed(reader, post("Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\nAuthorization: x\r\n\r\n"), 1);

    ASSERT_EQ(state, State::complete);
    EXPECT_EQ(reader.request().count("Authorization"), 0U);
    EXPECT_EQ(reader.request().fields.size(), 2U);
}

TEST(RequestReader, ReadsPipelinedRequestsOneAfterTheOther) {
    RequestReader reader(small_limits);
    const std::string both = post("Content-Length: 3\r\n", "abc") + "GET /second HTTP/1.1\r\nHost: h\r\n\r\n";

    ASSERT_EQ(feed(reader, both, both.size()), State::complete);
    EXPECT_EQ(reader.request().body, "abc");

    ASSERT_EQ(reader.next(), State::complete);
    EXPECT_EQ(reader.request().path, "/second");
    EXPECT_EQ(reader.request().body, "");

    EXPECT_EQ(reader.next(), State::head);
    EXPECT_FALSE(reader.started());
}

TEST(RequestReader, WantsToContinueOnceAndOnlyWhileTheBodyIsAwaited) {
    RequestReader reader(small_limits);

    feed(reader, post("Expect: 100-continue\r\nContent-Length: 2\r\n"), 100'000);

    EXPECT_TRUE(reader.take_continue());
    EXPECT_FALSE(reader.take_continue());

    RequestReader eager(small_limits);
    feed(eager, post("Expect: 100-continue\r\nContent-Length: 2\r\n", "{}"), 100'000);
    EXPECT_FALSE(eager.take_continue());
}

TEST(RequestReader, KeepsWhatItReadOfARefusedRequest) {
    RequestReader reader(small_limits);

    feed(reader, post("Origin: https://a.example\r\nContent-Length: 5000\r\n"), 100'000);

    EXPECT_EQ(reader.request().field("origin"), "https://a.example");
}

TEST(AppendResponse, WritesStatusFieldsAndBody) {
    std::string out;

    hooks::append_response(out, {.status = 404, .fields = {{"X", "y"}}, .body = "{}"}, {.close = true}, "D");

    EXPECT_EQ(
        out,
        "HTTP/1.1 404 Not Found\r\nDate: D\r\nX: y\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
        "Connection: close\r\n\r\n{}");
}

TEST(AppendResponse, KeepsTheLengthButNotTheBodyForHead) {
    std::string out;

    hooks::append_response(out, {.body = "{}"}, {.head_only = true}, "D");

    EXPECT_TRUE(out.ends_with("Content-Length: 2\r\n\r\n")) << out;
}

TEST(AppendResponse, GivesNoLengthFor204) {
    std::string out;

    hooks::append_response(out, {.status = 204}, {}, "D");

    EXPECT_EQ(out, "HTTP/1.1 204 No Content\r\nDate: D\r\n\r\n");
}

}  // namespace
