// OpenAPI: all endpoints as one OpenAPI 3.1 document, for those who connect and for their tools.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hooks {

/// Endpoints that may be switched off.
struct OfferedEndpoints {
    bool feedback = true, metrics = true;
};

/// The document hooks/contract/openapi.json for a server below `base_path` ("" or "/asps") with the services
/// `ids`, the schemas of the contract inside, their references made absolute so that tools need not know
/// `$id`. Without the endpoints that are not `offered`.
std::string openapi_json(std::string_view base_path, const std::vector<std::string_view>& ids,
                         OfferedEndpoints offered = {});

}  // namespace hooks
