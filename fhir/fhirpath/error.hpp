// Error: an expression that cannot be compiled or evaluated.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace fhirpath {

/// Thrown by compiling (syntax, semantic) and evaluating (execution). The message never holds values of the
/// data. `position` is the byte offset in the expression's text.
class Error : public std::runtime_error {
  public:
    enum class Kind { syntax, semantic, execution };
    Error(Kind kind, const std::string& message, std::size_t position = 0)
        : std::runtime_error(message), kind_(kind), position_(position) {}
    Kind kind() const { return kind_; }
    std::size_t position() const { return position_; }

  private:
    Kind kind_;
    std::size_t position_;
};

/// Two lines for a message: the line of `text` at `position` (of a long line only what is near) and a caret
/// under that place, both indented. Ends with a newline.
std::string pointed_out(std::string_view text, std::size_t position);

}  // namespace fhirpath
