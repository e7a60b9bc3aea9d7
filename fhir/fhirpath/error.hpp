// Error: an expression that cannot be compiled or evaluated.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

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

}  // namespace fhirpath
