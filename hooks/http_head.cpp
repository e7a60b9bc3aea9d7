// One pass over the bytes; no line is looked at twice.
#include "hooks/http_head.hpp"

#include <boost/asio/ip/address_v6.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace hooks {

namespace {

constexpr std::array<bool, 256> token_characters() {
    std::array<bool, 256> table{};
    for (std::size_t c = '0'; c <= '9'; ++c) table[c] = true;
    for (std::size_t c = 'A'; c <= 'Z'; ++c) table[c] = table[c + 32] = true;
    for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
    return table;
}
constexpr std::array<bool, 256> in_tokens = token_characters();

bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool is_name_character(char c) {
    constexpr std::string_view marks = "-._~!$&'()*+,;=";  // unreserved and sub-delims
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != std::string_view::npos;
}

/// What stands between the brackets: an IPv6 address, or one of a later version: `v1.any`.
bool is_ip_literal(std::string_view text) {
    if (text.starts_with('v') || text.starts_with('V')) {
        const std::size_t dot = text.find('.');
        if (dot == std::string_view::npos || dot < 2 || dot + 1 == text.size()) return false;
        const std::string_view version = text.substr(1, dot - 1), address = text.substr(dot + 1);
        return std::all_of(version.begin(), version.end(), is_hex_digit) &&
               std::all_of(address.begin(), address.end(),
                           [](char c) { return c == ':' || is_name_character(c); });
    }
    boost::system::error_code ec;
    boost::asio::ip::make_address_v6(std::string(text), ec);
    return !ec && text.find('%') == std::string_view::npos;
}

/// A control character other than a tab: none may stand in a field's value (RFC 9110 5.5).
bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f'; }

}  // namespace

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_token_character(char c) { return in_tokens[static_cast<unsigned char>(c)]; }

bool is_percent_encoded(std::string_view text) {
    for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
        if (text.size() - at < 3 || !is_hex_digit(text[at + 1]) || !is_hex_digit(text[at + 2])) return false;
    }
    return true;
}

bool is_host(std::string_view text) {
    std::size_t end = 0;
    if (text.starts_with('[')) {
        end = text.find(']');
        if (end == std::string_view::npos || !is_ip_literal(text.substr(1, end - 1))) return false;
        ++end;
    } else {
        end = std::min(text.find(':'), text.size());
        const std::string_view name = text.substr(0, end);
        const bool is_name =
            std::all_of(name.begin(), name.end(), [](char c) { return c == '%' || is_name_character(c); });
        // A name may have a comma, but a list of hosts is what some proxy understood differently.
        if (name.empty() || !is_name || name.find(',') != std::string_view::npos || !is_percent_encoded(name))
            return false;
    }
    const std::string_view port = text.substr(end);
    if (port.empty()) return true;
    return port.front() == ':' && port.size() <= 6 && std::all_of(port.begin() + 1, port.end(), is_digit);
}

std::string_view field_line_fault(std::string_view line) {
    if (line.front() == ' ' || line.front() == '\t') return "a field line begins with a blank";
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::string_view name = line.substr(0, colon);
    if (colon == line.size()) return "a field line without a colon";
    if (name.empty()) return "a field without a name";
    if (name.back() == ' ' || name.back() == '\t') return "a blank before the colon of a field";
    if (!std::all_of(name.begin(), name.end(), is_token_character))
        return "a field's name holds a character that is not allowed";
    const std::string_view value = line.substr(colon + 1);
    if (std::any_of(value.begin(), value.end(), is_control))
        return "a field's value holds a control character";
    return {};
}

std::optional<HeadFault> HeadGuard::request_line(std::string_view line) {
    const auto is_method_end = [](char c) { return !is_token_character(c); };
    const auto* const after_method = std::find_if(line.begin(), line.end(), is_method_end);
    const auto method = static_cast<std::size_t>(after_method - line.begin());
    if (method == 0 || method == line.size() || line[method] != ' ')
        return HeadFault{400, "expected a method, one space, a target, one space and HTTP/1.1"};
    const std::string_view rest = line.substr(method + 1);
    const std::size_t target = std::min(rest.find(' '), rest.size());
    if (target == 0 || target == rest.size())
        return HeadFault{400, "expected a method, one space, a target, one space and HTTP/1.1"};
    const bool is_visible = std::all_of(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(target),
                                        [](char c) { return c > ' ' && c < '\x7f'; });
    if (!is_visible) return HeadFault{400, "the target holds a character that is not allowed"};
    const std::string_view version = rest.substr(target + 1);
    const bool is_version = version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) &&
                            version[6] == '.' && is_digit(version[7]);
    if (!is_version) return HeadFault{400, "expected HTTP/1.1 at the end of the request line"};
    if (version[5] != '1') return HeadFault{505, "this server speaks HTTP/1.1 and HTTP/1.0"};
    is_later_ = version[7] > '1';
    version_digit_ = line.size() - 1;
    return std::nullopt;
}

std::optional<HeadFault> HeadGuard::look(std::string_view head) {
    while (size_ == 0) {
        const std::size_t end = head.find_first_of(std::string_view("\r\n\0", 3), scanned_);
        if (end == std::string_view::npos) {
            scanned_ = head.size();
            return std::nullopt;
        }
        scanned_ = end;
        if (head[end] == '\0') return HeadFault{400, "a NUL character in the head"};
        if (head[end] == '\n') return HeadFault{400, "line end other than CR LF"};
        if (end + 1 == head.size()) return std::nullopt;  // looked at again with the byte behind it
        if (head[end + 1] != '\n') return HeadFault{400, "line end other than CR LF"};
        const std::string_view line = head.substr(line_, end - line_);
        line_ = scanned_ = end + 2;
        if (line_ == line.size() + 2) {  // the first
            if (auto fault = request_line(line)) return fault;
        } else if (line.empty()) {
            size_ = line_;
        } else if (const std::string_view what = field_line_fault(line); !what.empty()) {
            return HeadFault{400, what};
        }
    }
    return std::nullopt;
}

}  // namespace hooks
