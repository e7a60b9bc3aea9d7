// Raw sockets, where a body ends: Content-Length, Transfer-Encoding, chunks, and what follows on the same
// connection (RFC 9112 6, 7, 9, 11.2).
#include "tests/support/hooks_raw.hpp"
#include "tests/support/hooks_running.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::string_literals;
using namespace hooks::testing;

const std::string hidden = "GET /health/live HTTP/1.1\r\nHost: h\r\n\r\n";

/// A call with this Content-Length and a whole body.
std::string length(const std::string& value) { return post("Content-Length:" + value + "\r\n", call_body()); }
std::string right() { return std::to_string(call_body().size()); }
/// A call with these fields whose body is one chunk.
std::string coded(const std::string& lines) { return post(lines + "\r\n", chunk(call_body()) + "0\r\n\r\n"); }
std::string coding(const std::string& value) { return coded("Transfer-Encoding:" + value); }
/// Chunks of a body that no endpoint reads to its end.
std::string chunks(const std::string& bytes) { return post("Transfer-Encoding: chunked\r\n", bytes); }
/// The call's body in one chunk whose size line is that, then this.
std::string sized(const std::string& size_line, const std::string& rest = "0\r\n\r\n") {
    return chunks(size_line + "\r\n" + call_body() + "\r\n" + rest);
}
std::string hex() { return chunk(call_body()).substr(0, chunk(call_body()).find('\r')); }
std::string ended(const std::string& rest) { return chunks(chunk(call_body()) + rest); }
std::string small_chunks() {
    std::string all;
    for (const char c : call_body()) all += chunk(std::string(1, c));
    return all + "0\r\n\r\n";
}
std::string repeated(const std::string& text, int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all += text;
    return all;
}
std::string call() { return length(" " + right()); }

