// Render: text of a record in Markdown is text, whatever it holds.
#include "cards/render.hpp"

#include <gtest/gtest.h>

namespace cards {

namespace {

TEST(EscapedMarkdown, MakesNoLinkOfAnAddress) {
    EXPECT_EQ(escaped_markdown("see https://x.example/a"), "see https: //x.example/a");
    EXPECT_EQ(escaped_markdown("see (www.x.example)"), "see (www .x.example)");
    EXPECT_EQ(escaped_markdown("[see](http://x.example)"), "\\[see\\](http: //x.example)");
    EXPECT_EQ(escaped_markdown("wWw.x.example"), "wWw .x.example");
    EXPECT_EQ(escaped_markdown("ask j.doe@x.example"), "ask j.doe @x.example");
}

TEST(EscapedMarkdown, LeavesWordsNumbersAndTimesAlone) {
    EXPECT_EQ(escaped_markdown("6.2 cm, at 12:30. Now. 1/2"), "6.2 cm, at 12:30. Now. 1/2");
    EXPECT_EQ(escaped_markdown("5 mg @ 10:00, 1//2, aww."), "5 mg @ 10:00, 1//2, aww.");
}

}  // namespace

}  // namespace cards
