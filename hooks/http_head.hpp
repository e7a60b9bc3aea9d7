// HeadGuard: a request's head, checked line by line as its bytes come and before Beast sees them, against RFC
// 9112 2 to 5.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace hooks {

/// What is wrong with a head, and the status that says so.
struct HeadFault {
    unsigned status = 400;
    std::string_view what;
};

class HeadGuard {
  public:
    /// `head`: all that has come of the head (and behind it) from its first byte; the same bytes and more at
    /// each call. What is wrong with the lines that are whole, or nothing so far.
    std::optional<HeadFault> look(std::string_view head);
    /// Bytes of the head with the empty line at its end; 0 while that has not come.
    std::size_t size() const { return size_; }
    /// Of the request line; 0 while it has not come.
    std::size_t request_line_size() const { return version_digit_ > 0 ? version_digit_ + 3 : 0; }
    /// Where the request line's minor version stands, if it is one after 1.1 (to be read as 1.1: RFC
    /// 9110 2.5); 0 if not.
    std::size_t later_minor_version() const { return is_later_ ? version_digit_ : 0; }

  private:
    std::optional<HeadFault> request_line(std::string_view line);
    std::size_t line_ = 0,
                scanned_ = 0;  // where the line that is not whole begins, and how much of it was looked at
    std::size_t size_ = 0, version_digit_ = 0;
    bool is_later_ = false;
};

/// What is wrong with one field line (RFC 9112 5), without its CR LF; "" if nothing.
std::string_view field_line_fault(std::string_view line);

/// Every `%` is followed by two hex digits (RFC 3986 2.1).
bool is_percent_encoded(std::string_view text);

/// uri-host [":" port] of RFC 9110 7.2, not empty: a name, an IPv4 address, or an IPv6 (or later) one in
/// brackets (RFC 3986 3.2.2). An IPv6 zone is none, and neither is a name with a comma.
bool is_host(std::string_view text);

/// A character of a token (RFC 9110 5.6.2).
bool is_token_character(char c);
bool is_digit(char c);

}  // namespace hooks
