// Feedback as a client with one card and one suggestion would send it.
#include "tests/support/hooks_feedback.hpp"

#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <thread>
#include <utility>

namespace hooks::testing {

TemporaryFolder::TemporaryFolder() {
    path = ::testing::TempDir() + "asps-cds-feedback-XXXXXX";
    if (!::mkdtemp(path.data())) std::abort();
}

TemporaryFolder::~TemporaryFolder() { std::filesystem::remove_all(path); }

Feedback accepted(const std::string& card, const std::string& timestamp) {
    Feedback feedback;
    feedback.outcome = Feedback::Outcome::accepted;
    feedback.card = card;
    feedback.timestamp = timestamp;
    feedback.accepted_suggestions = {"suggestion-of-" + card};
    return feedback;
}

Feedback overridden(const std::string& card, const std::string& reason_code, const std::string& timestamp) {
    Feedback feedback;
    feedback.outcome = Feedback::Outcome::overridden;
    feedback.card = card;
    feedback.timestamp = timestamp;
    feedback.reason_code = reason_code;
    if (!reason_code.empty()) feedback.reason_system = "https://demo.example.org/override";
    return feedback;
}

IssuedCard issued(const std::string& card, const std::string& topic) {
    IssuedCard given;
    given.card = card;
    given.service = "demo-view";
    given.hook = "patient-view";
    given.topic = topic;
    given.rule = "rule-of-" + topic;
    given.rule_version = "1.0.0";
    given.suggestions = {"suggestion-of-" + card};
    return given;
}

std::optional<FeedbackStore::Kept> keep(FeedbackStore& store, std::vector<Feedback> feedback) {
    auto promise = std::make_shared<std::promise<std::optional<FeedbackStore::Kept>>>();
    auto kept = promise->get_future();
    store.keep("demo-view", std::move(feedback), [promise](auto result) { promise->set_value(result); });
    return kept.get();
}

bool eventually(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}

}  // namespace hooks::testing
