// Raw sockets, header fields: grammar, limits, Host, Connection, Expect and the media types of bodies (RFC
// 9112 3.2, 5; RFC 9110 5.5, 7.2, 8.3, 8.4, 10.1.1).
#include "tests/support/hooks_faulty_server.hpp"
#include "tests/support/hooks_raw.hpp"
#include "tests/support/hooks_running.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::string_literals;
using namespace hooks::testing;

std::string host(const std::string& value) { return get("Host:" + value + "\r\n"); }
std::string field(const std::string& line) { return get("Host: h\r\n" + line + "\r\n"); }
/// A call of that media type.
std::string typed(const std::string& lines, const std::string& body = call_body()) {
    return "POST /cds-services/demo-view HTTP/1.1\r\nHost: h\r\n" + lines + length_of(body) + "\r\n" + body;
}
std::string coded(const std::string& coding, const std::string& body) {
    return post("Content-Encoding: " + coding + "\r\n" + length_of(body), body);
}
std::string many_fields(int count) {
    std::string lines = "Host: h\r\n";
    for (int i = 1; i < count; ++i) lines += "X: y\r\n";
    return get(lines);
}
/// The text so many times, packed: every member of the stream the same, for packing all as one would take
/// long.
std::string packed(int times, const std::string& text) {
    const std::string member = gzipped(text);
    std::string all;
    for (int i = 0; i < times; ++i) all += member;
    return all;
}
std::string some_text() {
    std::string text;
    for (unsigned i = 0; text.size() < 20'000; ++i) text += std::to_string(i * 7'919U % 1'000'003U) + ",";
    std::string large;
    while (large.size() < 1'000'000) large += text;
    return large;
}

