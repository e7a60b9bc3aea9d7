// Mutants: copies of an expression, each with one small fault.
#pragma once

#include <string>
#include <vector>

namespace mutation {

/// An expression with one fault, and what the fault is.
struct Mutant {
    std::string text, fault;
};

/// Each conjunct of each `and` left out, each alternative of each `or` left out, each criterion of `where`
/// and `exists` dropped, and each comparison turned: `<` into `<=` and into `>=`, `=` into `!=`, and so on.
/// `text` compiles.
std::vector<Mutant> mutants_of(const std::string& text);

}  // namespace mutation
