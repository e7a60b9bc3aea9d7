// DecisionFile: the file that a chain of decisions grows in, for the one process that writes it.
#pragma once

#include "hooks/decision_chain.hpp"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace hooks {

/// Errors are std::runtime_error with a sentence that names no line. After one the file is as it was before
/// the call, as far as the disk lets us, and the call may be made again.
class DecisionFile {
  public:
    /// Opens or makes it (for this user alone), locks it against other writers and finds the end of its
    /// chain. A line that a dying writer cut off stays as it is and is followed by a note.
    explicit DecisionFile(std::string file);
    DecisionFile(const DecisionFile&) = delete;
    DecisionFile& operator=(const DecisionFile&) = delete;

    /// Writes them, each with its line feed, as the next lines and waits until they are on the disk.
    void append(std::string_view lines);
    /// False if the file was renamed, removed or emptied since.
    bool is_in_place() const;
    const ChainEnd& end() const { return end_; }
    bool is_new() const { return end_.sequence == 0; }
    /// The next line follows a chain that ended in another file; only of a new one.
    void continue_from(const ChainEnd& before) { end_ = before; }

  private:
    struct Descriptor {
        int number = -1;
        ~Descriptor();
    };
    void find_end();
    void write_all(std::string_view bytes);

    const std::string file_;
    Descriptor descriptor_;
    ::ino_t inode_ = 0;
    std::uint64_t size_ = 0;  // of what is whole
    ChainEnd end_;
};

}  // namespace hooks
