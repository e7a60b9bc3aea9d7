// Draw: splitmix64, and days as FHIR writes them.
#include "tests/population/draw.hpp"

#include <array>
#include <chrono>
#include <cstdio>

namespace population {

Draw::Draw(std::uint64_t seed, std::uint64_t index) : state_(seed * 0x9E3779B97F4A7C15U) {
    state_ = next() ^ (index * 0xD1B54A32D192ED03U);
}

std::uint64_t Draw::next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
}

std::size_t Draw::below(std::size_t count) { return static_cast<std::size_t>(next() % count); }

int Draw::between(int least, int most) {
    return least + static_cast<int>(below(static_cast<std::size_t>(most - least + 1)));
}

bool Draw::chance(int percent) { return below(100) < static_cast<std::size_t>(percent); }

std::string Draw::uuid() {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text = "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx";
    for (char& c : text) {
        if (c == 'x') c = digits[below(16)];
    }
    return text;
}

namespace {

std::string padded(int number, int width) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "%0*d", width, number);
    return text.data();
}

}  // namespace

std::string day(int days_ago) {
    using namespace std::chrono;
    const year_month_day date(sys_days(year(2026) / 1 / 15) - days(days_ago));
    return padded(static_cast<int>(date.year()), 4) + "-" +
           padded(static_cast<int>(static_cast<unsigned>(date.month())), 2) + "-" +
           padded(static_cast<int>(static_cast<unsigned>(date.day())), 2);
}

std::string date(Draw& draw, int days_ago) {
    const std::string whole = day(days_ago);
    switch (draw.below(20)) {
        case 0:
            return whole.substr(0, 4);
        case 1:
        case 2:
            return whole.substr(0, 7);
        case 3:
        case 4:
            return whole + "T09:30:00-05:00";
        case 5:
            return whole + "T14:05:59Z";
        case 6:
            return whole + "T11:00:00.123456+01:00";
        default:
            return whole;
    }
}

std::string instant(Draw& draw, int days_ago) {
    return day(days_ago) + std::string(draw.word({"T09:30:00-05:00", "T14:05:59Z", "T11:00:00.123+01:00"}));
}

}  // namespace population
