// RequestMemory: what one request may take for its nodes and all that evaluation builds of them.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <new>

namespace hooks {

/// A request whose body is small and whose tree is not: millions of empty arrays.
struct TooMuchMemory : std::bad_alloc {
    const char* what() const noexcept override { return "the request takes too much memory"; }
};

/// The heap, up to a limit; over it allocate() throws TooMuchMemory.
class RequestMemory final : public std::pmr::memory_resource {
  public:
    explicit RequestMemory(std::size_t limit) : left_(limit) {}

  private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (bytes > left_) throw TooMuchMemory();
        void* const memory = std::pmr::new_delete_resource()->allocate(bytes, alignment);
        left_ -= bytes;
        return memory;
    }
    void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override {
        std::pmr::new_delete_resource()->deallocate(memory, bytes, alignment);
        left_ += bytes;
    }
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

    std::size_t left_;
};

}  // namespace hooks
