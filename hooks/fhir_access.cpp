// A few workers on the caller's strand take one question after the other and follow its pages.
#include "hooks/fhir_access.hpp"

#include "cards/chart.hpp"
#include "hooks/fhir_answer.hpp"
#include "hooks/metrics.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace hooks {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

namespace {

/// A query of more bytes goes into the body of a POST: some servers and proxies take no longer URLs.
constexpr std::size_t long_query = 1'500;
// What is kept back of a call's time for the rules, when a server takes all that it may: a quarter, this at
// most.
constexpr std::chrono::milliseconds most_kept_back{250};

std::chrono::milliseconds kept_back(const FhirSettings& settings) {
    return std::min(settings.request_deadline / 4, most_kept_back);
}

/// What asking may take of a call that begins with it.
std::chrono::milliseconds longest(const FhirSettings& settings) {
    return std::min(settings.deadline, settings.request_deadline - kept_back(settings));
}

ClientOptions client_options(const FhirSettings& settings) {
    ClientOptions options;
    options.connections_per_origin = settings.connections;
    options.ca_file = settings.ca_file;
    options.proxy = settings.proxy;
    return options;
}

/// GET Type?a=b becomes POST Type/_search with the form a=b (FHIR R4, "search").
void move_query_into_body(ClientRequest& request) {
    const std::size_t question = request.url.find('?');
    request.method = "POST";
    request.repeatable = true;
    request.fields.push_back({"Content-Type", "application/x-www-form-urlencoded"});
    request.body = request.url.substr(question + 1);
    request.url.replace(question, std::string::npos, "/_search");
}

/// Tells the circuit what an answer says of its server. Time that ran out says little when not much was left.
void note(FhirCircuit& circuit, const FhirAnswer& answer, std::chrono::milliseconds left,
          std::chrono::milliseconds deadline) {
    if (!answer.is_trouble) {
        circuit.answered();
    } else if (answer.fault != to_string(ClientFault::timeout) || left * 2 >= deadline) {
        circuit.failed(Clock::now());
    }
}

}  // namespace

/// One call's questions on their way; touched on the caller's strand only.
struct FhirAccess::Run {
    FhirQuestions asked;
    FhirReplies result;
    std::size_t next = 0;  // question that no worker has taken yet
    std::size_t bytes_left = 0;
    Clock::time_point start, deadline;
    FhirCircuit* circuit = nullptr;
};

FhirAccess::FhirAccess(const asio::any_io_executor& executor, const FhirSettings& settings)
    : settings_(settings),
      servers_(settings.servers, settings.plain_http, settings.clients),
      client_(executor, client_options(settings)),
      room_(std::make_shared<FetchedRoom>(settings.room)) {
    for (std::size_t i = 0; i < servers_.size(); ++i) {
        metrics::know_fhir_server(names_.emplace_back(servers_.base(i)));
        circuits_.push_back(std::make_unique<FhirCircuit>(settings.circuit_failures, settings.circuit_pause));
    }
}

std::optional<std::string> FhirAccess::problem(const FhirSettings& settings) {
    asio::io_context context;
    return HttpClient(context.get_executor(), client_options(settings)).problem();
}

asio::awaitable<FhirReplies> FhirAccess::ask(FhirQuestions questions) {
    const auto run = std::make_shared<Run>();
    run->asked = std::move(questions);
    run->bytes_left = settings_.total_bytes;
    run->start = Clock::now();
    run->deadline = std::min(run->start + longest(settings_), run->asked.deadline - kept_back(settings_));
    run->circuit = circuits_[run->asked.base.server].get();
    const bool admitted = run->circuit->admits(run->start);
    for (const FhirQuestion& question : run->asked.questions) {
        FhirReply& reply = run->result.replies.emplace_back();
        reply.input = question.input;
        reply.continues = !question.next.empty();
        if (!admitted) reply.fault = "circuit-open";
    }
    if (admitted && !run->asked.questions.empty()) {
        const auto executor = co_await asio::this_coro::executor;
        using Worker = decltype(asio::co_spawn(executor, work(run), asio::deferred));
        std::vector<Worker> workers;
        const std::size_t count = std::min(settings_.calls_at_once, run->asked.questions.size());
        for (std::size_t i = 0; i < count; ++i) {
            workers.push_back(asio::co_spawn(executor, work(run), asio::deferred));
        }
        auto group = asio::experimental::make_parallel_group(std::move(workers));
        const asio::experimental::wait_for_all all;
        auto [order, errors] = co_await group.async_wait(all, asio::use_awaitable);
        for (const std::exception_ptr& error : errors) {
            if (error) std::rethrow_exception(error);
        }
    }
    run->result.time = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - run->start);
    FhirReplies result = std::move(run->result);
    co_return result;
}

