// NearestName: the known name that a misspelt one may have meant, for "did you mean".
#include "fhir/nearest_name.hpp"

#include <algorithm>
#include <vector>

namespace fhir {

namespace {

/// The number of single-letter edits between two names, a swap of neighbours being one.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        next[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            next[j] = std::min({row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                next[j] = std::min(next[j], before[j - 2] + 1);
        }
        std::swap(before, row);
        std::swap(row, next);
    }
    return row.back();
}

constexpr std::size_t longest = 100;  // the cost is the product of the lengths

}  // namespace

NearestName::NearestName(std::string_view wanted)
    : wanted_(wanted), best_distance_(std::max<std::size_t>(1, wanted.size() / 3) + 1) {}

void NearestName::look_at(std::string_view known) {
    if (wanted_.size() > longest || known.size() > longest || known == wanted_) return;
    const std::size_t distance = edit_distance(wanted_, known);
    // `onsetDate` for `onset`, `syst` for `system`: one is how the other begins.
    const bool begins = std::min(known.size(), wanted_.size()) >= 4 &&
                        (wanted_.starts_with(known) || known.starts_with(wanted_));
    const std::size_t extra = begins ? 1 : distance;
    const std::size_t best = std::min(distance, extra);
    if (best >= best_distance_) return;
    best_ = known;
    best_distance_ = best;
}

std::string NearestName::question() const {
    return best_.empty() ? "" : "; did you mean '" + std::string(best_) + "'?";
}

}  // namespace fhir
