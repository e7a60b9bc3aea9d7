// The content coding of request bodies (RFC 9110 8.4): as it is, or gzip within bounds.
#pragma once

#include "hooks/http.hpp"

#include <cstddef>
#include <memory_resource>
#include <string>
#include <string_view>
#include <variant>

namespace hooks {

/// The request's body without its content coding, in `unpacked` if it had one; or why there is none: 400 if
/// nothing came, or it is cut off or damaged, 413 over `limit` bytes, or if it unpacks to far more than any
/// JSON of patients would. What the memory of `unpacked` throws is thrown.
std::variant<std::string_view, Refusal> content_of(const Request& request, std::size_t limit,
                                                   std::pmr::string& unpacked);

}  // namespace hooks
