// evaluate on many patients: a line each in the order of the input, whatever is wrong with some of them, in
// little memory.
#include "tests/support/hooks_check.hpp"
#include "tests/support/hooks_process.hpp"

#include <boost/json.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace {

using hooks::testing::Commands;
using hooks::testing::Finished;
using hooks::testing::json_of;
using hooks::testing::Process;
using hooks::testing::run;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<boost::json::object> lines_of(const std::string& out) {
    std::vector<boost::json::object> lines;
    for (std::size_t at = 0; at < out.size();) {
        const std::size_t end = std::min(out.find('\n', at), out.size());
        lines.push_back(json_of(out.substr(at, end - at)).as_object());
        at = end + 1;
    }
    return lines;
}

std::string text_of(const boost::json::object& line, const char* member) {
    const boost::json::value* found = line.if_contains(member);
    return found == nullptr ? "" : std::string(found->as_string());
}

/// A patient with one condition, in one line.
std::string bundle(const std::string& id, const std::string& words = "Cough") {
    return R"({"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":")" + id +
           R"("}},{"resource":{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/)" + id +
           R"("},"code":{"text":")" + words + R"("}}}]})";
}

std::string request(const std::string& id, const std::string& prefetch) {
    return R"({"hook":"patient-view","hookInstance":"x","context":{"userId":"Practitioner/u","patientId":")" +
           id + R"("},"prefetch":)" + prefetch + "}";
}

