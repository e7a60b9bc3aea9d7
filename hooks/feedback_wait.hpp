// Waiting for a FeedbackStore in a coroutine: no thread stands still meanwhile.
#pragma once

#include "hooks/feedback.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace hooks {

/// What became of keeping `feedback`, which was posted to `service`; nullopt if it could not be kept, or not
/// within `deadline` (then it may still be kept later; a repeat does no harm). Goes on on the executor of the
/// caller, which must be a strand.
boost::asio::awaitable<std::optional<FeedbackStore::Kept>> kept(FeedbackStore& store, std::string service,
                                                                std::vector<Feedback> feedback,
                                                                std::chrono::milliseconds deadline);

}  // namespace hooks
