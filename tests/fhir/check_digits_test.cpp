// Check digits of SNOMED CT and LOINC: right codes pass, one wrong or two swapped digits do not.
#include "fhir/check_digits.hpp"

#include <gtest/gtest.h>

namespace fhir {
namespace {

constexpr const char* snomed = "http://snomed.info/sct";
constexpr const char* loinc = "http://loinc.org";

TEST(CheckDigits, RightCodesPass) {
    for (const char* code : {"404684003", "73211009", "22298006", "138875005", "900000000000207008"})
        EXPECT_EQ(check_digit_fault(snomed, code), "") << code;
    for (const char* code : {"2160-0", "718-7", "8302-2", "29463-7", "85354-9", "LA6576-8", "LP7839-6"})
        EXPECT_EQ(check_digit_fault(loinc, code), "") << code;
    EXPECT_EQ(check_digit_fault("http://hl7.org/fhir/sid/icd-10", "123"), "");
}

TEST(CheckDigits, EveryWrongDigitOfASnomedCodeIsFound) {
    const std::string right = "404684003";
    for (std::size_t i = 1; i < right.size(); ++i)
        for (char digit = '0'; digit <= '9'; ++digit) {
            std::string wrong = right;
            wrong[i] = digit;
            EXPECT_EQ(check_digit_fault(snomed, wrong).empty(), digit == right[i]) << wrong;
        }
}

TEST(CheckDigits, MistypedCodesSaySo) {
    EXPECT_EQ(check_digit_fault(snomed, "404684030"),
              "the SNOMED CT code 404684030 is mistyped: its check digit does not fit (Verhoeff)");
    EXPECT_EQ(check_digit_fault("urn:oid:2.16.840.1.113883.6.96", "40468"),
              "expected a SNOMED CT identifier of 6 to 18 digits, got '40468'");
    EXPECT_EQ(check_digit_fault(loinc, "2160-1"),
              "the LOINC code 2160-1 is mistyped: its check digit does not fit (mod 10 gives 0)");
    EXPECT_EQ(check_digit_fault(loinc, "21600"), "expected a LOINC code such as 21889-1, got '21600'");
}

}  // namespace
}  // namespace fhir
