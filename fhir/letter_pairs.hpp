// LetterPairs: what tells at a glance that a text lacks a word.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace fhirpath {

/// Which pairs of neighbouring characters a text has, each character by its lowest five bits: letters of
/// ASCII count without their case. A text that lacks a pair of a word lacks the word.
class LetterPairs {
  public:
    static std::uint8_t letter(char c) { return static_cast<unsigned char>(c) & 31U; }
    void read(std::string_view text) {
        rows_.fill(0);
        unsigned before = 0;  // as if something stood before the first: a pair too many does no harm
        for (const char c : text) {
            const unsigned now = letter(c);
            rows_.data()[before] |= std::uint32_t{1} << now;
            before = now;
        }
    }
    bool has(std::uint8_t first, std::uint8_t second) const {
        return (rows_.data()[first] >> second & 1U) != 0;
    }

  private:
    std::array<std::uint32_t, 32> rows_;  // unmade until it is read
};

}  // namespace fhirpath
