// A small HTTP client over a blocking socket, for tests that need every byte in hand.
#pragma once

#include "hooks/http.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hooks::testing {

/// A response as it came over the wire.
struct Answer {
    unsigned status = 0;
    std::vector<Field> fields;
    std::string body;

    /// The value of the first field of that name; "" if there is none.
    std::string field(std::string_view name) const;
};

/// One connection to 127.0.0.1. Reads give up after ten seconds.
class Client {
  public:
    explicit Client(std::uint16_t port);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// False: the peer had closed.
    bool send(std::string_view bytes);
    /// The next response; nullopt: the connection ended before one was whole. 100 Continue counts as a
    /// response.
    std::optional<Answer> read(bool head_only = false);
    /// Sends one request and reads its response, which goes through check(); status 0 if none came.
    Answer exchange(std::string_view method, std::string_view target, std::string_view body = {},
                    const std::vector<Field>& fields = {});
    Answer get(std::string_view target, const std::vector<Field>& fields = {});
    /// With Content-Type: application/json unless `fields` has one.
    Answer post(std::string_view target, std::string_view body, const std::vector<Field>& fields = {});
    /// The peer closes without sending anything more.
    bool is_closed_by_peer();
    void finish_writing();

  private:
    bool fill();
    int socket_ = -1;
    std::string received_;
};

/// A request's bytes, with Host and, if there is a body, Content-Length.
std::string request_bytes(std::string_view method, std::string_view target, std::string_view body,
                          const std::vector<Field>& fields);

}  // namespace hooks::testing
