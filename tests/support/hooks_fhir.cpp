// Answers and calls as text; a recording handler in front of the service.
#include "tests/support/hooks_fhir.hpp"

#include "tests/support/hooks_asking.hpp"
#include "tests/support/hooks_knowledge.hpp"

#include <re2/re2.h>

#include <algorithm>

namespace hooks::testing {

FhirRequest::FhirRequest(const std::string& bytes) {
    const std::size_t space = bytes.find(' '), second = bytes.find(' ', space + 1);
    method = bytes.substr(0, space);
    target = bytes.substr(space + 1, second - space - 1);
    body = bytes.substr(std::min(bytes.find("\r\n\r\n"), bytes.size() - 4) + 4);
}

bool FhirRequest::is_for(std::string_view type) const {
    const std::size_t at = target.find('/', 1);
    if (at == std::string::npos || target.compare(at + 1, type.size(), type) != 0) return false;
    const std::size_t end = at + 1 + type.size();
    return end == target.size() || target[end] == '/' || target[end] == '?';
}

std::string field_of(const std::string& request, std::string_view name) {
    for (std::size_t at = request.find("\r\n"); at != std::string::npos; at = request.find("\r\n", at + 2)) {
        const std::string_view line =
            std::string_view(request).substr(at + 2, request.find("\r\n", at + 2) - at - 2);
        if (line.size() > name.size() && line[name.size()] == ':' &&
            equal_ignoring_case(line.substr(0, name.size()), name)) {
            return std::string(line.substr(name.size() + 2));
        }
    }
    return {};
}

std::string fhir_bytes(const std::string& body, const std::string& status, const std::string& content_type) {
    return "HTTP/1.1 " + status + "\r\nContent-Type: " + content_type +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string bundle(const std::vector<std::string>& resources, const std::string& next) {
    std::string text = R"({"resourceType":"Bundle","type":"searchset")";
    if (!next.empty())
        text += R"(,"link":[{"relation":"self","url":"x"},{"relation":"next","url":")" + next + "\"}]";
    if (!resources.empty()) {
        text += R"(,"entry":[)";
        for (std::size_t i = 0; i < resources.size(); ++i) {
            text += (i == 0 ? "" : ",") + (R"({"resource":)" + resources[i] + "}");
        }
        text += "]";
    }
    return text + "}";
}

Script demo_answer(const FhirRequest& request) {
    if (request.is_for("Patient")) return {send(fhir_bytes(R"({"resourceType":"Patient","id":"1"})"))};
    if (request.is_for("Condition")) {
        return {
            send(fhir_bytes(bundle({R"({"resourceType":"Condition","id":"c1",)"
                                    R"("subject":{"reference":"Patient/1"},"code":{"text":"Cough"}})"})))};
    }
    return {send(fhir_bytes(bundle({})))};
}

boost::asio::awaitable<Response> Recording::answer(const Request& request, RequestEvent& event) {
    Response response = co_await service_.answer(request, event);
    const std::lock_guard lock(mutex_);
    event_ = event;
    co_return response;
}

std::optional<Response> Recording::refuse_by_head(const Request& head, RequestEvent& event) {
    std::optional<Response> refusal = service_.refuse_by_head(head, event);
    const std::lock_guard lock(mutex_);
    if (refusal) event_ = event;
    return refusal;
}

RequestEvent Recording::event() const {
    const std::lock_guard lock(mutex_);
    return event_;
}

Settings listing(const std::string& base) {
    Settings settings;
    settings.fhir.servers = {base};
    settings.fhir.plain_http = true;
    settings.fhir.deadline = settings.fhir.request_deadline = std::chrono::seconds(8);
    return settings;
}

CalledService::CalledService(const Settings& settings, std::shared_ptr<const cards::Knowledge> knowledge)
    : service_(settings, knowledge ? std::move(knowledge) : demo_knowledge(), *pinned_clock("2026-01-31")),
      recording_(service_),
      server_(recording_, settings.server) {}

bool CalledService::stop() {
    server_.stop();
    return server_.wait();
}

Answer CalledService::call(const std::string& body, const std::string& service) {
    Client client(server_.port());
    return client.post("/cds-services/" + service, body);
}

std::string CalledService::log_line() const {
    std::string line;
    append_request_line(line, event());
    return line;
}

std::string call_of(const std::string& fhir_server, const std::string& prefetch,
                    const std::string& authorization) {
    std::string text = R"({"hook":"patient-view","hookInstance":"d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",)"
                       R"("context":{"userId":"Practitioner/p","patientId":"1"},"fhirServer":")" +
                       fhir_server + "\"";
    if (!authorization.empty()) text += R"(,"fhirAuthorization":)" + authorization;
    if (!prefetch.empty()) text += R"(,"prefetch":{)" + prefetch + "}";
    return text + "}";
}

std::string without_uuids(const std::string& body) {
    static const RE2 uuid("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    std::string text = body;
    RE2::GlobalReplace(&text, uuid, "uuid");
    return text;
}

}  // namespace hooks::testing
