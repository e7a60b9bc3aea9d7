// Feedback: what clinicians did with cards, which cards they were given, and where both are kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hooks {

/// One element of a feedback body (F-3 to F-9), as it is kept. "" where the client said nothing.
struct Feedback {
    enum class Outcome : std::uint8_t { accepted, overridden } outcome = Outcome::accepted;
    std::string card;                               ///< the card's uuid: lower case, without `urn:uuid:`
    std::string timestamp;                          ///< outcomeTimestamp in UTC as utc_text() writes it
    std::vector<std::string> accepted_suggestions;  ///< uuids, likewise
    std::string reason_system, reason_code,
        reason_display = {};  ///< overrideReason.reason, ours or not (O-2)
    std::string comment;  ///< overrideReason.userComment: may name a patient, so it is never logged (F-15)
};
std::string_view to_string(Feedback::Outcome outcome);

/// A card that was given. Nothing of the patient or the record: feedback names the card by its uuid.
struct IssuedCard {
    std::string card, service, hook, topic, rule, rule_version;
    std::vector<std::string> suggestions;  ///< their uuids
};

/// Where feedback is kept. Its functions may be called by many threads at once, and none of them waits.
class FeedbackStore {
  public:
    /// What became of one body: elements kept now, those that were there already (an exact repeat), and those
    /// about cards that this store was never told of (F-15).
    struct Kept {
        std::size_t stored = 0, repeated = 0, unknown_cards = 0;
        std::size_t accepted = 0;  ///< of those stored; the others are overridden
    };
    /// nullopt: nothing is kept for sure; the sender may try again, for repeats do no harm.
    using Done = std::function<void(std::optional<Kept>)>;

    virtual ~FeedbackStore() = default;
    /// Keeps all of `feedback`, which was posted to `service`, or none of it. Calls `done` once, when it is
    /// durable or has failed; on a thread of the store, which `done` must not hold up.
    virtual void keep(std::string service, std::vector<Feedback> feedback, Done done) = 0;
    /// Remembers cards that go out, so that feedback can be told what it is about. Soon, but not for sure: if
    /// too many wait they are dropped, and the log says how many.
    virtual void remember(std::vector<IssuedCard> cards) = 0;
    /// Whether keeping worked when it was last tried, and it is tried again and again until it does.
    virtual bool is_open() const = 0;
};

}  // namespace hooks
