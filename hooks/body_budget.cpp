// One lock for all: it is taken once for every 16 kB of a body or more, and for a moment.
#include "hooks/body_budget.hpp"

#include <algorithm>
#include <utility>

namespace hooks {

namespace {

constexpr std::size_t large_body = 131'072;
// A body progresses when it has grown by so much, and by so much of itself.
constexpr std::size_t least_progress = 16'384, least_part = 16;

}  // namespace

void BodyBudget::use(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    all_ = bytes;
}

std::size_t BodyBudget::held() const {
    const std::lock_guard lock(mutex_);
    return held_;
}

/// Under the lock.
bool BodyBudget::make_room(std::size_t bytes, bool is_large, const BodyShare& asking, BodyShare::Time now) {
    const std::size_t limit = is_large ? all_ - all_ / 4 : all_;
    if (asking.held_ + bytes > limit) return false;  // however much the others gave up
    while (bytes > limit - std::min(limit, held_)) {
        BodyShare* largest = nullptr;
        for (BodyShare* share : arriving_) {
            const bool is_slow = now - share->progressed_ >= BodyShare::longest_pause ||
                                 now - share->begun_ >= BodyShare::longest_stay;
            if (share == &asking || share->waits_ || !is_slow) continue;
            if (largest == nullptr || share->held_ > largest->held_) largest = share;
        }
        if (largest == nullptr) return false;
        held_ -= std::exchange(largest->held_, 0);
        largest->leave_arriving();
        largest->is_lost_ = true;
        if (largest->on_lost_) largest->on_lost_();
    }
    return true;
}

/// Under the lock.
void BodyShare::leave_arriving() { std::erase(budget_.arriving_, this); }

BodyShare::Taken BodyShare::take(std::size_t bytes, std::size_t in_all, Time now) {
    const std::lock_guard lock(budget_.mutex_);
    if (is_lost_) return Taken::lost;
    if (!budget_.make_room(bytes, in_all > large_body, *this, now)) {
        if (!std::exchange(waits_, true)) waits_since_ = now;
        return Taken::none_left;
    }
    if (!std::exchange(is_used_, true)) {
        budget_.arriving_.push_back(this);
        begun_ = now;
    } else if (waits_) {
        begun_ += now - waits_since_;  // that was not its fault
        next_mark_ = 0;
    }
    waits_ = false;
    held_ += bytes;
    budget_.held_ += bytes;
    if (held_ >= next_mark_) {
        progressed_ = now;
        next_mark_ = held_ + std::max(least_progress, held_ / least_part);
    }
    return Taken::yes;
}

bool BodyShare::keep() {
    if (!is_used_) return true;
    const std::lock_guard lock(budget_.mutex_);
    if (is_lost_) return false;
    leave_arriving();
    return true;
}

void BodyShare::give_back() {
    if (!std::exchange(is_used_, false)) {
        waits_ = false;
        return;
    }
    const std::lock_guard lock(budget_.mutex_);
    leave_arriving();
    budget_.held_ -= std::exchange(held_, 0);
    next_mark_ = 0;
    waits_ = is_lost_ = false;
}

}  // namespace hooks
