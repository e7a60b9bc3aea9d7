// One mutex over all origins: what it guards takes microseconds.
#include "hooks/connection_pool.hpp"

#include "hooks/bell.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <vector>

namespace hooks {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

/// Somebody who waits for a connection. The bell is its own, the rest is guarded by the table's mutex.
struct Waiter {
    explicit Waiter(const asio::any_io_executor& on) : strand(on), bell(std::make_shared<Bell>(on)) {}
    const asio::any_io_executor strand;
    const std::shared_ptr<Bell> bell;
    std::shared_ptr<Connection> granted;
};

asio::awaitable<void> wait_for(std::shared_ptr<Waiter> waiter, Clock::time_point until) {
    co_await waiter->bell->wait(until);
}

}  // namespace

struct ConnectionPool::Table {
    struct Origin {
        std::size_t leased = 0;
        std::vector<std::shared_ptr<Connection>> idle;  // the youngest at the end
        std::deque<std::shared_ptr<Waiter>> waiting;
    };

    Table(asio::any_io_executor on, const PoolLimits& given) : executor(std::move(on)), limits(given) {}

    const asio::any_io_executor executor;
    const PoolLimits limits;
    std::mutex mutex;  // guards what follows
    std::map<std::string, Origin> origins;
    std::size_t idle_in_all = 0;

    std::shared_ptr<Connection> new_connection() const {
        return std::make_shared<Connection>(asio::make_strand(executor));
    }

    /// Closes what was kept too long, and the oldest beyond the limit.
    void sweep() {
        const Clock::time_point now = Clock::now();
        while (idle_in_all > 0) {
            auto oldest = origins.end();
            for (auto at = origins.begin(); at != origins.end(); ++at) {
                if (at->second.idle.empty()) continue;
                if (oldest == origins.end() ||
                    at->second.idle.front()->kept_since < oldest->second.idle.front()->kept_since) {
                    oldest = at;
                }
            }
            Origin& origin = oldest->second;
            if (idle_in_all <= limits.idle && now - origin.idle.front()->kept_since < limits.idle_time)
                return;
            origin.idle.erase(origin.idle.begin());
            --idle_in_all;
            forget_if_unused(oldest);
        }
    }

    void forget_if_unused(std::map<std::string, Origin>::iterator at) {
        const Origin& origin = at->second;
        if (origin.leased == 0 && origin.idle.empty() && origin.waiting.empty()) origins.erase(at);
    }

    void give_back(const std::string& name, std::shared_ptr<Connection> connection) {
        const std::lock_guard lock(mutex);
        const auto at = origins.find(name);
        Origin& origin = at->second;
        if (!origin.waiting.empty()) {
            const std::shared_ptr<Waiter> next = std::move(origin.waiting.front());
            origin.waiting.pop_front();
            next->granted = connection->stream ? std::move(connection) : new_connection();
            Bell::ring(next->bell);
            return;
        }
        --origin.leased;
        if (connection->stream) {
            connection->kept_since = Clock::now();
            origin.idle.push_back(std::move(connection));
            ++idle_in_all;
            sweep();
        } else {
            forget_if_unused(at);
        }
    }
};

ConnectionPool::Lease::Lease(std::shared_ptr<Table> table, std::string origin,
                             std::shared_ptr<Connection> leased)
    : table_(std::move(table)), origin_(std::move(origin)), connection_(std::move(leased)) {}

ConnectionPool::Lease::~Lease() {
    if (table_) table_->give_back(origin_, std::move(connection_));
}

ConnectionPool::ConnectionPool(asio::any_io_executor executor, const PoolLimits& limits)
    : table_(std::make_shared<Table>(std::move(executor), limits)) {}

asio::awaitable<std::optional<ConnectionPool::Lease>> ConnectionPool::lease(std::string origin,
                                                                            Clock::time_point until) {
    const std::shared_ptr<Table> table = table_;
    std::optional<Lease> result;
    std::shared_ptr<Waiter> waiter;
    {
        const std::lock_guard lock(table->mutex);
        table->sweep();
        Table::Origin& there = table->origins[origin];
        if (!there.idle.empty()) {
            std::shared_ptr<Connection> connection = std::move(there.idle.back());
            there.idle.pop_back();
            --table->idle_in_all;
            ++there.leased;
            result.emplace(table, origin, std::move(connection));
        } else if (there.leased < table->limits.per_origin) {
            ++there.leased;
            result.emplace(table, origin, table->new_connection());
        } else {
            waiter = std::make_shared<Waiter>(asio::make_strand(table->executor));
            there.waiting.push_back(waiter);
        }
    }
    if (!waiter) co_return result;

    // Whatever ends the waiting, what was granted meanwhile is given on.
    struct Place {
        std::shared_ptr<Table> table;
        std::string origin;
        std::shared_ptr<Waiter> waiter;
        std::optional<Lease> leave() {
            if (!waiter) return std::nullopt;
            const std::shared_ptr<Waiter> left = std::move(waiter);
            const std::lock_guard lock(table->mutex);
            if (left->granted) return Lease(table, origin, std::move(left->granted));
            std::erase(table->origins.find(origin)->second.waiting, left);
            return std::nullopt;
        }
        ~Place() { leave(); }
    } place{table, origin, waiter};
    auto waiting = wait_for(waiter, until);
    co_await asio::co_spawn(waiter->strand, std::move(waiting), asio::use_awaitable);
    std::optional<Lease> granted = place.leave();
    co_return granted;
}

}  // namespace hooks
