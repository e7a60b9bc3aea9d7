// One shared pointer; what is replaced is kept until the last call that uses it has ended.
#include "hooks/current_service.hpp"

#include <utility>

namespace hooks {

CurrentService::CurrentService(std::shared_ptr<CdsService> first, std::function<void()> on_stopping)
    : current_(std::move(first)), on_stopping_(std::move(on_stopping)) {}

boost::asio::awaitable<Response> CurrentService::answer(const Request& request, RequestEvent& event) {
    const std::shared_ptr<CdsService> service = current_.get();
    Response response = co_await service->answer(request, event);
    co_return response;
}

std::optional<Response> CurrentService::refuse_by_head(const Request& head, RequestEvent& event) {
    return current_.get()->refuse_by_head(head, event);
}

Response CurrentService::refuse(const Refusal& refusal, const Request& head, RequestEvent& event) {
    return current_.get()->refuse(refusal, head, event);
}

void CurrentService::starting(const boost::asio::any_io_executor& executor) {
    executor_ = executor;
    current_.get()->starting(executor);
}

void CurrentService::stopping() {
    if (!is_stopping_.exchange(true) && on_stopping_) on_stopping_();
    current_.get()->stopping();
}

void CurrentService::stopped() {
    current_.get()->stopped();
    const std::lock_guard lock(mutex_);
    for (const auto& service : replaced_) service->stopped();
    executor_ = {};
}

void CurrentService::use(const std::shared_ptr<CdsService>& next) {
    std::shared_ptr<CdsService> older = current_.get();
    next->follow(*older);
    next->starting(executor_);
    current_.set(next);
    if (is_stopping_) next->stopping();  // stopping() may have met the older one
    const std::lock_guard lock(mutex_);
    replaced_.push_back(std::move(older));
}

void CurrentService::forget_replaced() {
    std::vector<std::shared_ptr<CdsService>> unused;  // destroyed without the lock
    const std::lock_guard lock(mutex_);
    // Nobody can take one up again: it is no longer the current one.
    for (auto& service : replaced_) {
        if (service.use_count() == 1) unused.push_back(std::move(service));
    }
    std::erase(replaced_, nullptr);
}

}  // namespace hooks
