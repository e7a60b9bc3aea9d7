// A new key is written to its place at once or not at all, so that two programs that start together have the
// same.
#include "hooks/decision_key.hpp"

#include "hooks/digest.hpp"

#include <fcntl.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>

namespace hooks {

namespace {

constexpr std::size_t least_bytes = 32, most_bytes = 4'096;

fhir::Issue problem(fhir::IssueCode code, const std::string& file, const std::string& what) {
    return {code, file + ": " + what, {}};
}

std::string trimmed(std::string text) {
    constexpr const char* blank = " \t\r\n";
    text.erase(0, std::min(text.find_first_not_of(blank), text.size()));
    text.erase(text.find_last_not_of(blank) + 1);
    return text;
}

/// Makes the file; what went wrong, or nothing. That it is there by now is no fault.
std::optional<std::string> make_key(const std::string& file) {
    namespace fs = std::filesystem;
    std::array<unsigned char, 32> random{};
    if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) return "no random numbers";
    const std::string text =
        sha256_hex({std::string_view(reinterpret_cast<const char*>(random.data()), random.size())}) + "\n";
    const fs::path folder = fs::path(file).parent_path();
    std::error_code ec;
    if (!folder.empty() && fs::create_directories(folder, ec))
        fs::permissions(folder, fs::perms::owner_all, ec);
    const std::string made = file + "." + std::to_string(::getpid());
    const int descriptor = ::open(made.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor < 0) return "cannot be made: " + std::generic_category().message(errno);
    const bool well = ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                      ::fsync(descriptor) == 0;
    ::close(descriptor);
    const bool is_there = well && (::link(made.c_str(), file.c_str()) == 0 || errno == EEXIST);
    const int reason = errno;
    ::unlink(made.c_str());
    if (!is_there) return "cannot be made: " + std::generic_category().message(reason);
    return std::nullopt;
}

}  // namespace

fhir::Result<std::string> decision_key(const std::string& file) {
    std::error_code ec;
    if (!std::filesystem::exists(file, ec) && !ec) {
        if (const auto what = make_key(file)) return problem(fhir::IssueCode::exception, file, *what);
    }
    std::ifstream in(file, std::ios::binary);
    if (!in || std::filesystem::is_directory(file, ec))
        return problem(fhir::IssueCode::not_found, file, "cannot be read");
    std::string key = trimmed({std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()});
    if (key.size() < least_bytes || key.size() > most_bytes) {
        return problem(fhir::IssueCode::value, file, "expected a secret of 32 to 4096 bytes");
    }
    return key;
}

}  // namespace hooks
