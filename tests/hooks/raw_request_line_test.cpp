// Raw sockets, the request line: methods, targets and versions as strangers send them (RFC 9112 2, 3; RFC
// 9110 9).
#include "tests/support/hooks_raw.hpp"
#include "tests/support/hooks_running.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using namespace std::string_literals;
using hooks::testing::closed;
using hooks::testing::converse;
using hooks::testing::kept;
using hooks::testing::RawCase;
using hooks::testing::refused;
using hooks::testing::Running;

/// GET of what stands between, as HTTP/1.1.
std::string target(const std::string& text) { return "GET " + text + " HTTP/1.1\r\nHost: h\r\n\r\n"; }
std::string method(const std::string& text, const std::string& path = "/health/live") {
    return text + " " + path + " HTTP/1.1\r\nHost: h\r\n\r\n";
}
std::string line(const std::string& text) { return text + "\r\nHost: h\r\n\r\n"; }

const std::vector<RawCase>& cases() {
    static const std::vector<RawCase> all = {
        // What is right.
        kept("a plain request", target("/health/live")),
        kept("a query", target("/health/live?x=1&y=%20&z")),
        kept("a query with another question mark", target("/health/live?a?b")),
        kept("a query with a bad percent is not ours to read", target("/health/live?x=%zz")),
        kept("a path with an encoded letter", target("/health/%6Cive")),
        kept("a path with an empty segment", target("/health//live")),
        kept("a path with a slash at its end", target("/health/live/")),
        kept("absolute form", target("http://h/health/live")),
        kept("absolute form of another host than Host (9112 3.2.2)", target("http://other:81/health/live")),
        kept("absolute form in capitals", target("HTTP://h/health/live")),
        kept("absolute form with https", target("https://h/health/live")),
        kept("absolute form of an IPv6 host", target("http://[::1]:80/health/live")),
        kept("absolute form without a path", target("http://h"), {404}),
        kept("absolute form with a query only", target("http://h?x"), {404}),
        kept("asterisk form", method("OPTIONS", "*"), {204}),
        kept("one empty line first (9112 2.2)", "\r\n" + target("/health/live")),
        kept("an empty line between two requests", target("/health/live") + "\r\n" + target("/health/live"),
             {200, 200}),
        kept("HTTP/1.2 is read as 1.1 (9110 2.5)", line("GET /health/live HTTP/1.2")),
        kept("HTTP/1.9 is read as 1.1", line("GET /health/live HTTP/1.9")),
        closed("HTTP/1.0", line("GET /health/live HTTP/1.0")),
        closed("HTTP/1.0 without Host", "GET /health/live HTTP/1.0\r\n\r\n"),
        kept("HTTP/1.0 that asks to keep the connection",
             "GET /health/live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),

        // Paths that lead nowhere.
        kept("the root", target("/"), {404}),
        kept("dot segments are no way out", target("/health/../../etc/passwd"), {404}),
        kept("encoded dot segments", target("/health/%2e%2e/live"), {404}),
        kept("an encoded slash is no separator", target("/health%2Flive"), {404}),
        kept("an encoded NUL", target("/health/live%00"), {404}),
        kept("an encoded line end", target("/health/live%0d%0aX:y"), {404}),
        kept("a backslash", target("/health\\live"), {404}),
        kept("two slashes first", target("//health/live"), {200}),
        kept("a path of other case", target("/Health/Live"), {404}),

        // Methods.
        kept("HEAD", method("HEAD")),
        kept("OPTIONS", method("OPTIONS"), {204}),
        kept("POST where only reading is", method("POST"), {405}),
        kept("PUT", method("PUT"), {405}),
        kept("DELETE", method("DELETE"), {405}),
        kept("PATCH", method("PATCH"), {405}),
        kept("TRACE is never echoed", method("TRACE"), {405}),
        kept("GET of a service", method("GET", "/cds-services/demo-view"), {405}),
        kept("HEAD of a service", method("HEAD", "/cds-services/demo-view"), {405}),
        kept("a method nobody knows", method("BREW"), {405}),
        kept("a method of other case is another one (9110 9.1)", method("get"), {405}),
        kept("a method of all token characters", method("!#$%&'*+-.^_`|~09azAZ"), {405}),
        kept("a long method", method(std::string(1'000, 'M')), {405}),
        refused("CONNECT in authority form", method("CONNECT", "h:443"), 405),
        refused("CONNECT in origin form", method("CONNECT"), 405),
        refused("a method with a slash", method("GE/T")),
        refused("a method with a colon", method("GET:")),
        refused("a method in quotes", method("\"GET\"")),
        refused("a method with a NUL", method("G\0T"s)),
        refused("a method with a control character", method("G\x01T")),
        refused("a method that is not ASCII", method("G\xc3\x89T")),
        refused("no method", " /health/live HTTP/1.1\r\nHost: h\r\n\r\n"),

        // Targets.
        refused("no target", line("GET HTTP/1.1")),
        refused("an empty target", line("GET  HTTP/1.1")),
        refused("a relative target", target("health/live")),
        refused("asterisk for GET", target("*")),
        refused("authority form for GET", target("h:80")),
        refused("a fragment", target("/health/live#top")),
        refused("a percent without digits", target("/health/live%")),
        refused("a percent with one digit", target("/health/live%2")),
        refused("a percent with other letters", target("/health/%zzlive")),
        refused("a target with a NUL", target("/health/li\0ve"s)),
        refused("a target with a tab", target("/health/li\tve")),
        refused("a target with DEL", target("/health/li\x7fve")),
        refused("a target with a control character", target("/health/li\x1bve")),
        refused("a target that is not ASCII", target("/health/li\xc3\xa9ve")),
        refused("a target with a space", target("/health/li ve")),
        refused("a target with a bare CR", target("/health/li\rve")),
        refused("a target with a bare LF", target("/health/li\nve")),
        refused("absolute form without a host", target("http:///health/live")),
        refused("absolute form with a user", target("http://me@h/health/live")),
        refused("absolute form with a bad port", target("http://h:8x/health/live")),
        refused("absolute form of another scheme", target("ftp://h/health/live")),
        refused("a javascript target", target("javascript:alert(1)")),
        refused("a target of 16 kB (414)", target("/" + std::string(16'384, 'x')), 414),
        refused("a target of 100 kB without an end (414)", "GET /" + std::string(100'000, 'x'), 414),

        // Versions and blanks.
        refused("no version (HTTP/0.9)", "GET /health/live\r\n\r\n"),
        refused("no version, one line end", "GET /health/live\r\n"),
        refused("HTTP/0.9", line("GET /health/live HTTP/0.9"), 505),
        refused("HTTP/2.0", line("GET /health/live HTTP/2.0"), 505),
        refused("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        refused("HTTP/3.0", line("GET /health/live HTTP/3.0"), 505),
        refused("HTTP/1", line("GET /health/live HTTP/1")),
        refused("HTTP/1.", line("GET /health/live HTTP/1.")),
        refused("HTTP/1.10", line("GET /health/live HTTP/1.10")),
        refused("HTTP/01.1", line("GET /health/live HTTP/01.1")),
        refused("HTTP/1,1", line("GET /health/live HTTP/1,1")),
        refused("HTTP/1.x", line("GET /health/live HTTP/1.x")),
        refused("HTTP/ 1.1", line("GET /health/live HTTP/ 1.1")),
        refused("http/1.1 in small letters", line("GET /health/live http/1.1")),
        refused("HTTPS/1.1", line("GET /health/live HTTPS/1.1")),
        refused("ICY/1.1", line("GET /health/live ICY/1.1")),
        refused("two spaces before the target", line("GET  /health/live HTTP/1.1")),
        refused("two spaces before the version", line("GET /health/live  HTTP/1.1")),
        refused("a tab before the target", line("GET\t/health/live HTTP/1.1")),
        refused("a tab before the version", line("GET /health/live\tHTTP/1.1")),
        refused("a space behind the version", line("GET /health/live HTTP/1.1 ")),
        refused("a space before the method", line(" GET /health/live HTTP/1.1")),
        refused("something behind the version", line("GET /health/live HTTP/1.1 HTTP/1.1")),
        refused("two empty lines first", "\r\n\r\n" + target("/health/live")),
        refused("a bare LF first", "\n" + target("/health/live")),
        refused("a bare CR first", "\r" + target("/health/live")),
        refused("lines that end in LF only", "GET /health/live HTTP/1.1\nHost: h\n\n"),
        refused("the request line ends in LF only", "GET /health/live HTTP/1.1\nHost: h\r\n\r\n"),
        refused("the request line ends in CR only", "GET /health/live HTTP/1.1\rHost: h\r\n\r\n"),
        refused("the request line ends in two CR", "GET /health/live HTTP/1.1\r\r\nHost: h\r\n\r\n"),
        refused("a response", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        refused("a TLS greeting",
                "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s + std::string(100, 'x') + "\r\n"),
        refused("JSON without HTTP", "{\"hook\":\"patient-view\"}\r\n\r\n"),
        refused("a byte order mark first", "\xef\xbb\xbf" + target("/health/live")),
        refused("a line of NULs", std::string(100, '\0')),
    };
    return all;
}

class RawRequestLine : public testing::TestWithParam<std::size_t> {
  protected:
    static void SetUpTestSuite() { running = new Running(); }
    static void TearDownTestSuite() { delete std::exchange(running, nullptr); }
    static inline Running* running = nullptr;
};

TEST_P(RawRequestLine, IsAnsweredOrRefusedAndNothingBehindARefusalIsRead) {  // reliability R3
    const RawCase& one = cases()[GetParam()];
    SCOPED_TRACE(one.name);

    expect(one, running->port(), 1'000'000);
    if (one.bytes.size() < 300) expect(one, running->port(), 1);
}

INSTANTIATE_TEST_SUITE_P(Http, RawRequestLine, testing::Range(std::size_t{0}, cases().size()));

TEST(RawHead, HasTheLengthOfGetAndNoBodyOnEveryPath) {  // RFC 9110 9.3.2
    Running running;
    for (const std::string path : {"/cds-services", "/openapi.json", "/health/live", "/health/ready",
                                   "/cds-services/demo-view", "/no-such-path", "/health/live?x"}) {
        const auto got =
            converse(running.port(), method("GET", path) + hooks::testing::hidden_request, 1'000'000);
        const auto head =
            converse(running.port(), method("HEAD", path) + hooks::testing::hidden_request, 1'000'000);

        ASSERT_EQ(got.answers.size(), 2U) << path;
        ASSERT_EQ(head.answers.size(), 2U) << path;
        EXPECT_EQ(head.answers[0].status, got.answers[0].status) << path;
        EXPECT_EQ(head.answers[0].field("Content-Length"), got.answers[0].field("Content-Length")) << path;
        EXPECT_EQ(head.answers[0].field("Content-Type"), "application/json") << path;
        EXPECT_EQ(head.answers[0].body, "") << path;
    }
}

}  // namespace
