// RequestMemory: what requests may take for their text, their nodes and all that evaluation builds of them:
// each of them, and those together that are computed beside each other.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <mutex>
#include <new>

namespace hooks {

/// A request whose body is small and whose tree is not: millions of empty arrays.
struct TooMuchMemory : std::bad_alloc {
    const char* what() const noexcept override { return "the request takes too much memory"; }
};

/// Those beside it have taken what there is for all of them: it must be computed in a place of its own.
struct NoRoomBeside : std::bad_alloc {
    const char* what() const noexcept override { return "no room beside the other requests"; }
};

/// What all requests may take together, however many threads there are. Of those that are computed beside
/// each other each has a part of its own, so that nobody shuts a small one out. One at a time is computed
/// alone, beside them: `large` is its, and theirs while there is none.
class SharedMemory {
  public:
    SharedMemory(std::size_t bytes, std::size_t large, std::size_t threads)
        : block_(std::min(most_block, bytes / threads)),
          own_((bytes - block_ * threads) / 2 / threads),
          beside_(bytes - (block_ + own_) * threads),
          large_(large) {}

    /// How much of its block a thread may use, which it keeps from one request to the next.
    std::size_t block() const { return block_; }
    /// What a request may take beside the block without asking.
    std::size_t own() const { return own_; }

    /// Of those beside each other; false: there is nothing left.
    bool take(std::size_t bytes) {
        const std::lock_guard lock(mutex_);
        if (held_ + bytes > beside_ + (is_one_alone_ ? 0 : large_)) return false;
        held_ += bytes;
        return true;
    }
    void give_back(std::size_t bytes) {
        {
            const std::lock_guard lock(mutex_);
            held_ -= bytes;
        }
        freed_.notify_all();
    }

    /// Of the one that is computed alone, at most `large` in all. Waits for those that hold of it; they never
    /// wait.
    void take_alone(std::size_t bytes) {
        std::unique_lock lock(mutex_);
        is_one_alone_ = true;
        freed_.wait(lock, [&] { return held_ + held_alone_ + bytes <= beside_ + large_; });
        held_alone_ += bytes;
    }
    void give_back_alone() {
        const std::lock_guard lock(mutex_);
        held_alone_ = 0;
        is_one_alone_ = false;
    }

    /// Holds the nodes of nearly every request; larger ones spill to the heap. Pages never touched cost
    /// nothing.
    static constexpr std::size_t most_block = 1'048'576;

  private:
    const std::size_t block_, own_, beside_, large_;
    std::mutex mutex_;  // guards the three below
    std::size_t held_ = 0, held_alone_ = 0;
    bool is_one_alone_ = false;
    std::condition_variable freed_;
};

/// Where a request is computed: beside others, or in the one place for what finds no room there.
enum class Place : std::uint8_t { beside, alone };

/// The heap, up to a limit; over it allocate() throws TooMuchMemory. `shared` is asked too, if there is one:
/// when it has nothing left for a request beside others, allocate() throws NoRoomBeside.
class RequestMemory final : public std::pmr::memory_resource {
  public:
    explicit RequestMemory(std::size_t limit, SharedMemory* shared = nullptr, Place place = Place::alone)
        : limit_(limit), shared_(shared), place_(place) {}
    ~RequestMemory() override {
        if (shared_ == nullptr) return;
        if (place_ == Place::alone) {
            shared_->give_back_alone();
        } else if (const std::size_t left = shared_part(held_); left > 0) {  // the heap itself had none
            shared_->give_back(left);
        }
    }
    RequestMemory(const RequestMemory&) = delete;
    RequestMemory& operator=(const RequestMemory&) = delete;

  private:
    /// What of so many bytes is taken from what those beside each other share.
    std::size_t shared_part(std::size_t held) const {
        const bool shares = shared_ != nullptr && place_ == Place::beside;
        return shares && held > shared_->own() ? held - shared_->own() : 0;
    }
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (bytes > limit_ - held_) throw TooMuchMemory();
        const std::size_t more = shared_part(held_ + bytes) - shared_part(held_);
        if (more > 0 && !shared_->take(more)) throw NoRoomBeside();
        held_ += bytes;
        if (shared_ != nullptr && place_ == Place::alone && held_ > most_) {
            shared_->take_alone(held_ - most_);
            most_ = held_;
        }
        return std::pmr::new_delete_resource()->allocate(bytes, alignment);
    }
    void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override {
        std::pmr::new_delete_resource()->deallocate(memory, bytes, alignment);
        const std::size_t less = shared_part(held_) - shared_part(held_ - bytes);
        held_ -= bytes;
        if (less > 0) shared_->give_back(less);
    }
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

    const std::size_t limit_;
    SharedMemory* const shared_;
    const Place place_;
    std::size_t held_ = 0, most_ = 0;
};

}  // namespace hooks
