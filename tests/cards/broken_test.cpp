// Broken knowledge, one file a fault (tests/cards/broken): each gives exactly the messages that its file
// names.
#include "cards/knowledge.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace cards {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

const fs::path folder = fs::path(SOURCE_DIR) / "tests/cards/broken";

std::string read(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// The sound knowledge that every case changes: file name, as messages show it, to text.
std::map<std::string, std::string> base() {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder / "base"))
        if (entry.is_regular_file())
            files[fs::relative(entry.path(), folder / "base").string()] = read(entry.path());
    return files;
}

std::vector<std::string> messages(const std::map<std::string, std::string>& files) {
    std::vector<SourceFile> sources;
    for (const auto& [name, text] : files) sources.push_back({name, text});
    const Knowledge::Loaded loaded = Knowledge::load(std::move(sources));
    EXPECT_EQ(loaded.knowledge == nullptr, !loaded.problems.empty());

    std::string all;
    for (const Problem& problem : loaded.problems) all += to_string(problem) + "\n";
    for (const Problem& warning : loaded.warnings) all += to_string(warning) + " (warning)\n";
    std::vector<std::string> lines;
    for (std::size_t end = 0; (end = all.find('\n')) != std::string::npos; all.erase(0, end + 1))
        lines.push_back(all.substr(0, end));
    return lines;
}

class BrokenKnowledge : public testing::Test {
  public:
    explicit BrokenKnowledge(fs::path file) : file_(std::move(file)) {}

    void TestBody() override {
        const json::object fault = json::parse(read(file_)).as_object();
        auto files = base();
        if (const json::value* changes = fault.if_contains("change")) {
            for (const json::value& change : changes->as_array()) {
                const auto text = [&](const char* key) { return std::string(change.at(key).as_string()); };
                std::string& changed = files.at(text("file"));
                const std::size_t place = changed.find(text("replace"));
                ASSERT_NE(place, std::string::npos) << "not in the base: " << text("replace");
                changed.replace(place, text("replace").size(), text("by"));
            }
        }
        if (const json::value* added = fault.if_contains("add")) {
            for (const auto& [name, resource] : added->as_object())
                files[std::string(name)] = json::serialize(resource);
        }
        std::vector<std::string> expected;
        for (const json::value& line : fault.at("messages").as_array())
            expected.emplace_back(line.as_string());

        ASSERT_FALSE(expected.empty());
        EXPECT_EQ(messages(files), expected) << std::string(fault.at("fault").as_string());
    }

  private:
    fs::path file_;
};

std::vector<fs::path> cases() {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.path().extension() == ".json") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

// Registered before main(), so that test discovery finds every case.
const bool registered = [] {
    for (const fs::path& file : cases()) {
        std::string name = file.stem().string();
        std::replace(name.begin(), name.end(), '-', '_');
        testing::RegisterTest("BrokenKnowledge", name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                              [file]() -> testing::Test* { return new BrokenKnowledge(file); });
    }
    return true;
}();

TEST(BrokenKnowledgeBase, IsSound) { EXPECT_EQ(messages(base()), std::vector<std::string>{}); }

TEST(BrokenKnowledgeBase, HasAtLeast60Cases) { EXPECT_GE(cases().size(), 60U); }

}  // namespace
}  // namespace cards