const std::vector<RawCase>& cases() {
    static const std::vector<RawCase> all = {
        // Grammar.
        kept("no blank behind the colon", field("X:y")),
        kept("blanks and tabs around a value", field("X: \t y \t ")),
        kept("an empty value", field("X:")),
        kept("a value of blanks", field("X:   ")),
        kept("a value with a tab inside", field("X: a\tb")),
        kept("a value that is not ASCII (obs-text)", field("X: caf\xc3\xa9 \xff")),
        kept("a value with colons", field("X: a:b:c")),
        kept("a name of all token characters", field("!#$%&'*+-.^_`|~09azAZ: y")),
        kept("the same field twice", field("X: a\r\nX: b")),
        kept("names in any case", get("hOST: h\r\ncONNECTION: keep-alive\r\n")),
        refused("a space before the colon", field("X : y")),
        refused("a tab before the colon", field("X\t: y")),
        refused("a space before the colon of Host", get("Host : h\r\n")),
        refused("a space in a name", field("X Y: z")),
        refused("no name", field(": y")),
        refused("no colon", field("X")),
        refused("a name in quotes", field("\"X\": y")),
        refused("a name with brackets", field("X[1]: y")),
        refused("a name with parentheses", field("X(1): y")),
        refused("a name with a slash", field("X/Y: z")),
        refused("a name with a comma", field("X,Y: z")),
        refused("a name with a semicolon", field("X;Y: z")),
        refused("a name with an at sign", field("X@Y: z")),
        refused("a name that is not ASCII", field("Caf\xc3\xa9: y")),
        refused("a name with a NUL", field("X\0Y: z"s)),
        refused("a name with a control character", field("X\x02Y: z")),
        refused("a name over two lines", field("X\r\nY: z")),
        refused("a value with a NUL", field("X: a\0b"s)),
        refused("a value with a NUL at its end", field("X: a\0"s)),
        refused("a value with a control character", field("X: a\x01")),
        refused("a value with a vertical tab", field("X: a\vb")),
        refused("a value with an escape", field("X: a\x1b[0m")),
        refused("a value with a DEL", field("X: a\x7f")),
        refused("a value with a bare CR", field("X: a\rb")),
        refused("a value with a bare LF", field("X: a\nY: b")),
        refused("a value that ends in two CR", field("X: a\r")),
        refused("a value over two lines (obs-fold)", field("X: a\r\n b")),
        refused("a value over two lines by a tab", field("X: a\r\n\tb")),
        refused("a line of blanks", field("X: a\r\n   ")),
        refused("a blank before the first field", get(" Host: h\r\n")),
        refused("the head ends in LF CR LF", "GET /health/live HTTP/1.1\r\nHost: h\r\n\n\r\n"),
        refused("the head ends in CR and another letter", "GET /health/live HTTP/1.1\r\nHost: h\r\n\rX"),
        refused("the head ends in LF", "GET /health/live HTTP/1.1\r\nHost: h\r\n\n"),

        // Limits.
        kept("100 fields", many_fields(100)),
        refused("101 fields", many_fields(101), 431),
        refused("2,000 fields", many_fields(2'000), 431),
        kept("a field of 15 kB", field("X: " + std::string(15'000, 'y'))),
        refused("a field of 17 kB", field("X: " + std::string(17'000, 'y')), 431),
        refused("a field of 1 MB", field("X: " + std::string(1'000'000, 'y')), 431),
        refused("fields of 17 kB together",
                field("A: " + std::string(9'000, 'y') + "\r\nB: " + std::string(8'000, 'y')), 431),
        refused("a name of 17 kB", field(std::string(17'000, 'n') + ": y"), 431),

        // Host.
        kept("a host with a port", host(" cds.example.org:8443")),
        kept("a host with a port that is empty", host(" h:")),
        kept("an IPv4 host", host(" 127.0.0.1:80")),
        kept("an IPv6 host", host(" [::1]:80")),
        refused("no Host", get("")),
        refused("two Hosts", get("Host: a\r\nHost: b\r\n")),
        refused("the same Host twice", get("Host: h\r\nHost: h\r\n")),
        refused("two Hosts of other case", get("Host: h\r\nHOST: h\r\n")),
        refused("two Hosts in HTTP/1.0", "GET /health/live HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
        refused("no Host in absolute form", "GET http://h/health/live HTTP/1.1\r\n\r\n"),
        refused("an empty Host", host("")),
        refused("a Host of blanks", host("   ")),
        refused("a Host with a path", host(" h/x")),
        refused("a Host with a user", host(" me@h")),
        refused("a Host with a query", host(" h?x")),
        refused("a Host with a blank inside", host(" a b")),
        refused("a list of Hosts", host(" a, b")),
        refused("a list of Hosts without blanks", host(" a,b")),
        refused("a Host with a bad port", host(" h:8x")),
        refused("a Host with a port of six digits", host(" h:123456")),
        refused("a Host with a signed port", host(" h:-80")),
        refused("a Host of a port only", host(" :80")),
        refused("a Host with an open bracket", host(" [::1")),
        refused("a Host with something behind the bracket", host(" [::1]x")),
        refused("a Host in brackets that is no address", host(" [zz]")),
        refused("a Host in brackets that is an IPv4 address", host(" [127.0.0.1]")),
        refused("nothing in brackets", host(" []")),
        refused("a Host with an IPv6 zone", host(" [fe80::1%25eth0]")),
        refused("a Host of a later IP version without an address", host(" [v1.]")),
        refused("a Host with a bad percent encoding", host(" a%zz")),
        refused("a Host with half a percent encoding", host(" a%2")),
        kept("an IPv6 Host with a port", host(" [2001:db8::7:1]:8080")),
        kept("an IPv6 Host that holds an IPv4 address", host(" [::ffff:192.0.2.1]")),
        kept("a Host of a later IP version", host(" [v1F.a:b]")),
        kept("a Host with a percent encoding", host(" a%C3%A9")),
        refused("a Host that is not ASCII", host(" h\xc3\xa9")),
        refused("a Host that is a URL", host(" http://h")),

        // Connection and upgrades.
        closed("Connection: close", field("Connection: close")),
        closed("Connection: Close in a list", field("Connection: x, Close")),
        closed("close and keep-alive", field("Connection: close, keep-alive")),
        closed("close in the second of two fields", field("Connection: x\r\nConnection: close")),
        kept("Connection: keep-alive", field("Connection: keep-alive")),
        kept("a Connection of unknown options", field("Connection: foo, bar")),
        kept("Connection names Host", field("Connection: Host")),
        kept("an upgrade to h2c is ignored",
             field("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA")),
        kept("an upgrade to websocket is ignored",
             field("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: "
                   "x\r\nSec-WebSocket-Version: 13")),
        kept("TE is for trailers we never send", field("TE: trailers, deflate")),

        // Expect.
        kept("Expect on a request without a body", field("Expect: 100-continue")),
        kept("Expect with the body behind it",
             post("Expect: 100-continue\r\n" + length_of(call_body()), call_body())),
        kept("Expect of other case", post("Expect: 100-CONTINUE\r\n" + length_of(call_body()), call_body())),
        kept("Expect in HTTP/1.0 is ignored (9110 10.1.1)",
             "GET /health/live HTTP/1.0\r\nExpect: 100-continue\r\nConnection: keep-alive\r\n\r\n"),
        refused("Expect of something else", post("Expect: 200-ok\r\n" + length_of(call_body()), call_body()),
                417),
        refused("Expect of two things",
                post("Expect: 100-continue, x\r\n" + length_of(call_body()), call_body()), 417),
        refused("an empty Expect", field("Expect:"), 417),
        refused("Expect of a body that is too long",
                post("Expect: 100-continue\r\nContent-Length: 4194305\r\n"), 413),

        // Media types.
        kept("application/json", typed("Content-Type: application/json\r\n")),
        kept("application/json with a charset", typed("Content-Type: application/json; charset=UTF-8\r\n")),
        kept("application/fhir+json", typed("Content-Type: application/fhir+json;fhirVersion=4.0\r\n")),
        kept("no Content-Type", typed("")),
        kept("text/plain", typed("Content-Type: text/plain\r\n"), {415}),
        kept("application/xml", typed("Content-Type: application/xml\r\n"), {415}),
        kept("a form", typed("Content-Type: application/x-www-form-urlencoded\r\n"), {415}),
        kept("application/jsonp", typed("Content-Type: application/jsonp\r\n"), {415}),
        kept("two Content-Types", typed("Content-Type: application/json\r\nContent-Type: text/plain\r\n"),
             {415}),
        kept("an Accept without JSON still gets JSON",
             typed("Content-Type: application/json\r\nAccept: text/html\r\n")),
        kept("an Accept that is malformed", typed("Content-Type: application/json\r\nAccept: ;;q=x,\r\n")),

        // Content codings.
        kept("identity", coded("identity", call_body())),
        kept("gzip", coded("gzip", gzipped(call_body()))),
        kept("x-gzip is gzip (9110 8.4.1.3)", coded("x-gzip", gzipped(call_body()))),
        kept("GZIP", coded("GZIP", gzipped(call_body()))),
        kept("gzip of two members",
             coded("gzip", gzipped(call_body().substr(0, 40)) + gzipped(call_body().substr(40)))),
        kept("gzip in chunks", post("Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
                                    chunk(gzipped(call_body())) + "0\r\n\r\n")),
        kept("gzip of what is no JSON", coded("gzip", gzipped("hello")), {400}),
        kept("gzip that is plain", coded("gzip", call_body()), {400}),
        kept("gzip without a body", coded("gzip", ""), {400}),
        kept("gzip that is cut off", coded("gzip", gzipped(call_body()).substr(0, 60)), {400}),
        kept("gzip without its last byte",
             coded("gzip", gzipped(call_body()).substr(0, gzipped(call_body()).size() - 1)), {400}),
        kept("gzip with something behind it", coded("gzip", gzipped(call_body()) + "x"), {400}),
        kept("gzip with another length at its end",
             coded("gzip", gzipped(call_body()).replace(gzipped(call_body()).size() - 4, 4, "\1\0\0\0"s)),
             {400}),
        kept("a bomb of 64 MB", coded("gzip", packed(64, std::string(1'000'000, '0'))), {413}),
        kept("a bomb below the limit of bodies", coded("gzip", packed(4, std::string(1'000'000, '0'))),
             {413}),
        kept("5 MB of text that packs a few times", coded("gzip", packed(5, some_text())), {413}),
        refused("deflate", coded("deflate", call_body()), 415),
        refused("br", coded("br", call_body()), 415),
        refused("zstd", coded("zstd", call_body()), 415),
        refused("gzip twice", coded("gzip, gzip", gzipped(gzipped(call_body()))), 415),
        refused("gzip in two fields",
                post("Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n" + length_of("x"), "x"), 415),
        refused("a coding nobody knows", coded("x-own", call_body()), 415),
    };
    return all;
}

class RawFields : public testing::TestWithParam<std::size_t> {
  protected:
    static void SetUpTestSuite() { running = new Running(); }
    static void TearDownTestSuite() { delete std::exchange(running, nullptr); }
    static inline Running* running = nullptr;
};

TEST_P(RawFields, AreTakenOrRefusedAndNothingBehindARefusalIsRead) {  // reliability R3
    const RawCase& one = cases()[GetParam()];
    SCOPED_TRACE(one.name);

    expect(one, running->port(), 1'000'000);
    if (one.bytes.size() < 300) expect(one, running->port(), 1);
}

INSTANTIATE_TEST_SUITE_P(Http, RawFields, testing::Range(std::size_t{0}, cases().size()));

}  // namespace
