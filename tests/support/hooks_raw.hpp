// Raw requests: bytes as an attacker or an odd client sends them, and what must become of the connection.
#pragma once

#include "tests/support/hooks_client.hpp"

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace hooks::testing {

/// What is behind a case's bytes in the same packet: a request that is whole and right. Whoever answers it
/// although the connection ends before it has been smuggled to.
inline constexpr const char* hidden_request =
    "GET /health/live HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

struct RawCase {
    enum class Fate {
        kept,    ///< answered; the request behind it is answered, too
        closed,  ///< answered, the last time on this connection
        refused  ///< answered with Connection: close and an OperationOutcome; nothing behind it is
    } fate;
    std::string name, bytes;
    std::vector<unsigned> statuses;  ///< of all answers, in order, without that to the request behind
};
std::ostream& operator<<(std::ostream& out, const RawCase& one);

RawCase kept(std::string name, std::string bytes, std::vector<unsigned> statuses = {200});
RawCase closed(std::string name, std::string bytes, std::vector<unsigned> statuses = {200});
RawCase refused(std::string name, std::string bytes, unsigned status = 400);
/// The last of several requests is.
RawCase refused(std::string name, std::string bytes, std::vector<unsigned> statuses);

/// Sends the case's bytes and the hidden request in pieces of `step` bytes, reads to the connection's end,
/// and compares.
void expect(const RawCase& one, std::uint16_t port, std::size_t step);

/// All that came until the end of the connection.
struct Conversation {
    std::vector<Answer> answers;
    bool has_been_reset = false;
    std::string rest;  ///< bytes that are no whole answer
};
Conversation converse(std::uint16_t port, std::string_view bytes, std::size_t step);

/// GET of the liveness probe with these field lines, Host among them or not.
std::string get(const std::string& lines);
/// POST of a call of demo-view with these field lines behind Host and Content-Type.
std::string post(const std::string& lines, const std::string& body = {});
/// A call that is answered with cards.
const std::string& call_body();
std::string length_of(const std::string& body);
std::string chunk(const std::string& data);

}  // namespace hooks::testing
