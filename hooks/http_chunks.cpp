// One state a place in the grammar, one character at a time; the data itself is copied in pieces.
#include "hooks/http_chunks.hpp"

#include "hooks/http_head.hpp"

#include <algorithm>

namespace hooks {

namespace {

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f'; }

// A size of more digits fits no 64 bits, whatever they are: nobody writes that many zeros by accident.
constexpr std::size_t most_digits = 16;

}  // namespace

void ChunkReader::refuse(std::string_view what) {
    state_ = State::malformed;
    what_ = what;
}

void ChunkReader::take_size(char c) {
    const int digit = blank_ ? -1 : hex_value(c);
    if (digit >= 0) {
        if (++digits_ > most_digits) return refuse("a chunk's size has too many digits");
        size_ = size_ * 16 + static_cast<std::size_t>(digit);
        return;
    }
    if (digits_ == 0) return refuse("expected a chunk's size in hexadecimal digits");
    if (c == ' ' || c == '\t') {
        blank_ = true;  // RFC 9112 7.1.1: bad whitespace, before an extension only
    } else if (c == ';') {
        part_ = Part::extension;
    } else if (c == '\r' && !blank_) {
        part_ = Part::size_end;
    } else {
        refuse("expected CR LF or an extension behind a chunk's size");
    }
}

void ChunkReader::take(char c) {
    switch (part_) {
        case Part::size:
            return take_size(c);
        case Part::extension:
            if (c == '\r') {
                part_ = Part::size_end;
            } else if (is_control(c)) {
                refuse("a control character in a chunk's extension");
            }
            return;
        case Part::size_end:
            if (c != '\n') return refuse("expected CR LF behind a chunk's size");
            if (size_ > body_limit_ - body_) {
                state_ = State::too_large;
            } else {
                part_ = size_ == 0 ? Part::line_start : Part::data;
            }
            return;
        case Part::data_return:
            if (c != '\r') return refuse("a chunk is longer than its size");
            part_ = Part::data_end;
            return;
        case Part::data_end:
            if (c != '\n') return refuse("expected CR LF behind a chunk");
            part_ = Part::size;
            digits_ = size_ = 0;
            blank_ = false;
            return;
        case Part::line_start:
            named_ = false;
            part_ = c == '\r' ? Part::end : Part::name;
            if (c != '\r') take(c);
            return;
        case Part::name:
            if (c == ':' && named_) {
                part_ = Part::value;
            } else if (!is_token_character(c)) {
                refuse("a malformed trailer field");
            }
            named_ = true;
            return;
        case Part::value:
            if (c == '\r') {
                part_ = Part::value_end;
            } else if (is_control(c)) {
                refuse("a control character in a trailer field");
            }
            return;
        case Part::value_end:
            if (c != '\n') return refuse("expected CR LF behind a trailer field");
            part_ = Part::line_start;
            return;
        case Part::end:
            if (c != '\n') return refuse("expected CR LF behind the last chunk");
            state_ = State::whole;
            return;
        case Part::data:
            return;
    }
}

ChunkReader::State ChunkReader::read(std::string_view& bytes, std::string& body) {
    while (state_ == State::more && !bytes.empty()) {
        if (part_ == Part::data) {
            const std::size_t count = std::min(bytes.size(), size_);
            body.append(bytes.substr(0, count));
            bytes.remove_prefix(count);
            body_ += count;
            size_ -= count;
            if (size_ == 0) part_ = Part::data_return;
            continue;
        }
        if (++overhead_ > overhead_limit_ + body_ / share_) {
            refuse("chunk extensions and trailers too long");
            state_ = State::too_much_overhead;
        } else {
            take(bytes.front());
            bytes.remove_prefix(1);
        }
    }
    return state_;
}

}  // namespace hooks
