// Regex: FHIRPath's regular expressions on RE2, whose work is linear in the text.
#pragma once

#include "fhir/letter_pairs.hpp"

#include <re2/re2.h>

#include <array>
#include <bitset>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace fhirpath {

/// A pattern as FHIRPath means it: `.` matches line ends too; nothing is logged. Ask ok().
std::unique_ptr<const re2::RE2> compile_regex(std::string_view pattern);

/// A pattern compiled once for many texts, with the words of which a text must have one to match it.
class Regex {
  public:
    explicit Regex(std::string_view pattern);
    const re2::RE2& re2() const { return *re2_; }
    /// False: no text with these pairs matches. Asking this costs a fraction of a search.
    bool may_match(const LetterPairs& text) const;
    /// replace_matches(). Of `[a-z]+` and its like in ASCII text it searches no match, which would be dear.
    std::string_view replace(std::string_view text, std::string_view substitution,
                             std::pmr::memory_resource& arena) const;
    /// There is a text that may_match() refuses.
    bool has_words() const { return !words_.empty(); }

  private:
    /// The first letters of a word, by their lowest five bits, as far as they are ASCII.
    struct Word {
        std::uint8_t size = 0;
        std::array<std::uint8_t, 7> letters{};
    };
    std::unique_ptr<const re2::RE2> re2_;
    std::vector<Word> words_;  ///< empty: any text may match
    std::bitset<128>
        run_of_;  ///< the ASCII characters of a class of which the pattern is a run; none: it is not
};

/// Every match in `text` replaced; `$1`, `${name}` in `substitution` are groups, `\$` is a dollar sign.
/// An empty pattern replaces nothing. The result is `text` itself or stands in `arena`.
std::string_view replace_matches(const re2::RE2& regex, std::string_view text, std::string_view substitution,
                                 std::pmr::memory_resource& arena);

}  // namespace fhirpath
