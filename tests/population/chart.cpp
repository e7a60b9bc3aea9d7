// Population charts: which kinds of patients there are and how their records come: whole, failed, paged,
// mixed with another patient's.
#include "tests/population/chart.hpp"

#include "tests/population/record.hpp"

#include <array>
#include <utility>

namespace population {

namespace {

constexpr std::array inputs = {
    "conditions",
    "observations",
    "reports",
    "imagingStudies",
    "serviceRequests",
    "procedures",
    "medicationRequests",
    "medicationAdministrations",
    "allergies",
    "appointments",
};

std::string kind_of(Draw& draw) {
    const std::size_t hundredth = draw.below(100);
    if (hundredth < 46) return "asps";
    if (hundredth < 50) return "asps-history";
    if (hundredth < 65) return "ordinary";
    if (hundredth < 75) return "other-cancer";
    if (hundredth < 88) return "lookalike";
    if (hundredth < 92) return "vascular-plain";
    return "vascular";
}

/// Everything that oncology may have added, whoever the patient is.
void add_oncology(Record& record, Draw& draw, bool is_asps) {
    add_extent(record, draw, is_asps);
    add_imaging(record, draw);
    add_tumour(record, draw);
    add_surgery(record, draw);
    add_drugs(record, draw);
    add_biomarkers(record, draw);
    add_hazards(record, draw);
}

/// A patient with ASPS as clinics see them, or with all things mixed.
void add_course(Record& record, Draw& draw) {
    const std::size_t hundredth = draw.below(100);
    if (hundredth < 8) {
        record.fact("nothing but the diagnosis");
    } else if (hundredth < 20) {
        record.fact("course: staged");
        add_staging(record, draw);
        add_extent(record, draw, true);
        add_drugs(record, draw);
        add_biomarkers(record, draw);
    } else if (hundredth < 34) {
        record.fact("course: localized");
        add_risk_features(record, draw);
        if (draw.chance(50)) add_staging(record, draw);
        if (draw.chance(30)) add_surgery(record, draw);
    } else if (hundredth < 44) {
        record.fact("course: lung metastases");
        add_lung_metastasis(record, draw);
        if (draw.chance(20)) add_lung_metastasis(record, draw);
        if (draw.chance(80)) add_staging(record, draw);
        if (draw.chance(40)) add_biomarkers(record, draw);
        if (draw.chance(50)) add_drugs(record, draw);
    } else if (hundredth < 54) {
        record.fact("course: resected");
        add_resection(record, draw);
        if (draw.chance(60)) add_staging(record, draw);
        if (draw.chance(60)) add_risk_features(record, draw);
    } else if (hundredth < 62) {
        record.fact("course: targeted treatment with a hazard");
        record.orders_targeted = true;
        if (!draw.chance(15)) add_hazard(record, draw);
        if (draw.chance(30)) add_hazard(record, draw);
        if (draw.chance(60)) add_lung_metastasis(record, draw);
        if (draw.chance(40)) add_staging(record, draw);
    } else {
        add_oncology(record, draw, true);
    }
}

void fill(Record& record, Draw& draw) {
    if (record.kind == "asps") {
        add_person(record, draw, 3, 70);
        add_asps(record, draw);
        add_course(record, draw);
        if (draw.chance(3)) add_vascular(record, draw, true);
    } else if (record.kind == "asps-history") {
        add_person(record, draw, 12, 80);
        add_asps_history(record, draw);
        if (draw.chance(50)) add_oncology(record, draw, true);
    } else if (record.kind == "lookalike") {
        add_person(record, draw, 3, 85);
        add_lookalike(record, draw);
        if (draw.chance(70)) add_oncology(record, draw, false);
    } else if (record.kind == "other-cancer") {
        add_person(record, draw, 20, 90);
        add_other_cancer(record, draw);
        add_oncology(record, draw, false);
    } else if (record.kind == "vascular" || record.kind == "vascular-plain") {
        add_person(record, draw, 0, 60);
        add_vascular(record, draw, record.kind == "vascular");
    } else {
        add_person(record, draw, 0, 95);
        if (draw.chance(30)) add_hazards(record, draw);
        if (draw.chance(25)) add_imaging(record, draw);
    }
    if (draw.chance(record.kind == "ordinary" ? 95 : 40)) add_ordinary(record, draw);
}

/// What would change every answer, but of another patient.
void add_foreign(Record& record, Draw& draw) {
    json::array& entries = record.inputs["conditions"];
    json::object foreign{
        {"resourceType", "Condition"},
        {"id", "foreign"},
        {"subject",
         {{"reference", draw.word({"Patient/other-9", "https://ehr.example.org/fhir/Patient/other-9"})}}},
        {"code", exact({snomed, "404056007", "Alveolar soft part sarcoma"})},
        {"onsetDateTime", day(40)}};
    json::object entry{{"resource", std::move(foreign)}};
    entries.insert(entries.begin() + static_cast<std::ptrdiff_t>(draw.below(entries.size() + 1)),
                   std::move(entry));
    record.fact("another patient's ASPS among the conditions");
}

/// A resource twice in one answer, as search and include give it.
void add_duplicate(Record& record, Draw& draw) {
    for (auto& [key, entries] : record.inputs) {
        if (entries.empty() || !draw.chance(50)) continue;
        const json::value again = entries[draw.below(entries.size())];
        entries.push_back(again);
        record.fact("an entry of " + key + " twice");
        return;
    }
}

json::object failure() {
    return {{"resourceType", "OperationOutcome"},
            {"issue", json::array{{{"severity", "error"}, {"code", "exception"}}}}};
}

json::object bundle_of(Draw& draw, json::array entries) {
    json::object bundle{{"resourceType", "Bundle"}};
    if (!draw.chance(10)) bundle["type"] = draw.chance(85) ? "searchset" : "collection";
    if (draw.chance(20)) bundle["total"] = entries.size();
    if (draw.chance(5)) {
        entries.push_back(
            json::object{{"resource",
                          {{"resourceType", "OperationOutcome"},
                           {"issue", json::array{{{"severity", "information"}, {"code", "informational"}}}}}},
                         {"search", {{"mode", "outcome"}}}});
    }
    if (draw.chance(2)) entries.push_back(json::object{{"search", {{"mode", "match"}}}});  // no resource
    if (!entries.empty() || draw.chance(50)) bundle["entry"] = std::move(entries);
    return bundle;
}

json::object prefetch_of(Record& record, Draw& draw) {
    json::object prefetch;
    const bool no_patient = draw.below(300) == 0;
    if (no_patient) record.fact("patient not sent");
    if (!no_patient) prefetch["patient"] = record.patient;
    const bool has_gaps = draw.chance(25);
    for (const char* key : inputs) {
        json::array entries;
        if (const auto found = record.inputs.find(key); found != record.inputs.end()) entries = found->second;
        const bool required = std::string_view(key) == "conditions";
        const std::size_t gap = has_gaps ? draw.below(required ? 60 : 24) : 99;
        if (gap == 0) {
            if (!required) {
                record.fact(std::string(key) + " not sent");
                continue;
            }
            prefetch[key] = bundle_of(draw, std::move(entries));
        } else if (gap == 1) {
            record.fact(std::string(key) + " failed");
            prefetch[key] = failure();
        } else if (gap == 2 || gap == 3) {
            json::object bundle = bundle_of(draw, std::move(entries));
            bundle["link"] =
                json::array{{{"relation", "self"}, {"url", "https://ehr.example.org/fhir?page=1"}},
                            {{"relation", "next"}, {"url", "https://ehr.example.org/fhir?page=2"}}};
            record.fact(std::string(key) + " has another page");
            prefetch[key] = std::move(bundle);
        } else if (entries.empty() && draw.chance(15)) {
            prefetch[key] = nullptr;
        } else {
            prefetch[key] = bundle_of(draw, std::move(entries));
        }
    }
    return prefetch;
}

std::string hook_of(Draw& draw) {
    return std::string(draw.word({"patient-view", "patient-view", "patient-view", "encounter-start",
                                  "order-select", "order-sign", "problem-list-item-create"}));
}

/// The problems just recorded: some of the conditions, mostly the newest; they stand in the record too.
void add_new_problems(Record& record, Draw& draw) {
    const auto found = record.inputs.find("conditions");
    if (found == record.inputs.end()) return;
    json::array& conditions = found->second;
    for (std::size_t i = conditions.size(); i > 0; --i) {
        const json::object& entry = conditions[i - 1].as_object();
        if (!draw.chance(record.new_problems.empty() ? 60 : 15)) continue;
        record.new_problems.push_back(json::object{{"resource", entry.at("resource")}});
        if (draw.chance(30)) conditions.erase(conditions.begin() + static_cast<std::ptrdiff_t>(i - 1));
    }
}

}  // namespace

bool Chart::is_ordinary() const { return kind != "asps" && kind != "asps-history" && kind != "vascular"; }

Chart make_chart(std::uint64_t seed, std::uint64_t index) {
    Draw draw(seed, index);
    Record record;
    record.kind = kind_of(draw);
    record.patient_id = "p-" + std::to_string(index + 1);
    fill(record, draw);
    if (draw.chance(6)) add_foreign(record, draw);
    if (draw.chance(6)) add_duplicate(record, draw);

    Chart chart;
    chart.seed = seed;
    chart.index = index;
    chart.hook = record.orders_targeted && draw.chance(80)
                     ? std::string(draw.word({"order-select", "order-sign"}))
                     : hook_of(draw);
    json::object context{{"userId", "Practitioner/d-1"}, {"patientId", record.patient_id}};
    if (chart.hook == "encounter-start" || draw.chance(30)) context["encounterId"] = "e-1";
    if (chart.hook == "order-select" || chart.hook == "order-sign") {
        if (record.kind.starts_with("vascular") && draw.chance(60)) {
            add_vascular_drafts(record, draw);
        } else if (record.orders_targeted) {
            add_targeted_drafts(record, draw);
        } else {
            add_drafts(record, draw);
            if (record.kind == "ordinary" && draw.chance(10)) add_vascular_drafts(record, draw);
        }
        if (chart.hook == "order-select") context["selections"] = record.selections;
        context["draftOrders"] =
            json::object{{"resourceType", "Bundle"}, {"type", "collection"}, {"entry", record.drafts}};
    }
    if (chart.hook == "problem-list-item-create") {
        add_new_problems(record, draw);
        context["conditions"] =
            json::object{{"resourceType", "Bundle"}, {"type", "collection"}, {"entry", record.new_problems}};
    }
    json::object prefetch = prefetch_of(record, draw);
    chart.kind = record.kind;
    if (record.patient.contains("deceasedDateTime") ||
        (record.patient.contains("deceasedBoolean") && record.patient.at("deceasedBoolean") == true)) {
        chart.kind = "deceased";
    }
    chart.request = {{"hook", chart.hook},
                     {"hookInstance", draw.uuid()},
                     {"context", std::move(context)},
                     {"prefetch", std::move(prefetch)},
                     {"extension",
                      {{"org.example.asps-cds.population",
                        {{"kind", chart.kind},
                         {"seed", seed},
                         {"index", index},
                         {"today", today},
                         {"facts", std::move(record.facts)}}}}}};
    return chart;
}

json::object as_bundle(const json::object& request) {
    json::array entries;
    const json::object& prefetch = request.at("prefetch").as_object();
    for (const auto& [key, value] : prefetch) {
        const json::object* given = value.if_object();
        if (given == nullptr) continue;
        if (given->at("resourceType") != "Bundle") {
            if (given->at("resourceType") == "Patient") entries.push_back(json::object{{"resource", value}});
            continue;
        }
        if (const json::value* of_bundle = given->if_contains("entry"))
            for (const json::value& entry : of_bundle->as_array()) entries.push_back(entry);
    }
    return {{"resourceType", "Bundle"}, {"type", "collection"}, {"entry", std::move(entries)}};
}

std::string reproduction(const Chart& chart) {
    return "population_charts " + std::to_string(chart.seed) + " 1 " + std::to_string(chart.index);
}

}  // namespace population
