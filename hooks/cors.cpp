// A listed origin is echoed; never a wildcard, never credentials.
#include "hooks/cors.hpp"

#include <algorithm>

namespace hooks {

Cors::Cors(const CorsSettings& settings)
    : origins_(settings.origins),
      max_age_(std::to_string(settings.max_age.count())),
      private_network_(settings.private_network) {}

std::string_view Cors::listed_origin(const Request& request) const {
    if (request.count("Origin") != 1) return {};  // of several, no browser sent them
    const std::string_view origin = request.field("Origin");
    const bool listed = std::find(origins_.begin(), origins_.end(), origin) != origins_.end();
    return listed ? origin : std::string_view{};
}

void Cors::allow(const Request& request, Response& response) const {
    if (origins_.empty()) return;
    response.fields.push_back({"Vary", "Origin"});
    const std::string_view origin = listed_origin(request);
    if (origin.empty()) return;
    response.fields.push_back({"Access-Control-Allow-Origin", std::string(origin)});
    response.fields.push_back({"Access-Control-Expose-Headers", "Retry-After, X-Request-Id"});
}

bool Cors::is_preflight(const Request& request) const {
    return request.method == "OPTIONS" && request.count("Access-Control-Request-Method") > 0 &&
           !listed_origin(request).empty();
}

Response Cors::preflight(const Request& request, std::string_view methods) const {
    Response response;
    response.status = 204;
    if (!methods.empty()) response.fields.push_back({"Allow", std::string(methods)});
    if (is_preflight(request)) {
        response.fields.push_back({"Access-Control-Allow-Methods", "GET, POST, OPTIONS"});
        response.fields.push_back(
            {"Access-Control-Allow-Headers", "authorization, content-type, traceparent, x-request-id"});
        response.fields.push_back({"Access-Control-Max-Age", max_age_});
        if (private_network_ && request.field("Access-Control-Request-Private-Network") == "true")
            response.fields.push_back({"Access-Control-Allow-Private-Network", "true"});
    }
    return response;
}

}  // namespace hooks
