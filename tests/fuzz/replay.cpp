// Replay: runs a fuzz target on files and folders, where libFuzzer is not linked; its main() in ordinary
// builds.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int count, char** arguments) {
    namespace fs = std::filesystem;
    std::vector<fs::path> files;
    for (const fs::path& given : std::vector<fs::path>(arguments + 1, arguments + count)) {
        if (fs::is_regular_file(given)) files.emplace_back(given);
        if (!fs::is_directory(given)) continue;
        for (const auto& entry : fs::recursive_directory_iterator(given))
            if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& path : files) {
        std::printf("%s\n", path.c_str());  // the last line before a crash names the culprit
        std::fflush(stdout);
        std::ifstream file(path, std::ios::binary);
        const std::vector<char> text{std::istreambuf_iterator<char>(file), {}};
        const std::vector<std::uint8_t> bytes(text.begin(), text.end());
        LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    }
    std::printf("%zu inputs\n", files.size());
    return files.empty() ? 1 : 0;
}
