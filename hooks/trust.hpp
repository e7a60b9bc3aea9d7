// Trust: which clients may call, and whether a token is one of theirs (cds-hooks.md 14.2; reliability.md 5).
#pragma once

#include "hooks/http_client.hpp"
#include "hooks/jwks_cache.hpp"
#include "hooks/jwt.hpp"
#include "hooks/replay.hpp"
#include "hooks/trusted_client.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace hooks {

/// Who calls, once the token was verified.
struct Caller {
    const TrustedClient* client = nullptr;  ///< never null
    std::string tenant, jti;
};

/// Why a token is refused.
struct Refused {
    TokenFault why{};
    std::string issuer{}, tenant{}, jti{};  ///< what it says, proven or not; "" if it cannot be read
};

/// What is wrong with the clients' key files: `clients[0].keysFile: keys.json: cannot be read`.
std::vector<std::string> key_file_problems(const std::vector<TrustedClient>& clients);

/// Verifies tokens off the I/O threads: ES384 costs 1.5 ms. Safe to use from any thread.
class Trust {
  public:
    using Now = std::function<double()>;  ///< seconds since 1970

    /// `executor` runs the fetches of keys. What `older` has fetched and seen goes on to count: a reload
    /// makes no token good again, and needs no client's server. Null: there is nothing yet.
    Trust(std::vector<TrustedClient> clients, std::shared_ptr<HttpClient> http,
          const boost::asio::any_io_executor& executor, Now now, const JwksTimes& times = {},
          const Trust* older = nullptr);
    ~Trust();
    Trust(const Trust&) = delete;
    Trust& operator=(const Trust&) = delete;

    /// What is wrong with the clients' key files: one sentence each. Their tokens are refused then.
    const std::vector<std::string>& problems() const { return problems_; }
    const std::vector<TrustedClient>& clients() const { return clients_; }

    /// The caller of a request whose Authorization fields are `authorization`, or why it is nobody (W-19:
    /// shape, algorithm, issuer, what the claims say, key, signature, replay). The claims are looked at
    /// before the signature because that is cheap; an id is remembered only behind everything else, so that a
    /// forged token cannot use one up.
    boost::asio::awaitable<std::variant<Caller, Refused>> verify(std::vector<std::string> authorization,
                                                                 std::vector<std::string> audiences);

    /// The caller was turned away unheard: its token may come again.
    void take_back(const Caller& caller);

    /// What verify() would refuse without keys: for its shape, issuer, algorithm or claims.
    std::optional<Refused> refused_at_sight(const std::vector<std::string>& authorization,
                                            const std::vector<std::string>& audiences) const;

  private:
    static std::variant<Token, TokenFault> read(const std::vector<std::string>& authorization);
    static Refused refused(TokenFault why, const Token& token);
    std::variant<Caller, Refused> check(const Token& token, const std::vector<std::string>& audiences) const;

    std::vector<TrustedClient> clients_;
    std::vector<std::string> problems_;
    std::map<const TrustedClient*, KeySet> file_keys_;
    const Now now_;
    JwksCache cache_;
    const std::shared_ptr<ReplayStore> replay_;
    boost::asio::thread_pool pool_;
    std::atomic<std::size_t> waiting_ = 0;
};

}  // namespace hooks
