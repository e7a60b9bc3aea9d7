// WebUrl: an absolute http or https URL, taken apart once and without second readings.
#pragma once

#include "fhir/issue.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace hooks {

struct WebUrl {
    bool tls = false;         ///< https
    std::string host;         ///< lower case; an IPv6 address without brackets
    bool is_address = false;  ///< `host` is an IP address
    std::uint16_t port = 0;   ///< the scheme's own if the URL names none
    std::string target;       ///< path and query as they stood, `/` at least

    /// `host`, or `host:port` where the port is not the scheme's own; for the field Host (RFC 9110 7.2).
    std::string authority() const;
    /// `https://fhir.example.org:8443`: equal for two URLs exactly if scheme, host and port are (RFC 6454 4).
    std::string origin() const;
};

/// Refused beside what is no URL: other schemes, user names, fragments, port 0, IP addresses in any but their
/// usual forms (`0x7f.1`, `2130706433`, `[::ffff:127.0.0.1]`), hosts with escapes, names that end in a dot.
/// The issue says which, and repeats nothing of the URL.
fhir::Result<WebUrl> parse_web_url(std::string_view text);

/// True if `address`, an IP address, is this machine's own: `127.0.0.1` and its like, `::1`.
bool is_loopback(std::string_view address);

}  // namespace hooks
