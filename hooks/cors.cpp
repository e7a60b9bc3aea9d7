// A listed origin is echoed; never a wildcard, never credentials.
#include "hooks/cors.hpp"

#include <algorithm>

namespace hooks {

Cors::Cors(const CorsSettings& settings)
    : origins_(settings.origins), max_age_(std::to_string(settings.max_age.count())) {}

bool Cors::is_listed(std::string_view origin) const {
    return std::find(origins_.begin(), origins_.end(), origin) != origins_.end();
}

void Cors::allow(const Request& request, Response& response) const {
    if (origins_.empty()) return;
    response.fields.push_back({"Vary", "Origin"});
    const std::string_view origin = request.field("Origin");
    if (is_listed(origin)) response.fields.push_back({"Access-Control-Allow-Origin", std::string(origin)});
}

Response Cors::preflight(const Request& request, std::string_view methods) const {
    Response response;
    response.status = 204;
    response.fields.push_back({"Allow", std::string(methods)});
    if (is_listed(request.field("Origin")) && request.count("Access-Control-Request-Method") > 0) {
        response.fields.push_back({"Access-Control-Allow-Methods", "GET, POST, OPTIONS"});
        response.fields.push_back(
            {"Access-Control-Allow-Headers", "authorization, content-type, traceparent, x-request-id"});
        response.fields.push_back({"Access-Control-Max-Age", max_age_});
    }
    return response;
}

}  // namespace hooks
