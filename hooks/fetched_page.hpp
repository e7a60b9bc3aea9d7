// FetchedPage: one answer of a FHIR server, read; and what all that is fetched may take, as long as calls
// hold it.
#pragma once

#include "fhir/document.hpp"
#include "fhir/issue.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <memory_resource>
#include <new>
#include <string>
#include <utility>

namespace hooks {

/// There is no room for what was fetched: its input then counts as not fetched.
struct NoRoomForFetched : std::bad_alloc {
    const char* what() const noexcept override { return "no room for what was fetched"; }
};

/// The room for the answers of FHIR servers to all calls, texts and nodes. Nobody waits for it: those who
/// hold of it may be waiting for their server. Safe to use from any thread.
class FetchedRoom final : public std::pmr::memory_resource {
  public:
    explicit FetchedRoom(std::size_t bytes) : most_(bytes) {}

    /// False: there is not so much left.
    bool take(std::size_t bytes) {
        std::size_t held = held_;
        do {
            if (bytes > most_ - held) return false;
        } while (!held_.compare_exchange_weak(held, held + bytes));
        return true;
    }
    void give_back(std::size_t bytes) { held_ -= bytes; }
    std::size_t held() const { return held_; }

  private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (!take(bytes)) throw NoRoomForFetched();
        return std::pmr::new_delete_resource()->allocate(bytes, alignment);
    }
    void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override {
        std::pmr::new_delete_resource()->deallocate(memory, bytes, alignment);
        give_back(bytes);
    }
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

    const std::size_t most_;
    std::atomic<std::size_t> held_ = 0;
};

/// A text's part of the room, which may grow and shrink while it comes.
class FetchedPart {
  public:
    explicit FetchedPart(std::shared_ptr<FetchedRoom> room) : room_(std::move(room)) {}
    FetchedPart(FetchedPart&& other) noexcept
        : room_(std::move(other.room_)), bytes_(std::exchange(other.bytes_, 0)) {}
    ~FetchedPart() { become(0); }
    FetchedPart& operator=(FetchedPart&&) = delete;

    /// It takes so much from now on; false: there is no room, and it takes what it took.
    bool become(std::size_t bytes) {
        if (bytes > bytes_ && !room_->take(bytes - bytes_)) return false;
        if (bytes < bytes_) room_->give_back(bytes_ - bytes);
        bytes_ = bytes;
        return true;
    }
    const std::shared_ptr<FetchedRoom>& room() const { return room_; }

  private:
    std::shared_ptr<FetchedRoom> room_;
    std::size_t bytes_ = 0;
};

/// A text in JSON or XML with its nodes.
class FetchedPage {
  public:
    /// `part` is that of `text`. Throws NoRoomForFetched if there is none for the nodes.
    static fhir::Result<std::unique_ptr<const FetchedPage>> read(std::string text, FetchedPart part);
    FetchedPage(const FetchedPage&) = delete;
    FetchedPage& operator=(const FetchedPage&) = delete;

    const fhir::Node& root() const { return *root_; }

  private:
    FetchedPage(std::string text, FetchedPart part);

    const FetchedPart part_;  // first: what follows lives in its room
    const std::string text_;
    std::pmr::monotonic_buffer_resource arena_;
    const fhir::Node* root_ = nullptr;
};

}  // namespace hooks
