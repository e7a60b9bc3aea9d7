// Record: ids, subjects and codes as senders write them.
#include "tests/population/record.hpp"

#include <array>

namespace population {

namespace {

struct Alias {
    std::string_view system, also;
};
constexpr std::array aliases = {
    Alias{snomed, "urn:oid:2.16.840.1.113883.6.96"},  Alias{snomed, "http://snomed.info/sct/731000124108"},
    Alias{loinc, "urn:oid:2.16.840.1.113883.6.1"},    Alias{icd10cm, "urn:oid:2.16.840.1.113883.6.90"},
    Alias{icd10cm, "http://hl7.org/fhir/sid/icd-10"}, Alias{icdo3, "urn:oid:2.16.840.1.113883.6.43.1"},
    Alias{rxnorm, "urn:oid:2.16.840.1.113883.6.88"},  Alias{ncit, "urn:oid:2.16.840.1.113883.3.26.1.1"},
    Alias{cpt, "urn:oid:2.16.840.1.113883.6.12"},     Alias{ndc, "urn:oid:2.16.840.1.113883.6.69"},
};

}  // namespace

json::object coding(const Code& code) {
    json::object made;
    if (!code.system.empty()) made["system"] = code.system;
    made["code"] = code.code;
    if (!code.display.empty()) made["display"] = code.display;
    return made;
}

json::object coding(Draw& draw, const Code& code) {
    json::object made = coding(code);
    if (draw.chance(8)) {
        const Alias& alias = draw.from(aliases);
        if (alias.system == code.system) made["system"] = alias.also;
    }
    if (draw.chance(10)) made["version"] = "2025-09";
    if (draw.chance(15)) made.erase("display");
    if (code.system == icd10cm && draw.chance(10)) {
        std::string bare(code.code);
        if (const auto dot = bare.find('.'); dot != std::string::npos) bare.erase(dot, 1);
        made["code"] = bare;
    }
    if (code.system == icd10cm && draw.chance(3)) made["code"] = std::string(code.code) + " ";
    return made;
}

json::object words(std::string_view text) { return {{"text", text}}; }

json::object exact(const Code& code) { return {{"coding", json::array{coding(code)}}}; }

json::object concept_of(Draw& draw, const Code& code, std::string_view text) {
    json::array codings;
    if (draw.chance(12))
        codings.push_back(coding({local, std::to_string(draw.between(100000, 999999)), code.display}));
    codings.push_back(coding(draw, code));
    json::object made{{"coding", std::move(codings)}};
    if (!text.empty()) {
        made["text"] = text;
    } else if (draw.chance(50) && !code.display.empty()) {
        made["text"] = code.display;
    }
    return made;
}

json::object quantity(json::value value, std::string_view unit, bool coded) {
    json::object made{{"value", std::move(value)}};
    if (!unit.empty()) made["unit"] = unit;
    if (coded && !unit.empty()) {
        made["system"] = ucum;
        made["code"] = unit;
    }
    return made;
}

json::object Record::reference(Draw& draw) const {
    switch (draw.below(24)) {
        case 3:  // a form that says nothing of whom it means
            return {{"reference", "urn:uuid:" + draw.uuid()}};
        case 0:
        case 4:
            return {{"reference", "https://ehr.example.org/fhir/Patient/" + patient_id}};
        case 1:
            return {{"reference", "Patient/" + patient_id + "/_history/3"}};
        case 2:
            return {{"reference", "Patient/" + patient_id}, {"display", "Test, Patient"}};
        default:
            return {{"reference", "Patient/" + patient_id}};
    }
}

std::string Record::add(Draw& draw, std::string_view key, json::object resource) {
    const std::string type(resource.at("resourceType").as_string());
    std::string id = (type == "Condition" ? "c" : type == "Observation" ? "o" : "r") + std::to_string(++ids);
    if (draw.chance(3)) id += std::string(60, 'x') + "." + std::to_string(ids);  // longer than FHIR allows
    if (!resource.contains("id")) resource["id"] = id;
    id = std::string(resource.at("id").as_string());
    const bool is_condition_without = type == "Condition" && draw.chance(3);
    if (type == "AllergyIntolerance") {
        resource["patient"] = reference(draw);
    } else if (type == "Appointment") {
        resource["participant"] =
            json::array{json::object{{"actor", reference(draw)}, {"status", "accepted"}}};
    } else if (!is_condition_without && !resource.contains("subject")) {
        resource["subject"] = reference(draw);
    }
    json::object entry;
    if (draw.chance(50)) entry["fullUrl"] = "https://ehr.example.org/fhir/" + type + "/" + id;
    entry["resource"] = std::move(resource);
    if (draw.chance(40)) entry["search"] = {{"mode", "match"}};
    inputs[std::string(key)].push_back(std::move(entry));
    return id;
}

void Record::draft(Draw& draw, json::object resource, bool with_id, bool selected) {
    const std::string type(resource.at("resourceType").as_string());
    const std::string id = "draft-" + std::to_string(++ids);
    if (with_id) resource["id"] = id;
    if (!resource.contains("status") && !draw.chance(10)) resource["status"] = "draft";
    resource["intent"] = draw.word({"order", "order", "order", "plan", "proposal"});
    resource["subject"] = reference(draw);
    drafts.push_back(json::object{{"resource", std::move(resource)}});
    if (with_id && selected) selections.emplace_back(type + "/" + id);
}

}  // namespace population