const std::vector<RawCase>& cases() {
    static const std::vector<RawCase> all = {
        // Content-Length.
        kept("a length", call()),
        kept("a length with leading zeros", length(" 000" + right())),
        kept("blanks around a length", length("\t " + right() + " \t")),
        kept("a length of zero", post("Content-Length: 0\r\n"), {400}),
        kept("no length: no body", post(""), {400}),
        kept("GET with a body", get("Host: h\r\nContent-Length: 5\r\n") + "12345"),
        kept("OPTIONS with a body",
             "OPTIONS /health/live HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n12345", {204}),
        kept("DELETE with a body",
             "DELETE /health/live HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n12345", {405}),
        kept("a body at a path that is not there",
             "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n12345", {404}),
        kept("a request within a body is a body", post(length_of(hidden), hidden), {400}),
        refused("an empty length", length("")),
        refused("a length of blanks", length("  ")),
        refused("a positive sign", length(" +" + right())),
        refused("a negative length", length(" -1")),
        refused("a hexadecimal length", length(" 0x" + hex())),
        refused("a length with a fraction", length(" " + right() + ".0")),
        refused("a length with an exponent", length(" 1e3")),
        refused("a length with digits in groups", length(" 1,000")),
        refused("a length with an underscore", length(" 1_000")),
        refused("a length with a blank inside", length(" 1 0")),
        refused("a length with a semicolon", length(" " + right() + ";x")),
        refused("a length in quotes", length(" \"" + right() + "\"")),
        refused("a length in full-width digits", length(" \xef\xbc\x95")),
        refused("a length with a NUL", length(" 5\0"s)),
        refused("a list of equal lengths", length(" " + right() + ", " + right())),
        refused("a list of other lengths", length(" " + right() + ", 5")),
        refused("a list with a trailing comma", length(" " + right() + ",")),
        refused("two fields of equal lengths", post(repeated(length_of(call_body()), 2), call_body())),
        refused("two fields of other lengths",
                post(length_of(call_body()) + "Content-Length: 0\r\n", call_body())),
        refused("other lengths, the short one first",
                post("Content-Length: 0\r\n" + length_of(call_body()), call_body())),
        refused("a length of 2^64", length(" 18446744073709551616")),
        refused("a length of 2^64 + 5", length(" 18446744073709551621")),
        refused("a length of 40 digits", length(" " + std::string(40, '9'))),
        refused("a length of 2^64 - 1 (413)", post("Content-Length: 18446744073709551615\r\n"), 413),
        refused("a length of 2^63 (413)", post("Content-Length: 9223372036854775808\r\n"), 413),
        refused("a length of 2^32 (413)", post("Content-Length: 4294967296\r\n"), 413),
        refused("a length one over the limit (413)", post("Content-Length: 4194305\r\n"), 413),
        refused("a body one over the limit (413)",
                post("Content-Length: 4194305\r\n", std::string(4'194'305, ' ')), 413),
        kept("a body at the limit", post("Content-Length: 4194304\r\n", std::string(4'194'304, ' ')), {400}),

        // Transfer-Encoding.
        kept("chunked", coding(" chunked")),
        kept("Chunked in other case", coding(" ChUnKeD")),
        kept("blanks around chunked", coding("\t chunked \t")),
        refused("chunked and a length",
                coded("Transfer-Encoding: chunked\r\n" + length_of(hidden).substr(0, 18))),
        refused("a length and chunked", coded("Content-Length: 4\r\nTransfer-Encoding: chunked")),
        refused("a length of zero and chunked", coded("Content-Length: 0\r\nTransfer-Encoding: chunked")),
        refused("gzip and a length", post("Transfer-Encoding: gzip\r\n" + length_of(hidden), hidden)),
        refused("a length and gzip", post(length_of(hidden) + "Transfer-Encoding: gzip\r\n", hidden)),
        refused("identity and a length", post("Transfer-Encoding: identity\r\n" + length_of(hidden), hidden)),
        refused("an empty coding and a length", post("Transfer-Encoding:\r\n" + length_of(hidden), hidden)),
        refused("chunked in HTTP/1.0", "POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        refused("chunked in HTTP/1.0 that stays",
                "POST /x HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        refused("two fields of chunked", coded("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked")),
        refused("gzip, then chunked in another field",
                coded("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked")),
        refused("chunked, then identity in another field",
                coded("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity")),
        refused("gzip, chunked (501)", coding(" gzip, chunked"), 501),
        refused("identity, chunked (501)", coding(" identity, chunked"), 501),
        refused("chunked, chunked", coding(" chunked, chunked")),
        refused("chunked, gzip", coding(" chunked, gzip")),
        refused("chunked, identity", coding(" chunked, identity")),
        refused("an empty coding, chunked", coding(" ,chunked")),
        refused("chunked, an empty coding", coding(" chunked,")),
        refused("identity", coding(" identity")),
        refused("gzip", coding(" gzip")),
        refused("deflate", coding(" deflate")),
        refused("an empty coding", coding("")),
        refused("an unknown coding", coding(" cow")),
        refused("xchunked", coding(" xchunked")),
        refused("chunkedx", coding(" chunkedx")),
        refused("chunked with a parameter", coding(" chunked;q=1")),
        refused("chunked with a semicolon", coding(" chunked;")),
        refused("chunked in quotes", coding(" \"chunked\"")),
        refused("chunked in apostrophes", coding(" 'chunked'")),
        refused("chunked with a blank inside", coding(" chunk ed")),
        refused("chunked, other words behind it", coding(" chunked foo")),
        refused("chunked with a NUL", coding(" chunked\0"s)),
        refused("chunked behind a vertical tab", coding(" \vchunked")),
        refused("chunked behind a byte that is not ASCII", coding(" \xc2\xa0"
                                                                  "chunked")),
        refused("chunked on a second line (obs-fold)", coding("\r\n chunked")),
        refused("a blank before the colon", coded("Transfer-Encoding : chunked")),
        refused("a name with an underscore is another name", coded("Transfer_Encoding: chunked"),
                std::vector<unsigned>{400, 400}),
        refused("a name behind a bare LF", coded("X: y\nTransfer-Encoding: chunked")),
        refused("a name behind a blank", coded("X: y\r\n Transfer-Encoding: chunked")),

        // Chunks.
        kept("an extension", sized(hex() + ";name=value")),
        kept("an extension in quotes", sized(hex() + ";name=\"a;b\"")),
        kept("blanks before an extension (9112 7.1.1)", sized(hex() + " ;name")),
        kept("a size with leading zeros", sized("000" + hex())),
        kept("a size in capitals", chunks("A\r\n0123456789\r\n0\r\n\r\n"), {400}),
        kept("many chunks of one byte", chunks(small_chunks())),
        kept("a last chunk of several zeros", ended("000\r\n\r\n")),
        kept("a last chunk with an extension", ended("0;done\r\n\r\n")),
        kept("a trailer is dropped", ended("0\r\nX: y\r\n\r\n")),
        kept("a length in a trailer is dropped", ended("0\r\nContent-Length: 5\r\n\r\n")),
        kept("a coding in a trailer is dropped", ended("0\r\nTransfer-Encoding: gzip\r\n\r\n")),
        kept("a Host in a trailer is dropped", ended("0\r\nHost: other\r\n\r\n")),
        kept("a type in a trailer is dropped", ended("0\r\nContent-Type: text/plain\r\n\r\n")),
        kept("Connection: close in a trailer is dropped", ended("0\r\nConnection: close\r\n\r\n")),
        kept("an empty chunked body", chunks("0\r\n\r\n"), {400}),
        refused("a size with 0x", sized("0x" + hex())),
        refused("a size with h", sized(hex() + "h")),
        refused("a positive sign before a size", sized("+" + hex())),
        refused("a negative size", chunks("-5\r\n12345\r\n0\r\n\r\n")),
        refused("a size with an underscore", chunks("1_0\r\n0123456789abcdef\r\n0\r\n\r\n")),
        refused("a size with a blank before it", sized(" " + hex())),
        refused("a size with a blank behind it", sized(hex() + " ")),
        refused("a size with a tab behind it", sized(hex() + "\t")),
        refused("a size with a blank inside", sized("1 0")),
        refused("a size with a dot", sized(hex() + ".0")),
        refused("a size with a comma", sized(hex() + ",")),
        refused("a size in quotes", sized("\"" + hex() + "\"")),
        refused("a size with a NUL", sized(hex() + "\0"s)),
        refused("no size", chunks("\r\n12345\r\n0\r\n\r\n")),
        refused("no size but an extension", chunks(";x\r\n12345\r\n0\r\n\r\n")),
        refused("letters that are no digits", chunks("xyz\r\n12345\r\n0\r\n\r\n")),
        refused("a size of 2^64 + 5", chunks("10000000000000005\r\n12345\r\n0\r\n\r\n")),
        refused("a size of 40 digits", chunks(std::string(40, 'f') + "\r\n")),
        refused("a size of 17 digits with leading zeros",
                chunks(std::string(16, '0') + "5\r\n12345\r\n0\r\n\r\n")),
        refused("a size of 2^64 - 1 (413)", chunks("ffffffffffffffff\r\n"), 413),
        refused("a size over the limit (413)", chunks("400001\r\n"), 413),
        refused("chunks over the limit together (413)",
                chunks(repeated(chunk(std::string(1'048'576, ' ')), 4) + "1\r\n "), 413),
        refused("a size line that ends in LF", chunks("5\n12345\r\n0\r\n\r\n")),
        refused("a size line that ends in CR", chunks("5\r12345\r\n0\r\n\r\n")),
        refused("a size line that ends in CR CR LF", chunks("5\r\r\n12345\r\n0\r\n\r\n")),
        refused("a chunk longer than its size", chunks("3\r\n12345\r\n0\r\n\r\n")),
        refused("a chunk shorter than its size", chunks("7\r\n12345\r\n0\r\n\r\n")),
        refused("a chunk without a line end", chunks("5\r\n123450\r\n\r\n")),
        refused("a chunk that ends in LF", chunks("5\r\n12345\n0\r\n\r\n")),
        refused("a chunk that ends in CR", chunks("5\r\n12345\r0\r\n\r\n")),
        refused("a chunk that ends in two other letters", chunks("5\r\n12345xx0\r\n\r\n")),
        refused("an extension with a bare LF", sized(hex() + ";a\nb")),
        refused("an extension with a bare CR", sized(hex() + ";a\rb")),
        refused("an extension with a NUL", sized(hex() + ";a\0b"s)),
        refused("an extension of 17 kB", sized(hex() + ";" + std::string(17'000, 'x'))),
        refused("an extension of 1 MB without an end", chunks("5;" + std::string(1'000'000, 'x'))),
        refused("extensions of 40 kB together",
                chunks(repeated("1;" + std::string(100, 'x') + "\r\ny\r\n", 400))),
        refused("trailers of 17 kB", ended("0\r\nX: " + std::string(17'000, 'y') + "\r\n\r\n")),
        refused("trailers of 1 MB",
                ended("0\r\n" + repeated("X: " + std::string(1'000, 'y') + "\r\n", 1'000))),
        refused("a trailer without a colon", ended("0\r\nX\r\n\r\n")),
        refused("a trailer without a name", ended("0\r\n: x\r\n\r\n")),
        refused("a trailer that begins with a blank", ended("0\r\n X: y\r\n\r\n")),
        refused("a trailer with a blank before its colon", ended("0\r\nX : y\r\n\r\n")),
        refused("a trailer with a NUL", ended("0\r\nX: \0\r\n\r\n"s)),
        refused("a trailer that ends in LF", ended("0\r\nX: y\n\r\n")),
        refused("a last chunk that ends in LF", ended("0\n\n")),
        refused("an end of LF", ended("0\r\n\n")),
        refused("an end of CR and another letter", ended("0\r\n\rX")),
        refused("a request where trailers are", ended("0\r\n")),

        // Several requests.
        kept("two calls", call() + call(), {200, 200}),
        kept("a call in chunks, then one with a length", coding(" chunked") + call(), {200, 200}),
        kept("five requests of all kinds",
             call() + hidden + coding(" chunked") + "HEAD /health/live HTTP/1.1\r\nHost: h\r\n\r\n" + call(),
             {200, 200, 200, 200, 200}),
        kept("a hundred requests", repeated(hidden, 100), std::vector<unsigned>(100, 200)),
        kept("a 404 ends nothing", "GET /x HTTP/1.1\r\nHost: h\r\n\r\n" + call(), {404, 200}),
        closed("a request behind the last one",
               call() + "GET /health/live HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", {200, 200}),
        refused("a good one, then a bad one", call() + length(" +5"), std::vector<unsigned>{200, 400}),
        refused("a good one, a bad one, a good one", call() + length(" +5") + call(),
                std::vector<unsigned>{200, 400}),
        closed("what is behind a body belongs to the next request", post("Content-Length: 5\r\n", "12345x"),
               {400, 405}),
        refused("two smuggled requests",
                post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n" + hidden + hidden)),
    };
    return all;
}

class RawFraming : public testing::TestWithParam<std::size_t> {
  protected:
    static void SetUpTestSuite() { running = new Running(); }
    static void TearDownTestSuite() { delete std::exchange(running, nullptr); }
    static inline Running* running = nullptr;
};

TEST_P(RawFraming, HasOneMeaningOrIsRefused) {  // reliability R3
    const RawCase& one = cases()[GetParam()];
    SCOPED_TRACE(one.name);

    expect(one, running->port(), 1'000'000);
    if (one.bytes.size() < 400) expect(one, running->port(), 1);
}

INSTANTIATE_TEST_SUITE_P(Http, RawFraming, testing::Range(std::size_t{0}, cases().size()));

TEST(RawFramingCases, AreCallsThatAreAnsweredWithCards) {
    Running running;
    const Conversation all = converse(running.port(), call() + hidden_request, 1'000'000);

    ASSERT_EQ(all.answers.size(), 2U);
    EXPECT_NE(all.answers[0].body.find("cards"), std::string::npos);
}

}  // namespace
