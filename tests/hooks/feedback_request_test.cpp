// The body of a feedback POST: what is taken, into which form, and the path and words for each thing that is
// wrong.
#include "hooks/feedback_request.hpp"

#include "hooks/instant.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace {

using hooks::Feedback;
using hooks::read_feedback;
using testing::ElementsAre;
using testing::HasSubstr;

fhir::Result<std::vector<Feedback>> read(const std::string& body) {
    const auto document = fhir::Document::parse(body);
    return read_feedback((*document)->root());
}

/// A body with one element of these members.
std::string body_of(const std::string& members) { return R"({"feedback":[{)" + members + "}]}"; }

const std::string when = R"("outcomeTimestamp":"2026-03-02T09:14:07.120Z")";
const std::string card = R"("card":"3d9f5a0e-53a5-4c1c-9f50-2f0c0ec8f1aa",)";
const std::string suggestion = R"("acceptedSuggestions":[{"id":"b7a0a4b1-6f0d-4b0f-8a6e-9f6f3a1f3c55"}])";

TEST(FeedbackRequest, TakesABatchOfSeveralCards) {  // F-2, F-3, F-5 to F-10
    const auto feedback = read(R"({ "feedback": [
  { "card": "3d9f5a0e-53a5-4c1c-9f50-2f0c0ec8f1aa", "outcome": "accepted",
    "acceptedSuggestions": [ { "id": "b7a0a4b1-6f0d-4b0f-8a6e-9f6f3a1f3c55" }, { "id": "c0" } ],
    "outcomeTimestamp": "2026-03-02T09:14:07.120Z" },
  { "card": "9a9d3d8e-0b4f-4c7e-8d43-8f3b8f6d1c02", "outcome": "overridden",
    "overrideReason": { "reason": { "system": "https://demo.example.org/override", "code": "doneElsewhere",
                                    "display": "Done elsewhere" },
                        "userComment": "ECG at outside hospital" },
    "outcomeTimestamp": "2026-03-02T09:15:00Z" } ] })");

    ASSERT_TRUE(feedback) << feedback.error().diagnostics;
    ASSERT_EQ(feedback->size(), 2U);
    const Feedback& accepted = feedback->front();
    EXPECT_EQ(accepted.card, "3d9f5a0e-53a5-4c1c-9f50-2f0c0ec8f1aa");
    EXPECT_EQ(accepted.outcome, Feedback::Outcome::accepted);
    EXPECT_EQ(accepted.timestamp, "2026-03-02T09:14:07.120000Z");
    EXPECT_THAT(accepted.accepted_suggestions, ElementsAre("b7a0a4b1-6f0d-4b0f-8a6e-9f6f3a1f3c55", "c0"));
    const Feedback& overridden = feedback->back();
    EXPECT_EQ(overridden.outcome, Feedback::Outcome::overridden);
    EXPECT_EQ(overridden.reason_system, "https://demo.example.org/override");
    EXPECT_EQ(overridden.reason_code, "doneElsewhere");
    EXPECT_EQ(overridden.reason_display, "Done elsewhere");
    EXPECT_EQ(overridden.comment, "ECG at outside hospital");
}

TEST(FeedbackRequest, TakesWhatThePublicSandboxSends) {  // clients.md 2.7
    const auto with_reason = read(
        R"({"feedback":[{"card":"c","outcome":"overridden","outcomeTimestamp":"2026-11-23T16:26:55.161Z","overrideReason":{"reason":{"code":"r1","system":"urn:reasons"}}}]})");
    const auto without = read(
        R"({"feedback":[{"card":"c","outcome":"overridden","outcomeTimestamp":"2026-11-23T16:26:55.161Z"}]})");

    ASSERT_TRUE(with_reason) << with_reason.error().diagnostics;
    EXPECT_EQ(with_reason->front().reason_code, "r1");
    EXPECT_EQ(with_reason->front().reason_display, "") << "F-7: the display is usually absent";
    ASSERT_TRUE(without) << without.error().diagnostics;
    EXPECT_EQ(without->front().reason_code, "");
}

TEST(FeedbackRequest, TakesACommentAlone) {  // F-8
    const auto feedback =
        read(body_of(card + R"("outcome":"overridden","overrideReason":{"userComment":"nö"},)" + when));

    ASSERT_TRUE(feedback) << feedback.error().diagnostics;
    EXPECT_EQ(feedback->front().comment, "nö");
}

TEST(FeedbackRequest, TakesNullForAbsentAndIgnoresWhatItDoesNotKnow) {  // J-7, E-4
    const auto feedback = read(
        R"({"extension":{"a":1},"feedback":[{"card":"c","outcome":"accepted","extension":{"b":2},"overrideReason":null,)" +
        suggestion + "," + when + "}]}");

    EXPECT_TRUE(feedback) << feedback.error().diagnostics;
}

