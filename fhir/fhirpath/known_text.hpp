// KnownText: what one request's evaluations have found out about a text, so that it is asked once.
#pragma once

#include "fhir/letter_pairs.hpp"

#include <cstddef>

namespace fhirpath {

/// Texts of body and arena stay where they are, so that address and size name them.
struct KnownText {
    const char* data = nullptr;
    std::size_t size = 0;
    const char* lower = nullptr;  ///< the text in lower case, as long as it is; null: not asked yet
    bool has_pairs = false;
    LetterPairs pairs;

    KnownText() {}  // NOLINT: leaves the pairs unmade
};

}  // namespace fhirpath
