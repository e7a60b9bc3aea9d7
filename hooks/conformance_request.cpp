// What each hook's context holds (section 12), with the least in it that is still well-formed.
#include "hooks/conformance_request.hpp"

#include "hooks/uuid.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace hooks::conformance {

namespace {

namespace json = boost::json;

constexpr const char* patient = "conformance-patient";
constexpr const char* user = "conformance-user";

json::object bundle(json::array entries, const char* type) {
    return {{"resourceType", "Bundle"}, {"type", type}, {"entry", std::move(entries)}};
}

json::object one(json::object resource) {
    json::array entries;
    entries.push_back(json::object{{"resource", std::move(resource)}});
    return bundle(std::move(entries), "collection");
}

json::object reference(const std::string& to) { return {{"reference", to}}; }

json::object order(const char* id) {
    return {{"resourceType", "MedicationRequest"},
            {"id", id},
            {"status", "draft"},
            {"intent", "order"},
            {"medicationCodeableConcept", {{"text", "Saline nasal spray"}}},
            {"subject", reference(std::string("Patient/") + patient)}};
}

json::object context_of(const std::string& hook) {
    const std::string subject = std::string("Patient/") + patient;
    json::object context = {{"userId", std::string("Practitioner/") + user},
                            {"patientId", patient},
                            {"encounterId", "conformance-encounter"}};
    if (hook == "order-select" || hook == "order-sign")
        context["draftOrders"] = one(order("conformance-order"));
    if (hook == "order-select") context["selections"] = json::array{"MedicationRequest/conformance-order"};
    if (hook == "problem-list-item-create") {
        context["conditions"] = one({{"resourceType", "Condition"},
                                     {"id", "conformance-problem"},
                                     {"subject", reference(subject)},
                                     {"code", {{"text", "Common cold"}}}});
    } else if (hook == "appointment-book") {
        json::object participant = {{"actor", reference(subject)}, {"status", "needs-action"}};
        context["appointments"] = one({{"resourceType", "Appointment"},
                                       {"id", "conformance-appointment"},
                                       {"status", "proposed"},
                                       {"participant", json::array{std::move(participant)}}});
    } else if (hook == "order-dispatch") {
        context["dispatchedOrders"] = json::array{"ServiceRequest/conformance-order"};
        context["performer"] = "Organization/conformance-laboratory";
    } else if (hook == "allergyintolerance-create") {
        context["allergyIntolerance"] = json::object{{"resourceType", "AllergyIntolerance"},
                                                     {"id", "conformance-allergy"},
                                                     {"patient", reference(subject)},
                                                     {"code", {{"text", "Pollen"}}}};
    } else if (hook == "medication-refill") {
        context["medications"] = one(order("conformance-order"));
    }
    return context;
}

}  // namespace

std::string_view type_of_template(std::string_view text) {
    if (text.starts_with("{{")) return {};
    return text.substr(0, std::min(text.find_first_of("/?"), text.size()));
}

json::object invented_request(const std::string& hook,
                              const std::vector<std::pair<std::string, std::string>>& prefetch) {
    json::object request = {{"hook", hook}, {"hookInstance", new_uuid()}, {"context", context_of(hook)}};
    if (prefetch.empty()) return request;
    json::object values;
    for (const auto& [key, text] : prefetch) {
        const std::string_view type = type_of_template(text);
        if (text.find('?') != std::string::npos) {
            values[key] = bundle({}, "searchset");
        } else if (type.empty() || type == "Practitioner") {
            values[key] = json::object{{"resourceType", "Practitioner"}, {"id", user}};
        } else if (type == "Patient") {
            values[key] = json::object{{"resourceType", "Patient"}, {"id", patient}};
        } else {
            values[key] = nullptr;
        }
    }
    request["prefetch"] = std::move(values);
    return request;
}

}  // namespace hooks::conformance
