// Instants as text: RFC 3339 date-times with any offset in, UTC of one width out, so that order of text is
// order of time.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace hooks {

using Instant = std::chrono::sys_time<std::chrono::microseconds>;

/// The moment that `text` names (RFC 3339 5.6: `T` and `Z` in either case, an offset, a fraction of any
/// length, of which microseconds count, a leap second); nullopt if it is no such text or falls outside the
/// years 0 to 9999 in UTC.
std::optional<Instant> read_instant(std::string_view text);

/// `2026-03-02T09:14:07.120000Z`
std::string utc_text(Instant instant);

/// The system's clock.
Instant instant_now();

}  // namespace hooks