class Population : public Commands {
  protected:
    Finished evaluate(std::vector<std::string> more, const std::string& input = "/dev/null",
                      bool on_terminal = false) const {
        return run(arguments(std::move(more)), {}, input, on_terminal);
    }
    std::vector<std::string> arguments(std::vector<std::string> more) const {
        std::vector<std::string> all = {"evaluate", "--knowledge", path("demo"), "--service", "demo-view"};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    /// So many patients, each about 2 kB.
    void write_many(const std::string& name, int count) const {
        std::string text;
        for (int i = 1; i <= count; ++i)
            text += bundle("p-" + std::to_string(i), std::string(1'800, 'x')) + '\n';
        write(name, text);
    }
};

TEST_F(Population, IsOneLineAPatientAndASummary) {
    write("all.ndjson",
          bundle("1") + "\n\n" +
              request("2", R"({"patient":{"resourceType":"Patient","id":"2"},"conditions":null})") + "\r\n");

    const Finished finished = evaluate({path("all.ndjson")});

    EXPECT_EQ(finished.code, 0) << finished.err;
    EXPECT_EQ(
        finished.out,
        R"({"source":")" + path("all.ndjson") + R"(:1","patient":"1","service":"demo-view",)" +
            R"("cards":[{"topic":"has-conditions","indicator":"info"},{"topic":"no-observations","indicator":"info"}]})" +
            "\n" + R"({"source":")" + path("all.ndjson") + R"(:3","patient":"2","service":"demo-view",)" +
            R"("cards":[],"notChecked":["no-observations"],"unavailable":["observations"]})" + "\n");
    EXPECT_THAT(finished.err, HasSubstr("patients                               2\n"
                                        "  with cards                           1\n"
                                        "  without a card                       1\n"
                                        "  errors                               0\n"
                                        "some rule not checked                  1\n"));
    EXPECT_THAT(finished.err,
                HasSubstr("cards by topic                  critical     warning        info         all\n"
                          "  has-conditions                       0           0           1           1\n"
                          "  no-observations                      0           0           1           1\n"
                          "  all                                  0           0           2           2\n"));
    EXPECT_THAT(finished.err, Not(HasSubstr("\r"))) << "progress is for terminals";
}

TEST_F(Population, FaultsOfALineDoNotTouchTheOthers) {
    write("all.ndjson", bundle("1") + "\n" + bundle("2").substr(5) + "\n" + request("3", "{}") + "\n" +
                            R"({"resourceType":"Bundle","entry":[]})" + "\n" + "\0\n" + bundle("5"));

    const Finished finished = evaluate({path("all.ndjson")});

    EXPECT_EQ(finished.code, 1);
    const auto lines = lines_of(finished.out);
    ASSERT_EQ(lines.size(), 5U) << finished.out;
    EXPECT_EQ(text_of(lines[0], "patient"), "1");
    EXPECT_THAT(text_of(lines[1], "error"), HasSubstr("expected"));
    EXPECT_EQ(text_of(lines[1], "source"), path("all.ndjson") + ":2");
    EXPECT_EQ(text_of(lines[2], "patient"), "3");
    EXPECT_THAT(text_of(lines[2], "error"), HasSubstr("prefetch key 'patient' missing"));
    EXPECT_THAT(text_of(lines[3], "error"), HasSubstr("expected a Patient"));
    EXPECT_EQ(text_of(lines[4], "patient"), "5");
    EXPECT_THAT(finished.err, HasSubstr("  errors                               3\n"));
}

TEST_F(Population, ALineOverTheLimitIsAnErrorOfThatLine) {
    write("all.ndjson",
          bundle("1") + "\n" + bundle("2", std::string(17U << 20U, 'x')) + "\n" + bundle("3") + "\n");

    const auto lines = lines_of(evaluate({path("all.ndjson")}).out);

    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(text_of(lines[1], "error"), "expected at most 16777216 bytes in a line");
    EXPECT_EQ(text_of(lines[2], "patient"), "3");
}

TEST_F(Population, IsReadFromAFolderInOrder) {
    write("charts/b/2.json", bundle("2"));
    write("charts/a/1.xml",
          "<Bundle xmlns='http://hl7.org/fhir'><entry><resource><Patient><id value='1'/></Patient></resource>"
          "</entry></Bundle>");
    write("charts/c.ndjson", bundle("3") + "\n" + bundle("4") + "\n");
    write("charts/d.json", "{\n" + bundle("5").substr(1));
    write("charts/notes.txt", "not a chart");

    const Finished finished = evaluate({path("charts")});

    EXPECT_EQ(finished.code, 0) << finished.err;
    std::vector<std::string> sources;
    for (const auto& line : lines_of(finished.out))
        sources.push_back(text_of(line, "patient") + " " + text_of(line, "source"));
    EXPECT_THAT(sources, ElementsAre("1 " + path("charts/a/1.xml"), "2 " + path("charts/b/2.json"),
                                     "3 " + path("charts/c.ndjson:1"), "4 " + path("charts/c.ndjson:2"),
                                     "5 " + path("charts/d.json")));
}

TEST_F(Population, IsSeveralFilesToo) {
    write("1.json", bundle("1"));
    write("2.json", bundle("2"));

    EXPECT_EQ(lines_of(evaluate({path("2.json"), path("1.json")}).out).at(0).at("patient"), "2");
}

TEST_F(Population, IsReadFromStandardInput) {
    write("lines", bundle("1") + "\n\n" + bundle("2") + "\n");
    write("alone", "\n" + bundle("1") + "\n\n");

    EXPECT_EQ(lines_of(evaluate({"-"}, path("lines")).out).at(1).at("source"), "-:3");
    EXPECT_EQ(json_of(evaluate({"-"}, path("alone")).out).at("cards").as_array().size(), 2U)
        << "one chart is answered as before";
}

TEST_F(Population, OfBulkExportIsRefusedWithAReason) {
    write("Patient.ndjson", R"({"resourceType":"Patient","id":"1"})"
                            "\n");

    const Finished finished = evaluate({path("Patient.ndjson")});

    EXPECT_EQ(finished.code, 1);
    EXPECT_THAT(finished.out,
                HasSubstr("expected a CDS Hooks request or a Bundle with all resources of one patient, "
                          "got a Patient alone"));
}

TEST_F(Population, CanBeExplained) {
    write("all.ndjson", bundle("1"));

    const auto lines = lines_of(evaluate({"--explain", path("all.ndjson")}).out);

    const auto& rule = lines.at(0).at("rules").at(0);
    EXPECT_EQ(rule.at("rule"), "has-conditions");
    EXPECT_EQ(rule.at("outcome"), "fired");
    EXPECT_EQ(rule.at("reason"), "its condition holds");
}

TEST_F(Population, OfNothingIsWrongUse) {
    std::filesystem::create_directory(folder_ / "empty");
    write("1.json", bundle("1"));

    EXPECT_EQ(evaluate({path("empty")}).code, 2);
    EXPECT_THAT(evaluate({path("empty")}).err, HasSubstr("no .json, .xml or .ndjson file below it"));
    EXPECT_EQ(evaluate({path("nowhere.ndjson")}).code, 2);
    EXPECT_EQ(evaluate({path("1.json"), path("nowhere.json")}).code, 2);
}

TEST_F(Population, KeepsItsOrderOnSeveralThreads) {
    write_many("all.ndjson", 1'000);

    const auto lines = lines_of(evaluate({path("all.ndjson")}).out);

    ASSERT_EQ(lines.size(), 1'000U);
    for (std::size_t i = 0; i < lines.size(); ++i)
        ASSERT_EQ(text_of(lines[i], "patient"), "p-" + std::to_string(i + 1));
}

TEST_F(Population, NeedsNoMoreMemoryTheLargerItIs) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers keep what was freed";
#endif
    write_many("small.ndjson", 1'000);
    write_many("large.ndjson", 10'000);

    const Finished small = evaluate({path("small.ndjson")}), large = evaluate({path("large.ndjson")});

    EXPECT_THAT(large.err, HasSubstr("10,000\n"));
    EXPECT_LT(large.most_memory, small.most_memory + (4U << 20U));
}

TEST_F(Population, EndsQuietlyWhenNobodyReadsOn) {
    write_many("all.ndjson", 5'000);
    Process process(arguments({path("all.ndjson")}));

    EXPECT_THAT(process.line(), HasSubstr(R"("patient":"p-1")"));
    process.close_stdout();
    std::string out, err;

    EXPECT_EQ(process.wait(out, err), 0);
    EXPECT_EQ(err, "");
}

TEST_F(Population, ShowsItsProgressOnATerminal) {
    write_many("all.ndjson", 1'000);

    const Finished finished = evaluate({path("all.ndjson")}, "/dev/null", true);

    EXPECT_EQ(finished.code, 0);
    EXPECT_THAT(finished.err, HasSubstr("\r["));
    EXPECT_THAT(finished.err, HasSubstr("% "));
    EXPECT_THAT(finished.err, HasSubstr("/s\x1b[K"));
    EXPECT_THAT(finished.err, HasSubstr("\r\x1b[K\r\npatients ")) << "and takes it away at the end";
}

}  // namespace
