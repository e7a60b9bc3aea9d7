// One question to the resolver a name; whoever comes while it runs waits for the same answer.
#include "hooks/names.hpp"

#include "hooks/bell.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <map>
#include <mutex>
#include <utility>

namespace hooks {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

namespace {

// More names than any operator lists.
constexpr std::size_t most_names = 1'024;

/// One question, shared by all who wait for it.
struct Lookup {
    bool done = false;
    Resolved answer;
    Clock::time_point asked = Clock::now();
    std::vector<std::shared_ptr<Bell>> bells;
};

}  // namespace

struct Names::Table {
    explicit Table(std::chrono::milliseconds time) : keep(time) {}
    const std::chrono::milliseconds keep;
    std::mutex mutex;  // guards all below, and every Lookup
    std::map<std::string, std::shared_ptr<Lookup>> lookups;

    std::shared_ptr<Lookup> known(const std::string& host) {
        const auto found = lookups.find(host);
        if (found == lookups.end()) return nullptr;
        if (found->second->done && Clock::now() - found->second->asked >= keep) {
            lookups.erase(found);
            return nullptr;
        }
        return found->second;
    }

    void finish(const std::string& host, const std::shared_ptr<Lookup>& lookup, Resolved answer) {
        std::vector<std::shared_ptr<Bell>> bells;
        {
            const std::lock_guard lock(mutex);
            lookup->done = true;
            lookup->answer = std::move(answer);
            bells.swap(lookup->bells);
            const auto found = lookups.find(host);
            const bool current = found != lookups.end() && found->second == lookup;
            if (current && lookup->answer.addresses.empty()) lookups.erase(found);
        }
        for (const std::shared_ptr<Bell>& bell : bells) Bell::ring(bell);
    }
};

Names::Names(asio::any_io_executor executor, std::chrono::milliseconds keep)
    : executor_(std::move(executor)), table_(std::make_shared<Table>(keep)) {}

asio::awaitable<Resolved> Names::find(std::string host, asio::any_io_executor strand,
                                      Clock::time_point until) {
    const std::shared_ptr<Table> table = table_;
    std::shared_ptr<Lookup> lookup;
    std::shared_ptr<Bell> bell;
    bool first = false;
    {
        const std::lock_guard lock(table->mutex);
        lookup = table->known(host);
        if (!lookup) {
            if (table->lookups.size() >= most_names) table->lookups.clear();
            lookup = table->lookups[host] = std::make_shared<Lookup>();
            first = true;
        }
        if (lookup->done) co_return lookup->answer;
        bell = std::make_shared<Bell>(strand);
        lookup->bells.push_back(bell);
    }
    if (first) {
        const auto resolver = std::make_shared<tcp::resolver>(executor_);
        resolver->async_resolve(host, "",
                                [table, lookup, host, resolver](boost::system::error_code ec,
                                                                const tcp::resolver::results_type& found) {
                                    Resolved answer;
                                    for (const auto& entry : found)
                                        answer.addresses.push_back(entry.endpoint().address());
                                    if (ec) answer.reason = ec.message();
                                    table->finish(host, lookup, std::move(answer));
                                });
    }
    co_await bell->wait(until);
    Resolved answer;
    {
        const std::lock_guard lock(table->mutex);
        if (lookup->done) {
            answer = lookup->answer;
        } else {
            answer.late = true;
        }
    }
    co_return answer;
}

void Names::forget(const std::string& host) {
    const std::lock_guard lock(table_->mutex);
    const auto found = table_->lookups.find(host);
    if (found != table_->lookups.end() && found->second->done) table_->lookups.erase(found);
}

}  // namespace hooks