asio::awaitable<void> FhirAccess::work(std::shared_ptr<Run> run) {
    while (run->next < run->asked.questions.size()) {
        const std::size_t taken = run->next++;
        co_await follow(*run, run->asked.questions[taken], run->result.replies[taken]);
    }
}

/// One question to its last page, or until something is in the way.
asio::awaitable<void> FhirAccess::follow(Run& run, const FhirQuestion& question, FhirReply& reply) {
    const FhirBase& base = run.asked.base;
    std::vector<std::string> seen;
    std::string url = reply.continues ? question.next : base.url(question.query);
    const bool is_long = question.query.size() > long_query && question.query.find('?') != std::string::npos;
    bool by_get = reply.continues || !is_long;
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(run.deadline - Clock::now());
        if (left.count() <= 0) reply.fault = to_string(ClientFault::timeout);
        if (run.result.calls == settings_.calls) reply.fault = "too-many-calls";
        if (!reply.fault.empty()) co_return;

        ++run.result.calls;
        ClientRequest asked = request(run, url);
        if (!by_get) move_query_into_body(asked);
        asked.response_bytes = std::min(settings_.response_bytes, run.bytes_left);
        FetchedPart part(room_);
        bool has_room = true;
        asked.room = [&part, &has_room](std::size_t bytes) { return has_room = part.become(bytes); };
        const Clock::time_point sent = Clock::now();
        ClientAnswer answer = co_await client_.ask(std::move(asked), left);
        const auto took = Clock::now() - sent;

        const bool refuses_post =
            !by_get && (answer.status == 404 || answer.status == 405 || answer.status == 501);
        if (refuses_post) {
            by_get = true;
            continue;
        }
        if (answer.body.size() > run.bytes_left) {  // others took them meanwhile
            reply.fault = "too-many-bytes";
            co_return;
        }
        run.bytes_left -= answer.body.size();
        FhirAnswer read = read_fhir_answer(std::move(answer), question.type, std::move(part));
        if (!has_room) read.fault = "no-room";
        note(*run.circuit, read, left, longest(settings_));
        metrics::fhir_asked(names_[base.server], read.fault, took);
        if (!read.page) {
            reply.fault = read.fault;
            co_return;
        }
        reply.pages.push_back(std::move(read.page));
        const std::string_view next = cards::next_page(reply.pages.back()->root());
        reply.whole = next.empty();
        if (reply.whole) co_return;

        seen.push_back(url);
        const std::optional<std::string> link = base.link(next);
        if (!link) {
            reply.fault = "foreign-link";
        } else if (std::find(seen.begin(), seen.end(), *link) != seen.end()) {
            reply.fault = "paging-loop";
        } else if (reply.pages.size() == settings_.pages) {
            reply.fault = "too-many-pages";
        } else {
            url = *link;
            by_get = true;
        }
    }
}

ClientRequest FhirAccess::request(const Run& run, const std::string& url) const {
    ClientRequest request;
    request.url = url;
    request.fields.push_back({"Accept", "application/fhir+json, application/fhir+xml;q=0.9"});
    if (!run.asked.token.empty()) request.fields.push_back({"Authorization", "Bearer " + run.asked.token});
    request.fields.push_back({"X-Request-Id", run.asked.trace.request_id});
    request.fields.push_back({"traceparent", run.asked.trace.child()});
    request.listed = true;
    return request;
}

}  // namespace hooks
