// A folder for a feedback file, and feedback and cards to put into it.
#pragma once

#include "hooks/feedback.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace hooks::testing {

/// A folder of its own, gone at the end of the scope.
struct TemporaryFolder {
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    std::string path;
};

/// A place for a feedback file, for the time of a test.
class FeedbackFile : public ::testing::Test {
  protected:
    std::string file() const { return folder_ + "/feedback.sqlite"; }

    const TemporaryFolder temporary_;
    const std::string folder_ = temporary_.path;
};

/// Feedback about `card`: accepted with one suggestion.
Feedback accepted(const std::string& card, const std::string& timestamp = "2026-03-02T09:14:07.120000Z");
/// Overridden for a reason of ours; "" for none.
Feedback overridden(const std::string& card, const std::string& reason_code = "doneElsewhere",
                    const std::string& timestamp = "2026-03-02T09:15:00.000000Z");
/// A card about `topic`.
IssuedCard issued(const std::string& card, const std::string& topic = "staging");

/// Keeps `feedback` and waits for what became of it.
std::optional<FeedbackStore::Kept> keep(FeedbackStore& store, std::vector<Feedback> feedback);

/// Waits until `condition` holds, half a minute at most; whether it held.
bool eventually(const std::function<bool()>& condition);

}  // namespace hooks::testing
