// gzip: the content coding of RFC 9110 8.4.1.3, taken off within a limit.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace hooks {

enum class Unpacked { whole, too_large, malformed };

/// Gives what `packed` holds (one member or several, RFC 1952) to `take`, piece by piece, `limit` bytes at
/// most: a bomb ends there. Cut off, damaged, or with something behind it: malformed.
Unpacked gunzip(std::string_view packed, std::size_t limit,
                const std::function<void(std::string_view)>& take);
/// The same, appended to `out`.
Unpacked gunzip(std::string_view packed, std::size_t limit, std::string& out);

/// How large `packed` says that it becomes. Usually right, but anybody can write anything there.
std::size_t stated_size(std::string_view packed);

}  // namespace hooks
