// One lock; the threads take the oldest job whose lane has room.
#include "hooks/admission.hpp"

#include "hooks/bell.hpp"
#include "hooks/metrics.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <future>
#include <utility>

namespace hooks {

namespace asio = boost::asio;
using namespace std::chrono_literals;

struct Admission::Job {
    Job(const asio::any_io_executor& strand, std::function<void()> given)
        : work(std::move(given)), result(work.get_future()), bell(std::make_shared<Bell>(strand)) {}
    std::packaged_task<void()> work;
    std::future<void> result;
    const std::shared_ptr<Bell> bell;
    const Clock::time_point since = Clock::now();
    bool is_begun = false;
    bool is_turned_away = false;  // written before the bell rings
};

Admission::Admission(const AdmissionOptions& options) : options_(options) {
    const unsigned count =
        options.threads > 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
    for (Lane& lane : lanes_) lane.most_running = count;
    lane_of(Kind::heavy).most_running = 1;
    for (unsigned i = 0; i < count; ++i) threads_.emplace_back([this] { work(); });
}

Admission::~Admission() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

/// How many may wait in it, so that the last will be in time if they take what others lately took.
std::size_t Admission::room_in(const Lane& lane) const {
    const auto in_time =
        lane.most_running * std::chrono::microseconds(options_.age) / std::max(lane.usual, 1us);
    return std::min(options_.queue, 1 + static_cast<std::size_t>(in_time));
}

/// Counts one that took so long. Far more than usual says that the process was stopped or starved meanwhile,
/// and not that the next will take as long; what has really become slower is known after a few.
void Admission::learn(Lane& lane, std::chrono::microseconds took) {
    if (lane.usual == 0us) lane.usual = took;
    took = std::min(took, 2 * lane.usual);
    lane.usual += (took - lane.usual) / (took > lane.usual ? 2 : 8);
}

/// Those who came last and would be late are told now and not when they are.
void Admission::shorten(Lane& lane) {
    for (const std::size_t room = room_in(lane); lane.waiting.size() > room && !lane.waiting.back()->is_begun;
         lane.waiting.pop_back()) {
        lane.waiting.back()->is_turned_away = true;
        metrics::rejected(metrics::Rejection::queue_age);
        Bell::ring(lane.waiting.back()->bell);
    }
}

bool Admission::enter(const std::shared_ptr<Job>& job, Kind kind) {
    {
        const std::lock_guard lock(mutex_);
        Lane& lane = lane_of(kind);
        job->is_begun = kind == Kind::begun || kind == Kind::begun_heavy;
        if (!job->is_begun && (ending_ || lane.waiting.size() >= room_in(lane))) {
            metrics::rejected(metrics::Rejection::queue_full);
            return false;
        }
        if (kind == Kind::begun_heavy) {  // it has waited before
            lane.waiting.push_front(job);
        } else {
            lane.waiting.push_back(job);
        }
    }
    wake_.notify_one();
    return true;
}

/// With the lock: the lane whose first job is to run now; null: none.
Admission::Lane* Admission::next_lane() {
    Lane* next = nullptr;
    for (Lane& lane : lanes_) {
        if (lane.waiting.empty() || lane.running >= lane.most_running) continue;
        const bool is_sooner = next == nullptr || lane.waiting.front()->is_begun ||
                               lane.waiting.front()->since < next->waiting.front()->since;
        if (is_sooner) next = &lane;
    }
    return next;
}

void Admission::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        Lane* lane = nullptr;
        wake_.wait(lock, [&] { return ending_ || (lane = next_lane()) != nullptr; });
        if (ending_) return;
        std::shared_ptr<Job> job = std::move(lane->waiting.front());
        lane->waiting.pop_front();
        const Clock::time_point start = Clock::now();
        if (!job->is_begun && start - job->since > options_.age) {
            job->is_turned_away = true;
            metrics::rejected(metrics::Rejection::queue_age);
            Bell::ring(job->bell);
            continue;
        }
        metrics::queued(start - job->since);
        ++lane->running;
        lock.unlock();
        job->work();
        const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
        Bell::ring(job->bell);
        job.reset();
        lock.lock();
        --lane->running;
        learn(*lane, took);
        if (lane != &lane_of(Kind::begun)) shorten(*lane);
        // A lane that was full may have room for what others saw and left.
        if (lane->most_running == 1 && !lane->waiting.empty()) wake_.notify_one();
    }
}

asio::awaitable<bool> Admission::run(std::function<void()> work, Kind kind) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const auto job = std::make_shared<Job>(executor, std::move(work));
    if (!enter(job, kind)) co_return false;
    co_await job->bell->wait(Clock::time_point::max());
    if (job->is_turned_away) co_return false;
    job->result.get();
    co_return true;
}

}  // namespace hooks
