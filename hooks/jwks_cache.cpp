// A set is replaced whole. Who finds it fresh takes it under the lock; who does not waits for the one fetch.
#include "hooks/jwks_cache.hpp"

#include "hooks/log.hpp"
#include "hooks/metrics.hpp"
#include "hooks/published_keys.hpp"

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

bool has_keys(const KeySet& keys) { return keys && !keys->empty(); }

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
    Impl(std::shared_ptr<HttpClient> asking, const asio::any_io_executor& executor, const JwksTimes& given,
         Now clock)
        : client(std::move(asking)),
          strand(asio::make_strand(executor)),
          times(given),
          now(std::move(clock)) {}

    struct Set {
        KeySet keys;
        Clock::time_point fetched, refresh_at;
        Clock::time_point retry_at;    // after a fetch that failed: not before
        Clock::time_point unknown_at;  // a kid that is not in the set has it fetched not before
        unsigned failures = 0;         // in a row
        bool fetching = false;
        std::unique_ptr<asio::steady_timer>
            done;  // on the strand only: never expires, cancelled when a fetch ends
    };

    const std::shared_ptr<HttpClient> client;  // a fetch in the background may outlive all but this
    const asio::strand<asio::any_io_executor> strand;
    const JwksTimes times;
    const Now now;
    std::mutex mutex;  // guards the map and what is in it
    std::map<std::string, Set, std::less<>> sets;

    /// What can be said without waiting.
    struct Known {
        KeySet keys;
        bool is_good = false;  ///< nobody needs to wait
        bool is_due = false;   ///< but they should be fetched, or are being fetched
    };
    Known look(Set& set, std::string_view kid) {
        const Clock::time_point at = now();
        if (set.keys && at - set.fetched > times.stale) set.keys = nullptr;
        const bool is_known = has_key(set.keys, kid);
        Known known{set.keys, is_known, false};
        if (set.fetching) {
            known.is_due = !is_known;
        } else if (at >= set.retry_at) {
            known.is_due = !has_keys(set.keys) || at >= (is_known ? set.refresh_at : set.unknown_at);
        }
        return known;
    }

    /// Nothing was to be had: it is asked for again later, and later each time.
    void pause(Set& set) const {
        const seconds next(std::int64_t{1} << std::min(set.failures, 10U));
        ++set.failures;
        set.retry_at = now() + std::min(next, times.most_pause);
    }

    asio::awaitable<void> fetch(std::string url, std::string kid);
    void keep(const std::string& url, const ClientAnswer& answer);
};

namespace {

/// Lets those who wait for a fetch go on when it ends, however it ends.
struct Ending {
    std::mutex& mutex;
    bool& fetching;
    asio::steady_timer& done;
    ~Ending() {
        const std::lock_guard lock(mutex);
        fetching = false;
        done.cancel();
    }
};

}  // namespace

/// On the strand: fetches, or waits for the fetch that runs; nothing if somebody was quicker.
asio::awaitable<void> JwksCache::Impl::fetch(std::string url, std::string kid) {
    Set* set = nullptr;
    bool is_running = false;
    {
        const std::lock_guard lock(mutex);
        set = &sets[url];  // a map's values stay where they are
        is_running = set->fetching;
        if (!look(*set, kid).is_due) co_return;
        if (!is_running) {
            set->fetching = true;
            if (has_keys(set->keys) && !has_key(set->keys, kid)) set->unknown_at = now() + times.unknown_kid;
        }
    }
    if (is_running) {
        auto [cancelled] = co_await set->done->async_wait(quietly);
        static_cast<void>(cancelled);
        co_return;
    }
    set->done = std::make_unique<asio::steady_timer>(strand, Clock::time_point::max());
    const Ending ending{mutex, set->fetching, *set->done};
    ClientRequest request;
    request.url = url;
    request.fields.push_back({"Accept", "application/jwk-set+json, application/json"});
    request.listed = true;
    request.response_bytes = most_bytes;
    const ClientAnswer answer = co_await client->ask(std::move(request), times.fetch);
    keep(url, answer);
}

void JwksCache::Impl::keep(const std::string& url, const ClientAnswer& answer) {
    std::string problem;
    std::vector<Jwk> keys;
    std::vector<fhir::Issue> broken;
    if (answer.fault) {
        problem = to_string(*answer.fault);
    } else if (answer.status != 200) {
        problem = "status " + std::to_string(answer.status);
    } else if (auto read = read_jwks(answer.body, &broken); !read) {
        problem = "no JWK Set: " + read.error().expression;
    } else if (read->empty() && !broken.empty()) {
        problem = "no key for signatures";
    } else {
        keys = std::move(*read);  // none: all that were published are withdrawn
    }
    for (const fhir::Issue& issue : broken)
        log_event(LogLevel::warn, "jwks-key-broken",
                  {{"url", std::string_view(url)}, {"key", std::string_view(issue.expression)}});
    for (const Jwk& key : keys) {
        if (const std::string_view by = publisher_of(key); !by.empty())
            log_event(LogLevel::warn, "jwks-key-published", {{"url", std::string_view(url)}, {"by", by}});
    }
    metrics::jwks_fetched(url, problem.empty());
    if (!problem.empty()) {
        log_event(LogLevel::warn, "jwks-fetch-failed",
                  {{"url", std::string_view(url)}, {"reason", std::string_view(problem)}});
        const std::lock_guard lock(mutex);
        pause(sets[url]);
        return;
    }
    const seconds asked = max_age(answer.field("Cache-Control")).value_or(times.fresh);
    const std::lock_guard lock(mutex);
    Set& set = sets[url];
    set.keys = std::make_shared<const std::vector<Jwk>>(std::move(keys));
    if (set.keys->empty())
        pause(set);
    else
        set.failures = 0;
    set.fetched = now();
    set.refresh_at = set.fetched + std::clamp(asked, times.least_fresh, times.fresh);
}

JwksCache::JwksCache(std::shared_ptr<HttpClient> client, const asio::any_io_executor& executor,
                     const JwksTimes& times, Now now)
    : impl_(std::make_shared<Impl>(std::move(client), executor, times, std::move(now))) {}

JwksCache::~JwksCache() = default;

void JwksCache::take_over(const JwksCache& older) {
    const std::scoped_lock lock(impl_->mutex, older.impl_->mutex);
    for (const auto& [url, set] : older.impl_->sets) {
        if (!set.keys) continue;
        Impl::Set& taken = impl_->sets[url];
        taken.keys = set.keys;
        taken.fetched = set.fetched;
        taken.refresh_at = set.refresh_at;
    }
}

asio::awaitable<KeySet> JwksCache::keys(std::string url, std::string kid) {
    const auto impl = impl_;
    Impl::Known known;
    {
        const std::lock_guard lock(impl->mutex);
        known = impl->look(impl->sets[url], kid);
    }
    if (!known.is_due) co_return known.keys;
    auto fetching = impl->fetch(url, std::move(kid));
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