TEST(FeedbackRequest, SpellsTheSameUuidAlike) {
    const auto feedback = read(body_of(R"("card":"urn:uuid:3D9F5A0E-53A5-4C1C-9F50-2F0C0EC8F1AA",)"
                                       R"("outcome":"overridden",)" +
                                       when));

    ASSERT_TRUE(feedback);
    EXPECT_EQ(feedback->front().card, "3d9f5a0e-53a5-4c1c-9f50-2f0c0ec8f1aa");
}

struct Time {
    const char *name, *given, *kept;
};

class FeedbackTimestamp : public testing::TestWithParam<Time> {};

TEST_P(FeedbackTimestamp, IsKeptInUtc) {  // F-9, F-15
    const auto feedback =
        read(body_of(card + R"("outcome":"overridden","outcomeTimestamp":")" + GetParam().given + "\""));

    ASSERT_TRUE(feedback) << feedback.error().diagnostics;
    EXPECT_EQ(feedback->front().timestamp, GetParam().kept);
}

INSTANTIATE_TEST_SUITE_P(
    All, FeedbackTimestamp,
    testing::Values(Time{"WithoutFraction", "2026-03-02T09:15:00Z", "2026-03-02T09:15:00.000000Z"},
                    Time{"OffsetOverMidnight", "2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00.000000Z"},
                    Time{"NegativeOffset", "2026-02-28T22:00:00.5-05:30", "2026-03-01T03:30:00.500000Z"},
                    Time{"UnknownOffset", "2026-03-02T09:15:00-00:00", "2026-03-02T09:15:00.000000Z"},
                    Time{"SmallLetters", "2026-03-02t09:15:00z", "2026-03-02T09:15:00.000000Z"},
                    Time{"Nanoseconds", "2026-03-02T09:15:00.123456789Z", "2026-03-02T09:15:00.123456Z"},
                    Time{"LeapSecond", "2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z"},
                    Time{"LeapDay", "2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000000Z"}),
    [](const auto& test) { return test.param.name; });

class NoInstant : public testing::TestWithParam<const char*> {};

TEST_P(NoInstant, IsRefused) { EXPECT_FALSE(hooks::read_instant(GetParam())); }

INSTANTIATE_TEST_SUITE_P(All, NoInstant,
                         testing::Values("", "2026-03-02", "2026-03-02T09:15Z", "2026-03-02T09:15:00",
                                         "2026-03-02 09:15:00Z", "2026-02-29T00:00:00Z",
                                         "2026-13-01T00:00:00Z", "2026-03-02T24:00:00Z",
                                         "2026-03-02T09:60:00Z", "2026-03-02T09:15:61Z",
                                         "2026-03-02T09:15:00.Z", "2026-03-02T09:15:00+1:00",
                                         "2026-03-02T09:15:00+0100", "2026-03-02T09:15:00+24:00",
                                         "2026-03-02T09:15:00ZZ", "+026-03-02T09:15:00Z",
                                         "0000-01-01T00:00:00+01:00", "9999-12-31T23:59:59-00:01", "March"));

struct Mistake {
    const char* name;
    std::string body, path, message;
};

class FeedbackMistake : public testing::TestWithParam<Mistake> {};

TEST_P(FeedbackMistake, IsNamedWithItsPath) {  // F-16
    const auto feedback = read(GetParam().body);

    ASSERT_FALSE(feedback);
    EXPECT_EQ(feedback.error().expression, GetParam().path);
    EXPECT_THAT(feedback.error().diagnostics, HasSubstr(GetParam().message));
}

std::string elements(std::size_t count) {
    std::string body = R"({"feedback":[)";
    for (std::size_t i = 0; i < count; ++i)
        body += (i == 0 ? "{" : ",{") + card + R"("outcome":"overridden",)" + when + "}";
    return body + "]}";
}

std::string with_comment(std::size_t characters) {
    std::string text;
    for (std::size_t i = 0; i < characters; ++i) text += "ä";
    return body_of(card + R"("outcome":"overridden","overrideReason":{"userComment":")" + text + R"("},)" +
                   when);
}

const std::string accepted = card + R"("outcome":"accepted",)" + when;
const std::string overridden = card + R"("outcome":"overridden",)" + when;

