// Fresh ids are random bytes of a UUID, which has its own source of them.
#include "hooks/trace.hpp"

#include "hooks/http.hpp"
#include "hooks/uuid.hpp"

#include <algorithm>

namespace hooks {

namespace {

constexpr std::size_t most_id = 64, trace_digits = 32, span_digits = 16;

bool is_hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_plain_id(std::string_view text) {
    return !text.empty() && text.size() <= most_id && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
               c == '_' || c == '.';
    });
}

bool is_zero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

struct Parent {
    std::string_view trace_id, flags;
};

/// Of `version-traceid-parentid-flags`. Version 00 is exactly that; a later one may go on behind another
/// hyphen; ff is none (W3C Trace Context 3.2.2). Empty if it is anything else.
Parent read_traceparent(std::string_view text) {
    constexpr std::size_t size = 55, trace_at = 3, span_at = 36, flags_at = 53;
    if (text.size() < size || text[2] != '-' || text[35] != '-' || text[52] != '-') return {};
    const std::string_view version = text.substr(0, 2);
    if (!is_hex(version) || version == "ff") return {};
    if (text.size() > size && (version == "00" || text[size] != '-')) return {};
    const Parent parent{text.substr(trace_at, trace_digits), text.substr(flags_at, 2)};
    const std::string_view span = text.substr(span_at, span_digits);
    if (!is_hex(parent.trace_id) || !is_hex(span) || !is_hex(parent.flags)) return {};
    if (is_zero(parent.trace_id) || is_zero(span)) return {};
    return parent;
}

std::string random_hex(std::size_t digits) {
    std::string text = new_uuid();
    text.erase(std::remove(text.begin(), text.end(), '-'), text.end());
    text.resize(digits);
    return text;
}

std::string traceparent(const Trace& trace, std::string_view span) {
    std::string text = "00-";
    text.append(trace.trace_id).append("-").append(span).append("-").append(trace.flags);
    return text;
}

}  // namespace

std::string Trace::child() const { return traceparent(*this, random_hex(span_digits)); }

std::string Trace::own() const { return traceparent(*this, span_id); }

Trace trace_of(const Request& request) {
    Trace trace;
    // Two of them contradict each other: neither is taken.
    const bool has_one = request.count("traceparent") == 1;
    const Parent parent = has_one ? read_traceparent(request.field("traceparent")) : Parent();
    trace.trace_id = parent.trace_id.empty() ? random_hex(trace_digits) : std::string(parent.trace_id);
    trace.span_id = random_hex(span_digits);
    // Of the flags only the first bit means anything to us.
    constexpr std::string_view odd_digits = "13579bdf";
    if (!parent.flags.empty() && odd_digits.find(parent.flags[1]) != std::string_view::npos)
        trace.flags = "01";
    const std::string_view given = request.field("X-Request-Id");
    if (request.count("X-Request-Id") == 1 && is_plain_id(given)) {
        trace.request_id = given;
    } else {
        trace.request_id = parent.trace_id.empty() ? new_uuid() : trace.trace_id;
    }
    return trace;
}

}  // namespace hooks
