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

// Who hears within that time that he is turned away hears it at once (reliability R6); leaves some for the
// way.
constexpr std::chrono::milliseconds soon{25};

// What calls took is remembered for about so long: some hundred small ones or a few large ones, so that what
// the machine does beside them is in it.
constexpr std::chrono::duration<double, std::nano> moment{100'000'000};
// Nothing that takes no longer says that the process was stopped.
constexpr std::chrono::nanoseconds stop{20'000'000};
// What a call takes whatever its size, as bytes of its text.
constexpr std::size_t least_bytes = 4'096;

struct Admission::Job {
    Job(const asio::any_io_executor& strand, std::function<void()> given, std::size_t size)
        : work(std::move(given)),
          result(work.get_future()),
          bell(std::make_shared<Bell>(strand)),
          bytes(size + least_bytes) {}
    std::packaged_task<void()> work;
    std::future<void> result;
    const std::shared_ptr<Bell> bell;
    const std::size_t bytes;
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

std::chrono::nanoseconds Admission::Lane::time_of(std::size_t bytes) const {
    const double time = bytes_learnt > 0 ? static_cast<double>(bytes) * time_learnt / bytes_learnt : 0;
    return std::chrono::nanoseconds(static_cast<std::int64_t>(time));
}

std::chrono::nanoseconds Admission::Lane::work(Clock::time_point now) const {
    const std::chrono::nanoseconds so_far = static_cast<Clock::rep>(running) * now.time_since_epoch() - begun;
    return std::max(time_of(bytes_running) - so_far, 0ns) + time_of(bytes_waiting);
}

/// How long the next one that enters will wait for a thread, if all take what others lately took.
std::chrono::nanoseconds Admission::wait_in(const Lane& lane, Clock::time_point now) const {
    const auto threads = static_cast<std::int64_t>(threads_.size());
    const std::chrono::nanoseconds heavy = lane_of(Kind::heavy).work(now);
    const std::chrono::nanoseconds light = lane_of(Kind::ordinary).work(now) + lane_of(Kind::begun).work(now);
    const std::chrono::nanoseconds shared = (heavy + light) / threads;
    if (&lane == &lane_of(Kind::heavy)) return std::max(heavy, shared);
    return threads > 1 ? std::min(light / (threads - 1), shared) : shared;
}

/// Counts one that took so long among those of the last moments. Very far more than usual says that the
/// process was stopped meanwhile, and not that the next will take as long.
void Admission::learn(Lane& lane, std::size_t bytes, std::chrono::nanoseconds took) {
    if (lane.bytes_learnt > 0) took = std::min(took, std::max(4 * lane.time_of(bytes), stop));
    const double kept = 1 / (1 + took / moment);
    lane.time_learnt = kept * lane.time_learnt + static_cast<double>(took.count());
    lane.bytes_learnt = kept * lane.bytes_learnt + static_cast<double>(bytes);
}

/// Those who came last and would be late are told now and not when they are; whoever has waited for a while
/// stays, for he would not hear it soon.
void Admission::shorten(Lane& lane, Clock::time_point now) {
    while (!lane.waiting.empty()) {
        const std::shared_ptr<Job>& last = lane.waiting.back();
        if (last->is_begun || now - last->since > soon || wait_in(lane, now) <= options_.age) return;
        last->is_turned_away = true;
        metrics::rejected(metrics::Rejection::queue_age);
        Bell::ring(last->bell);
        lane.bytes_waiting -= last->bytes;
        lane.waiting.pop_back();
    }
}

bool Admission::enter(const std::shared_ptr<Job>& job, Kind kind) {
    {
        const std::lock_guard lock(mutex_);
        Lane& lane = lane_of(kind);
        job->is_begun = kind == Kind::begun || kind == Kind::begun_heavy;
        // What is next for a thread has less before it that might take longer than it usually does.
        const auto longest = lane.waiting.size() < lane.most_running ? options_.age : options_.age / 3;
        const bool has_room =
            !ending_ && lane.waiting.size() < options_.queue && wait_in(lane, job->since) <= longest;
        if (!job->is_begun && !has_room) {
            metrics::rejected(metrics::Rejection::queue_full);
            return false;
        }
        lane.bytes_waiting += job->bytes;
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
    Clock::time_point start = Clock::now();
    for (;;) {
        Lane* lane = next_lane();
        if (lane == nullptr || ending_) {
            wake_.wait(lock, [&] { return ending_ || (lane = next_lane()) != nullptr; });
            if (ending_) return;
            start = Clock::now();
        }
        std::shared_ptr<Job> job = std::move(lane->waiting.front());
        lane->waiting.pop_front();
        lane->bytes_waiting -= job->bytes;
        if (!job->is_begun && start - job->since > options_.age) {
            job->is_turned_away = true;
            metrics::rejected(metrics::Rejection::queue_age);
            Bell::ring(job->bell);
            continue;
        }
        metrics::queued(start - job->since);
        const std::size_t bytes = job->bytes;
        ++lane->running;
        lane->bytes_running += bytes;
        lane->begun += start.time_since_epoch();
        lock.unlock();
        job->work();
        Bell::ring(job->bell);
        job.reset();
        lock.lock();
        --lane->running;
        lane->bytes_running -= bytes;
        lane->begun -= start.time_since_epoch();
        // Until the next can be taken: what a thread waits for others between two belongs to it.
        const Clock::time_point end = Clock::now();
        learn(*lane, bytes, end - start);
        start = end;
        if (lane != &lane_of(Kind::begun)) shorten(*lane, end);
        // A lane that was full may have room for what others saw and left.
        if (lane->most_running == 1 && !lane->waiting.empty()) wake_.notify_one();
    }
}

asio::awaitable<bool> Admission::run(std::function<void()> work, Kind kind, std::size_t bytes) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const auto job = std::make_shared<Job>(executor, std::move(work), bytes);
    if (!enter(job, kind)) co_return false;
    co_await job->bell->wait(Clock::time_point::max());
    if (job->is_turned_away) co_return false;
    job->result.get();
    co_return true;
}

}  // namespace hooks
