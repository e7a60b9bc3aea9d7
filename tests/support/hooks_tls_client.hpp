// A TLS client over a blocking socket, which says what was agreed upon and why nothing was.
#pragma once

#include "tests/support/hooks_certificates.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace hooks::testing {

struct TlsWish {
    int version = 0;                     ///< TLS1_2_VERSION and the like; 0: any from 1.0 on
    std::string ciphers{};               ///< of TLS 1.2 and older; "": the usual ones
    const Certificate* shown = nullptr;  ///< the client's own
    std::string protocols{};             ///< for ALPN, each behind its length: "\x08http/1.1"
};

/// One connection to 127.0.0.1; it takes any certificate. Reads give up after ten seconds.
class TlsClient {
  public:
    explicit TlsClient(std::uint16_t port, const TlsWish& wish = {});
    ~TlsClient();
    TlsClient(const TlsClient&) = delete;
    TlsClient& operator=(const TlsClient&) = delete;

    bool is_open() const { return open_; }
    std::string version() const;
    std::string cipher() const;
    std::string protocol() const;
    /// The common name of the server's certificate.
    std::string server_name() const;
    /// True if the session could be taken up again without a handshake.
    bool is_resumable() const;
    /// False: the server would not.
    bool renegotiate();

    bool send(std::string_view bytes);
    /// The status of one answer, which is read whole; 0 if none came.
    unsigned read(std::string* body = nullptr);
    unsigned get(const std::string& target, std::string* body = nullptr);
    unsigned post(const std::string& target, const std::string& body);
    /// How reading ends: "closed" with close_notify, "cut" without it, "bytes" if more came.
    std::string end();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
    bool open_ = false;
};

}  // namespace hooks::testing
