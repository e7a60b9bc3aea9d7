// Boost.URL reads the text; what has a second reading somewhere is refused here.
#include "hooks/web_url.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>

namespace hooks {

namespace urls = boost::urls;

namespace {

constexpr std::size_t longest_url = 16'384;
constexpr std::size_t longest_host = 253;

fhir::Issue refusal(std::string diagnostics) { return {fhir::IssueCode::value, std::move(diagnostics), {}}; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_byte(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
           c == '_';
}

/// The resolver, or a browser, would read the name as a number: `127.1`, `0x7f000001`, `1.2.3.08`.
bool ends_in_number(std::string_view host) {
    const std::string_view last = host.substr(host.rfind('.') + 1);
    if (last.starts_with("0x")) return true;
    return !last.empty() && std::all_of(last.begin(), last.end(), is_digit);
}

/// Fills in the host; what is wrong with it, or "".
std::string read_host(const urls::url_view& url, WebUrl& result) {
    if (url.host_type() == urls::host_type::ipv4 || url.host_type() == urls::host_type::ipv6) {
        boost::system::error_code ec;
        const auto address = boost::asio::ip::make_address(std::string(url.host_address()), ec);
        if (ec) return "the host is no IP address";
        if (address.is_v6() && (address.to_v6().is_v4_mapped() || address.to_v6().scope_id() != 0)) {
            return "an IPv4 address is written without IPv6 around it";
        }
        result.host = address.to_string();
        result.is_address = true;
        return {};
    }
    if (url.host_type() != urls::host_type::name || url.encoded_host().empty()) return "expected a host name";
    const auto encoded = url.encoded_host();
    result.host.assign(encoded.data(), encoded.size());
    for (char& c : result.host) {
        if (!is_name_byte(c)) return "a host name has letters, digits, hyphens and dots only";
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    if (result.host.size() > longest_host) return "the host name is too long";
    if (result.host.front() == '.' || result.host.back() == '.' ||
        result.host.find("..") != std::string::npos) {
        return "the host name has an empty part";
    }
    if (ends_in_number(result.host)) return "an IP address is written as four decimal numbers";
    return {};
}

}  // namespace

std::string WebUrl::authority() const {
    std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
    if (port != (tls ? 443 : 80)) text += ":" + std::to_string(port);
    return text;
}

std::string WebUrl::origin() const { return (tls ? "https://" : "http://") + authority(); }

fhir::Result<WebUrl> parse_web_url(std::string_view text) {
    if (text.size() > longest_url) {
        return refusal("a URL has at most " + std::to_string(longest_url) + " bytes");
    }
    // Without the slashes Boost.URL 1.81 takes an empty path for a segment, and ends in an assertion.
    if (!text.substr(std::min(text.find(':'), text.size())).starts_with("://")) {
        return refusal("expected an absolute URL such as https://fhir.example.org/r4");
    }
    const auto parsed = urls::parse_uri(urls::string_view(text.data(), text.size()));
    if (!parsed) return refusal("expected an absolute URL such as https://fhir.example.org/r4");
    const urls::url_view& url = *parsed;
    WebUrl result;
    if (url.scheme_id() == urls::scheme::https) {
        result.tls = true;
    } else if (url.scheme_id() != urls::scheme::http) {
        return refusal("expected http or https");
    }
    if (!url.has_authority()) return refusal("expected a host name");
    if (url.has_userinfo()) return refusal("a URL with a user name is not called");
    if (url.has_fragment()) return refusal("a URL with a fragment is not called");
    if (std::string problem = read_host(url, result); !problem.empty()) return refusal(std::move(problem));

    result.port = result.tls ? 443 : 80;
    if (url.has_port() && !url.port().empty()) {
        result.port = url.port_number();
        if (result.port == 0) return refusal("expected a port from 1 to 65535");
    }
    const auto target = url.encoded_target();
    // Boost.URL 1.81 reads `127.0.0.1.example.org` as an address with a path behind it.
    if (!target.empty() && target.front() != '/' && target.front() != '?') {
        return refusal("a host name that begins with an IP address is not called");
    }
    if (target.empty() || target.front() == '?') result.target = "/";
    result.target.append(target.data(), target.size());
    return result;
}

bool is_loopback(std::string_view address) { return address.starts_with("127.") || address == "::1"; }

}  // namespace hooks
