// Asking and recording: every answer is read and put to the contract as it comes.
#include "hooks/conformance_session.hpp"

#include "hooks/conformance_request.hpp"
#include "hooks/uuid.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace hooks::conformance {

namespace {

namespace json = boost::json;
using fhir::Node;

/// The base of a URL that may be that of discovery.
std::string base_of(std::string url) {
    const auto cut_slashes = [&url] {
        while (url.ends_with('/')) url.pop_back();
    };
    constexpr std::string_view discovery = "/cds-services";
    cut_slashes();
    if (url.ends_with(discovery)) url.resize(url.size() - discovery.size());
    cut_slashes();
    return url;
}

std::vector<ContractFault> faults_of(const Exchange& exchange, Session::Of of) {
    if (!exchange.body) return {};
    const Node& root = exchange.body->root();
    if (exchange.status() >= 300) return contract_faults(Message::outcome, root);
    if (of == Session::Of::discovery) return contract_faults(Message::discovery, root);
    if (of == Session::Of::call) return contract_faults(Message::response, root);
    return {};
}

}  // namespace

std::string_view Exchange::field(std::string_view name) const {
    const auto found = std::find_if(answer.fields.begin(), answer.fields.end(),
                                    [&](const Field& one) { return equal_ignoring_case(one.name, name); });
    return found == answer.fields.end() ? std::string_view() : std::string_view(found->value);
}

std::string Exchange::came() const {
    if (answer.fault) return "no answer (" + std::string(to_string(*answer.fault)) + ")";
    std::string text = std::to_string(answer.status);
    if (const Node* issues = array("issue")) {
        for (const Node& issue : issues->children()) {
            const Node* where = issue.find("expression");
            const bool is_placed = where && where->first_child && where->first_child->is_string();
            text += is_placed ? " (" + std::string(where->first_child->text()) + ": " : " (";
            text.append(issue.text_of("diagnostics")).append(")");
            break;
        }
    }
    return text;
}

const Node* Exchange::array(std::string_view name) const {
    const Node* found = body && body->root().is_object() ? body->root().find(name) : nullptr;
    return found && found->is_array() ? found : nullptr;
}

std::vector<std::string_view> Exchange::gist() const {
    std::vector<std::string_view> found;
    if (const Node* cards = array("cards")) {
        for (const Node& card : cards->children()) found.push_back(card.text_of("summary"));
    }
    if (const Node* actions = array("systemActions")) {
        for (const Node& action : actions->children()) found.push_back(action.text_of("type"));
    }
    return found;
}

std::string path_of(const OfferedService& service) { return "/cds-services/" + service.id; }

Session::Session(const ConformanceQuestion& question, const Ask& ask, const Stopwatch& stopwatch)
    : ask_(ask),
      stopwatch_(stopwatch),
      base_(base_of(question.url)),
      token_(question.token),
      origin_(question.origin) {
    discovery_ = &this->ask("GET", "/cds-services", {}, {}, "", Of::discovery);
    if (discovery_->answer.fault) {
        problem_ = base_ + "/cds-services: " + discovery_->came() + " " + discovery_->answer.detail;
        return;
    }
    read_services(question.requests);
    if (!problem_.empty()) return;
    for (OfferedService& service : services_) {
        service.plain = &call(service, service.request, "");
        if (!subject_ && service.plain->is_success()) subject_ = &service;
    }
}

void Session::read_services(const std::vector<std::pair<std::string, std::string>>& requests) {
    std::vector<json::object> calls;
    for (const auto& [name, text] : requests) {
        boost::system::error_code ec;
        json::value value = json::parse(text, ec);
        if (ec || !value.is_object() || !value.get_object().contains("hook") ||
            !value.at("hook").is_string()) {
            problem_ = name + ": expected a CDS Hooks call in JSON, with its hook";
            return;
        }
        calls.push_back(std::move(value.get_object()));
    }
    const Node* entries = discovery_->array("services");
    if (!entries) return;
    for (const Node& entry : entries->children()) {
        OfferedService service;
        service.id = entry.text_of("id");
        service.hook = entry.text_of("hook");
        if (service.id.empty() || service.hook.empty()) continue;
        if (const Node* prefetch = entry.find("prefetch"); prefetch && prefetch->is_object()) {
            for (const Node& key : prefetch->children())
                service.prefetch.emplace_back(key.name(), key.text());
        }
        const auto given = std::find_if(calls.begin(), calls.end(), [&](const json::object& call) {
            return std::string_view(call.at("hook").get_string()) == service.hook;
        });
        service.is_invented = given == calls.end();
        service.request = service.is_invented ? invented_request(service.hook, service.prefetch) : *given;
        services_.push_back(std::move(service));
    }
}

const Exchange& Session::ask(const std::string& method, const std::string& path, std::string body,
                             std::vector<Field> fields, const std::string& with, Of of) {
    const bool is_authorized = std::any_of(fields.begin(), fields.end(), [](const Field& one) {
        return equal_ignoring_case(one.name, "Authorization");
    });
    if (!token_.empty() && !is_authorized && method != "OPTIONS")
        fields.push_back({"Authorization", "Bearer " + token_});
    fields.push_back({"Accept", "application/json"});
    ClientRequest request;
    request.method = method;
    request.url = base_ + path;
    request.fields = std::move(fields);
    request.body = std::move(body);
    request.listed = true;
    request.repeatable = true;

    Exchange exchange;
    exchange.what = method + " " + path + (with.empty() ? "" : " with " + with);
    const std::chrono::milliseconds begun = stopwatch_();
    exchange.answer = ask_(request);
    exchange.took = stopwatch_() - begun;
    if (!exchange.answer.body.empty()) {
        auto document = fhir::Document::parse(exchange.answer.body);
        if (document) exchange.body = *std::move(document);
    }
    exchange.faults = faults_of(exchange, of);
    exchanges_.push_back(std::move(exchange));
    return exchanges_.back();
}

const Exchange& Session::post(const OfferedService& service, std::string body, const std::string& with) {
    return ask("POST", path_of(service), std::move(body), {{"Content-Type", "application/json"}}, with,
               Of::call);
}

const Exchange& Session::call(const OfferedService& service, json::object request, const std::string& with) {
    request["hookInstance"] = new_uuid();
    return post(service, json::serialize(request), with);
}

const Exchange& Session::feedback(const OfferedService& service, std::string body, const std::string& with) {
    return ask("POST", path_of(service) + "/feedback", std::move(body),
               {{"Content-Type", "application/json"}}, with);
}

}  // namespace hooks::conformance
