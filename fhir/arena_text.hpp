// ArenaText: text that an evaluation puts together, in the request's arena.
#pragma once

#include "fhir/arena_vector.hpp"

#include <algorithm>
#include <cstddef>
#include <memory_resource>
#include <string_view>

namespace fhirpath {

/// A string that grows in an arena. Room given up is not reused, and view() stays valid as long as the arena:
/// it goes with the request, as a Collection's does.
class ArenaText {
  public:
    explicit ArenaText(std::pmr::memory_resource& arena, std::size_t room = 32) : text_(arena) {
        text_.reserve(std::max(room, std::size_t{32}));  // never inside this
    }

    std::size_t size() const { return text_.size(); }
    std::string_view view() const { return {text_.begin(), text_.size()}; }

    ArenaText& append(std::string_view text) {
        text_.append(text.data(), text.data() + text.size());
        return *this;
    }
    void push_back(char c) { text_.push_back(c); }
    ArenaText& operator+=(char c) { return append({&c, 1}); }

  private:
    ArenaVector<char> text_;
};

}  // namespace fhirpath