INSTANTIATE_TEST_SUITE_P(
    All, FeedbackMistake,
    testing::Values(
        Mistake{"AnArray", "[]", "", "expected an object with the array feedback, got an array"},
        Mistake{"NoFeedback", "{}", "feedback", "required, expected an array of feedback objects"},
        Mistake{"FeedbackIsOneObject", R"({"feedback":{}})", "feedback",
                "expected an array of feedback objects, got an object"},
        Mistake{"NothingInIt", R"({"feedback":[]})", "feedback", "at least one"},
        Mistake{"ElementIsAText", R"({"feedback":["x"]})", "feedback[0]", "expected an object with card"},
        Mistake{"NoCard", body_of(R"("outcome":"overridden",)" + when), "feedback[0].card",
                "required, expected the uuid of a card"},
        Mistake{"CardIsANumber", body_of(R"("card":7,"outcome":"overridden",)" + when), "feedback[0].card",
                "got a number"},
        Mistake{"CardIsEmpty", body_of(R"("card":"","outcome":"overridden",)" + when), "feedback[0].card",
                "expected the uuid of a card"},
        Mistake{"CardIsALongText",
                body_of(R"("card":")" + std::string(201, 'x') + R"(","outcome":"overridden",)" + when),
                "feedback[0].card", "expected at most 200 bytes"},
        Mistake{"NoOutcome", body_of(card + when), "feedback[0].outcome",
                "required, expected \"accepted\" or \"overridden\""},
        Mistake{"Ignored", body_of(card + R"("outcome":"ignored",)" + when), "feedback[0].outcome",  // F-4
                "expected \"accepted\" or \"overridden\", got a string"},
        Mistake{"NoTimestamp", body_of(card + R"("outcome":"overridden")"), "feedback[0].outcomeTimestamp",
                "required, expected a date-time"},
        Mistake{"TimestampIsADay",
                body_of(card + R"("outcome":"overridden","outcomeTimestamp":"2026-03-02")"),
                "feedback[0].outcomeTimestamp",
                "expected a date-time such as 2026-03-02T09:14:07.120Z, got a string"},
        Mistake{"TimestampIsNull", body_of(card + R"("outcome":"overridden","outcomeTimestamp":null)"),
                "feedback[0].outcomeTimestamp", "got null"},
        Mistake{"NothingWasAccepted", body_of(accepted), "feedback[0].acceptedSuggestions",  // F-5
                "required, expected with \"accepted\" an array"},
        Mistake{"AcceptedIsEmpty", body_of(accepted + R"(,"acceptedSuggestions":[])"),
                "feedback[0].acceptedSuggestions", "at least one"},
        Mistake{"AcceptedAreTexts", body_of(accepted + R"(,"acceptedSuggestions":["b7a0"])"),
                "feedback[0].acceptedSuggestions[0]", "expected an object such as"},
        Mistake{"AcceptedWithoutId", body_of(accepted + R"(,"acceptedSuggestions":[{"id":"a"},{}])"),
                "feedback[0].acceptedSuggestions[1].id", "required"},
        Mistake{"AcceptedWithReason",
                body_of(accepted + "," + suggestion + R"(,"overrideReason":{"userComment":"x"})"),
                "feedback[0].overrideReason", "only with the outcome \"overridden\""},
        Mistake{"OverriddenWithSuggestions", body_of(overridden + "," + suggestion),
                "feedback[0].acceptedSuggestions", "only with the outcome \"accepted\""},
        Mistake{"ReasonIsAText", body_of(overridden + R"(,"overrideReason":"no")"),
                "feedback[0].overrideReason", "expected an object, got a string"},
        Mistake{"ReasonIsEmpty", body_of(overridden + R"(,"overrideReason":{})"),
                "feedback[0].overrideReason", "a reason, a userComment or both"},
        Mistake{"ReasonWithoutCode", body_of(overridden + R"(,"overrideReason":{"reason":{"display":"x"}})"),
                "feedback[0].overrideReason.reason.code", "required"},
        Mistake{"CommentIsAnObject", body_of(overridden + R"(,"overrideReason":{"userComment":{}})"),
                "feedback[0].overrideReason.userComment", "expected a string, got an object"},
        Mistake{"CommentIsTooLong", with_comment(4'001), "feedback[0].overrideReason.userComment",  // F-15
                "expected at most 4000 characters"},
        Mistake{"TooManyElements", elements(201), "feedback", "expected at most 200 elements"},
        Mistake{"TheSecondOfTwo", R"({"feedback":[{)" + overridden + R"(},{"card":"c"}]})",
                "feedback[1].outcome", "required"}),
    [](const auto& test) { return test.param.name; });

TEST(FeedbackRequest, TakesAsMuchAsItsLimitsSay) {  // F-15
    EXPECT_TRUE(read(elements(200)));
    EXPECT_TRUE(read(with_comment(4'000)));
}

TEST(FeedbackRequest, ShowsNothingOfACommentThatItRefuses) {
    const auto feedback = read(with_comment(4'001));

    EXPECT_THAT(feedback.error().diagnostics, testing::Not(HasSubstr("ä")));
}

}  // namespace
