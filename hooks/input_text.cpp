// InputText: read(2) into a buffer of 64 kB, cut at line feeds.
#include "hooks/input_text.hpp"

#include "fhir/parse.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace hooks {

namespace {

constexpr std::size_t part_size = 65'536;
constexpr std::string_view blanks = " \t\r\n";

std::size_t most_bytes() { return fhir::ParseLimits{}.bytes; }

bool opens_object(std::string_view text) {
    const std::size_t first = text.find_first_not_of(blanks);
    return first != std::string_view::npos && text[first] == '{';
}

bool is_object(std::string_view text) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    const std::size_t last = text.find_last_not_of(blanks);
    return opens_object(text) && text[last] == '}';
}

}  // namespace

std::optional<InputText> InputText::open(const std::string& name) {
    const bool named_lines = name.ends_with(".ndjson") || name.ends_with(".jsonl");
    if (name == "-") return InputText(STDIN_FILENO, false);
    const int descriptor = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return std::nullopt;
    InputText input(descriptor, named_lines);
    struct stat about {};
    if (::fstat(descriptor, &about) != 0 || S_ISDIR(about.st_mode)) return std::nullopt;
    return input;
}

InputText::Descriptor::~Descriptor() {
    if (number_ > STDIN_FILENO) ::close(number_);
}

bool InputText::fill() {
    part_.erase(0, std::exchange(at_, 0));
    const std::size_t had = part_.size();
    part_.resize(had + part_size);
    ssize_t count = 0;
    do {
        count = ::read(descriptor_.number(), part_.data() + had, part_size);
    } while (count < 0 && errno == EINTR);
    failed_ = failed_ || count < 0;
    part_.resize(had + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    bytes_ += static_cast<std::uint64_t>(std::max<ssize_t>(count, 0));
    return count > 0;
}

std::optional<InputText::Line> InputText::read_line() {
    for (;;) {
        Line line{.number = ++lines_, .text = {}, .too_long = false};
        bool ended = false, any = false;
        while (!ended) {
            if (at_ == part_.size() && !fill()) break;
            any = true;
            const std::string_view left = std::string_view(part_).substr(at_);
            const std::size_t end = left.find('\n');
            ended = end != std::string_view::npos;
            const std::string_view more = left.substr(0, end);
            at_ += more.size() + (ended ? 1 : 0);
            if (line.text.size() + more.size() > most_bytes()) line.too_long = true;
            if (line.too_long) {
                line.text = {};
            } else {
                line.text += more;
            }
        }
        if (!any) return std::nullopt;
        line_ended_ = ended;
        if (line.too_long || line.text.find_first_not_of(blanks) != std::string::npos) return line;
    }
}

std::optional<InputText::Line> InputText::next_line() {
    if (first_) {
        std::optional<Line> line = std::move(first_);
        first_.reset();
        return line;
    }
    return read_line();
}

bool InputText::has_lines() {
    if (named_lines_) return true;
    first_ = read_line();
    if (!first_ || first_->too_long) return first_.has_value();
    if (!is_object(first_->text)) return false;
    while (std::string_view(part_).find_first_not_of(blanks, at_) == std::string_view::npos) {
        const std::string_view passed = std::string_view(part_).substr(at_);
        lines_ += static_cast<std::size_t>(std::count(passed.begin(), passed.end(), '\n'));
        at_ = part_.size();
        if (!fill()) return false;
    }
    return opens_object(std::string_view(part_).substr(at_));
}

std::string InputText::rest() {
    std::string text;
    if (first_) {
        text.assign(first_->number - 1, '\n');  // so that places in messages stay right
        text += first_->text;
        if (line_ended_) text += '\n';
        first_.reset();
    }
    while (text.size() <= most_bytes() && (at_ < part_.size() || fill())) {
        const std::size_t count = std::min(part_.size() - at_, most_bytes() + 1 - text.size());
        text.append(part_, at_, count);
        at_ += count;
    }
    return text;
}

std::optional<std::uint64_t> size_of_input(const std::string& name) {
    struct stat about {};
    const int status = name == "-" ? ::fstat(STDIN_FILENO, &about) : ::stat(name.c_str(), &about);
    if (status != 0 || !S_ISREG(about.st_mode)) return std::nullopt;
    return static_cast<std::uint64_t>(about.st_size);
}

}  // namespace hooks
