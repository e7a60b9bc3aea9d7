// Temporal: reading, comparing and printing of dates and times; their arithmetic is in
// temporal_arithmetic.cpp.
#include "fhir/system/temporal.hpp"

#include "fhir/arena_text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <utility>

namespace fhirpath {
namespace {

constexpr int max_offset = 14 * 60;  // FHIR R4 dateTime

/// Reads text from the left; every step says whether it was there.
class Reader {
  public:
    explicit Reader(std::string_view text) : rest_(text) {}
    bool at_end() const { return rest_.empty(); }
    bool take(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    /// Exactly `count` digits.
    template <typename Number>
    bool take_number(std::size_t count, Number& number) {
        if (rest_.size() < count) return false;
        int value = 0;
        for (const char c : rest_.substr(0, count)) {
            if (!is_digit(c)) return false;
            value = value * 10 + (c - '0');
        }
        number = static_cast<Number>(value);
        rest_.remove_prefix(count);
        return true;
    }
    /// One digit or more, as nanoseconds; digits past the ninth are dropped.
    bool take_fraction(std::uint32_t& nanosecond, std::uint8_t& digits) {
        std::size_t count = 0;
        nanosecond = 0;
        digits = 0;
        for (; count < rest_.size() && is_digit(rest_[count]); ++count) {
            if (digits == 9) continue;
            nanosecond = nanosecond * 10 + static_cast<std::uint32_t>(rest_[count] - '0');
            ++digits;
        }
        nanosecond *= fraction_unit(digits);
        rest_.remove_prefix(count);
        return count > 0;
    }

  private:
    static bool is_digit(char c) { return c >= '0' && c <= '9'; }
    std::string_view rest_;
};

std::chrono::year_month_day calendar_day(const Temporal& a) {
    return std::chrono::year{a.year} / std::chrono::month{a.month} / std::chrono::day{a.day};
}

/// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; the reader stands behind it.
bool read_date(Reader& reader, Temporal& value) {
    if (!reader.take_number(4, value.year) || value.year == 0) return false;
    value.precision = Precision::year;
    if (!reader.take('-')) return true;
    if (!reader.take_number(2, value.month) || value.month < 1 || value.month > 12) return false;
    value.precision = Precision::month;
    if (!reader.take('-')) return true;
    if (!reader.take_number(2, value.day) || !calendar_day(value).ok()) return false;
    value.precision = Precision::day;
    return true;
}

/// `hh`, `hh:mm`, `hh:mm:ss`, `hh:mm:ss.f`; the reader stands behind it.
bool read_time(Reader& reader, Temporal& value) {
    if (!reader.take_number(2, value.hour) || value.hour > 23) return false;
    value.precision = Precision::hour;
    if (!reader.take(':')) return true;
    if (!reader.take_number(2, value.minute) || value.minute > 59) return false;
    value.precision = Precision::minute;
    if (!reader.take(':')) return true;
    if (!reader.take_number(2, value.second) || value.second > 60) return false;
    value.second = std::min<std::uint8_t>(value.second, 59);  // leap second
    value.precision = Precision::second;
    return !reader.take('.') || reader.take_fraction(value.nanosecond, value.fraction_digits);
}

bool read_offset(Reader& reader, Temporal& value) {
    if (reader.take('Z')) {
        value.offset = 0;
        return true;
    }
    const bool west = reader.take('-');
    if (!west && !reader.take('+')) return false;
    int hours = 0;
    int minutes = 0;
    if (!reader.take_number(2, hours) || !reader.take(':') || !reader.take_number(2, minutes)) return false;
    const int offset = hours * 60 + minutes;
    if (minutes > 59 || offset > max_offset) return false;
    value.offset = static_cast<std::int16_t>(west ? -offset : offset);
    return true;
}

/// Seconds and nanoseconds since 1970 in UTC.
using Instant = std::pair<std::int64_t, std::uint32_t>;

Instant earliest_instant(const Temporal& a) {
    const std::int64_t days = std::chrono::sys_days{calendar_day(a)}.time_since_epoch().count();
    return {days * 86400 + a.hour * 3600 + (a.minute - a.offset) * 60 + a.second, a.nanosecond};
}

/// The last instant of a value of at least hour precision.
Instant latest_instant(const Temporal& a) {
    Instant instant = earliest_instant(a);
    if (a.precision == Precision::hour) instant.first += 3599;
    if (a.precision == Precision::minute) instant.first += 59;
    if (a.precision != Precision::second) instant.second = 999'999'999;
    return instant;
}

/// Field by field as far as both go; none if they are the same so far and one goes on.
std::optional<int> compare_fields(const Temporal& a, const Temporal& b) {
    const Precision common = std::min(a.precision, b.precision);
    const auto fields = [](const Temporal& t) {
        return std::array<int, 6>{t.year, t.month, t.day, t.hour, t.minute, t.second};
    };
    const auto left = fields(a), right = fields(b);
    for (std::size_t i = 0; i <= static_cast<std::size_t>(common); ++i) {
        if (left[i] != right[i]) return left[i] < right[i] ? -1 : 1;
    }
    if (common == Precision::second && a.nanosecond != b.nanosecond)
        return a.nanosecond < b.nanosecond ? -1 : 1;
    return a.precision == b.precision ? std::optional(0) : std::nullopt;
}

template <class Text>
void append_number(Text& text, int number, int width) {
    std::array<char, 10> digits;
    for (int i = width; i-- > 0; number /= 10)
        digits[static_cast<std::size_t>(i)] = static_cast<char>('0' + number % 10);
    text.append(std::string_view(digits.data(), static_cast<std::size_t>(width)));
}

template <class Text>
void append_offset(Text& text, int offset) {
    if (offset == 0) {
        text += 'Z';
        return;
    }
    text += offset < 0 ? '-' : '+';
    append_number(text, std::abs(offset) / 60, 2);
    text += ':';
    append_number(text, std::abs(offset) % 60, 2);
}

template <class Text>
void append(const Temporal& value, Text& text) {
    if (value.kind != Temporal::Kind::time) {
        append_number(text, value.year, 4);
        if (value.precision >= Precision::month) append_number(text += '-', value.month, 2);
        if (value.precision >= Precision::day) append_number(text += '-', value.day, 2);
        if (value.precision >= Precision::hour) text += 'T';
    }
    if (value.precision >= Precision::hour) append_number(text, value.hour, 2);
    if (value.precision >= Precision::minute) append_number(text += ':', value.minute, 2);
    if (value.precision >= Precision::second) append_number(text += ':', value.second, 2);
    if (value.precision >= Precision::second && value.fraction_digits > 0)
        append_number(text += '.', static_cast<int>(value.nanosecond / fraction_unit(value.fraction_digits)),
                      value.fraction_digits);
    if (value.has_offset()) append_offset(text, value.offset);
}

}  // namespace

std::optional<Temporal> Temporal::parse(Kind kind, std::string_view text) {
    Reader reader(text);
    Temporal value;
    value.kind = kind;
    bool good = kind == Kind::time ? read_time(reader, value) : read_date(reader, value);
    if (good && kind == Kind::date_time && reader.take('T') && !reader.at_end())
        good = value.precision == Precision::day && read_time(reader, value) &&
               (reader.at_end() || read_offset(reader, value));
    return good && reader.at_end() ? std::optional(value) : std::nullopt;
}

std::string Temporal::to_string() const {
    std::string text;
    append(*this, text);
    return text;
}

std::string_view Temporal::to_text(std::pmr::memory_resource& arena) const {
    ArenaText text(arena);
    append(*this, text);
    return text.view();
}

Temporal Temporal::as_date_time() const {
    Temporal value = *this;
    if (kind == Kind::date) value.kind = Kind::date_time;
    return value;
}

Temporal Temporal::as_date() const {
    return {.year = year, .month = month, .day = day, .precision = std::min(precision, Precision::day)};
}

std::optional<int> compare(const Temporal& a, const Temporal& b) {
    if ((a.kind == Temporal::Kind::time) != (b.kind == Temporal::Kind::time)) return std::nullopt;
    if (a.offset == b.offset) return compare_fields(a, b);
    if (a.has_offset() && b.has_offset()) {
        // As ranges, for at hour precision offsets of half an hour make moments that overlap without being
        // equal.
        const Instant a_first = earliest_instant(a);
        const Instant b_first = earliest_instant(b);
        if (a.precision == b.precision && a_first == b_first) return 0;
        if (latest_instant(a) < b_first) return -1;
        if (latest_instant(b) < a_first) return 1;
        return std::nullopt;
    }
    if (std::min(a.precision, b.precision) > Precision::day) return std::nullopt;
    return compare_fields(a, b);
}

std::optional<bool> equal(const Temporal& a, const Temporal& b) {
    const std::optional<int> order = compare(a, b);
    return order ? std::optional(*order == 0) : std::nullopt;
}

bool equivalent(const Temporal& a, const Temporal& b) { return compare(a, b) == 0; }

}  // namespace fhirpath
