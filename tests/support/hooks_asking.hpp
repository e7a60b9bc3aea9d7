// Asking: an HttpClient with two threads of its own, for tests that wait for its answers.
#pragma once

#include "hooks/http_client.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <cstdlib>
#include <future>
#include <list>
#include <string>
#include <thread>
#include <vector>

namespace hooks::testing {

/// The machine's certificates are left aside: tests bring their own, and reading a hundred takes time.
inline const int without_system_store = ::setenv("SSL_CERT_FILE", "/dev/null", 1);

class Asking {
  public:
    explicit Asking(const ClientOptions& options = {}) : client(context_.get_executor(), options) {
        for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { context_.run(); });
    }
    ~Asking() {
        work_.reset();
        for (std::thread& thread : threads_) thread.join();
    }
    Asking(const Asking&) = delete;
    Asking& operator=(const Asking&) = delete;

    ClientAnswer ask(const ClientRequest& request, std::chrono::milliseconds deadline) {
        return begin(request, deadline).get();
    }

    /// GET of a listed origin.
    ClientAnswer get(const std::string& url, std::chrono::milliseconds deadline) {
        return ask(request_of(url), deadline);
    }

    /// That many GETs at once.
    std::vector<ClientAnswer> get_together(const std::string& url, int count,
                                           std::chrono::milliseconds deadline) {
        std::vector<std::future<ClientAnswer>> begun;
        for (int i = 0; i < count; ++i) begun.push_back(begin(request_of(url), deadline));
        std::vector<ClientAnswer> answers;
        for (std::future<ClientAnswer>& answer : begun) answers.push_back(answer.get());
        return answers;
    }

    /// Nobody is answered any more.
    void stop() { context_.stop(); }

  private:
    friend class AbandonedAsk;
    static ClientRequest request_of(const std::string& url) {
        ClientRequest request;
        request.url = url;
        request.listed = true;
        return request;
    }

    std::future<ClientAnswer> begin(const ClientRequest& request, std::chrono::milliseconds deadline) {
        return boost::asio::co_spawn(context_, client.ask(request, deadline), boost::asio::use_future);
    }

    boost::asio::io_context context_{2};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ =
        make_work_guard(context_);
    std::list<boost::asio::cancellation_signal> signals_;  // end after the threads and before the context
    std::vector<std::thread> threads_;

  public:
    HttpClient client;
};

/// A GET of a listed origin, begun, whose caller may lose interest.
class AbandonedAsk {
  public:
    AbandonedAsk(Asking& asking, const std::string& url, std::chrono::milliseconds deadline)
        : strand_(make_strand(asking.context_)), signal_(asking.signals_.emplace_back()) {
        auto token = bind_cancellation_slot(signal_.slot(), boost::asio::use_future);
        auto asked = asking.client.ask(Asking::request_of(url), deadline);
        answer_ = boost::asio::co_spawn(strand_, std::move(asked), std::move(token));
    }

    /// Returns once the ask has ended.
    void stop_waiting() {
        post(strand_, [&signal = signal_] { signal.emit(boost::asio::cancellation_type::terminal); });
        answer_.wait();
    }

  private:
    boost::asio::strand<boost::asio::io_context::executor_type> strand_;
    boost::asio::cancellation_signal& signal_;
    std::future<ClientAnswer> answer_;
};

}  // namespace hooks::testing
