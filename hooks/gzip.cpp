// zlib unpacks, piece by piece, so that a bomb costs no more than its limit.
#include "hooks/gzip.hpp"

#define ZLIB_CONST
#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

namespace hooks {

namespace {

struct Inflater {
    Inflater() { ready = inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK; }  // 16: gzip, and nothing else
    ~Inflater() {
        if (ready) inflateEnd(&stream);
    }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    z_stream stream{};
    bool ready = false;
};

}  // namespace

Unpacked gunzip(std::string_view packed, std::size_t limit,
                const std::function<void(std::string_view)>& take) {
    Inflater inflater;
    if (!inflater.ready || packed.size() > std::numeric_limits<uInt>::max()) return Unpacked::malformed;
    z_stream& stream = inflater.stream;
    stream.next_in = reinterpret_cast<const Bytef*>(packed.data());
    stream.avail_in = static_cast<uInt>(packed.size());
    std::array<char, 32'768> piece;
    std::size_t written = 0;
    for (;;) {
        stream.next_out = reinterpret_cast<Bytef*>(piece.data());
        stream.avail_out = static_cast<uInt>(piece.size());
        const int result = inflate(&stream, Z_NO_FLUSH);
        const std::size_t bytes = piece.size() - stream.avail_out;
        if (bytes > limit - written) return Unpacked::too_large;
        take({piece.data(), bytes});
        written += bytes;
        if (result == Z_STREAM_END) {
            if (stream.avail_in == 0) return Unpacked::whole;
            if (inflateReset(&stream) != Z_OK) return Unpacked::malformed;
        } else if (result != Z_OK) {
            return Unpacked::malformed;  // Z_BUF_ERROR: the input ended too early
        }
    }
}

Unpacked gunzip(std::string_view packed, std::size_t limit, std::string& out) {
    return gunzip(packed, limit, [&out](std::string_view piece) { out.append(piece); });
}

std::size_t stated_size(std::string_view packed) {  // RFC 1952 2.3.1, ISIZE: the last four bytes
    if (packed.size() < 4) return 0;
    std::size_t size = 0;
    for (std::size_t i = 1; i <= 4; ++i)
        size = size << 8U | static_cast<unsigned char>(packed[packed.size() - i]);
    return size;
}

}  // namespace hooks
