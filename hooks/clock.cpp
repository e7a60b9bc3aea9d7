// The only place that reads the clock for clinical questions.
#include "hooks/clock.hpp"

#include <chrono>
#include <ctime>

namespace hooks {

using fhirpath::Precision;
using fhirpath::Temporal;

Clock system_clock() {
    return [] {
        const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
        const auto second = std::chrono::floor<std::chrono::seconds>(since_epoch);
        const std::time_t time = second.count();
        std::tm local{};
        localtime_r(&time, &local);
        Temporal now;
        now.kind = Temporal::Kind::date_time;
        now.precision = Precision::second;
        now.year = static_cast<std::int16_t>(local.tm_year + 1900);
        now.month = static_cast<std::uint8_t>(local.tm_mon + 1);
        now.day = static_cast<std::uint8_t>(local.tm_mday);
        now.hour = static_cast<std::uint8_t>(local.tm_hour);
        now.minute = static_cast<std::uint8_t>(local.tm_min);
        now.second = static_cast<std::uint8_t>(local.tm_sec < 60 ? local.tm_sec : 59);
        now.nanosecond = static_cast<std::uint32_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch - second).count() * 1'000'000);
        now.fraction_digits = 3;
        now.offset = static_cast<std::int16_t>(local.tm_gmtoff / 60);
        return fhirpath::Now{now};
    };
}

std::optional<Clock> pinned_clock(std::string_view date) {
    const auto day = Temporal::parse_date(date);
    if (!day || day->precision != Precision::day) return std::nullopt;
    Temporal noon = *day;
    noon.kind = Temporal::Kind::date_time;
    noon.precision = Precision::second;
    noon.hour = 12;
    noon.offset = 0;
    return [noon] { return fhirpath::Now{noon}; };
}

}  // namespace hooks
