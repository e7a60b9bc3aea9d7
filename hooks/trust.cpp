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
// A token that was good when its check began is remembered until that check has ended, in seconds.
constexpr double longest_check = 60;

/// Counts itself for the time of its life.
class QueuePlace {
  public:
    explicit QueuePlace(std::atomic<std::size_t>& count) : count_(count), is_one_(++count <= most_waiting) {}
    ~QueuePlace() { --count_; }
    QueuePlace(const QueuePlace&) = delete;
    QueuePlace& operator=(const QueuePlace&) = delete;
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

/// The keys of a file that verify signatures, or why there are none.
std::variant<KeySet, std::string> keys_in(const std::string& file) {
    const auto text = read_text(file);
    if (!text) return file + ": cannot be read";
    auto keys = read_jwks(*text);
    if (!keys) {
        const fhir::Issue& issue = keys.error();
        return file + ": " + (issue.expression.empty() ? "" : issue.expression + ": ") + issue.diagnostics;
    }
    if (keys->empty()) return file + ": no key that verifies signatures";
    return std::make_shared<const std::vector<Jwk>>(std::move(*keys));
}

std::size_t verifying_threads() { return std::max(1U, std::thread::hardware_concurrency() / 2); }

}  // namespace

std::vector<std::string> key_file_problems(const std::vector<TrustedClient>& clients) {
    std::vector<std::string> problems;
    std::size_t index = 0;
    for (const TrustedClient& client : clients) {
        const std::string place = "clients[" + std::to_string(index++) + "].keysFile: ";
        if (client.keys_file.empty()) continue;
        const auto keys = keys_in(client.keys_file);
        if (const auto* problem = std::get_if<std::string>(&keys)) problems.push_back(place + *problem);
    }
    return problems;
}

Trust::Trust(std::vector<TrustedClient> clients, std::shared_ptr<HttpClient> http,
             const asio::any_io_executor& executor, Now now, const JwksTimes& times, const Trust* older)
    : clients_(std::move(clients)),
      now_(std::move(now)),
      cache_(std::move(http), executor, times),
      replay_(older ? older->replay_ : std::make_shared<ReplayStore>()),
      pool_(verifying_threads()) {
    if (older) cache_.take_over(older->cache_);
    for (const TrustedClient& client : clients_) {
        if (client.keys_file.empty()) continue;
        auto keys = keys_in(client.keys_file);
        if (const auto* problem = std::get_if<std::string>(&keys)) {
            problems_.push_back(*problem);
        } else {
            file_keys_[&client] = std::get<KeySet>(std::move(keys));
        }
    }
}

Trust::~Trust() { pool_.join(); }

Refused Trust::refused(TokenFault why, const Token& token) {
    return Refused{why, token.issuer, token.tenant, token.jti};
}

void Trust::take_back(const Caller& caller) {
    if (caller.client->tokens_once) replay_->take_back(caller.client->issuer, caller.jti);
}

std::variant<Caller, Refused> Trust::check(const Token& token,
                                           const std::vector<std::string>& audiences) const {
    const TrustedClient* client = find_client(clients_, token.issuer, token.tenant);
    if (client == nullptr) return refused(TokenFault::unknown_issuer, token);
    const auto& allowed = client->algorithms;
    if (std::find(allowed.begin(), allowed.end(), token.algorithm) == allowed.end())
        return refused(TokenFault::algorithm, token);
    // With keys on disk there is no address to compare with, and the token's is not used.
    if (!client->jku.empty() && !token.jku.empty() && token.jku != client->jku)
        return refused(TokenFault::jku, token);
    ClaimPolicy policy = client->claims;
    policy.audiences.insert(policy.audiences.end(), audiences.begin(), audiences.end());
    if (const auto fault = check_claims(token, policy, now_())) return refused(*fault, token);
    return Caller{client, token.tenant, token.jti};
}

std::variant<Token, TokenFault> Trust::read(const std::vector<std::string>& authorization) {
    const std::string_view text =
        authorization.size() == 1 ? bearer_token(authorization[0]) : std::string_view();
    if (text.empty()) return TokenFault::missing;
    return read_token(text);
}

std::optional<Refused> Trust::refused_at_sight(const std::vector<std::string>& authorization,
                                               const std::vector<std::string>& audiences) const {
    const auto token = read(authorization);
    if (const auto* fault = std::get_if<TokenFault>(&token)) return Refused{*fault};
    auto verdict = check(std::get<Token>(token), audiences);
    if (auto* refused = std::get_if<Refused>(&verdict)) return std::move(*refused);
    return std::nullopt;
}

asio::awaitable<std::variant<Caller, Refused>> Trust::verify(std::vector<std::string> authorization,
                                                             std::vector<std::string> audiences) {
    using Verdict = std::variant<Caller, Refused>;
    auto came = read(authorization);
    if (const auto* fault = std::get_if<TokenFault>(&came)) co_return Verdict(Refused{*fault});
    const auto token = std::make_shared<const Token>(std::get<Token>(std::move(came)));
    Verdict verdict = check(*token, audiences);
    if (std::holds_alternative<Refused>(verdict)) co_return verdict;
    const TrustedClient& client = *std::get<Caller>(verdict).client;
    const auto fails = [&token](TokenFault why) { return Verdict(refused(why, *token)); };

    KeySet keys;
    if (const auto file = file_keys_.find(&client); file != file_keys_.end()) {
        keys = file->second;
    } else if (!client.jku.empty()) {
        keys = co_await cache_.keys(client.jku, token->kid);
    }
    if (!keys || keys->empty()) co_return fails(TokenFault::no_keys);
    if (!has_key(*keys, token->kid)) co_return fails(TokenFault::unknown_key);

    const QueuePlace place(waiting_);
    if (!place) co_return fails(TokenFault::busy);
    auto checking = is_signed(keys, token);
    const bool is_theirs = co_await asio::co_spawn(pool_, std::move(checking), asio::use_awaitable);
    if (!is_theirs) co_return fails(TokenFault::signature);

    if (client.tokens_once) {
        const double now = now_();
        const double until = token->expires + static_cast<double>(client.claims.leeway) + longest_check;
        const auto answer = replay_->insert(client.issuer, token->jti, until, now);
        if (answer == ReplayStore::Answer::seen) co_return fails(TokenFault::replayed);
        if (answer == ReplayStore::Answer::full) co_return fails(TokenFault::busy);
    }
    co_return verdict;
}

}  // namespace hooks
