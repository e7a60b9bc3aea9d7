// FhirCircuit: after some failures in a row a server is left alone for a while, so that it can recover and
// callers need not wait.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>

namespace hooks {

/// The circuit breaker of one FHIR server. Safe to use from any thread; time comes in.
class FhirCircuit {
  public:
    using Time = std::chrono::steady_clock::time_point;

    FhirCircuit(std::size_t failures, std::chrono::milliseconds pause) : limit_(failures), pause_(pause) {}

    /// Whether a call of the service may ask the server: always, until so many questions in a row have
    /// failed; then not for the pause, and after it one call in each pause tries, until a question is
    /// answered.
    bool admits(Time now);
    /// A question was answered, with whatever status shows that the server works: 200, but also 401 or 404.
    void answered();
    /// A question failed as servers in trouble fail: refused, timed out, 5xx.
    void failed(Time now);
    /// Not admitting everybody.
    bool is_open() const;

  private:
    const std::size_t limit_;
    const std::chrono::milliseconds pause_;
    mutable std::mutex mutex_;
    std::size_t in_a_row_ = 0;
    Time next_try_;  // meaningful once in_a_row_ has reached the limit
};

}  // namespace hooks
