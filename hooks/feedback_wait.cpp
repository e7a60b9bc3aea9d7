// The coroutine sleeps on a timer, which is both the deadline and what the store wakes it by.
#include "hooks/feedback_wait.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <mutex>
#include <utility>

namespace hooks {

namespace asio = boost::asio;

namespace {

using Kept = std::optional<FeedbackStore::Kept>;

/// Between the coroutine and the store, which answers from a thread of its own, maybe when nobody waits any
/// more.
struct Waiting {
    std::mutex mutex;
    asio::steady_timer* timer = nullptr;  // of the coroutine; null: it is gone
    Kept result;

    void answer(Kept kept, const std::shared_ptr<Waiting>& self) {
        const std::lock_guard lock(mutex);
        if (!timer) return;
        result = kept;
        asio::post(timer->get_executor(), [self] {
            const std::lock_guard waking(self->mutex);
            if (self->timer) self->timer->cancel();
        });
    }
};

/// Lives in the coroutine: however that ends, the store then knows.
class Sleeper {
  public:
    Sleeper(std::shared_ptr<Waiting> waiting, asio::steady_timer& timer) : waiting_(std::move(waiting)) {
        waiting_->timer = &timer;
    }
    ~Sleeper() {
        const std::lock_guard lock(waiting_->mutex);
        waiting_->timer = nullptr;
    }
    Sleeper(const Sleeper&) = delete;
    Sleeper& operator=(const Sleeper&) = delete;

    Kept result() const {
        const std::lock_guard lock(waiting_->mutex);
        return waiting_->result;
    }

  private:
    std::shared_ptr<Waiting> waiting_;
};

}  // namespace

asio::awaitable<Kept> kept(FeedbackStore& store, std::string service, std::vector<Feedback> feedback,
                           std::chrono::milliseconds deadline) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    timer.expires_after(deadline);
    const auto waiting = std::make_shared<Waiting>();
    const Sleeper sleeper(waiting, timer);
    // On the strand, so that the waking comes after the falling asleep.
    store.keep(std::move(service), std::move(feedback),
               [waiting](Kept result) { waiting->answer(result, waiting); });
    constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
    co_await timer.async_wait(quietly);
    co_return sleeper.result();
}

}  // namespace hooks
