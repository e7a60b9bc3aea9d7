// PopulationSummary: counts what became of many patients, and writes the table at the end.
#pragma once

#include "cards/card.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace hooks {

/// What became of one patient, as far as it is counted.
struct PatientResult {
    std::string line;                                             ///< the JSON for stdout, with its line feed
    std::vector<std::pair<std::string, cards::Indicator>> cards;  ///< by topic
    bool is_incomplete = false;  ///< some rule could not be checked for want of an input
    bool is_error = false;       ///< could not be evaluated, or not wholly
};

class PopulationSummary {
  public:
    void add(const PatientResult& result);
    std::size_t patients() const { return patients_; }
    bool has_errors() const { return errors_ > 0; }
    /// The table, as text for a person.
    std::string text(std::chrono::duration<double> time) const;

  private:
    std::size_t patients_ = 0, with_cards_ = 0, without_ = 0, incomplete_ = 0, errors_ = 0;
    std::map<std::string, std::array<std::size_t, 3>> cards_;  // by topic, by indicator
};

/// 12345 as "12,345".
std::string grouped(std::size_t number);

}  // namespace hooks
