// Population charts: invented patients, from a seed, as CDS Hooks requests.
#pragma once

#include <boost/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace population {

struct Chart {
    std::uint64_t seed = 0, index = 0;
    /// asps, asps-history, deceased (with ASPS), lookalike, other-cancer, ordinary, vascular, vascular-plain
    std::string kind;
    std::string hook;
    /// A whole CDS Hooks request. Its `extension` says kind, seed, index, the day to ask for, and in words
    /// what is in the chart.
    boost::json::object request;

    /// Nothing in it is about ASPS or a vascular lesion with mass features: no card may come.
    bool is_ordinary() const;
};

/// Chart `index` of the population `seed`; always the same.
Chart make_chart(std::uint64_t seed, std::uint64_t index);

/// The request of a chart as one Bundle of the patient, as `asps-cds evaluate` takes it: all inputs in one,
/// context left out. A chart whose inputs are not all plain (failed, paged) loses that.
boost::json::object as_bundle(const boost::json::object& request);

/// The command that prints this chart again.
std::string reproduction(const Chart& chart);

}  // namespace population
