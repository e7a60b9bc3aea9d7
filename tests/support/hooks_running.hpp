// A running service and a connection to it, and calls that the shipped knowledge answers with cards.
#pragma once

#include "hooks/clock.hpp"
#include "hooks/service.hpp"
#include "hooks/settings.hpp"
#include "tests/support/hooks_check.hpp"
#include "tests/support/hooks_client.hpp"
#include "tests/support/hooks_knowledge.hpp"
#include "tests/support/hooks_server.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

namespace hooks::testing {

/// The service on a port of its own, its date pinned to 2026-11-24; asked over one connection, which is made
/// anew when the server has closed it. Every answer goes through check().
class Running {
  public:
    explicit Running(const Settings& settings = {},
                     std::shared_ptr<const cards::Knowledge> knowledge = demo_knowledge(),
                     const ServerOptions& options = {});
    std::uint16_t port() const { return server_.port(); }
    CdsService& service() { return service_; }

    Answer ask(std::string_view method, std::string_view target, std::string_view body = {},
               const std::vector<Field>& fields = {},
               std::source_location where = std::source_location::current());
    /// A call of the service `id` with a JSON body.
    Answer call(std::string_view id, std::string_view body, const std::vector<Field>& fields = {},
                std::source_location where = std::source_location::current());
    Answer call(std::string_view id, const boost::json::value& body,
                std::source_location where = std::source_location::current());

  private:
    CdsService service_;
    TestServer server_;
    std::optional<Client> client_;
};

/// config/asps as it is shipped; loaded once.
std::shared_ptr<const cards::Knowledge> shipped_knowledge();
/// A call of `hook` which asps-<hook> answers with a card on 2026-11-24: the patient of config/demo.
boost::json::value shipped_call(std::string_view hook);
/// The hooks of the shipped services.
inline constexpr std::string_view shipped_hooks[] = {"patient-view", "encounter-start", "order-select",
                                                     "order-sign", "problem-list-item-create"};

/// The first issue's expression; "" if there is none.
std::string expression_of(const Answer& answer);
/// "200", or the status and the expression: "400 context.userId".
std::string told(const Answer& answer);
/// The cards, as they can be compared: without what is fresh in each (uuids).
boost::json::array cards_of(const Answer& answer);
/// The codes of the topics of the cards.
std::vector<std::string> topics_of(const Answer& answer);

}  // namespace hooks::testing
