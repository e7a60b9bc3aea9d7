// Cheap checks on the caller's thread, the signature on a pool with a bounded queue.
#include "hooks/trust.hpp"

#include "hooks/knowledge_folder.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

namespace hooks {

namespace asio = boost::asio;

namespace {

// At 1.5 ms a signature and two threads, the last in the queue waits under 100 ms.
constexpr std::size_t most_waiting = 128;

/// Counts itself for the time of its life.
class Place {
  public:
    explicit Place(std::atomic<std::size_t>& count) : count_(count), is_one_(++count <= most_waiting) {}
    ~Place() { --count_; }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    explicit operator bool() const { return is_one_; }

  private:
    std::atomic<std::size_t>& count_;
    const bool is_one_;
};

/// True if one of the keys with the token's kid made its signature.
asio::awaitable<bool> is_signed(KeySet keys, std::shared_ptr<const Token> token) {
    const bool found = std::any_of(keys->begin(), keys->end(), [&token](const Jwk& key) {
        return key.kid == token->kid && verify(key, token->algorithm, token->signed_text, token->signature);
    });
    co_return found;
}

bool has_key(const std::vector<Jwk>& keys, const std::string& kid) {
    return std::any_of(keys.begin(), keys.end(), [&kid](const Jwk& key) { return key.kid == kid; });
}

std::size_t verifying_threads() { return std::max(1U, std::thread::hardware_concurrency() / 2); }

}  // namespace

Trust::Trust(std::vector<TrustedClient> clients, HttpClient& http, const asio::any_io_executor& executor,
             Now now, const JwksTimes& times)
    : clients_(std::move(clients)),
      now_(std::move(now)),
      cache_(http, executor, times),
      pool_(verifying_threads()) {
    for (const TrustedClient& client : clients_) {
        if (client.keys_file.empty()) continue;
        const auto text = read_text(client.keys_file);
        auto keys = text ? read_jwks(*text)
                         : fhir::Result<std::vector<Jwk>>(
                               fhir::Issue{fhir::IssueCode::not_found, "cannot be read", {}});
        if (keys && !keys->empty()) {
            file_keys_[&client] = std::make_shared<const std::vector<Jwk>>(std::move(*keys));
            continue;
        }
        std::string problem = client.keys_file + ": ";
        if (keys) {
            problem += "no key that verifies signatures";
        } else if (keys.error().expression.empty()) {
            problem += keys.error().diagnostics;
        } else {
            problem += keys.error().expression + ": " + keys.error().diagnostics;
        }
        problems_.push_back(std::move(problem));
    }
}

Trust::~Trust() { pool_.join(); }

std::variant<Caller, TokenFault> Trust::check(const Token& token,
                                              const std::vector<std::string>& audiences) const {
    const TrustedClient* client = find_client(clients_, token.issuer, token.tenant);
    if (client == nullptr) return TokenFault::unknown_issuer;
    const auto& allowed = client->algorithms;
    if (std::find(allowed.begin(), allowed.end(), token.algorithm) == allowed.end())
        return TokenFault::algorithm;
    // With keys on disk there is no address to compare with, and the token's is not used.
    if (!client->jku.empty() && !token.jku.empty() && token.jku != client->jku) return TokenFault::jku;
    ClaimPolicy policy = client->claims;
    policy.audiences.insert(policy.audiences.end(), audiences.begin(), audiences.end());
    if (const auto fault = check_claims(token, policy, now_())) return *fault;
    return Caller{client, token.tenant, token.jti};
}

asio::awaitable<std::variant<Caller, TokenFault>> Trust::verify(std::vector<std::string> authorization,
                                                                std::vector<std::string> audiences) {
    using Verdict = std::variant<Caller, TokenFault>;
    const std::string_view text =
        authorization.size() == 1 ? bearer_token(authorization[0]) : std::string_view();
    if (text.empty()) co_return Verdict(TokenFault::missing);
    auto read = read_token(text);
    if (const auto* fault = std::get_if<TokenFault>(&read)) co_return Verdict(*fault);
    const auto token = std::make_shared<const Token>(std::get<Token>(std::move(read)));
    Verdict verdict = check(*token, audiences);
    if (std::holds_alternative<TokenFault>(verdict)) co_return verdict;
    const TrustedClient& client = *std::get<Caller>(verdict).client;

    KeySet keys;
    if (const auto file = file_keys_.find(&client); file != file_keys_.end()) {
        keys = file->second;
    } else if (!client.jku.empty()) {
        keys = co_await cache_.keys(client.jku, token->kid);
    }
    if (!keys) co_return Verdict(TokenFault::no_keys);
    if (!has_key(*keys, token->kid)) co_return Verdict(TokenFault::unknown_key);

    const Place place(waiting_);
    if (!place) co_return Verdict(TokenFault::busy);
    auto checking = is_signed(keys, token);
    const bool is_theirs = co_await asio::co_spawn(pool_, std::move(checking), asio::use_awaitable);
    if (!is_theirs) co_return Verdict(TokenFault::signature);

    if (client.tokens_once) {
        const double now = now_();
        const double until = token->expires + static_cast<double>(client.claims.leeway);
        const auto answer = replay_.insert(client.issuer, token->jti, until, now);
        if (answer == ReplayStore::Answer::seen) co_return Verdict(TokenFault::replayed);
        if (answer == ReplayStore::Answer::full) co_return Verdict(TokenFault::busy);
    }
    co_return verdict;
}

}  // namespace hooks
