// Plain system calls: appending, one sync for a batch, and back to the last whole line if a write fails.
#include "hooks/decision_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace hooks {

namespace {

constexpr std::size_t tail_step = 65'536, most_tail = 16'777'216;
// Written at a time: less than what the heap maps for itself, whose pages would be new each time.
constexpr std::size_t piece_bytes = 65'536;

[[noreturn]] void fail(const char* what) {
    throw std::runtime_error(std::string(what) + ": " + std::generic_category().message(errno));
}

struct LastLine {
    bool is_found = false;
    bool is_at_end = true;  // nothing stands behind it
    ChainEnd end;
};

/// The last sealed line in `tail`, which begins with a whole line only if it `is_whole`.
LastLine last_line(std::string_view tail, bool is_whole) {
    LastLine last;
    if (tail.ends_with('\n')) tail.remove_suffix(1);
    for (;;) {
        const std::size_t feed = tail.rfind('\n');
        if (feed == std::string_view::npos && !is_whole) return last;
        const std::size_t begin = feed == std::string_view::npos ? 0 : feed + 1;
        if (const auto seal = seal_of(tail.substr(begin))) {
            last.is_found = true;
            last.end = {seal->sequence, std::string(seal->hash)};
            return last;
        }
        last.is_at_end = false;
        if (begin == 0) return last;
        tail = tail.substr(0, feed);
    }
}

}  // namespace

DecisionFile::Descriptor::~Descriptor() {
    if (number >= 0) ::close(number);
}

DecisionFile::DecisionFile(std::string file) : file_(std::move(file)) {
    namespace fs = std::filesystem;
    const fs::path folder = fs::path(file_).parent_path();
    std::error_code ec;
    if (!folder.empty() && fs::create_directories(folder, ec))
        fs::permissions(folder, fs::perms::owner_all, ec);
    descriptor_.number = ::open(file_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor_.number < 0) fail("cannot be opened");
    if (::flock(descriptor_.number, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) throw std::runtime_error("another process writes it");
        fail("cannot be locked");
    }
    struct stat found {};
    if (::fstat(descriptor_.number, &found) != 0) fail("cannot be looked at");
    if (!S_ISREG(found.st_mode)) throw std::runtime_error("is no plain file");
    inode_ = found.st_ino;
    size_ = static_cast<std::uint64_t>(found.st_size);
    if (size_ > 0) find_end();
}

void DecisionFile::find_end() {
    std::string tail;
    LastLine last;
    for (std::uint64_t start = size_; start > 0 && !last.is_found;) {
        if (tail.size() > most_tail) throw std::runtime_error("ends with no line of a chain");
        const std::uint64_t step = std::min<std::uint64_t>(start, tail_step);
        start -= step;
        std::string more(step, '\0');
        const ssize_t count =
            ::pread(descriptor_.number, more.data(), more.size(), static_cast<off_t>(start));
        if (count != static_cast<ssize_t>(more.size())) fail("cannot be read");
        tail.insert(0, more);
        last = last_line(tail, start == 0);
    }
    // A file of somebody else is left alone; a writer that died in its first line left its beginning.
    if (!last.is_found && event_of(tail).empty()) throw std::runtime_error("holds no chain of decisions");
    end_ = last.end;
    if (!tail.ends_with('\n')) {
        write_all("\n");
        ++size_;
    }
    if (last.is_found && last.is_at_end) return;
    append(std::string(R"({"event":")").append(chain_events::interrupted).append("\"}\n"));
}

void DecisionFile::append(std::string_view lines) {
    ChainEnd end = end_;
    std::uint64_t size = size_;
    std::string bytes;
    bytes.reserve(std::min(piece_bytes, 2 * lines.size() + 256) + 8'192);
    while (!lines.empty()) {
        const std::size_t feed = lines.find('\n');
        append_sealed(bytes, lines.substr(0, feed), end);
        lines.remove_prefix(feed + 1);
        if (bytes.size() < piece_bytes && !lines.empty()) continue;
        write_all(bytes);
        size += bytes.size();
        bytes.clear();
    }
    size_ = size;
    end_ = std::move(end);
    if (::fdatasync(descriptor_.number) != 0) fail("cannot be synced");
}

/// Behind what is there; if that fails, nothing stands behind `size_` any more.
void DecisionFile::write_all(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(descriptor_.number, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) {
            const int reason = errno;
            [[maybe_unused]] const int cut = ::ftruncate(descriptor_.number, static_cast<off_t>(size_));
            errno = reason;
            fail("cannot be written");
        }
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

bool DecisionFile::is_in_place() const {
    struct stat named {};
    return ::stat(file_.c_str(), &named) == 0 && named.st_ino == inode_ &&
           static_cast<std::uint64_t>(named.st_size) >= size_;
}

}  // namespace hooks
