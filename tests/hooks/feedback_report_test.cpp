// The report and the export: weeks and sums, RFC 4180, nothing that a terminal or a spreadsheet would act on,
// and comments only when asked for.
#include "hooks/feedback_report.hpp"

#include "hooks/feedback_export.hpp"
#include "tests/support/hooks_feedback.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace {

using hooks::CardCounts;
using hooks::FeedbackRow;
using hooks::iso_week;
using testing::HasSubstr;
using testing::Not;

TEST(FeedbackReport, CountsIsoWeeks) {  // ISO 8601: week 1 holds the year's first Thursday
    EXPECT_EQ(iso_week("2026-11-27"), "2026-W48");
    EXPECT_EQ(iso_week("2026-01-01"), "2026-W01");
    EXPECT_EQ(iso_week("2027-01-03"), "2026-W53");
    EXPECT_EQ(iso_week("2027-01-04"), "2027-W01");
    EXPECT_EQ(iso_week("2024-12-30"), "2025-W01");
    EXPECT_EQ(iso_week("2023-01-01"), "2022-W52");
}

TEST(FeedbackReport, ShowsWeeksTopicsAndSums) {
    CardCounts monday{"2026-11-23", "staging", 3, 1, 1, 1, 1, {{"doneElsewhere", 1}}};
    CardCounts friday{"2026-11-27", "staging", 2, 0, 2, 0, 0, {{"doneElsewhere", 1}, {"(no reason)", 1}}};
    CardCounts other{"2026-11-27", "brainImaging", 1, 1, 0, 0, 0, {}};
    CardCounts unknown{"2026-12-01", "", 0, 1, 0, 0, 0, {}};

    const std::string report = hooks::feedback_report({monday, friday, other, unknown});

    EXPECT_THAT(
        report,
        testing::StartsWith(
            R"(week       topic                   shown    accepted  overridden  unanswered   commented  overridden because

2026-W48   brainImaging                1           1           0           0           0
           staging                     5           1           3           1           1  doneElsewhere 2, (no reason) 1

2026-W49   (unknown cards)             0           1           0           0           0

all weeks  (unknown cards)             0           1           0           0           0
           brainImaging                1           1           0           0           0
           staging                     5           1           3           1           1  doneElsewhere 2, (no reason) 1
           (all)                       6           3           3           1           1  doneElsewhere 2, (no reason) 1

)"));
}

TEST(FeedbackReport, SaysThatThereIsNothing) {
    EXPECT_EQ(hooks::feedback_report({}), "no card was shown and no feedback came\n");
}

TEST(FeedbackReport, LetsNoReasonSteerTheTerminal) {
    CardCounts counts{"2026-11-23", "staging", 1, 0, 1, 0, 0, {{"a\x1b[2Jb\n" + std::string(60, 'x'), 1}}};

    const std::string report = hooks::feedback_report({counts});

    EXPECT_THAT(report, HasSubstr("a?[2Jb?xxx"));
    EXPECT_THAT(report, Not(HasSubstr("\x1b")));
    EXPECT_THAT(report, Not(HasSubstr(std::string(41, 'x'))));
}

FeedbackRow row() {
    FeedbackRow row;
    row.feedback = hooks::testing::overridden("c1");
    row.feedback.comment = "says \"no\", twice";
    row.service = "demo-view";
    row.received_at = "2026-03-02T09:15:01.000000Z";
    row.issued_at = "2026-03-02T09:00:00.000000Z";
    row.card = hooks::testing::issued("c1");
    return row;
}

std::string csv(const FeedbackRow& row, bool with_comments = true) {
    std::string out;
    hooks::append_csv(out, row, with_comments);
    return out;
}

TEST(FeedbackExport, IsCsv) {  // RFC 4180
    EXPECT_EQ(
        hooks::csv_header(true),
        "receivedAt,outcomeTimestamp,outcome,card,knownCard,issuedAt,service,hook,topic,rule,ruleVersion,"
        "reasonSystem,reasonCode,reasonDisplay,acceptedSuggestions,userComment\r\n");
    EXPECT_EQ(csv(row()),
              "2026-03-02T09:15:01.000000Z,2026-03-02T09:15:00.000000Z,overridden,c1,true,"
              "2026-03-02T09:00:00.000000Z,demo-view,patient-view,staging,rule-of-staging,1.0.0,"
              "https://demo.example.org/override,doneElsewhere,,,\"says \"\"no\"\", twice\"\r\n");
}

TEST(FeedbackExport, IsNdjson) {
    std::string out;
    hooks::append_ndjson(out, row(), true);

    EXPECT_EQ(
        out,
        R"({"receivedAt":"2026-03-02T09:15:01.000000Z","outcomeTimestamp":"2026-03-02T09:15:00.000000Z",)"
        R"("outcome":"overridden","card":"c1","knownCard":true,"issuedAt":"2026-03-02T09:00:00.000000Z",)"
        R"("service":"demo-view","hook":"patient-view","topic":"staging","rule":"rule-of-staging",)"
        R"("ruleVersion":"1.0.0","reasonSystem":"https://demo.example.org/override",)"
        R"("reasonCode":"doneElsewhere","userComment":"says \"no\", twice"})"
        "\n");
}

TEST(FeedbackExport, ShowsAcceptedSuggestionsAndUnknownCards) {
    FeedbackRow accepted;
    accepted.feedback = hooks::testing::accepted("c2");
    accepted.feedback.accepted_suggestions = {"s1", "s2"};
    std::string out;
    hooks::append_ndjson(out, accepted, false);

    EXPECT_THAT(out, HasSubstr(R"("card":"c2","knownCard":false,)"));
    EXPECT_THAT(out, HasSubstr(R"("acceptedSuggestions":["s1","s2"]})"));
    EXPECT_THAT(csv(accepted), HasSubstr(",c2,false,,"));
    EXPECT_THAT(csv(accepted), HasSubstr(",s1 s2,"));
}

TEST(FeedbackExport, LeavesCommentsOutUnlessAskedFor) {
    std::string out = csv(row(), false);
    hooks::append_ndjson(out, row(), false);

    EXPECT_THAT(out, Not(HasSubstr("twice")));
    EXPECT_THAT(hooks::csv_header(false), Not(HasSubstr("userComment")));
}

class Formula : public testing::TestWithParam<const char*> {};

TEST_P(Formula, IsATextInTheSpreadsheet) {
    FeedbackRow given = row();
    given.feedback.comment = GetParam() + std::string("1+1");
    given.feedback.reason_code = given.feedback.comment;

    const std::string line = csv(given);

    EXPECT_THAT(line, HasSubstr(std::string(",\"'") + GetParam() + "1+1\""));
    EXPECT_THAT(line, Not(HasSubstr(std::string(",") + GetParam())));
    EXPECT_THAT(line, Not(HasSubstr(std::string(",\"") + GetParam())));
}

INSTANTIATE_TEST_SUITE_P(All, Formula, testing::Values("=", "+", "-", "@", "\t", "\r", "\n", " =", "＝"));

}  // namespace
