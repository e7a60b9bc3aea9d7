// The chain: whatever is done to a line that was written, the check says where.
#include "hooks/decision_chain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <sstream>
#include <string>
#include <vector>

namespace {

using hooks::ChainEnd;
using hooks::ChainReport;
using testing::HasSubstr;
using Lines = std::vector<std::string>;

std::string sealed(std::string_view line, ChainEnd& end) {
    std::string out;
    hooks::append_sealed(out, line, end);
    return out;
}

/// A chain of five lines: the first, and four decisions.
Lines chain() {
    ChainEnd end;
    Lines lines = {sealed(R"({"event":"begun"})", end)};
    for (const char* service : {"a", "b", "c", "d"}) {
        lines.push_back(sealed(std::string(R"({"event":"decision","service":")") + service + "\"}", end));
    }
    return lines;
}

ChainReport verify(const Lines& lines, const std::optional<ChainEnd>& end = std::nullopt) {
    std::string text;
    for (const std::string& line : lines) text += line;
    std::istringstream in(text);
    return hooks::verify_chain(in, end);
}

/// The chain with everything sealed anew from `index` on, as one who can write the file but not the lines
/// before would.
std::string resealed(const std::string& line) {
    const std::size_t seal = line.find(R"(,"seq":)");
    ChainEnd end{5, std::string(64, 'a')};
    return sealed(line.substr(0, seal) + "}", end);
}

TEST(DecisionChain, IsUnbrokenAsItWasWritten) {
    const ChainReport report = verify(chain());

    EXPECT_FALSE(report.fault);
    EXPECT_EQ(report.lines, 5U);
    EXPECT_EQ(report.decisions, 4U);
    EXPECT_EQ(report.end.sequence, 5U);
    EXPECT_THAT(report.notes, testing::IsEmpty());
}

struct Tampering {
    const char* name;
    std::function<void(Lines&)> done;
    std::size_t line;
    const char* says;
};

TEST(DecisionChain, ShowsTheLineOfEveryTampering) {
    const std::vector<Tampering> all = {
        {"a value was changed", [](Lines& l) { l[2].replace(l[2].find("\"b\""), 3, "\"x\""); }, 3, "changed"},
        {"a byte was added", [](Lines& l) { l[2].insert(10, " "); }, 3, "changed"},
        {"a hash was changed", [](Lines& l) { l[2][l[2].size() - 4] ^= 1; }, 3, ""},
        {"a number was changed", [](Lines& l) { l[2].replace(l[2].find(R"("seq":3)"), 7, R"("seq":9)"); }, 3,
         "changed"},
        {"a line was removed", [](Lines& l) { l.erase(l.begin() + 2); }, 3, "removed"},
        {"the first line was removed", [](Lines& l) { l.erase(l.begin()); }, 1, "removed"},
        {"two lines were exchanged", [](Lines& l) { std::swap(l[2], l[3]); }, 3, "removed, or it was moved"},
        {"a line was repeated", [](Lines& l) { l.insert(l.begin() + 3, l[2]); }, 4, "repeated"},
        {"a line was inserted", [](Lines& l) { l.insert(l.begin() + 2, resealed(l[1])); }, 3, ""},
        {"text was inserted", [](Lines& l) { l.insert(l.begin() + 2, "{}\n"); }, 3,
         "not a line of the chain"},
        {"an empty line was inserted", [](Lines& l) { l.insert(l.begin() + 2, "\n"); }, 3, ""},
        {"a line was made anew with a right hash", [](Lines& l) { l[2] = resealed(l[2]); }, 3, ""},
        {"the end was cut within a line", [](Lines& l) { l[4].resize(20); }, 5, "cut off"},
        {"a line was cut in the middle", [](Lines& l) { l[2] = l[2].substr(0, 20) + "\n"; }, 3, ""},
        {"another chain was put behind", [](Lines& l) { l.push_back(chain()[0]); }, 6, "begins anew"},
    };

    for (const Tampering& given : all) {
        Lines lines = chain();
        given.done(lines);

        const ChainReport report = verify(lines);

        ASSERT_TRUE(report.fault) << given.name;
        EXPECT_EQ(report.fault->line, given.line) << given.name << ": " << report.fault->what;
        EXPECT_THAT(report.fault->what, HasSubstr(given.says)) << given.name;
    }
}

TEST(DecisionChain, GoesOnBehindALineThatADyingWriterCutOff) {
    Lines lines = chain();
    ChainEnd end;
    end.sequence = hooks::seal_of(std::string_view(lines[3]).substr(0, lines[3].size() - 1))->sequence;
    end.hash = hooks::seal_of(std::string_view(lines[3]).substr(0, lines[3].size() - 1))->hash;
    lines[4] = lines[4].substr(0, 20) + "\n";
    lines.push_back(sealed(R"({"event":"interrupted"})", end));
    lines.push_back(sealed(R"({"event":"decision"})", end));

    const ChainReport report = verify(lines);

    EXPECT_FALSE(report.fault) << report.fault->what;
    EXPECT_THAT(report.notes, testing::ElementsAre(HasSubstr("cut off when the writer died")));
    lines.erase(lines.begin() + 4);
    EXPECT_THAT(verify(lines).fault->what, HasSubstr("the cut line before it was removed"));
}

TEST(DecisionChain, RunsThroughFilesInTheirOrder) {
    const Lines first = chain();
    ChainEnd end = verify(first).end;
    const ChainEnd before = end;
    const Lines second = {sealed(R"({"event":"continued"})", end), sealed(R"({"event":"decision"})", end)};

    EXPECT_FALSE(verify(second, before).fault);
    EXPECT_TRUE(verify(second, ChainEnd{4, std::string(64, '0')}).fault) << "a file between them is missing";
    EXPECT_TRUE(verify(first, before).fault) << "a first file is no second one";
    const ChainReport alone = verify(second);
    EXPECT_FALSE(alone.fault);
    EXPECT_THAT(alone.notes,
                testing::ElementsAre(HasSubstr("continues line 5 of an earlier file, hash " + before.hash)));
}

TEST(DecisionChain, FindsAHashThatWasNotedDown) {
    Lines lines = chain();
    const std::string hash = verify(lines).end.hash;
    const auto has = [&hash](const Lines& given) {
        std::string text;
        for (const std::string& line : given) text += line;
        std::istringstream in(text);
        return hooks::verify_chain(in, std::nullopt, hash).has_wanted;
    };

    EXPECT_TRUE(has(lines));
    lines.pop_back();
    EXPECT_FALSE(has(lines)) << "the last line was removed: only a hash from elsewhere shows that";
}

}  // namespace
