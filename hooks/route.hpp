// Route: where a path leads: an endpoint, the methods it has, and the service id in it.
#pragma once

#include <string>
#include <string_view>

namespace hooks {

struct Route {
    enum class To {
        nowhere,
        discovery,
        call,
        feedback,
        openapi,
        metrics,
        live,
        ready,
        server
    } to = To::nowhere;
    std::string_view path_template = "other";  ///< for the log: `/cds-services/{id}`
    std::string_view methods = {};             ///< for Allow
    std::string service_id = {};               ///< percent-decoded; any text
};

/// The route of an origin-form path without its query. Empty segments do not count, for clients build
/// `/cds-services//id` from a base with a slash (D-18); segments are percent-decoded one by one, so that an
/// encoded slash separates nothing. Dots and `;` mean nothing special. Everything lies below `base_path` (""
/// or
/// "/asps"), the probes also at the root.
Route route_of(std::string_view path, std::string_view base_path);

}  // namespace hooks
