// NearestName: the known name that a misspelt one may have meant, for "did you mean".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fhir {

/// Looks at known names one by one and keeps the nearest; names further than a third of the letters (one at
/// least) away are none. Both kinds of names must outlive it.
class NearestName {
  public:
    explicit NearestName(std::string_view wanted);
    void look_at(std::string_view known);
    /// Empty if none is near.
    std::string_view name() const { return best_; }
    /// "; did you mean 'onset'?", or nothing.
    std::string question() const;

  private:
    std::string_view wanted_, best_;
    std::size_t best_distance_;
};

}  // namespace fhir
