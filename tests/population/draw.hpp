// Draw: a seeded source of choices that gives the same charts on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace population {

/// The day of every chart; the clinical date to ask about them.
constexpr std::string_view today = "2026-01-15";

class Draw {
  public:
    /// Chart `index` of the population `seed`: its choices depend on these two numbers only.
    Draw(std::uint64_t seed, std::uint64_t index);

    std::uint64_t next();
    std::size_t below(std::size_t count);  ///< 0 … count-1
    int between(int least, int most);      ///< both included
    bool chance(int percent);
    template <class T>
    const T& of(std::initializer_list<T> choices) {
        return choices.begin()[below(choices.size())];
    }
    template <class Table>
    const auto& from(const Table& table) {
        return table[below(table.size())];
    }
    std::string_view word(std::initializer_list<std::string_view> choices) {
        return choices.begin()[below(choices.size())];
    }
    std::string uuid();

  private:
    std::uint64_t state_;
};

/// The day so many days before `today`, as 2025-11-18; negative: after it.
std::string day(int days_ago);
/// The same day in one of the forms in which records hold it: a date, a time with or without offset and
/// fraction; now and then only its month or its year.
std::string date(Draw& draw, int days_ago);
/// The same with a time and an offset, as `instant` wants it.
std::string instant(Draw& draw, int days_ago);

}  // namespace population
