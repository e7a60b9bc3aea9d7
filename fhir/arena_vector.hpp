// Collection: items in order, in the request's arena.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <span>

namespace fhirpath {

/// A vector of trivially copyable T whose first four stand inside it and the others in the arena it was made
/// with; copies use the same arena, so that nothing on the request path touches the heap. Room given up is
/// not reused: the arena goes with the request. (boost::container::small_vector with a polymorphic_allocator
/// did the same for a tenth more time.)
template <class T>
class ArenaVector {
    static constexpr std::uint32_t inside = 4;

  public:
    using value_type = T;
    using iterator = T*;
    using const_iterator = const T*;

    explicit ArenaVector(std::pmr::memory_resource& arena) : arena_(&arena) {}
    ArenaVector(const ArenaVector& other) : arena_(other.arena_) { append(other.begin(), other.end()); }
    ArenaVector(ArenaVector&& other) noexcept : arena_(other.arena_) { take(other); }
    ArenaVector& operator=(const ArenaVector& other) {
        if (this == &other) return *this;
        size_ = 0;
        append(other.begin(), other.end());
        return *this;
    }
    ArenaVector& operator=(ArenaVector&& other) noexcept {
        if (this != &other) take(other);
        return *this;
    }
    ~ArenaVector() = default;

    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    T* begin() { return data_; }
    T* end() { return data_ + size_; }
    const T* begin() const { return data_; }
    const T* end() const { return data_ + size_; }
    T& operator[](std::size_t i) { return data_[i]; }
    const T& operator[](std::size_t i) const { return data_[i]; }
    T& front() { return data_[0]; }
    const T& front() const { return data_[0]; }
    T& back() { return data_[size_ - 1]; }
    const T& back() const { return data_[size_ - 1]; }

    [[gnu::always_inline]] void push_back(const T& item) {
        if (size_ == capacity_) grow();  // the room given up stays, so `item` may stand in it
        data_[size_++] = item;
    }
    [[gnu::always_inline]] void append(std::span<const T> items) {
        if (items.size() == 1)
            push_back(*items.data());
        else if (!items.empty())
            append(items.data(), items.data() + items.size());
    }
    void append(const T* first, const T* last) {
        const auto count = static_cast<std::size_t>(last - first);
        if (size_ + count > capacity_) reserve(std::max(size_ + count, std::size_t{2} * capacity_));
        std::copy(first, last, data_ + size_);
        size_ += static_cast<std::uint32_t>(count);
    }
    void reserve(std::size_t count) {
        if (count <= capacity_) return;
        T* room = static_cast<T*>(arena_->allocate(count * sizeof(T), alignof(T)));
        std::copy(begin(), end(), room);
        data_ = room;
        capacity_ = static_cast<std::uint32_t>(count);
    }
    void clear() { size_ = 0; }
    void pop_back() { --size_; }
    /// Shortens to the first `count`.
    void shorten(std::size_t count) { size_ = static_cast<std::uint32_t>(count); }

  private:
    [[gnu::noinline]] void grow() { reserve(std::size_t{4} * capacity_); }
    void take(ArenaVector& other) {
        size_ = other.size_;
        if (other.data_ == other.own_) {
            data_ = own_;
            capacity_ = inside;
            std::memcpy(own_, other.own_, sizeof own_);  // of fixed size: no call
        } else {
            data_ = other.data_;
            capacity_ = other.capacity_;
        }
        other.data_ = other.own_;
        other.capacity_ = inside;
        other.size_ = 0;
    }

    T* data_ = own_;
    std::uint32_t size_ = 0, capacity_ = inside;
    std::pmr::memory_resource* arena_;
    union {  // unmade until it is used
        T own_[inside];
    };
};

}  // namespace fhirpath
