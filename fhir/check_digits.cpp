// Check digits: tells a mistyped SNOMED CT or LOINC code from a right one, without a terminology server.
#include "fhir/check_digits.hpp"

#include "fhir/valueset.hpp"

#include <algorithm>
#include <array>

namespace fhir {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
unsigned value_of(char c) { return static_cast<unsigned>(c - '0'); }
bool all_digits(std::string_view text) { return std::all_of(text.begin(), text.end(), is_digit); }

/// The product in the dihedral group of order 10: rotations 0 to 4, reflections 5 to 9.
unsigned product(unsigned a, unsigned b) {
    if (a < 5) return b < 5 ? (a + b) % 5 : 5 + (a + b) % 5;
    return b < 5 ? 5 + (a - b) % 5 : (a - b + 5) % 5;
}

/// Verhoeff's check: 0 for a right number (SNOMED CT Release File Specification, check digit).
unsigned verhoeff(std::string_view digits) {
    constexpr std::array<unsigned, 10> permutation = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};
    unsigned sum = 0, place = 0;
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, ++place) {
        unsigned value = value_of(*digit);
        for (unsigned times = 0; times < place % 8; ++times) value = permutation.at(value);
        sum = product(sum, value);
    }
    return sum;
}

/// The mod 10 check digit of LOINC (LOINC Users' Guide, check digit): every second digit doubled, from the
/// right.
char mod10(std::string_view digits) {
    unsigned sum = 0;
    bool twice = true;
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, twice = !twice) {
        const unsigned value = value_of(*digit) * (twice ? 2 : 1);
        sum += value % 10 + value / 10;
    }
    return static_cast<char>('0' + (10 - sum % 10) % 10);
}

std::string loinc_fault(std::string_view code) {
    std::string_view digits = code;
    const bool has_prefix = digits.size() > 2 && digits[0] == 'L' &&
                            std::string_view("PALG").find(digits[1]) != std::string_view::npos;
    if (has_prefix) digits.remove_prefix(2);
    const std::size_t hyphen = digits.find('-');
    if (hyphen == 0 || hyphen == std::string_view::npos || hyphen + 2 != digits.size() || hyphen > 7 ||
        !is_digit(digits.back()) || !all_digits(digits.substr(0, hyphen)))
        return "expected a LOINC code such as 21889-1, got '" + std::string(code) + "'";
    const char expected = mod10(digits.substr(0, hyphen));
    if (has_prefix || digits.back() == expected) return {};
    return "the LOINC code " + std::string(code) +
           " is mistyped: its check digit does not fit (mod 10 gives " + expected + ")";
}

std::string snomed_fault(std::string_view code) {
    if (code.size() < 6 || code.size() > 18 || code[0] == '0' || !all_digits(code))
        return "expected a SNOMED CT identifier of 6 to 18 digits, got '" + std::string(code) + "'";
    if (verhoeff(code) == 0) return {};
    return "the SNOMED CT code " + std::string(code) +
           " is mistyped: its check digit does not fit (Verhoeff)";
}

}  // namespace

std::string check_digit_fault(std::string_view system, std::string_view code) {
    std::string buffer;
    const std::string_view canonical = canonical_system(system, buffer);
    if (canonical == "http://snomed.info/sct") return snomed_fault(code);
    if (canonical == "http://loinc.org") return loinc_fault(code);
    return {};
}

}  // namespace fhir
