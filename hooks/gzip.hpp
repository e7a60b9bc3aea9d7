// gzip: the content coding of RFC 9110 8.4.1.3, taken off within a limit.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hooks {

enum class Unpacked { whole, too_large, malformed };

/// Appends what `packed` holds (one member or several, RFC 1952) to `out`, of which it writes `limit` bytes
/// at most: a bomb ends there. Cut off, damaged, or with something behind it: malformed.
Unpacked gunzip(std::string_view packed, std::size_t limit, std::string& out);

}  // namespace hooks
