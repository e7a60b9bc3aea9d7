// Value: the kinds of values that functions and operators take, for the function table and the static check.
#pragma once

#include <cstdint>

namespace fhirpath {

/// Kinds of values as operators and functions tell them apart; a set of them is their sum.
enum class Value : std::uint8_t {
    none = 0,
    boolean = 1,
    number = 2,
    string = 4,
    date = 8,  ///< Date, DateTime, and FHIR's date, dateTime, instant
    time = 16,
    quantity = 32,
    complex = 64,  ///< an element with parts, as CodeableConcept
    anything = 127
};
constexpr Value operator|(Value a, Value b) {
    return static_cast<Value>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr bool overlap(Value a, Value b) {
    return (static_cast<unsigned>(a) & static_cast<unsigned>(b)) != 0;
}

}  // namespace fhirpath
