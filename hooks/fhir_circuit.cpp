// The third state of the textbook, half-open, is the time of the next try.
#include "hooks/fhir_circuit.hpp"

namespace hooks {

bool FhirCircuit::admits(Time now) {
    const std::lock_guard lock(mutex_);
    if (in_a_row_ < limit_) return true;
    if (now < next_try_) return false;
    next_try_ = now + pause_;  // one tries; should it never report, the next one does after another pause
    return true;
}

void FhirCircuit::answered() {
    const std::lock_guard lock(mutex_);
    in_a_row_ = 0;
}

void FhirCircuit::failed(Time now) {
    const std::lock_guard lock(mutex_);
    ++in_a_row_;
    if (in_a_row_ >= limit_) next_try_ = now + pause_;
}

bool FhirCircuit::is_open() const {
    const std::lock_guard lock(mutex_);
    return in_a_row_ >= limit_;
}

}  // namespace hooks
