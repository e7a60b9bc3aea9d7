// UUID: fresh random ones for cards and requests, and whether a text is one.
#pragma once

#include <string>
#include <string_view>

namespace hooks {

/// A random UUID (version 4), lower case, seeded from the operating system once a thread (C-16).
std::string new_uuid();

/// RFC 4122 form, any version and case, without `urn:uuid:`.
bool is_uuid(std::string_view text);

}  // namespace hooks
