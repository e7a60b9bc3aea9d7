// Cors: what browsers must be told before they let a page of another origin call us (K-1 to K-6).
#pragma once

#include "hooks/http.hpp"
#include "hooks/settings.hpp"

#include <string>
#include <string_view>

namespace hooks {

class Cors {
  public:
    explicit Cors(const CorsSettings& settings);

    /// Adds the fields that let a listed origin read the response; `Vary: Origin` for everyone once origins
    /// are listed.
    void allow(const Request& request, Response& response) const;
    /// A listed origin asks what it may send.
    bool is_preflight(const Request& request) const;
    /// The answer to OPTIONS: 204 with `Allow` (unless there are no methods), and for a preflight of a listed
    /// origin what it may send.
    Response preflight(const Request& request, std::string_view methods) const;

  private:
    /// The one Origin of the request, if it is listed; else "".
    std::string_view listed_origin(const Request& request) const;
    const std::vector<std::string> origins_;
    const std::string max_age_;
    const bool private_network_;
};

}  // namespace hooks
