// SharedValue: one shared pointer that many threads read and some replace.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace hooks {

/// Who has got a value keeps it as long as needed, whatever is set meanwhile. A lock and not
/// std::atomic<std::shared_ptr>: that of libstdc++ 12 is one too, of which ThreadSanitizer knows nothing.
template <class T>
class SharedValue {
  public:
    SharedValue() = default;
    explicit SharedValue(std::shared_ptr<T> first) : value_(std::move(first)) {}

    /// The value set last; null if none was.
    std::shared_ptr<T> get() const {
        const std::lock_guard lock(mutex_);
        return value_;
    }

    void set(std::shared_ptr<T> next) {
        const std::lock_guard lock(mutex_);
        value_.swap(next);
    }  // the lock is gone before what was replaced is: parameters outlive locals

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<T> value_;
};

}  // namespace hooks
