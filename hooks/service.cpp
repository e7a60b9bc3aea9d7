// Routes first, then one function an endpoint; every answer that is not 2xx carries an OperationOutcome.
#include "hooks/service.hpp"

#include "cards/apply.hpp"
#include "cards/card.hpp"
#include "cards/chart.hpp"
#include "fhir/json_writer.hpp"
#include "fhir/parse.hpp"
#include "hooks/answers.hpp"
#include "hooks/content_coding.hpp"
#include "hooks/decision_log.hpp"
#include "hooks/feedback.hpp"
#include "hooks/gzip.hpp"
#include "hooks/known_name.hpp"
#include "hooks/metrics.hpp"
#include "hooks/openapi.hpp"
#include "hooks/prefetch.hpp"
#include "hooks/request.hpp"
#include "hooks/route.hpp"
#include "hooks/trace.hpp"
#include "hooks/uuid.hpp"

#include <algorithm>
#include <array>
#include <memory_resource>
#include <utility>

namespace hooks {

namespace {

using fhir::Issue;
using fhir::IssueCode;

std::span<std::byte> arena_block(const SharedMemory* shared) {
    thread_local const std::unique_ptr<std::byte[]> block(new std::byte[SharedMemory::most_block]);
    return {block.get(), shared != nullptr ? shared->block() : SharedMemory::most_block};
}

// Larger texts are computed one at a time: they take long, and their nodes much memory.
constexpr std::size_t heavy_bytes = 524'288;

/// Of the request's text, if its gzip tells the truth.
std::size_t text_bytes(const Request& request, std::size_t limit) {
    return request.is_gzip ? std::min(stated_size(request.body), limit) : request.body.size();
}

std::string_view known_method(std::string_view method) {
    constexpr std::array<std::string_view, 8> known = {"GET",    "HEAD",  "POST",    "PUT",
                                                       "DELETE", "PATCH", "OPTIONS", "TRACE"};
    const auto* found = std::find(known.begin(), known.end(), method);
    return found == known.end() ? "other" : *found;
}

std::chrono::nanoseconds stopwatch() { return std::chrono::steady_clock::now().time_since_epoch(); }

void note(const cards::Evaluation& evaluation, const cards::Chart& chart, RequestEvent& event) {
    event.cards = static_cast<std::int64_t>(evaluation.cards.size());
    for (const cards::Card& card : evaluation.cards) event.topics.push_back(card.rule->source.topic.code);
    for (const cards::Outcome& rule : evaluation.outcomes) {
        switch (rule.kind) {
            case cards::Outcome::Kind::fired:
                event.fired.push_back(rule.rule->id);
                break;
            case cards::Outcome::Kind::not_checked:
                ++event.not_checked;
                break;
            case cards::Outcome::Kind::error:
                ++event.errors;
                log_event(LogLevel::error, "rule-failed",
                          {{"requestId", std::string_view(event.request_id)},
                           {"rule", std::string_view(rule.rule->id)},
                           {"reason", std::string_view(rule.reason)}});
                break;
            case cards::Outcome::Kind::silent:
            case cards::Outcome::Kind::dropped:
                break;
        }
    }
    for (const cards::ChartInput& input : chart.inputs()) {
        event.dropped_resources += static_cast<std::int64_t>(input.dropped);
    }
}

}  // namespace

/// What one call fetches between its two passes: the first finds what is wanted, the second takes what came.
struct CdsService::Fetch {
    std::shared_ptr<const Snapshot> snapshot;  // inputs are numbered by its knowledge
    std::shared_ptr<FhirAccess> fhir;
    std::optional<FhirQuestions> questions;
    std::optional<FhirReplies> replies;
    std::chrono::steady_clock::time_point deadline;
    Trace trace;
    std::chrono::nanoseconds start = stopwatch();
};

CdsService::CdsService(const Settings& settings, std::shared_ptr<const cards::Knowledge> knowledge,
                       Clock clock, FeedbackStore* feedback, DecisionLog* decisions,
                       const ProcessState* process)
    : base_path_(settings.base_path),
      switched_(settings.services),
      switched_rules_(settings.rules),
      cors_(settings.cors),
      clock_(std::move(clock)),
      feedback_(feedback),
      decisions_(decisions),
      process_(process),
      tells_metrics_(settings.admin.address.empty()),
      feedback_deadline_(settings.feedback.deadline),
      body_limit_(settings.server.http.body_bytes),
      memory_limit_(settings.request_memory),
      shared_memory_limit_(settings.shared_memory),
      deadline_(settings.fhir.request_deadline),
      on_overload_(settings.on_overload),
      rate_(settings.calls_per_second),
      admission_options_(settings.admission),
      fhir_settings_(settings.fhir),
      clients_(settings.clients),
      tokens_required_(requires_tokens(settings)),
      discovery_required_(settings.authentication.discovery),
      stale_keys_(settings.authentication.stale_keys),
      public_url_(public_url(settings)) {
    if (admission_options_.threads == 0) admission_options_.threads = settings.server.threads;
    for (const TrustedClient& client : clients_) {
        metrics::know(client);
        if (client.fhir_servers.empty()) continue;
        const std::vector<std::string> any = {""};
        const auto& tenants = client.claims.tenants;
        for (const std::string& tenant : tenants.empty() ? any : tenants) {
            fhir_settings_.clients.push_back({caller_name(client, tenant), client.fhir_servers});
        }
    }
    use(std::move(knowledge));
}

void CdsService::starting(const boost::asio::any_io_executor& executor) {
    admission_ = std::make_unique<Admission>(admission_options_);
    const bool asks = !fhir_settings_.servers.empty() || !fhir_settings_.clients.empty();
    // Apart: what was fetched is held while its call waits, and nobody who computes may wait for that.
    fhir_settings_.room = asks ? shared_memory_limit_ / 2 : 0;
    shared_ = std::make_unique<SharedMemory>(shared_memory_limit_ - fhir_settings_.room, memory_limit_,
                                             admission_->threads());
    if (asks) {
        fhir_.set(std::make_shared<FhirAccess>(executor, fhir_settings_));
    }
    start_trust(executor);
}

void CdsService::stopped() {
    admission_.reset();  // first: what runs there uses the rest
    shared_.reset();
    fhir_.set(nullptr);
    trust_.set(nullptr);
}

void CdsService::use(std::shared_ptr<const cards::Knowledge> knowledge) {
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->discovery =
        knowledge->discovery_json([this](const cards::Service& service) { return is_enabled(service); });
    std::vector<std::string_view> ids;
    for (const cards::Service& service : knowledge->services()) {
        const bool is_new = std::find(ids.begin(), ids.end(), service.id) == ids.end();  // D-9
        if (is_new && is_enabled(service)) ids.push_back(service.id);
    }
    snapshot->openapi =
        openapi_json(base_path_, ids, {.feedback = feedback_ != nullptr, .metrics = tells_metrics_});
    metrics::know(*knowledge);
    snapshot->knowledge = std::move(knowledge);
    snapshot_.set(std::move(snapshot));
}

bool CdsService::is_enabled(const cards::Service& service) const {
    const auto switched = switched_.find(service.id);
    return switched == switched_.end() ? service.enabled : switched->second;
}

/// Where the request leads, as far as this service has it.
Route CdsService::endpoint(const Request& request) const {
    Route to = route_of(request.path, base_path_);
    if (to.to == Route::To::feedback && !feedback_) to = Route();
    if (to.to == Route::To::metrics && !tells_metrics_) to = Route();
    return to;
}

void CdsService::begin(RequestEvent& event, const Request& request, const Route& route,
                       const Trace& trace) const {
    event.request_id = trace.request_id;
    event.trace_id = trace.trace_id;
    event.method = known_method(request.method);
    event.path = route.path_template;
}

void CdsService::finish(Response& response, const Request& request, const Trace& trace) const {
    cors_.allow(request, response);
    response.fields.push_back({"X-Request-Id", trace.request_id});
    response.fields.push_back({"traceparent", trace.own()});
}

boost::asio::awaitable<Response> CdsService::answer(const Request& request, RequestEvent& event) {
    const metrics::InFlight in_flight;
    const Trace trace = trace_of(request);
    const Route to = endpoint(request);
    begin(event, request, to, trace);
    Response response;
    std::function<void()> take_back;
    std::optional<Response> turned_away = co_await admit(request, to, event, take_back);
    if (turned_away) {
        response = *std::move(turned_away);
    } else if (to.to == Route::To::feedback && request.method == "POST") {
        response = co_await take_feedback(request, to.service_id, event);
    } else if (to.to == Route::To::call && request.method == "POST") {
        response = co_await answer_call(request, to, trace, event);
    } else {
        response = respond(request, to, event);
    }
    // Whoever was turned away unheard may come again with the same token.
    const bool may_come_again = response.status == 429 || response.status == 503;
    if (take_back && may_come_again && event.refusal == fhir::to_string(IssueCode::throttled)) take_back();
    finish(response, request, trace);
    co_return response;
}

/// In the order of answer(): who must bring a token and does not hears of nothing else.
std::optional<Response> CdsService::refuse_by_head(const Request& head, RequestEvent& event) {
    const Route to = endpoint(head);
    std::optional<Response> refusal;
    if (head.method == "OPTIONS") return refusal;
    if (asks_for_token(to)) {
        refusal = refuse_token_at_sight(head, to, event);
    } else if (head.method != "POST" || (to.to != Route::To::call && to.to != Route::To::feedback)) {
        const bool reads = head.method == "GET" || head.method == "HEAD";
        if (to.to == Route::To::nowhere || !reads) refusal = respond(head, to, event);
    } else {
        refusal = refuse_unread(head, to.service_id, *snapshot_.get()->knowledge, event);
    }
    if (!refusal) return refusal;
    const Trace trace = trace_of(head);
    begin(event, head, to, trace);
    finish(*refusal, head, trace);
    return refusal;
}

std::optional<Response> CdsService::refuse_unread(const Request& request, std::string_view id,
                                                  const cards::Knowledge& knowledge,
                                                  RequestEvent& event) const {
    const auto refused = [&event](unsigned status, const Issue& issue) {
        event.refusal = fhir::to_string(issue.code);
        return outcome(status, issue);
    };
    const cards::Service* service = knowledge.service(id);
    if (!service || !is_enabled(*service)) {  // F-13
        return refused(404, {IssueCode::not_found,
                             "no such service; " + base_path_ + "/cds-services lists those there are",
                             {}});
    }
    event.service = service->id;
    if (const std::string_view problem = content_type_problem(request); !problem.empty())
        return refused(415, {IssueCode::not_supported, std::string(problem), {}});
    return std::nullopt;
}

boost::asio::awaitable<bool> CdsService::computed(std::function<void(Place)> work, const Request& request,
                                                  bool is_begun) const {
    using Kind = Admission::Kind;
    if (!admission_) {
        work(Place::alone);
        co_return true;
    }
    const std::size_t bytes = text_bytes(request, body_limit_);
    if (bytes <= heavy_bytes) {
        bool has_room = true;
        std::function<void()> beside = [&work, &has_room] {
            try {
                work(Place::beside);
            } catch (const NoRoomBeside&) {
                has_room = false;
            }
        };
        const Kind kind = is_begun ? Kind::begun : Kind::ordinary;
        const bool is_done = co_await admission_->run(std::move(beside), kind, bytes);
        if (!is_done || has_room) co_return is_done;
    }
    std::function<void()> alone = [&work] { work(Place::alone); };
    const Kind large = is_begun ? Kind::begun_heavy : Kind::heavy;
    const bool is_done = co_await admission_->run(std::move(alone), large, bytes);
    co_return is_done;
}

/// A call in one pass, or in two with questions to the FHIR server between them.
boost::asio::awaitable<Response> CdsService::answer_call(const Request& request, const Route& route,
                                                         const Trace& trace, RequestEvent& event) const {
    Fetch fetch;
    fetch.trace = trace;
    fetch.deadline = std::chrono::steady_clock::now() + deadline_;
    Response response;
    const std::function<void(Place)> work = [&](Place place) {
        response = call(request, route.service_id, event, fetch, place);
    };
    const bool is_done = co_await computed(work, request);
    if (!is_done) co_return overloaded(event);
    if (!fetch.questions) co_return response;
    FhirQuestions questions = *std::move(fetch.questions);
    questions.deadline = fetch.deadline;
    FhirReplies replies = co_await fetch.fhir->ask(std::move(questions));
    fetch.replies = std::move(replies);
    note(*fetch.replies, event);
    co_await computed(work, request, true);
    co_return response;
}

/// The answer to a call that cannot be computed in time.
Response CdsService::overloaded(RequestEvent& event) const {
    event.refusal = fhir::to_string(IssueCode::throttled);
    Response response;
    if (on_overload_ == OnOverload::empty) {
        response.body = R"({"cards":[]})";
        response.fields.push_back({"Cache-Control", "no-store"});
        return response;
    }
    response = outcome(503, {IssueCode::throttled, "too many calls at once: please try again", {}});
    response.fields.push_back({"Retry-After", "1"});
    return response;
}

Response CdsService::refuse(const Refusal& refusal, const Request& head, RequestEvent& event) {
    const Trace trace = trace_of(head);
    begin(event, head, route_of(head.path, base_path_), trace);
    event.refusal = fhir::to_string(refusal.issue.code);
    Response response = outcome(refusal.status, refusal.issue);
    response.fields = refusal.fields;
    finish(response, head, trace);
    return response;
}

Response CdsService::respond(const Request& request, const Route& to, RequestEvent& event) const {
    const auto refused = [&event](unsigned status, const Issue& issue) {
        event.refusal = fhir::to_string(issue.code);
        return outcome(status, issue);
    };
    // K-1: never asks for a token. Of a path that is not there, a browser sees the 404 only behind a
    // preflight.
    const bool is_there = to.to != Route::To::nowhere;
    if (request.method == "OPTIONS" && (is_there || cors_.is_preflight(request)))
        return cors_.preflight(request, to.methods);
    if (!is_there) {
        const bool is_feedback = route_of(request.path, base_path_).to == Route::To::feedback;
        return refused(404, {IssueCode::not_found,
                             is_feedback ? "feedback is not taken here: the operator has named no file for it"
                                         : "no such path; services are at " + base_path_ + "/cds-services",
                             {}});
    }

    const bool reads = request.method == "GET" || request.method == "HEAD";
    Response response;
    switch (to.to) {
        case Route::To::discovery:
            if (!reads) break;
            response.body = snapshot_.get()->discovery;
            return response;
        case Route::To::openapi:
            if (!reads) break;
            response.body = snapshot_.get()->openapi;
            return response;
        case Route::To::metrics:
            if (!reads) break;
            return metrics_answer();
        case Route::To::live:
            if (!reads) break;
            response.body = R"({"status":"live"})";
            return response;
        case Route::To::ready:
            if (!reads) break;
            return ready();
        case Route::To::call:  // a POST of these waits: answer()
        case Route::To::feedback:
        case Route::To::server:
        case Route::To::nowhere:
            break;
    }
    response = refused(405, {IssueCode::not_supported, "this path takes " + std::string(to.methods), {}});
    response.fields.push_back({"Allow", std::string(to.methods)});
    return response;
}

/// What to ask the call's FHIR server, if it may be asked.
void CdsService::want(Fetch& fetch, const cards::Service& service, const cards::Chart& chart,
                      const HookRequest& request, RequestEvent& event) const {
    static const FhirServers none({}, false);
    fetch.fhir = fhir_.get();
    FetchPlan plan =
        fetch_plan(*fetch.snapshot->knowledge, service, chart, request,
                   fetch.fhir ? fetch.fhir->servers() : none, event.caller, fhir_settings_.without_token);
    event.fhir = plan.decision;
    fetch.questions = std::move(plan.questions);
    if (fetch.questions) fetch.questions->trace = fetch.trace;
}

/// POST /cds-services/{id}: the cards for one patient, or why there can be none. If what the request lacks
/// could change them and can be fetched, `fetch` then says what to ask, and the answer is not yet one.
Response CdsService::call(const Request& request, std::string_view id, RequestEvent& event, Fetch& fetch,
                          Place place) const {
    const auto refused = [&event](unsigned status, const Issue& issue) {
        event.refusal = fhir::to_string(issue.code);
        return outcome(status, issue);
    };
    if (!fetch.snapshot) fetch.snapshot = snapshot_.get();
    const cards::Knowledge& knowledge = *fetch.snapshot->knowledge;
    if (auto refusal = refuse_unread(request, id, knowledge, event)) return *std::move(refusal);

    RequestMemory memory(memory_limit_, shared_.get(), place);
    std::pmr::string unpacked(&memory);
    const auto content = content_of(request, body_limit_, unpacked);
    if (const Refusal* refusal = std::get_if<Refusal>(&content))
        return refused(refusal->status, refusal->issue);
    const std::string_view text = std::get<std::string_view>(content);

    if (place == Place::beside && text.size() > heavy_bytes) throw NoRoomBeside();

    const std::span<std::byte> block = arena_block(shared_.get());
    std::pmr::monotonic_buffer_resource arena(block.data(), block.size(), &memory);
    const fhir::ParseLimits limits{.bytes = text.size(), .shown = known_name};
    const auto body = fhir::parse_json(text, arena, limits);
    if (!body) return refused(400, body.error());
    const auto read = read_request(**body);
    if (!read) return refused(400, read.error());
    if (const auto older = older_fhir(*read)) return refused(422, *older);  // H-1
    if (is_uuid(read->hook_instance)) event.hook_instance = read->hook_instance;
    const cards::Service* const service = knowledge.service(id, read->hook);  // R-12, D-9
    if (!service) {
        return refused(400, {IssueCode::value, "this service is not offered for the hook", "hook"});
    }
    event.hook = service->hook;

    std::vector<cards::FetchedInput> fetched;
    if (fetch.replies) fetched = fetched_inputs(*fetch.replies);
    const cards::Chart chart = cards::Chart::from_request(knowledge, *read->context, read->prefetch, fetched);
    static const cards::UuidSource uuid = new_uuid;
    const cards::Stop is_late = [&fetch] { return std::chrono::steady_clock::now() >= fetch.deadline; };
    const fhirpath::Now now = clock_();
    cards::Evaluation evaluation =
        cards::evaluate(knowledge, *service, chart, now, uuid, arena, switched_rules_, stopwatch, is_late);
    if (!evaluation.is_final && !evaluation.is_stopped && !fetch.replies) {
        want(fetch, *service, chart, *read, event);
        if (fetch.questions) return {};
    }
    note(evaluation, chart, event);
    metrics::evaluated(*service, evaluation);
    // "No advice" and "could not look" must differ (reliability.md 7): an empty 200 would say the first.
    const bool has_failed = evaluation.cards.empty() && event.errors > 0;
    const bool is_late_and_empty = evaluation.cards.empty() && evaluation.is_stopped;
    const unsigned status = evaluation.precondition ? 412 : is_late_and_empty ? 503 : has_failed ? 412 : 200;
    record({knowledge, *service, *read, request.body, chart, evaluation, now.today().to_string(),
            stopwatch() - fetch.start},
           event, status);
    if (evaluation.precondition) {  // P-9, S-5
        fhir::Issue issue = *evaluation.precondition;
        if (!event.fhir.empty()) {
            issue.diagnostics += " FHIR access: " + std::string(event.fhir);
            const std::string faults = fetch.replies ? faults_of(*fetch.replies, knowledge) : "";
            if (!faults.empty()) issue.diagnostics += ": " + faults;
            issue.diagnostics += ".";
        }
        return refused(status, issue);
    }

    if (is_late_and_empty) {
        Response late = refused(status, {IssueCode::timeout, "the rules could not be evaluated in time", ""});
        late.fields.push_back({"Retry-After", "1"});
        return late;
    }
    if (has_failed) {
        return refused(status,
                       {IssueCode::incomplete,
                        "the rules could not be evaluated on these data; no advice can be given", ""});
    }

    remember(evaluation.cards, *service);
    Response response;
    response.body = cards::response_json(evaluation.cards);
    response.fields.push_back({"Cache-Control", "no-store"});
    return response;
}

}  // namespace hooks
