// Extent: metastases, stage and second cancers, coded, in observations, in words, contradicting each other.
#include "tests/population/record.hpp"

#include <array>
#include <utility>

namespace population {

namespace {

struct Spread {
    std::string_view organ;
    Code code;
};
constexpr std::array spreads = {
    Spread{"lung", {icd10cm, "C78.00", "Secondary malignant neoplasm of unspecified lung"}},
    Spread{"lung", {icd10cm, "C78.01", "Secondary malignant neoplasm of right lung"}},
    Spread{"lung", {icd10cm, "C78.02", "Secondary malignant neoplasm of left lung"}},
    Spread{"lung", {snomed, "94391008", "Secondary malignant neoplasm of lung"}},
    Spread{"lung", {snomed, "94391008", "Secondary malignant neoplasm of lung"}},
    Spread{"brain", {icd10cm, "C79.31", "Secondary malignant neoplasm of brain"}},
    Spread{"brain", {snomed, "94225005", "Secondary malignant neoplasm of brain"}},
    Spread{"bone", {icd10cm, "C79.51", "Secondary malignant neoplasm of bone"}},
    Spread{"bone", {snomed, "94222008", "Secondary malignant neoplasm of bone"}},
    Spread{"liver", {icd10cm, "C78.7", "Secondary malignant neoplasm of liver"}},
    Spread{"pleura", {icd10cm, "C78.2", "Secondary malignant neoplasm of pleura"}},
    Spread{"nodes",
           {icd10cm, "C77.4", "Secondary and unspecified malignant neoplasm of inguinal lymph nodes"}},
    Spread{"nodes", {snomed, "94392001", "Secondary malignant neoplasm of lymph node"}},
    Spread{"any", {snomed, "128462008", "Metastatic malignant neoplastic disease"}},
    Spread{"any", {snomed, "443144000", "Metastatic sarcoma"}},
    Spread{"widespread", {icd10cm, "C80.0", "Disseminated malignant neoplasm, unspecified"}},
};

json::object condition(std::string_view status, json::object code, int days_ago, Draw& draw) {
    json::object made{{"resourceType", "Condition"}, {"code", std::move(code)}};
    if (!status.empty()) {
        made["clinicalStatus"] =
            exact({"http://terminology.hl7.org/CodeSystem/condition-clinical", status, {}});
    }
    if (draw.chance(80)) made[draw.chance(60) ? "onsetDateTime" : "recordedDate"] = date(draw, days_ago);
    return made;
}

void add_spread(Record& record, Draw& draw, const Spread& spread, int days_ago) {
    json::object made = condition(draw.word({"active", "active", "active", "", "recurrence"}),
                                  concept_of(draw, spread.code), days_ago, draw);
    if (draw.chance(10))
        made["code"].as_object()["text"] = "Innumerable metastases, " + std::string(spread.organ);
    if (draw.chance(30) && !record.asps_condition.empty()) {
        made["extension"] = json::array{{{"url", "http://hl7.org/fhir/StructureDefinition/condition-related"},
                                         {"valueReference", {{"reference", record.asps_condition}}}}};
    }
    record.add(draw, "conditions", std::move(made));
    record.fact("metastasis: " + std::string(spread.organ) + " " + std::string(spread.code.code) + ", " +
                day(days_ago));
}

json::object observation(json::object code, int days_ago, Draw& draw) {
    json::object made{{"resourceType", "Observation"},
                      {"status", draw.word({"final", "final", "final", "amended", "preliminary",
                                            "entered-in-error", "registered"})},
                      {"code", std::move(code)}};
    made["effectiveDateTime"] = date(draw, days_ago);
    return made;
}

void add_category(Record& record, Draw& draw, bool metastatic, int days_ago) {
    static constexpr std::array questions = {
        Code{snomed, "399387003", "cM category"},
        Code{snomed, "371497001", "pM category"},
        Code{snomed, "277208005", "M category"},
        Code{loinc, "21907-1", "Distant metastases.clinical"},
        Code{loinc, "21901-4", "Distant metastases.pathology"},
    };
    json::object made = observation(exact(draw.from(questions)), days_ago, draw);
    const std::string value(metastatic ? draw.word({"M1", "cM1", "pM1", "1"})
                                       : draw.word({"M0", "cM0", "0"}));
    if (draw.chance(30)) {
        made["valueCodeableConcept"] = exact(
            metastatic
                ? draw.of({Code{snomed, "1229903009", "AJCC cM1"}, Code{snomed, "14926007", "pM1 category"}})
                : draw.of(
                      {Code{snomed, "1229901006", "AJCC cM0"}, Code{snomed, "19408000", "pM0 category"}}));
    } else if (draw.chance(40)) {
        made["valueCodeableConcept"] = exact({"http://cancerstaging.org", value, {}});
    } else if (draw.chance(50)) {
        made["valueCodeableConcept"] = words(value);
    } else {
        made["valueString"] = value;
    }
    record.fact("M category " + value + ", " + std::string(made["status"].as_string()));
    record.add(draw, "observations", std::move(made));
}

void add_stage(Record& record, Draw& draw, int days_ago) {
    const std::string_view stage = draw.word({"IV", "IVB", "Stage IV", "4", "III", "Stage II", "I", "IIIA"});
    json::object made = observation(draw.chance(60) ? exact({loinc, "21908-9", "Stage group.clinical"})
                                                    : exact({loinc, "21902-2", "Stage group.pathology"}),
                                    days_ago, draw);
    made["valueCodeableConcept"] =
        draw.chance(60) ? words(stage) : exact({"http://cancerstaging.org", stage, {}});
    record.fact("stage " + std::string(stage) + ", " + std::string(made["status"].as_string()));
    record.add(draw, "observations", std::move(made));
}

/// Words in, or the stage of, the ASPS Condition itself.
void mark_condition(Record& record, Draw& draw) {
    for (json::value& entry : record.inputs["conditions"]) {
        json::object& resource = entry.as_object().at("resource").as_object();
        if ("Condition/" + std::string(resource.at("id").as_string()) != record.asps_condition) continue;
        if (draw.chance(50)) {
            const std::string_view stage = draw.word({"Stage IV", "IVB", "4", "Stage III", "IB"});
            resource["stage"] = json::array{{{"summary", words(stage)}}};
            record.fact("Condition.stage " + std::string(stage));
        } else {
            json::object& code = resource.at("code").as_object();
            const std::string_view said =
                draw.word({", metastatic to lung", " with lung metastases", ", no metastasis",
                           " without metastases", ", unresectable", ", inoperable", ", localized"});
            code["text"] = "Alveolar soft part sarcoma" + std::string(said);
            record.fact("said in words" + std::string(said));
        }
    }
}

}  // namespace

void add_extent(Record& record, Draw& draw, bool is_asps) {
    const int latest = record.diagnosis < 0 ? 300 : record.diagnosis;
    const auto some_day = [&] { return draw.between(0, latest > 1 ? latest : 1); };
    if (draw.chance(45)) {
        const int count = draw.chance(70) ? 1 : draw.between(2, 3);
        for (int i = 0; i < count; ++i) add_spread(record, draw, draw.from(spreads), some_day());
    }
    if (draw.chance(12)) add_category(record, draw, true, some_day());
    if (draw.chance(15)) add_category(record, draw, false, some_day());
    if (draw.chance(12)) add_stage(record, draw, some_day());
    if (is_asps && draw.chance(12)) mark_condition(record, draw);
    if (draw.chance(4)) {
        json::object old = condition("resolved", concept_of(draw, draw.from(spreads).code), some_day(), draw);
        record.add(draw, "conditions", std::move(old));
        record.fact("a metastasis resolved");
    }
    if (draw.chance(4)) {
        json::object history = observation(
            exact({snomed, "1287652008", "History of metastatic malignant neoplasm"}), some_day(), draw);
        if (draw.chance(50)) history["valueBoolean"] = draw.chance(50);
        record.add(draw, "observations", std::move(history));
        record.fact("history of metastasis");
    }
    if (draw.chance(10)) {
        json::object nodes =
            observation(draw.chance(50) ? exact({snomed, "399534004", "cN category"})
                                        : exact({loinc, "21906-3", "Regional lymph nodes.clinical"}),
                        some_day(), draw);
        const std::string_view value = draw.word({"N0", "cN0", "N1", "NX", "0"});
        nodes["valueCodeableConcept"] = words(value);
        record.add(draw, "observations", std::move(nodes));
        record.fact("N category " + std::string(value));
    }
    if (draw.chance(8)) add_other_cancer(record, draw);
}

void add_lung_metastasis(Record& record, Draw& draw) {
    const int latest = record.diagnosis < 2 ? 300 : record.diagnosis;
    add_spread(record, draw, spreads[draw.below(5)], draw.between(0, latest));
}

void add_other_cancer(Record& record, Draw& draw) {
    static constexpr std::array cancers = {
        Code{icd10cm, "C50.911", "Malignant neoplasm of unspecified site of right female breast"},
        Code{snomed, "254837009", "Malignant neoplasm of breast"},
        Code{icd10cm, "C61", "Malignant neoplasm of prostate"},
        Code{icd10cm, "C34.90", "Malignant neoplasm of unspecified part of bronchus or lung"},
        Code{icd10cm, "C18.9", "Malignant neoplasm of colon, unspecified"},
        Code{icd10cm, "C83.30", "Diffuse large B-cell lymphoma"},
        Code{icd10cm, "C49.A3", "Gastrointestinal stromal tumor of small intestine"},
        Code{icd10cm, "C43.9", "Malignant melanoma of skin, unspecified"},
    };
    const Code& cancer = draw.from(cancers);
    json::object made = condition(draw.word({"active", "active", "active", "remission"}),
                                  concept_of(draw, cancer), draw.between(20, 2000), draw);
    const std::string id = record.add(draw, "conditions", std::move(made));
    record.fact("another cancer: " + std::string(cancer.display) + " (Condition/" + id + ")");
}

}  // namespace population
