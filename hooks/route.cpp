// One table of endpoints: the segments below the base, and what stands there.
#include "hooks/route.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace hooks {

namespace {

constexpr std::string_view reads = "GET, HEAD, OPTIONS", calls = "POST, OPTIONS";
constexpr std::string_view any_id = "{id}";

struct Endpoint {
    Route::To to;
    std::string_view path_template, methods;
    std::array<std::string_view, 3> segments;  // the last ones may be ""
    bool at_root = false;                      // beside the base, too
};

constexpr std::array endpoints = {
    Endpoint{Route::To::discovery, "/cds-services", reads, {"cds-services"}},
    Endpoint{Route::To::call, "/cds-services/{id}", calls, {"cds-services", any_id}},
    Endpoint{Route::To::feedback, "/cds-services/{id}/feedback", calls, {"cds-services", any_id, "feedback"}},
    Endpoint{Route::To::openapi, "/openapi.json", reads, {"openapi.json"}},
    Endpoint{Route::To::metrics, "/metrics", reads, {"metrics"}, true},
    Endpoint{Route::To::live, "/health/live", reads, {"health", "live"}, true},
    Endpoint{Route::To::ready, "/health/ready", reads, {"health", "ready"}, true},
};

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// RFC 3986 2.1; none if a `%` is not followed by two hex digits.
std::optional<std::string> percent_decoded(std::string_view text) {
    if (text.find('%') == std::string_view::npos) return std::string(text);
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

using Segments = std::vector<std::string>;

std::optional<Segments> segments_of(std::string_view path) {
    Segments segments;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('/'), path.size());
        if (end > 0) {
            auto segment = percent_decoded(path.substr(0, end));
            if (!segment) return std::nullopt;
            segments.push_back(std::move(*segment));
        }
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return segments;
}

bool leads_to(std::span<const std::string> segments, const Endpoint& endpoint) {
    std::size_t count = 0;
    for (; count < endpoint.segments.size() && !endpoint.segments[count].empty(); ++count) {
        if (count == segments.size()) return false;
        const std::string_view expected = endpoint.segments[count];
        if (expected != any_id && expected != segments[count]) return false;
    }
    return segments.size() == count;
}

}  // namespace

Route route_of(std::string_view path, std::string_view base_path) {
    if (path == "*") return {Route::To::server, "*", "OPTIONS", {}};
    const auto segments = segments_of(path);
    const auto base = segments_of(base_path);
    if (!segments || !base) return {};
    const std::span<const std::string> whole(*segments);
    const bool is_below =
        whole.size() >= base->size() && std::equal(base->begin(), base->end(), whole.begin());
    for (const Endpoint& endpoint : endpoints) {
        const bool found = (is_below && leads_to(whole.subspan(base->size()), endpoint)) ||
                           (endpoint.at_root && leads_to(whole, endpoint));
        if (!found) continue;
        return {endpoint.to, endpoint.path_template, endpoint.methods,
                endpoint.segments[1] == any_id ? whole[base->size() + 1] : std::string()};
    }
    return {};
}

}  // namespace hooks
