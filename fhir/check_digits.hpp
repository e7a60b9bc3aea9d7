// Check digits: tells a mistyped SNOMED CT or LOINC code from a right one, without a terminology server.
#pragma once

#include <string>
#include <string_view>

namespace fhir {

/// What is wrong with a code of SNOMED CT (SCTID: 6 to 18 digits, the last by Verhoeff) or LOINC (up to seven
/// digits, a hyphen and a digit by mod 10; of LP, LA, LL and LG codes only the shape, for their digit is not
/// made of the number alone). Empty: nothing, or a system without check digits. `system` in any spelling that
/// canonical_system() knows.
std::string check_digit_fault(std::string_view system, std::string_view code);

}  // namespace fhir
