// Callers put work into a queue; the writing thread takes all of it at once, writes, and tells how it went.
#include "hooks/feedback_sqlite.hpp"

#include "hooks/log.hpp"
#include "hooks/metrics.hpp"

#include <exception>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace hooks {

namespace {

using namespace std::chrono_literals;

constexpr auto between_attempts = 1s;
// So many cards wait no longer for others.
constexpr std::size_t gathered = 2'000;
constexpr auto between_forgetting = 24h;
// Rows forgotten at a time, so that a post does not wait for a year of them.
constexpr std::size_t forgotten_at_once = 500;

}  // namespace

SqliteFeedback::SqliteFeedback(SqliteFeedbackOptions options)
    : options_(std::move(options)), writer_([this](const std::stop_token& stop) { run(stop); }) {}

SqliteFeedback::~SqliteFeedback() = default;

void SqliteFeedback::keep(std::string service, std::vector<Feedback> feedback, Done done) {
    FeedbackDatabase::Post post;
    post.service = std::move(service);
    post.received_at = utc_text(options_.now());
    post.feedback = std::move(feedback);
    {
        const std::lock_guard lock(mutex_);
        if (queue_.feedback < options_.waiting_feedback) {
            queue_.feedback += post.feedback.size();
            queue_.posts.push_back(std::move(post));
            queue_.done.push_back(std::move(done));
            wake_.notify_one();
            return;
        }
    }
    done(std::nullopt);
}

void SqliteFeedback::remember(std::vector<IssuedCard> cards) {
    const std::string now = utc_text(options_.now());
    bool wakes = false;
    {
        const std::lock_guard lock(mutex_);
        const std::size_t before = queue_.cards.size();
        for (IssuedCard& card : cards) {
            if (queue_.cards.size() < options_.waiting_cards) {
                queue_.cards.push_back({std::move(card), now});
            } else {
                ++queue_.dropped;
            }
        }
        wakes = before == 0 || (before < gathered && queue_.cards.size() >= gathered);
    }
    if (wakes) wake_.notify_one();
}

void SqliteFeedback::wait_for_first_attempt(std::chrono::milliseconds most) {
    std::unique_lock lock(mutex_);
    attempt_made_.wait_for(lock, most, [this] { return attempted_; });
}

void SqliteFeedback::run(const std::stop_token& stop) {
    for (bool last = false; !last;) {
        Work work = next(stop);
        last = work.last;
        if (work.dropped > 0) {
            log_event(LogLevel::warn, "issued-cards-dropped",
                      {{"cards", static_cast<std::int64_t>(work.dropped)}});
        }
        const bool well = succeeds([&] { write(work); });
        if (well) {
            for (const FeedbackDatabase::Post& post : work.posts)
                metrics::feedback_kept(post.kept.accepted, post.kept.stored - post.kept.accepted);
        }
        note_attempt();
        for (std::size_t i = 0; i < work.done.size(); ++i) {
            work.done[i](well ? std::optional(work.posts[i].kept) : std::nullopt);
        }
        if (well) {
            succeeds([this] { forget(); });
        } else if (!last) {
            put_back(std::move(work.cards));
        } else if (!work.cards.empty()) {
            log_event(LogLevel::warn, "issued-cards-dropped",
                      {{"cards", static_cast<std::int64_t>(work.cards.size())}});
        }
    }
    database_.reset();
}

/// Waits for work, for the time to try again or to forget, or for the end.
SqliteFeedback::Work SqliteFeedback::next(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    const auto has_posts = [this] { return !queue_.posts.empty(); };
    if (open_) {
        wake_.wait_until(lock, stop, next_forgetting_,
                         [this] { return !queue_.posts.empty() || !queue_.cards.empty(); });
        wake_.wait_for(lock, stop, options_.gathering, [&] {
            return has_posts() || queue_.cards.empty() || queue_.cards.size() >= gathered;
        });
    } else {
        wake_.wait_until(lock, stop, next_attempt_, has_posts);
    }
    Work work = std::exchange(queue_, {});
    work.last = stop.stop_requested();
    return work;
}

/// SQLiteCpp reports by exceptions; here they become a state, which readiness and the senders see.
bool SqliteFeedback::succeeds(const std::function<void()>& action) {
    try {
        action();
    } catch (const std::runtime_error& error) {
        failed(error);
        return false;
    }
    if (!open_.exchange(true)) {
        problem_.clear();
        metrics::database_up(true);
        log_event(LogLevel::info, "feedback-open", {{"file", std::string_view(options_.file)}});
    }
    return true;
}

void SqliteFeedback::write(Work& work) {
    if (database_ && !database_->is_in_place()) {
        log_event(LogLevel::error, "feedback-file-gone", {{"file", std::string_view(options_.file)}});
        database_.reset();
    }
    if (!database_) {
        if (Time::now() < next_attempt_) throw std::runtime_error(problem_);
        database_ = std::make_unique<FeedbackDatabase>(options_.file, FeedbackDatabase::Access::write);
        next_forgetting_ = Time::now();
    }
    if (!work.cards.empty() || !work.posts.empty()) {
        database_->write(work.cards, work.posts);
    } else if (!open_) {
        database_->try_writing();
    }
}

/// Forgets what is too old, a part each time, when it is time to.
void SqliteFeedback::forget() {
    if (Time::now() < next_forgetting_) return;
    next_forgetting_ = Time::now() + between_forgetting;
    if (options_.retention.count() == 0) return;
    const std::string limit = utc_text(options_.now() - options_.retention);
    const std::size_t rows = database_->forget_before(limit, forgotten_at_once);
    if (rows == 0) return;
    next_forgetting_ = Time::now();
    log_event(LogLevel::info, "feedback-forgotten", {{"rows", static_cast<std::int64_t>(rows)}});
}

void SqliteFeedback::failed(const std::exception& error) {
    if (!FeedbackDatabase::is_passing(error)) database_.reset();
    open_ = false;
    metrics::database_up(false);
    metrics::database_failed();
    if (Time::now() >= next_attempt_) next_attempt_ = Time::now() + between_attempts;
    if (problem_ == error.what()) return;  // said already
    problem_ = error.what();
    log_event(LogLevel::error, "feedback-unavailable",
              {{"file", std::string_view(options_.file)}, {"reason", std::string_view(problem_)}});
}

void SqliteFeedback::note_attempt() {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(attempted_, true)) attempt_made_.notify_all();
}

/// Cards that could not be written wait before those that came since.
void SqliteFeedback::put_back(std::vector<FeedbackDatabase::Issued> cards) {
    const std::lock_guard lock(mutex_);
    cards.insert(cards.end(), std::make_move_iterator(queue_.cards.begin()),
                 std::make_move_iterator(queue_.cards.end()));
    queue_.cards = std::move(cards);
}

}  // namespace hooks
