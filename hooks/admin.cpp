// A server beside the service's own: a flood there does not reach its thread.
#include "hooks/admin.hpp"

#include "hooks/answers.hpp"
#include "hooks/route.hpp"
#include "hooks/settings.hpp"
#include "hooks/uuid.hpp"

#include <thread>

namespace hooks {

boost::asio::awaitable<Response> Admin::answer(const Request& request, RequestEvent& event) {
    const Route route = route_of(request.path, "");
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (route.to == Route::To::live || route.to == Route::To::ready) {
        Response probed = co_await service_.answer(request, event);
        co_return probed;
    }
    event.request_id = new_uuid();
    event.method = reads ? request.method : "other";
    Response response;
    if (route.to == Route::To::metrics && reads) {
        event.path = route.path_template;
        response = metrics_answer();
    } else {
        event.refusal = fhir::to_string(fhir::IssueCode::not_found);
        response = outcome(404, {fhir::IssueCode::not_found,
                                 "no such path; here are GET /metrics, /health/live and /health/ready",
                                 {}});
    }
    co_return response;
}

struct AdminListener::Impl {
    Impl(const ServerOptions& options, Handler& service) : handler(service), server(options, handler) {}
    Admin handler;
    HttpServer server;
    std::thread thread;
};

namespace {

ServerOptions server_options(const AdminSettings& settings) {
    ServerOptions options;
    options.address = settings.address;
    options.port = settings.port;
    options.threads = 1;
    options.connections = 64;
    options.connections_per_address = 0;
    return options;
}

}  // namespace

AdminListener::AdminListener(const AdminSettings& settings, Handler& service)
    : impl_(std::make_unique<Impl>(server_options(settings), service)) {}

AdminListener::~AdminListener() {
    if (!impl_->thread.joinable()) return;
    impl_->server.stop();
    impl_->thread.join();
}

std::optional<std::string> AdminListener::listen() {
    if (auto problem = impl_->server.listen()) return problem;
    impl_->thread = std::thread([this] { impl_->server.run(); });
    return std::nullopt;
}

std::uint16_t AdminListener::port() const { return impl_->server.port(); }

}  // namespace hooks
