// The circuit breaker of a FHIR server: open after failures in a row, one try after each pause.
#include "hooks/fhir_circuit.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace {

using namespace std::chrono_literals;
using hooks::FhirCircuit;

class Circuit : public testing::Test {
  protected:
    void fail(int times) {
        for (int i = 0; i < times; ++i) circuit_.failed(now_);
    }

    FhirCircuit circuit_{5, 10s};
    FhirCircuit::Time now_{1h};
};

TEST_F(Circuit, AdmitsUntilFiveQuestionsInARowHaveFailed) {
    fail(4);
    EXPECT_TRUE(circuit_.admits(now_));
    EXPECT_FALSE(circuit_.is_open());

    fail(1);
    EXPECT_FALSE(circuit_.admits(now_));
    EXPECT_TRUE(circuit_.is_open());
}

TEST_F(Circuit, CountsFailuresInARowOnly) {
    fail(4);
    circuit_.answered();
    fail(4);

    EXPECT_TRUE(circuit_.admits(now_));
}

TEST_F(Circuit, LetsOneCallTryAfterThePause) {
    fail(5);

    EXPECT_FALSE(circuit_.admits(now_ + 9'999ms));
    EXPECT_TRUE(circuit_.admits(now_ + 10s));
    EXPECT_FALSE(circuit_.admits(now_ + 10s)) << "one tries, the others wait for what it finds";
}

TEST_F(Circuit, ClosesWhenTheTryIsAnswered) {
    fail(5);
    ASSERT_TRUE(circuit_.admits(now_ + 10s));

    circuit_.answered();

    EXPECT_TRUE(circuit_.admits(now_ + 10s));
    EXPECT_FALSE(circuit_.is_open());
}

TEST_F(Circuit, StaysOpenForAnotherPauseWhenTheTryFails) {
    fail(5);
    ASSERT_TRUE(circuit_.admits(now_ + 10s));

    circuit_.failed(now_ + 11s);

    EXPECT_FALSE(circuit_.admits(now_ + 20'999ms));
    EXPECT_TRUE(circuit_.admits(now_ + 21s));
}

TEST_F(Circuit, LetsAnotherTryWhenTheFirstNeverReports) {
    fail(5);
    ASSERT_TRUE(circuit_.admits(now_ + 10s));

    EXPECT_TRUE(circuit_.admits(now_ + 20s));
}

}  // namespace
