// InputText: a file or standard input that is read once: as a whole, or line by line with only one line in
// memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace hooks {

class InputText {
  public:
    /// `-` is standard input. None if it cannot be opened or is a folder.
    static std::optional<InputText> open(const std::string& name);

    /// Whether it holds one JSON value a line (NDJSON): its name says so (.ndjson, .jsonl), or its first two
    /// lines that are not blank do: `{…}` and `{`. Reads no further than these.
    bool has_lines();

    struct Line {
        std::size_t number = 0;  ///< from 1
        std::string text;
        bool too_long = false;  ///< longer than the parsers take; then without text
    };
    /// The next line that is not blank; none at the end. What comes beyond the parsers' limit is skipped, not
    /// kept.
    std::optional<Line> next_line();

    /// All that was not read yet, or one byte more of it than the parsers take, which then say so.
    std::string rest();

    std::uint64_t bytes_read() const { return bytes_; }
    bool failed() const { return failed_; }  ///< reading ended by a fault of the device

  private:
    /// Closes itself, unless it is standard input.
    class Descriptor {
      public:
        explicit Descriptor(int number) : number_(number) {}
        Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, 0)) {}
        Descriptor& operator=(Descriptor&& other) noexcept {
            std::swap(number_, other.number_);
            return *this;
        }
        Descriptor(const Descriptor&) = delete;
        Descriptor& operator=(const Descriptor&) = delete;
        ~Descriptor();
        int number() const { return number_; }

      private:
        int number_;
    };

    InputText(int descriptor, bool named_lines) : descriptor_(descriptor), named_lines_(named_lines) {}
    bool fill();  // more bytes into part_; false at the end
    std::optional<Line> read_line();

    Descriptor descriptor_;
    bool named_lines_ = false, failed_ = false;
    std::string part_;  // what was read and not given yet begins at at_
    std::size_t at_ = 0, lines_ = 0;
    std::uint64_t bytes_ = 0;
    bool line_ended_ = false;    // the last line that was read had a line feed
    std::optional<Line> first_;  // read to answer has_lines()
};

/// How many bytes there are to read: of a regular file, also behind standard input; none if nobody knows.
std::optional<std::uint64_t> size_of_input(const std::string& name);

}  // namespace hooks
