// Readiness: the state of every component, for probes and for the people who look at them. No secrets, no
// names.
#include "hooks/decision_log.hpp"
#include "hooks/feedback.hpp"
#include "hooks/process_state.hpp"
#include "hooks/service.hpp"
#include "hooks/trust.hpp"

#include "fhir/json_writer.hpp"

#include <algorithm>
#include <ctime>
#include <string>
#include <utility>

namespace hooks {

namespace {

constexpr std::int64_t seconds_a_day = 86'400;

struct Component {
    std::string_view name, status;
    bool stops_calls = false;   // while it is so, calls are not answered as they should be
    std::string_view why = {};  // it is not ready
    std::vector<std::pair<std::string_view, std::int64_t>> figures = {};
};

void write_ready(fhir::JsonWriter& json, const std::vector<Component>& components, std::string_view version) {
    json.begin_object();
    json.member("status", "ready");
    json.key("components");
    json.begin_object();
    for (const Component& component : components) {
        json.key(component.name);
        json.begin_object();
        json.member("status", component.status);
        if (!component.why.empty()) json.member("reason", component.why);
        if (component.name == "knowledge") json.member("version", version);
        for (const auto& [name, number] : component.figures) json.member(name, number);
        json.end_object();
    }
    json.end_object();
    json.end_object();
}

/// An OperationOutcome (S-6) with an issue for each component, those that stop calls first.
void write_unready(fhir::JsonWriter& json, std::vector<Component> components) {
    std::stable_partition(components.begin(), components.end(),
                          [](const Component& one) { return one.stops_calls; });
    json.begin_object();
    json.member("resourceType", "OperationOutcome");
    json.key("issue");
    json.begin_array();
    for (const Component& component : components) {
        json.begin_object();
        json.member("severity", component.stops_calls ? "error" : "information");
        json.member("code", component.stops_calls ? "transient" : "informational");
        std::string text;
        text.append(component.name)
            .append(": ")
            .append(component.why.empty() ? component.status : component.why);
        json.member("diagnostics", std::string_view(text));
        json.end_object();
    }
    json.end_array();
    json.end_object();
}

}  // namespace

Response CdsService::ready() const {
    const auto snapshot = snapshot_.get();
    const cards::Knowledge& knowledge = *snapshot->knowledge;
    const std::shared_ptr<Trust> trust = trust_.get();
    std::vector<Component> components;
    components.push_back({"server", stopping_ ? "stopping" : "ready", stopping_});
    components.push_back({.name = "knowledge",
                          .status = "ready",
                          .figures = {{"services", static_cast<std::int64_t>(knowledge.services().size())},
                                      {"rules", static_cast<std::int64_t>(knowledge.rules().size())}}});
    if (!feedback_) {
        components.push_back({"feedback", "off"});
    } else if (feedback_->is_open()) {
        components.push_back({"feedback", "ready"});
    } else {
        components.push_back({"feedback", "failed", true, "cannot be kept, the log says why"});
    }
    // Cards go out without records, so this alone does not make the service unready.
    if (!decisions_) {
        components.push_back({"decisions", "off"});
    } else if (decisions_->is_open()) {
        components.push_back({"decisions", "ready"});
    } else {
        components.push_back({"decisions", "failed", false, "cannot be recorded, the log says why"});
    }
    if (!trust) {
        components.push_back({"trust", "off"});
    } else if (trust->problems().empty()) {
        components.push_back({"trust", "ready"});
    } else {  // the other clients are served
        components.push_back({"trust", "failed", false, "keys of a client cannot be read, the log says why"});
    }
    if (process_) {
        const std::int64_t expires = process_->certificate_expires, left = expires - std::time(nullptr);
        const bool is_expired = expires > 0 && left <= 0;
        Component certificate{"certificate",
                              expires == 0 ? "off"
                              : is_expired ? "expired"
                                           : "ready",
                              is_expired};
        if (expires > 0) certificate.figures = {{"expiresInDays", left / seconds_a_day}};
        components.push_back(std::move(certificate));
        components.push_back({"configuration",
                              process_->is_current ? "ready" : "refused",
                              false,
                              process_->is_current ? "" : "a newer one was refused, the log says why",
                              {{"reloads", process_->reloads}, {"refused", process_->refused}}});
    }
    const bool is_ready = std::none_of(components.begin(), components.end(),
                                       [](const Component& one) { return one.stops_calls; });
    Response response;
    fhir::JsonWriter json(response.body);
    if (is_ready) {
        write_ready(json, components, knowledge.version());
    } else {
        response.status = 503;
        write_unready(json, std::move(components));
    }
    return response;
}

}  // namespace hooks
