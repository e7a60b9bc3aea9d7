// ArenaText: text that an evaluation puts together, in the request's arena.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory_resource>
#include <string_view>

namespace fhirpath {

/// A string that grows in an arena. Room given up is not reused, and view() stays valid as long as the arena:
/// it goes with the request, as a Collection's does.
class ArenaText {
  public:
    explicit ArenaText(std::pmr::memory_resource& arena, std::size_t room = 32) : arena_(arena) {
        reserve(room);
    }

    std::size_t size() const { return size_; }
    std::string_view view() const { return {data_, size_}; }

    ArenaText& append(std::string_view text) {
        if (text.size() > room_ - size_) reserve(std::max(size_ + text.size(), 2 * room_));
        text.copy(data_ + size_, text.size());
        size_ += text.size();
        return *this;
    }
    void push_back(char c) { append({&c, 1}); }
    ArenaText& operator+=(char c) { return append({&c, 1}); }

  private:
    void reserve(std::size_t room) {
        auto* data = static_cast<char*>(arena_.allocate(room, 1));
        view().copy(data, size_);
        data_ = data;
        room_ = room;
    }

    std::pmr::memory_resource& arena_;
    char* data_ = nullptr;
    std::size_t size_ = 0, room_ = 0;
};

}  // namespace fhirpath
