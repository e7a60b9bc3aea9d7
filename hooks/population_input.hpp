// PopulationInput: the charts of files, folders and NDJSON one after the other, as text.
#pragma once

#include "hooks/input_text.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hooks {

/// The text of one chart, not parsed yet, and where it stands.
struct ChartText {
    std::string file;
    std::size_t line = 0;  ///< 0: the whole file
    std::string text;
    std::string fault;             ///< why there is no text; "" if there is
    std::uint64_t bytes_read = 0;  ///< of all input, up to here
};

class PopulationInput {
  public:
    /// Files as the user named them; a folder stands for all .json, .xml, .ndjson and .jsonl files below it,
    /// sorted. `opened`: the only file, if somebody has begun to read it.
    PopulationInput(const std::vector<std::string>& names, InputText* opened);

    /// What is wrong with the names: a file that is not there, a folder without files; "" if all is well.
    const std::string& fault() const { return fault_; }
    std::optional<ChartText> next();
    /// Bytes to read in all; none if nobody knows.
    std::optional<std::uint64_t> bytes() const { return bytes_; }

  private:
    void add_folder(const std::string& name);
    std::uint64_t bytes_read() const {
        return bytes_before_ + (current_ != nullptr ? current_->bytes_read() : 0);
    }
    void close_current();

    std::vector<std::string> files_;
    std::size_t next_file_ = 0;
    std::string fault_;
    std::optional<std::uint64_t> bytes_ = 0;
    std::uint64_t bytes_before_ = 0;  // of the files that are done
    std::optional<InputText> own_;
    InputText* current_ = nullptr;  // being read line by line
};

}  // namespace hooks
