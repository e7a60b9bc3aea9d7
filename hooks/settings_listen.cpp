// What follows from where the server listens: who must show a token, and what clients call it.
#include "hooks/settings.hpp"
#include "hooks/web_url.hpp"

#include <algorithm>

namespace hooks {

namespace {

bool listens_beyond_loopback(const ServerOptions& options, bool tls_too) {
    if (!options.inherited.empty()) {
        return std::any_of(options.inherited.begin(), options.inherited.end(),
                           [tls_too](const InheritedSocket& socket) {
                               return (tls_too || !socket.tls) && !is_loopback(socket.address);
                           });
    }
    const auto is_beyond = [](const std::string& address) {
        return !address.empty() && !is_loopback(address);
    };
    return is_beyond(options.address) || (tls_too && is_beyond(options.tls_address));
}

}  // namespace

bool listens_beyond_loopback(const ServerOptions& options) { return listens_beyond_loopback(options, true); }

bool listens_plain_beyond_loopback(const ServerOptions& options) {
    return listens_beyond_loopback(options, false);
}

bool requires_tokens(const Settings& settings) {
    using Required = Authentication::Required;
    const Required required = settings.authentication.required;
    return required == Required::always ||
           (required == Required::automatic && listens_beyond_loopback(settings.server));
}

std::string public_url(const Settings& settings) {
    if (!settings.public_url.empty()) return settings.public_url;
    const ServerOptions& server = settings.server;
    const auto url = [&settings](std::string_view scheme, const std::string& address, std::uint16_t port) {
        const bool is_v6 = address.find(':') != std::string::npos;
        return std::string(scheme) + (is_v6 ? "[" + address + "]" : address) + ":" + std::to_string(port) +
               settings.base_path;
    };
    for (const InheritedSocket& socket : server.inherited) {
        if (socket.tls) return url("https://", socket.address, socket.port);
    }
    if (!server.inherited.empty())
        return url("http://", server.inherited[0].address, server.inherited[0].port);
    if (!server.tls_address.empty()) return url("https://", server.tls_address, server.tls_port);
    return url("http://", server.address, server.port);
}

std::string public_url_problem(const Settings& settings) {
    const bool needs_it = std::any_of(settings.clients.begin(), settings.clients.end(),
                                      [](const auto& one) { return one.claims.audiences.empty(); });
    if (!needs_it || !settings.public_url.empty()) return "";
    const std::string url = public_url(settings);
    const bool is_any_port = url.substr(0, url.size() - settings.base_path.size()).ends_with(":0");
    const bool is_any_address =
        url.find("://0.0.0.0:") != std::string::npos || url.find("://[::]:") != std::string::npos;
    if (!is_any_port && !is_any_address) return "";
    return "publicUrl: tokens name the address that clients call, which cannot be known from \"" + url +
           "\": tokens of clients without `audiences` will be refused";
}

}  // namespace hooks
