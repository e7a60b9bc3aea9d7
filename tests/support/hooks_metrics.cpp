// A line ends with its value; label values of ours hold no line feed.
#include "tests/support/hooks_metrics.hpp"

#include "hooks/metrics.hpp"

#include <cstdlib>

namespace hooks::testing {

Series series_of(std::string_view text) {
    Series series;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string line(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.empty() || line.front() == '#') continue;
        const std::size_t blank = line.rfind(' ');
        series[line.substr(0, blank)] = std::strtod(line.c_str() + blank, nullptr);
    }
    return series;
}

Series series_now() { return series_of(metrics::text()); }

double value_of(const Series& series, std::string_view name) {
    const auto found = series.find(name);
    return found == series.end() ? 0 : found->second;
}

}  // namespace hooks::testing
