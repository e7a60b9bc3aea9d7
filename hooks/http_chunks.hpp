// ChunkReader: takes the chunked transfer coding off a body as its bytes come (RFC 9112 7.1).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hooks {

class ChunkReader {
  public:
    enum class State { more, whole, too_large, too_much_overhead, malformed };

    /// `body_limit`: of the body; `overhead_limit`: of all that is not body (sizes, extensions, trailers),
    /// beside that share of it (a 32nd), for small chunks are legal.
    ChunkReader(std::size_t body_limit, std::size_t overhead_limit, std::size_t share = 32)
        : body_limit_(body_limit), overhead_limit_(overhead_limit), share_(share) {}

    /// Takes bytes from the front of `bytes` until they end or the body does; what is body is appended to
    /// `body`. Extensions and trailers are checked and dropped: nothing in them may change how a request is
    /// read.
    State read(std::string_view& bytes, std::string& body);
    /// In the states too_much_overhead and malformed.
    std::string_view what() const { return what_; }

  private:
    enum class Part {
        size,
        extension,
        size_end,
        data,
        data_return,
        data_end,
        line_start,
        name,
        value,
        value_end,
        end
    };
    void take(char c);
    void take_size(char c);
    void refuse(std::string_view what);

    const std::size_t body_limit_, overhead_limit_, share_;
    Part part_ = Part::size;
    State state_ = State::more;
    std::size_t digits_ = 0, size_ = 0, body_ = 0, overhead_ = 0;
    bool blank_ = false, named_ = false;
    std::string_view what_;
};

}  // namespace hooks
