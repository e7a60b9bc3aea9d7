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

/// Under the lock, as all that is private. May take what others hold.
bool BodyBudget::has_room(std::size_t bytes, const BodyShare& asking, BodyShare::Time now) {
    const std::size_t limit = asking.in_all_ > large_body ? all_ - all_ / 4 : all_;
    for (const BodyShare* other : waiting_) {
        const bool is_older = !asking.waits_ || other->waits_since_ < asking.waits_since_;
        const bool is_before =
            other->in_all_ < asking.in_all_ || (other->in_all_ == asking.in_all_ && is_older);
        if (other != &asking && is_before) return false;
    }
    while (bytes > limit - std::min(limit, held_)) {
        BodyShare* largest = nullptr;
        for (BodyShare* other : arriving_) {
            if (other == &asking || !other->is_slow(asking, now)) continue;
            if (largest == nullptr || other->held_ > largest->held_) largest = other;
        }
        if (largest == nullptr) return false;
        held_ -= std::exchange(largest->held_, 0);
        largest->leave();
        largest->is_lost_ = true;
        if (largest->on_lost_) largest->on_lost_();
    }
    return true;
}

bool BodyShare::is_slow(const BodyShare& asking, Time now) const {
    if (waits_) return in_all_ > asking.in_all_ && now - waits_since_ >= longest_pause;
    return now - progressed_ >= longest_pause || now - begun_ >= longest_stay;
}

void BodyShare::leave() {
    std::erase(budget_.arriving_, this);
    std::erase(budget_.waiting_, this);
}

BodyShare::Taken BodyShare::take(std::size_t bytes, std::size_t in_all, Time now) {
    const std::lock_guard lock(budget_.mutex_);
    if (is_lost_) return Taken::lost;
    is_used_ = true;
    in_all_ = in_all;
    if (held_ + bytes > budget_.all_) return Taken::none_left;  // however much the others gave up
    if (!budget_.has_room(bytes, *this, now)) {
        if (std::exchange(waits_, true)) return Taken::none_left;
        waits_since_ = now;
        budget_.waiting_.push_back(this);
        return Taken::none_left;
    }
    if (held_ == 0) {
        budget_.arriving_.push_back(this);
        begun_ = now;
    } else if (waits_) {
        begun_ += now - waits_since_;  // that was not its fault
        next_mark_ = 0;
    }
    if (std::exchange(waits_, false)) std::erase(budget_.waiting_, this);
    held_ += bytes;
    budget_.held_ += bytes;
    if (held_ >= next_mark_) {
        progressed_ = now;
        next_mark_ = held_ + std::max(least_progress, held_ / least_part);
    }
    return Taken::yes;
}

bool BodyShare::waits() const {
    const std::lock_guard lock(budget_.mutex_);
    return waits_;
}

bool BodyShare::keep() {
    if (!is_used_) return true;
    const std::lock_guard lock(budget_.mutex_);
    if (is_lost_) return false;
    leave();
    return true;
}

void BodyShare::give_back() {
    if (!std::exchange(is_used_, false)) return;
    const std::lock_guard lock(budget_.mutex_);
    leave();
    budget_.held_ -= std::exchange(held_, 0);
    next_mark_ = 0;
    waits_ = is_lost_ = false;
}

}  // namespace hooks
