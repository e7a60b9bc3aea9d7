// Fuzz target: knowledge files from one text, each after a line "=== NAME" (before the first: one.json),
// loaded together.
#include "tests/fuzz/target.hpp"

#include "cards/knowledge.hpp"

namespace {

std::vector<cards::SourceFile> files_of(std::string_view text) {
    constexpr std::string_view mark = "=== ";
    std::vector<cards::SourceFile> files{{"one.json", {}}};
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        if (line.starts_with(mark))
            files.push_back({std::string(line.substr(mark.size())), {}});
        else
            files.back().text.append(line) += '\n';
        text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
    if (files.size() > 1 && files.front().text.empty()) files.erase(files.begin());
    return files;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto loaded = cards::Knowledge::load(files_of(fuzz::text_of(data, size)));
    if (loaded.knowledge) loaded.knowledge->discovery_json([](const cards::Service&) { return true; });
    return 0;
}
