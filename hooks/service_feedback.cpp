// The feedback endpoint, and what is remembered of cards so that feedback can be told what it is about.
#include "hooks/answers.hpp"
#include "hooks/content_coding.hpp"
#include "hooks/feedback_request.hpp"
#include "hooks/feedback_wait.hpp"
#include "hooks/known_name.hpp"
#include "hooks/service.hpp"

#include "cards/card.hpp"
#include "fhir/parse.hpp"

#include <functional>
#include <memory_resource>
#include <optional>
#include <utility>
#include <variant>

namespace hooks {

namespace {

using fhir::Issue;
using fhir::IssueCode;

constexpr const char* retry_seconds = "2";

fhir::Result<std::vector<Feedback>> feedback_in(std::string_view body, std::pmr::memory_resource& memory) {
    std::pmr::monotonic_buffer_resource arena(&memory);
    const fhir::ParseLimits limits{.bytes = body.size(), .shown = known_name};
    const auto parsed = fhir::parse_json(body, arena, limits);
    if (!parsed) return parsed.error();
    return read_feedback(**parsed);
}

}  // namespace

/// POST /cds-services/{id}/feedback: answered when it is on the disk (F-1 to F-16).
boost::asio::awaitable<Response> CdsService::take_feedback(const Request& request, std::string_view id,
                                                           RequestEvent& event) const {
    const auto refused = [&event](unsigned status, const Issue& issue) {
        event.refusal = fhir::to_string(issue.code);
        return outcome(status, issue);
    };
    const auto snapshot = snapshot_.get();
    std::optional<Response> refusal = refuse_unread(request, id, *snapshot->knowledge, event);
    if (refusal) co_return *std::move(refusal);
    const cards::Service* service = snapshot->knowledge->service(id);
    std::optional<fhir::Result<std::vector<Feedback>>> feedback;
    std::optional<Refusal> unreadable;
    std::function<void(Place)> work = [&](Place place) {
        RequestMemory memory(memory_limit_, shared_.get(), place);
        std::pmr::string unpacked(&memory);
        auto content = content_of(request, body_limit_, unpacked);
        if (const auto* text = std::get_if<std::string_view>(&content)) {
            feedback = feedback_in(*text, memory);
        } else {
            unreadable = std::get<Refusal>(std::move(content));
        }
    };
    const bool is_done = co_await computed(std::move(work), request);
    if (!is_done) {
        Response busy =
            refused(503, {IssueCode::throttled, "too many calls at once: please send it again", {}});
        busy.fields.push_back({"Retry-After", retry_seconds});
        co_return busy;
    }
    if (unreadable) co_return refused(unreadable->status, unreadable->issue);
    if (!*feedback) co_return refused(400, feedback->error());

    std::string service_id = service->id;
    const std::optional<FeedbackStore::Kept> result =
        co_await kept(*feedback_, std::move(service_id), std::move(**feedback), feedback_deadline_);
    if (!result) {
        Response unavailable = refused(
            503, {IssueCode::transient, "feedback cannot be kept just now; please send it again", {}});
        unavailable.fields.push_back({"Retry-After", retry_seconds});
        co_return unavailable;
    }
    event.stored = result->stored;
    event.repeated = result->repeated;
    event.unknown_cards = result->unknown_cards;
    Response response;
    response.body = "{}";  // F-13
    co_return response;
}

void CdsService::remember(const std::vector<cards::Card>& cards, const cards::Service& service) const {
    if (!feedback_ || cards.empty()) return;
    std::vector<IssuedCard> issued;
    issued.reserve(cards.size());
    for (const cards::Card& card : cards) {
        IssuedCard given;
        given.card = card.uuid;
        given.service = service.id;
        given.hook = service.hook;
        given.topic = card.rule->source.topic.code;
        given.rule = card.rule->id;
        given.rule_version = card.rule->version;
        for (const cards::Suggestion& suggestion : card.suggestions)
            given.suggestions.push_back(suggestion.uuid);
        issued.push_back(std::move(given));
    }
    feedback_->remember(std::move(issued));
}

}  // namespace hooks
