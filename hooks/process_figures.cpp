// Reads /proc/self: the fields of stat by their numbers in proc(5).
#include "hooks/process_figures.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

namespace hooks {

namespace {

std::string text_of(const char* path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The fields from the third on: the second is the program's name in brackets, which may hold anything.
std::vector<std::string> fields_after_name(const std::string& stat) {
    const std::size_t bracket = stat.rfind(')');
    if (bracket == std::string::npos) return {};
    std::istringstream rest(stat.substr(bracket + 1));
    return {std::istream_iterator<std::string>(rest), std::istream_iterator<std::string>()};
}

/// Seconds since 1970 at which the machine started: `btime` of /proc/stat.
double boot_seconds() {
    std::istringstream lines(text_of("/proc/stat"));
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("btime ")) return std::stod(line.substr(6));
    }
    return 0;
}

}  // namespace

ProcessFigures process_figures() {
    ProcessFigures figures;
    rusage usage{};
    if (::getrusage(RUSAGE_SELF, &usage) == 0) {
        figures.cpu_seconds = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                              static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    }
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0)
        figures.most_files = static_cast<std::int64_t>(files.rlim_cur);
    std::error_code ec;
    for (std::filesystem::directory_iterator entry("/proc/self/fd", ec), end; !ec && entry != end;
         entry.increment(ec)) {
        ++figures.open_files;
    }
    const std::vector<std::string> stat = fields_after_name(text_of("/proc/self/stat"));
    constexpr std::size_t threads = 17, start = 19, virtual_size = 20,
                          resident = 21;  // numbers of proc(5) less 3
    if (stat.size() <= resident) return figures;
    static const double boot = boot_seconds();
    figures.threads = std::stoll(stat[threads]);
    figures.start_seconds = boot + std::stod(stat[start]) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    figures.virtual_bytes = std::stoll(stat[virtual_size]);
    figures.resident_bytes = std::stoll(stat[resident]) * ::sysconf(_SC_PAGESIZE);
    return figures;
}

}  // namespace hooks
