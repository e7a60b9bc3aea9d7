// From the states of a chart's inputs to questions, and from replies to inputs.
#include "hooks/prefetch.hpp"

#include "hooks/prefetch_query.hpp"

#include <algorithm>
#include <charconv>

namespace hooks {

namespace {

using cards::InputState;

/// The bearer token, if it can stand in a field (RFC 6750: visible ASCII); else "".
std::string_view token_of(const fhir::Node& authorization) {
    const std::string_view type = authorization.text_of("token_type");
    if (!type.empty() && !equal_ignoring_case(type, "Bearer")) return {};
    const std::string_view token = authorization.text_of("access_token");
    const bool sendable =
        std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < '\x7f'; });
    return sendable ? token : std::string_view{};
}

/// `expires_in` says so: zero or less. Absent or no number: not known to be.
bool is_expired(const fhir::Node& authorization) {
    const fhir::Node* expires = authorization.find("expires_in");
    if (expires == nullptr) return false;
    const std::string_view text = expires->text();
    double seconds = 1;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    return ec == std::errc{} && end == text.data() + text.size() && seconds <= 0;
}

/// Whether one SMART scope (v1 `user/Observation.read`, v2 `patient/*.rs?…`) lets resources of that type be
/// searched and read; nothing if the text is no such scope.
std::optional<bool> scope_grants(std::string_view scope, std::string_view type) {
    const std::size_t slash = scope.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const std::string_view who = scope.substr(0, slash);
    if (who != "patient" && who != "user" && who != "system") return std::nullopt;
    const std::string_view rest = scope.substr(slash + 1);
    const std::size_t dot = rest.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const std::string_view resource = rest.substr(0, dot);
    const std::string_view right = rest.substr(dot + 1, rest.find('?') - dot - 1);
    const bool reads = right == "*" || equal_ignoring_case(right, "read") ||
                       (right.find_first_not_of("cruds") == std::string_view::npos &&
                        right.find_first_of("rs") != std::string_view::npos);
    return (resource == "*" || resource == type) && reads;
}

/// Every scope is one that SMART defines, and none of them is for that type.
bool leaves_out(std::string_view scopes, std::string_view type) {
    bool has_resource_scope = false;
    while (!scopes.empty()) {
        const std::size_t end = std::min(scopes.find(' '), scopes.size());
        const std::string_view scope = scopes.substr(0, end);
        scopes.remove_prefix(std::min(end + 1, scopes.size()));
        if (scope.empty() || scope == "openid" || scope == "fhirUser" || scope == "profile" ||
            scope == "online_access" || scope == "offline_access" || scope.starts_with("launch")) {
            continue;
        }
        const auto grants = scope_grants(scope, type);
        if (!grants || *grants) return false;
        has_resource_scope = true;
    }
    return has_resource_scope;
}

}  // namespace

FetchPlan fetch_plan(const cards::Knowledge& knowledge, const cards::Service& service,
                     const cards::Chart& chart, const HookRequest& request, const FhirServers& servers,
                     std::string_view caller, bool without_token) {
    if (request.fhir_server.empty()) return {};
    auto base = servers.listed(request.fhir_server, caller);
    if (!base) return {"not-listed", {}};
    std::string_view token, scopes;
    if (request.authorization != nullptr) {
        if (is_expired(*request.authorization)) return {"token-expired", {}};
        token = token_of(*request.authorization);
        scopes = request.authorization->text_of("scope");
    }
    if (token.empty() && !without_token) return {"no-token", {}};

    FhirQuestions asked;
    std::vector<FhirQuestion> optional;
    for (const std::size_t i : service.inputs) {
        const cards::Input& input = knowledge.inputs()[i];
        const InputState state = chart.inputs()[i].state;
        if (state == InputState::present || state == InputState::none) continue;
        if (leaves_out(scopes, fhir::Model::r4().type_name(input.type))) continue;
        FhirQuestion question{.input = i, .type = input.type, .query = {}, .next = {}};
        const fhir::Node* sent = request.prefetch == nullptr ? nullptr : request.prefetch->find(input.id);
        if (state == InputState::paged && sent != nullptr) {
            question.next = base->link(cards::next_page(*sent)).value_or("");
        }
        auto query = filled_query(input.query, *request.context);
        if (!query && question.next.empty()) continue;
        question.query = std::move(query).value_or("");
        (input.required ? asked.questions : optional).push_back(std::move(question));
    }
    std::move(optional.begin(), optional.end(), std::back_inserter(asked.questions));
    if (asked.questions.empty()) return {"nothing-to-ask", {}};
    asked.base = *std::move(base);
    asked.token = token;
    return {"asked", std::move(asked)};
}

std::vector<cards::FetchedInput> fetched_inputs(const FhirReplies& replies) {
    std::vector<cards::FetchedInput> inputs;
    for (const FhirReply& reply : replies.replies) {
        cards::FetchedInput& input = inputs.emplace_back();
        input.input = reply.input;
        input.continues = reply.continues;
        input.whole = reply.whole;
        for (const auto& page : reply.pages) input.values.push_back(&page->root());
    }
    return inputs;
}

std::string faults_of(const FhirReplies& replies, const cards::Knowledge& knowledge) {
    std::string text;
    for (const FhirReply& reply : replies.replies) {
        if (reply.fault.empty()) continue;
        if (!text.empty()) text += ", ";
        text.append(knowledge.inputs()[reply.input].id).append(" ").append(reply.fault);
    }
    return text;
}

void note(const FhirReplies& replies, RequestEvent& event) {
    event.fhir_calls = static_cast<std::int64_t>(replies.calls);
    event.fhir_microseconds = replies.time.count();
    for (const FhirReply& reply : replies.replies) {
        if (reply.whole) ++event.fetched;
        if (reply.fault.empty()) continue;
        const auto known = std::find_if(event.fhir_faults.begin(), event.fhir_faults.end(),
                                        [&](const auto& fault) { return fault.first == reply.fault; });
        if (known == event.fhir_faults.end()) {
            event.fhir_faults.emplace_back(reply.fault, 1);
        } else {
            ++known->second;
        }
    }
}

}  // namespace hooks
