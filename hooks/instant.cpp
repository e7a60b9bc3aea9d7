// One pass over the text from left to right; the calendar is the library's.
#include "hooks/instant.hpp"

#include <cstdint>

namespace hooks {

namespace {

namespace chrono = std::chrono;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes pieces off the front of a text; once something was missing, everything is.
class Pieces {
  public:
    explicit Pieces(std::string_view text) : rest_(text) {}

    int number(std::size_t digits) {
        int value = 0;
        for (std::size_t i = 0; i < digits; ++i) {
            if (rest_.size() <= i || !is_digit(rest_[i])) return fail();
            value = value * 10 + (rest_[i] - '0');
        }
        rest_.remove_prefix(digits);
        return value;
    }

    /// The character, if it is one of `allowed`.
    char one_of(std::string_view allowed) {
        if (rest_.empty() || allowed.find(rest_.front()) == std::string_view::npos) {
            fail();
            return '\0';
        }
        const char found = rest_.front();
        rest_.remove_prefix(1);
        return found;
    }

    chrono::microseconds fraction() {
        if (rest_.empty() || rest_.front() != '.') return chrono::microseconds{0};
        rest_.remove_prefix(1);
        std::int64_t value = 0, unit = 100'000;
        std::size_t digits = 0;
        for (; digits < rest_.size() && is_digit(rest_[digits]); ++digits, unit /= 10) {
            value += (rest_[digits] - '0') * unit;
        }
        if (digits == 0) fail();
        rest_.remove_prefix(digits);
        return chrono::microseconds{value};
    }

    bool at_end() const { return well_ && rest_.empty(); }

  private:
    int fail() {
        well_ = false;
        rest_ = {};
        return 0;
    }
    std::string_view rest_;
    bool well_ = true;
};

constexpr Instant first_instant = chrono::sys_days{chrono::year{0} / 1 / 1};
constexpr Instant after_last_instant = chrono::sys_days{chrono::year{10'000} / 1 / 1};

void append_digits(std::string& out, std::int64_t value, std::size_t digits) {
    const std::size_t start = out.size();
    out.resize(start + digits, '0');
    for (std::size_t i = start + digits; i > start; --i, value /= 10) {
        out[i - 1] = static_cast<char>('0' + value % 10);
    }
}

}  // namespace

std::optional<Instant> read_instant(std::string_view text) {
    Pieces pieces(text);
    const int year = pieces.number(4);
    pieces.one_of("-");
    const int month = pieces.number(2);
    pieces.one_of("-");
    const int day = pieces.number(2);
    pieces.one_of("Tt");
    const int hour = pieces.number(2);
    pieces.one_of(":");
    const int minute = pieces.number(2);
    pieces.one_of(":");
    const int second = pieces.number(2);
    const chrono::microseconds fraction = pieces.fraction();
    const char zone = pieces.one_of("Zz+-");
    int offset_hours = 0, offset_minutes = 0;
    if (zone == '+' || zone == '-') {
        offset_hours = pieces.number(2);
        pieces.one_of(":");
        offset_minutes = pieces.number(2);
    }
    const chrono::year_month_day date{chrono::year{year}, chrono::month{static_cast<unsigned>(month)},
                                      chrono::day{static_cast<unsigned>(day)}};
    if (!pieces.at_end() || !date.ok() || hour > 23 || minute > 59 || second > 60 || offset_hours > 23 ||
        offset_minutes > 59) {
        return std::nullopt;
    }
    const chrono::minutes offset = chrono::hours{offset_hours} + chrono::minutes{offset_minutes};
    const Instant local = chrono::sys_days{date} + chrono::hours{hour} + chrono::minutes{minute} +
                          chrono::seconds{second} + fraction;
    const Instant instant = zone == '-' ? local + offset : local - offset;
    if (instant < first_instant || instant >= after_last_instant) return std::nullopt;
    return instant;
}

std::string utc_text(Instant instant) {
    const auto day = chrono::floor<chrono::days>(instant);
    const chrono::year_month_day date{day};
    const chrono::hh_mm_ss time{instant - day};
    std::string text;
    append_digits(text, int{date.year()}, 4);
    append_digits(text += '-', unsigned{date.month()}, 2);
    append_digits(text += '-', unsigned{date.day()}, 2);
    append_digits(text += 'T', time.hours().count(), 2);
    append_digits(text += ':', time.minutes().count(), 2);
    append_digits(text += ':', time.seconds().count(), 2);
    append_digits(text += '.', time.subseconds().count(), 6);
    return text += 'Z';
}

Instant instant_now() { return chrono::floor<chrono::microseconds>(chrono::system_clock::now()); }

}  // namespace hooks
