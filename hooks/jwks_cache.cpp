// A set is replaced whole. Who finds it fresh takes it under the lock; who does not waits for the one fetch.
#include "hooks/jwks_cache.hpp"

#include "hooks/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace hooks {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

namespace {

constexpr std::size_t most_bytes = 262'144;
constexpr auto quietly = asio::as_tuple(asio::use_awaitable);

bool has_key(const KeySet& keys, std::string_view kid) {
    return keys && std::any_of(keys->begin(), keys->end(), [kid](const Jwk& key) { return key.kid == kid; });
}

/// max-age of Cache-Control; 0 for no-store and no-cache; nullopt if it says neither.
std::optional<seconds> max_age(std::string_view cache_control) {
    if (cache_control.find("no-store") != std::string_view::npos ||
        cache_control.find("no-cache") != std::string_view::npos) {
        return seconds(0);
    }
    constexpr std::string_view name = "max-age=";
    const std::size_t at = cache_control.find(name);
    if (at == std::string_view::npos) return std::nullopt;
    std::int64_t number = 0;
    const char* start = cache_control.data() + at + name.size();
    const char* end = cache_control.data() + cache_control.size();
    if (std::from_chars(start, end, number).ec != std::errc{} || number < 0) return std::nullopt;
    return seconds(number);
}

}  // namespace

struct JwksCache::Impl : std::enable_shared_from_this<Impl> {
    Impl(HttpClient& asking, const asio::any_io_executor& executor, const JwksTimes& given, Now clock)
        : client(asking), strand(asio::make_strand(executor)), times(given), now(std::move(clock)) {}

    struct Set {
        KeySet keys;
        Clock::time_point fetched, refresh_at, tried;
        bool was_tried = false;
        bool fetching = false;                     // on the strand only, like `done`
        std::unique_ptr<asio::steady_timer> done;  // never expires; cancelled when a fetch ends
    };

    HttpClient& client;
    const asio::strand<asio::any_io_executor> strand;
    const JwksTimes times;
    const Now now;
    std::mutex mutex;  // guards the map and what is in it, but for what lives on the strand
    std::map<std::string, Set, std::less<>> sets;

    /// What can be said without waiting: the keys, and whether they are to be fetched again.
    struct Known {
        KeySet keys;
        bool is_good = false;   // nobody needs to wait
        bool is_due = false;    // but they should be fetched
    };
    Known look(const std::string& url, std::string_view kid) {
        const std::lock_guard lock(mutex);
        Set& set = sets[url];
        const Clock::time_point at = now();
        if (set.keys && at - set.fetched > times.stale) set.keys = nullptr;
        Known known{set.keys, false, false};
        const bool may_try = !set.was_tried || at - set.tried >= times.unknown_kid;
        const bool is_old = !set.keys || at >= set.refresh_at;
        known.is_due = may_try && (is_old || !has_key(set.keys, kid));
        known.is_good = !known.is_due || has_key(set.keys, kid);
        return known;
    }

    asio::awaitable<void> fetch(std::string url);
    void keep(const std::string& url, const ClientAnswer& answer);
};

namespace {

/// Lets those who wait for a fetch go on when it ends, however it ends.
struct Ending {
    bool& fetching;
    asio::steady_timer& done;
    ~Ending() {
        fetching = false;
        done.cancel();
    }
};

}  // namespace

/// On the strand: fetches, or waits for the fetch that runs.
asio::awaitable<void> JwksCache::Impl::fetch(std::string url) {
    Set* set = nullptr;
    {
        const std::lock_guard lock(mutex);
        set = &sets[url];  // map nodes stay where they are
    }
    if (set->fetching) {
        auto [cancelled] = co_await set->done->async_wait(quietly);
        static_cast<void>(cancelled);
        co_return;
    }
    set->fetching = true;
    set->done = std::make_unique<asio::steady_timer>(strand, Clock::time_point::max());
    const Ending ending{set->fetching, *set->done};
    {
        const std::lock_guard lock(mutex);
        set->tried = now();
        set->was_tried = true;
    }
    ClientRequest request;
    request.url = url;
    request.fields.push_back({"Accept", "application/jwk-set+json, application/json"});
    request.listed = true;
    request.response_bytes = most_bytes;
    const ClientAnswer answer = co_await client.ask(std::move(request), times.fetch);
    keep(url, answer);
}

void JwksCache::Impl::keep(const std::string& url, const ClientAnswer& answer) {
    std::string problem;
    std::vector<Jwk> keys;
    if (answer.fault) {
        problem = to_string(*answer.fault);
    } else if (answer.status != 200) {
        problem = "status " + std::to_string(answer.status);
    } else if (auto read = read_jwks(answer.body); !read) {
        problem = "no JWK Set: " + read.error().expression;
    } else if (read->empty()) {
        problem = "no key for signatures";
    } else {
        keys = std::move(*read);
    }
    if (!problem.empty()) {
        log_event(LogLevel::warn, "jwks-fetch-failed",
                  {{"url", std::string_view(url)}, {"reason", std::string_view(problem)}});
        return;
    }
    const seconds asked = max_age(answer.field("Cache-Control")).value_or(times.fresh);
    const std::lock_guard lock(mutex);
    Set& set = sets[url];
    set.keys = std::make_shared<const std::vector<Jwk>>(std::move(keys));
    set.fetched = now();
    set.refresh_at = set.fetched + std::clamp(asked, times.least_fresh, times.fresh);
}

JwksCache::JwksCache(HttpClient& client, asio::any_io_executor executor, const JwksTimes& times, Now now)
    : impl_(std::make_shared<Impl>(client, executor, times, std::move(now))) {}

JwksCache::~JwksCache() = default;

asio::awaitable<KeySet> JwksCache::keys(std::string url, std::string kid) {
    const auto impl = impl_;
    const Impl::Known known = impl->look(url, kid);
    if (!known.is_due) co_return known.keys;
    auto fetching = impl->fetch(url);
    if (known.is_good) {
        // Old but good: this caller is not made to wait for the new ones.
        asio::co_spawn(impl->strand, std::move(fetching), [impl](std::exception_ptr) {});
        co_return known.keys;
    }
    co_await asio::co_spawn(impl->strand, std::move(fetching), asio::use_awaitable);
    const std::lock_guard lock(impl->mutex);
    co_return impl->sets[url].keys;
}

}  // namespace hooks
