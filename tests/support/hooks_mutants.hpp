// Hostile and odd request bodies, made from sound ones without chance: the same list in every run.
#pragma once

#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace hooks::testing {

/// A body and how it came to be, for messages.
struct Mutant {
    std::string what, body;
};

/// `call` with members dropped, repeated, retyped, nested and inflated at every depth, resource types
/// exchanged, references in circles, impossible dates and ids, and as text cut off and with bytes that are no
/// UTF-8. `turn` shifts which change meets which member far below the top, where each member meets only some.
std::vector<Mutant> mutants_of(const boost::json::value& call, std::size_t turn);

}  // namespace hooks::testing
