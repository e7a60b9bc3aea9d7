// CurrentService: the service of the configuration in use, which a reload replaces while calls run.
#pragma once

#include "hooks/service.hpp"
#include "hooks/shared_value.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace hooks {

/// A call is answered from beginning to end by the service that it began with.
class CurrentService final : public Handler {
  public:
    /// `on_stopping`, if there is one, is called once, when the server begins to stop.
    explicit CurrentService(std::shared_ptr<CdsService> first, std::function<void()> on_stopping = nullptr);

    boost::asio::awaitable<Response> answer(const Request& request, RequestEvent& event) override;
    std::optional<Response> refuse_by_head(const Request& head, RequestEvent& event) override;
    Response refuse(const Refusal& refusal, const Request& head, RequestEvent& event) override;
    void starting(const boost::asio::any_io_executor& executor) override;
    void stopping() override;
    void stopped() override;

    /// Calls that begin from now on are answered by it. Only between starting() and stopped(), by one thread.
    void use(const std::shared_ptr<CdsService>& next);
    /// Lets go of replaced services that answer no call any more. By the same thread: it waits for theirs.
    void forget_replaced();

  private:
    SharedValue<CdsService> current_;
    const std::function<void()> on_stopping_;
    boost::asio::any_io_executor executor_;
    std::atomic<bool> is_stopping_ = false;
    std::mutex mutex_;  // guards the one below
    std::vector<std::shared_ptr<CdsService>> replaced_;
};

}  // namespace hooks
