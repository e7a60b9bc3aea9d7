// Who may ask what: tokens where they are asked for, and whose FHIR servers a call may have asked (W-1 to
// W-20).
#include "hooks/answers.hpp"
#include "hooks/metrics.hpp"
#include "hooks/published_keys.hpp"
#include "hooks/route.hpp"
#include "hooks/service.hpp"
#include "hooks/trust.hpp"

#include <chrono>
#include <utility>

namespace hooks {

namespace {

double seconds_since_1970() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::vector<std::string> authorization_fields(const Request& request) {
    std::vector<std::string> values;
    for (const Field& field : request.fields) {
        if (equal_ignoring_case(field.name, "Authorization")) values.push_back(field.value);
    }
    return values;
}

/// W-16: for log and metric only.
void tell(const Refused& refused, RequestEvent& event) {
    event.token_fault = to_string(refused.why);
    event.token_issuer = shown_claim(refused.issuer);
    event.token_tenant = shown_claim(refused.tenant);
    event.token_id = shown_claim(refused.jti);
    metrics::token_verified(refused.why);
}

}  // namespace

void CdsService::start_trust(const boost::asio::any_io_executor& executor) {
    if (clients_.empty()) return;
    ClientOptions options;
    options.ca_file = fhir_settings_.ca_file;
    options.proxy = fhir_settings_.proxy;
    auto client = std::make_shared<HttpClient>(executor, std::move(options));
    JwksTimes times;
    times.stale = stale_keys_;
    const std::shared_ptr<Trust> older = std::exchange(older_trust_, nullptr);
    auto trust = std::make_shared<Trust>(clients_, std::move(client), executor, seconds_since_1970, times,
                                         older.get());
    for (const std::string& problem : trust->problems()) {
        log_event(LogLevel::error, "client-keys-unreadable", {{"reason", std::string_view(problem)}});
    }
    for (const std::string& problem : published_key_problems(clients_)) {  // W-21
        log_event(LogLevel::warn, "client-keys-published", {{"reason", std::string_view(problem)}});
    }
    trust_.set(std::move(trust));
}

/// Probes and the contract never ask (product.md), discovery if the operator wants it (D-17), all that tells
/// of a patient always. Preflights cannot carry a token (K-1).
bool CdsService::asks_for_token(const Route& route) const {
    switch (route.to) {
        case Route::To::call:
        case Route::To::feedback:
            return tokens_required_;
        case Route::To::discovery:
            return discovery_required_;
        case Route::To::nowhere:
        case Route::To::openapi:
        case Route::To::metrics:
        case Route::To::live:
        case Route::To::ready:
        case Route::To::server:
            break;
    }
    return false;
}

/// The URLs that aud may be (W-9): that of the endpoint, as it was called if more slashes stood in it (D-18);
/// for feedback, which the specification forgot, also the service's own.
std::vector<std::string> CdsService::audiences(const Request& request, const Route& route) const {
    std::string_view called = request.path;
    if (called.starts_with(base_path_)) called.remove_prefix(base_path_.size());
    const std::string discovery = public_url_ + "/cds-services";
    if (route.to == Route::To::discovery) return {discovery, public_url_ + std::string(called)};
    std::vector<std::string> allowed = {discovery + "/" + route.service_id};
    if (route.to == Route::To::feedback) allowed.push_back(allowed.front() + "/feedback");
    allowed.push_back(public_url_ + std::string(called));
    return allowed;
}

boost::asio::awaitable<std::optional<Response>> CdsService::admit(const Request& request, const Route& route,
                                                                  RequestEvent& event,
                                                                  std::function<void()>& take_back) const {
    std::optional<Response> refusal;
    if (request.method == "OPTIONS") co_return refusal;
    const bool is_asked = asks_for_token(route);
    const bool tells = route.to == Route::To::call || route.to == Route::To::feedback;
    const std::shared_ptr<Trust> trust = trust_.get();
    if (!is_asked && !(tells && trust)) co_return refusal;

    Refused refused{TokenFault::missing};
    if (trust) {
        std::vector<std::string> authorization = authorization_fields(request);
        if (!is_asked && authorization.empty()) co_return refusal;
        std::vector<std::string> expected = audiences(request, route);
        auto verdict = co_await trust->verify(std::move(authorization), std::move(expected));
        if (const auto* caller = std::get_if<Caller>(&verdict)) {
            event.caller = caller_name(*caller->client, caller->tenant);
            take_back = [trust, caller = *caller] { trust->take_back(caller); };
            metrics::token_verified(std::nullopt);
            if (tells && !rate_.admits(event.caller, std::chrono::steady_clock::now())) {
                refusal =
                    outcome(429, {fhir::IssueCode::throttled, "more calls a second than agreed upon", {}});
                refusal->fields.push_back({"Retry-After", "1"});
                event.refusal = fhir::to_string(fhir::IssueCode::throttled);
            }
            co_return refusal;
        }
        refused = std::get<Refused>(std::move(verdict));
    }
    if (is_asked) {
        refusal = refuse_token(refused, event);
    } else {  // D-17: an open endpoint takes any token for none
        tell(refused, event);
    }
    co_return refusal;
}

std::optional<Response> CdsService::refuse_token_at_sight(const Request& request, const Route& route,
                                                          RequestEvent& event) const {
    const std::shared_ptr<Trust> trust = trust_.get();
    if (!trust) return refuse_token({TokenFault::missing}, event);
    const auto refused = trust->refused_at_sight(authorization_fields(request), audiences(request, route));
    if (!refused) return std::nullopt;
    return refuse_token(*refused, event);
}

Response CdsService::refuse_token(const Refused& refused, RequestEvent& event) {
    tell(refused, event);
    const bool is_busy = refused.why == TokenFault::busy;
    Response refusal;
    if (is_busy) {
        refusal = outcome(503, {fhir::IssueCode::throttled, "too many callers at once", {}});
        refusal.fields.push_back({"Retry-After", "1"});
    } else {
        // W-16: why is for the log only.
        refusal = outcome(401, {fhir::IssueCode::login, "a valid token is required", {}});
        refusal.fields.push_back({"WWW-Authenticate", "Bearer"});
    }
    event.refusal = is_busy ? "throttled" : "login";
    return refusal;
}

}  // namespace hooks
