// Diagnosis: the eight shapes in which records say ASPS, its history, and what only looks like it.
#include "tests/population/record.hpp"

#include <array>
#include <utility>

namespace population {

namespace {

constexpr std::string_view condition_clinical = "http://terminology.hl7.org/CodeSystem/condition-clinical",
                           condition_verification =
                               "http://terminology.hl7.org/CodeSystem/condition-ver-status",
                           histology_extension =
                               "http://hl7.org/fhir/us/mcode/StructureDefinition/"
                               "mcode-histology-morphology-behavior";

struct Site {
    std::string_view name, words, icd, snomed_site, topography;
};
constexpr std::array sites = {
    Site{"thigh", "right thigh", "C49.21", "68367000", "C49.2"},
    Site{"thigh", "left thigh", "C49.22", "68367000", "C49.2"},
    Site{"thigh", "left buttock", "C49.22", "68367000", "C49.2"},
    Site{"arm", "right upper arm", "C49.11", "40983000", "C49.1"},
    Site{"head", "tongue", "C02.9", "21974007", "C02.9"},
    Site{"head", "left orbit", "C69.62", "363654007", "C69.6"},
    Site{"trunk", "chest wall", "C49.3", "78904004", "C49.3"},
    Site{"trunk", "abdominal wall", "C49.4", "83908009", "C49.4"},
    Site{"retroperitoneum", "retroperitoneum", "C48.0", "82849001", "C48.0"},
    Site{"vulva", "vulva", "C51.9", "45292006", "C51.9"},
    Site{"unknown", "", "C49.9", "", "C49.9"},
};

constexpr std::array asps_words = {
    "Alveolar soft part sarcoma",         "alveolar soft part sarcoma",
    "ALVEOLAR SOFT PART SARCOMA",         "Alveolar soft-part sarcoma",
    "Alveolar soft parts sarcoma",        "Alveolar soft tissue sarcoma",
    "Alveolar sarcoma of soft parts",     "Sarcoma, alveolar soft part",
    "Alveolar  soft part  sarcoma (HCC)", "Alveolar soft part sarcoma (CMS/HCC)",
};

constexpr std::array asps_codes = {
    Code{snomed, "404056007", "Alveolar soft part sarcoma"},
    Code{snomed, "404056007", "Alveolar soft part sarcoma (disorder)"},
    Code{ncit, "C3750", "Alveolar Soft Part Sarcoma"},
    Code{ncit, "C7943", "Adult Alveolar Soft Part Sarcoma"},
    Code{"https://www.orpha.net", "163699", "Alveolar soft tissue sarcoma"},
    Code{"http://purl.obolibrary.org/obo/mondo.owl", "MONDO:0011655", "alveolar soft part sarcoma"},
};

std::string at_site(std::string_view words, const Site& site) {
    return std::string(words) + (site.words.empty() ? "" : " of " + std::string(site.words));
}

json::object histology(std::string_view system, std::string_view code) {
    return {{"url", histology_extension},
            {"valueCodeableConcept", exact({system, code, "Alveolar soft part sarcoma"})}};
}

json::object status_of(std::string_view system, std::string_view code) { return exact({system, code, {}}); }

void add_extension(json::object& element, json::object extension) {
    if (!element.contains("extension")) element["extension"] = json::array();
    element["extension"].as_array().push_back(std::move(extension));
}

/// When it began, and when somebody wrote it down, in one of the forms of records.
void date_condition(Draw& draw, json::object& condition, int days_ago) {
    if (draw.chance(2)) {
        condition["onsetAge"] = quantity(draw.between(8, 40), "a");
        return;
    }
    if (draw.chance(1)) {
        condition["onsetDateTime"] = "1900-01-01";
        condition["recordedDate"] = day(days_ago < 0 ? 30 : days_ago);
        return;
    }
    if (days_ago < 0) return;
    switch (draw.below(8)) {
        case 0:
            condition["onsetPeriod"] = {{"start", date(draw, days_ago)}};
            break;
        case 1:
            add_extension(condition,
                          {{"url", "http://hl7.org/fhir/StructureDefinition/condition-assertedDate"},
                           {"valueDateTime", date(draw, days_ago)}});
            break;
        case 2:
            condition["recordedDate"] = date(draw, days_ago);
            break;
        case 3:
            condition["onsetString"] = "last year";
            condition["recordedDate"] = date(draw, days_ago);
            break;
        default:
            condition["onsetDateTime"] = date(draw, days_ago);
            if (draw.chance(50)) condition["recordedDate"] = day(days_ago > 6 ? days_ago - 5 : days_ago);
    }
}

json::object condition_with(Draw& draw, int days_ago) {
    json::object condition{{"resourceType", "Condition"}};
    if (!draw.chance(10)) {
        condition["clinicalStatus"] =
            status_of(condition_clinical,
                      draw.word({"active", "active", "active", "active", "active", "recurrence", "relapse"}));
    }
    if (!draw.chance(25)) {
        condition["verificationStatus"] = status_of(
            condition_verification, draw.word({"confirmed", "confirmed", "confirmed", "unconfirmed"}));
    }
    if (draw.chance(60)) {
        condition["category"] =
            json::array{exact({"http://terminology.hl7.org/CodeSystem/condition-category",
                               draw.word({"problem-list-item", "problem-list-item", "encounter-diagnosis"}),
                               {}})};
    }
    date_condition(draw, condition, days_ago);
    return condition;
}

/// Shape 1 to 8 of fhir-data.md 2; gives the Condition's id.
std::string add_shape(Record& record, Draw& draw, std::size_t shape, const Site& site, int days_ago) {
    json::object condition = condition_with(draw, days_ago);
    const std::string said(draw.from(asps_words));
    switch (shape) {
        case 1:
            condition["code"] = concept_of(draw, draw.from(asps_codes));
            break;
        case 2: {
            json::array codings{
                coding(draw, {icd10cm, site.icd, "Malignant neoplasm of connective and soft tissue"})};
            if (draw.chance(50)) {
                codings.push_back(coding({local, "1494325", said}));
                condition["code"] = {{"coding", std::move(codings)}};
            } else {
                condition["code"] = {{"coding", std::move(codings)}, {"text", at_site(said, site)}};
            }
            break;
        }
        case 3:
            condition["code"] =
                concept_of(draw, draw.chance(50) ? Code{snomed, "363346000", "Malignant neoplastic disease"}
                                                 : Code{snomed, "424413001", "Sarcoma"});
            add_extension(condition, histology(snomed, "88195001"));
            break;
        case 4:
            condition["code"] =
                concept_of(draw, draw.chance(50) ? Code{snomed, "363346000", "Malignant neoplastic disease"}
                                                 : Code{snomed, "55342001", "Neoplastic disease"});
            add_extension(condition,
                          histology(icdo3, draw.word({"9581/3", "9581/3 3", "9581/33", "95813", "M9581/3"})));
            condition["bodySite"] = json::array{exact({icdo3, site.topography, {}})};
            break;
        case 5:
            condition["code"] = draw.of({exact({snomed, "88195001", {}}), exact({icdo3, "9581/3", {}}),
                                         exact({icdo3, "9581/39", {}}), exact({{}, "9581/3", {}})});
            break;
        case 6: {
            condition["code"] = concept_of(
                draw, draw.chance(50) ? Code{snomed, "424952003", "Sarcoma of soft tissue"}
                                      : Code{icd10cm, site.icd, "Malignant neoplasm of soft tissue"});
            json::object result{{"resourceType", "Observation"},
                                {"status", draw.word({"final", "final", "amended", "corrected"})},
                                {"code", exact({loinc, "31206-6", "Behavior ICD-O-3 Cancer"})},
                                {"valueCodeableConcept", exact({icdo3, draw.word({"9581/3", "9581/33"}),
                                                                "Alveolar soft part sarcoma"})}};
            result["effectiveDateTime"] = day(days_ago < 0 ? 100 : days_ago + 3);
            if (draw.chance(20)) {
                json::object component{{"code", result.at("code")},
                                       {"valueCodeableConcept", result.at("valueCodeableConcept")}};
                result.erase("valueCodeableConcept");
                result["code"] = exact({loinc, "77753-2", "Tumor morphology panel Cancer"});
                result["component"] = json::array{std::move(component)};
            }
            record.add(draw, "observations", std::move(result));
            break;
        }
        case 7:
            switch (draw.below(8)) {
                case 0:  // in the words of the histology
                    condition["code"] = exact({snomed, "363346000", "Malignant neoplastic disease"});
                    add_extension(condition,
                                  {{"url", histology_extension}, {"valueCodeableConcept", words(said)}});
                    break;
                case 1:  // in a note
                    condition["code"] = exact({icd10cm, site.icd, "Malignant neoplasm of soft tissue"});
                    condition["note"] = json::array{{{"text", "Pathology: " + said + "."}}};
                    break;
                case 2:  // abbreviated
                    condition["code"] = {
                        {"coding",
                         json::array{coding({icd10cm, site.icd, "Malignant neoplasm of soft tissue"})}},
                        {"text", at_site("Sarcoma (ASPS)", site)}};
                    break;
                default:
                    condition["code"] = words(at_site(said, site));
            }
            break;
        default: {  // several Conditions for one disease
            condition["code"] = concept_of(draw, draw.from(asps_codes));
            json::object second = condition_with(draw, days_ago < 10 ? days_ago : days_ago - 7);
            second["code"] = {{"coding", json::array{coding(draw, {icd10cm, site.icd, {}})}},
                              {"text", at_site(said, site)}};
            record.add(draw, "conditions", std::move(second));
        }
    }
    if (draw.chance(30) && !site.snomed_site.empty() && !condition.contains("bodySite")) {
        json::object body_site = exact({snomed, site.snomed_site, site.words});
        if (draw.chance(30)) body_site["text"] = site.words;
        condition["bodySite"] = json::array{std::move(body_site)};
    }
    if (draw.chance(8) && !condition.contains("note"))
        condition["note"] = json::array{{{"text", "Discussed with patient."}}};
    return record.add(draw, "conditions", std::move(condition));
}

int diagnosis_age(Draw& draw) {
    switch (draw.below(10)) {
        case 0:
            return -1;
        case 1:
        case 2:
            return draw.between(740, 4000);
        case 3:
            return draw.between(360, 740);
        case 4:
            return draw.between(0, 30);
        default:
            return draw.between(30, 360);
    }
}

}  // namespace

void add_asps(Record& record, Draw& draw) {
    const Site& site = draw.from(sites);
    const std::size_t shape = 1 + draw.below(8);
    const int days_ago = diagnosis_age(draw);
    record.site = site.name;
    record.diagnosis = days_ago;
    record.asps_condition = "Condition/" + add_shape(record, draw, shape, site, days_ago);
    record.fact("ASPS, shape " + std::to_string(shape) + ", " + std::string(site.name) +
                (days_ago < 0 ? ", undated" : ", " + day(days_ago)));
    if (draw.chance(8)) {
        json::object same = condition_with(draw, days_ago);
        same["code"] = concept_of(draw, {snomed, "424952003", "Sarcoma of soft tissue"});
        record.add(draw, "conditions", std::move(same));
        record.fact("the same disease also as sarcoma");
    }
}

void add_asps_history(Record& record, Draw& draw) {
    const Site& site = draw.from(sites);
    record.site = site.name;
    record.diagnosis = draw.between(800, 4000);
    json::object condition = condition_with(draw, record.diagnosis);
    const std::string_view status = draw.word({"resolved", "remission", "inactive"});
    condition["clinicalStatus"] = status_of(condition_clinical, status);
    if (draw.chance(25)) {
        condition["clinicalStatus"] = status_of(condition_clinical, "active");
        condition["code"] =
            concept_of(draw, {icd10cm, "Z85.831", "Personal history of malignant neoplasm of soft tissue"},
                       "History of alveolar soft part sarcoma");
        record.fact("history of ASPS as Z85.831 with words");
    } else {
        condition["code"] = concept_of(draw, draw.from(asps_codes));
        record.fact("ASPS " + std::string(status));
    }
    if (draw.chance(30)) condition["abatementDateTime"] = day(record.diagnosis - 400);
    record.asps_condition = "Condition/" + record.add(draw, "conditions", std::move(condition));
}

void add_lookalike(Record& record, Draw& draw) {
    struct Look {
        std::string_view fact;
        Code code;
        std::string_view text, verification;
    };
    static constexpr std::array looks = {
        Look{"site code alone",
             {icd10cm, "C49.21", "Malignant neoplasm of connective and soft tissue"},
             {},
             {}},
        Look{"generic sarcoma", {snomed, "424952003", "Sarcoma of soft tissue"}, {}, {}},
        Look{"GIST", {icd10cm, "C49.A4", "Gastrointestinal stromal tumor of large intestine"}, {}, {}},
        Look{"alveolar rhabdomyosarcoma", {icdo3, "8920/3", "Alveolar rhabdomyosarcoma"}, {}, {}},
        Look{"alveolar rhabdomyosarcoma in words", {}, "Alveolar rhabdomyosarcoma of left forearm", {}},
        Look{"soft tissue sarcoma in words", {icd10cm, "C49.11", {}}, "Soft tissue sarcoma, NOS", {}},
        Look{"refuted", {snomed, "404056007", "Alveolar soft part sarcoma"}, {}, "refuted"},
        Look{"entered in error", {snomed, "404056007", "Alveolar soft part sarcoma"}, {}, "entered-in-error"},
        Look{"provisional", {snomed, "404056007", "Alveolar soft part sarcoma"}, {}, "provisional"},
        Look{"differential", {icdo3, "9581/3", {}}, {}, "differential"},
        Look{"ruled out", {}, "r/o alveolar soft part sarcoma", {}},
        Look{"possible", {}, "Possible alveolar soft part sarcoma of thigh", {}},
        Look{"suspected", {}, "Suspected alveolar soft part sarcoma", {}},
        Look{"cannot exclude", {}, "Soft tissue mass, cannot exclude alveolar soft part sarcoma", {}},
        Look{"favour", {}, "Thigh mass, favor alveolar soft part sarcoma", {}},
        Look{"question mark", {}, "?alveolar soft part sarcoma", {}},
        Look{"versus", {}, "Paraganglioma vs alveolar soft part sarcoma", {}},
        Look{"negated", {}, "No evidence of alveolar soft part sarcoma", {}},
        Look{"family", {}, "Family history of alveolar soft part sarcoma", {}},
        Look{"mother", {}, "Mother with alveolar soft part sarcoma", {}},
        Look{"ASPS token elsewhere", {}, "ASPS screening form completed", {}},
        Look{"personal history code",
             {icd10cm, "Z85.831", "Personal history of malignant neoplasm of soft tissue"},
             {},
             {}},
        Look{"synovial sarcoma", {icdo3, "9040/3", "Synovial sarcoma"}, "Synovial sarcoma of knee", {}},
        Look{"clear cell sarcoma", {}, "Clear cell sarcoma of soft parts", {}},
        Look{
            "translocation renal cancer", {icd10cm, "C64.1", {}}, "TFE3-rearranged renal cell carcinoma", {}},
        Look{"granular cell tumor", {}, "Granular cell tumor of tongue", {}},
    };
    const Look& look = draw.from(looks);
    const int days_ago = draw.between(10, 700);
    json::object condition = condition_with(draw, days_ago);
    if (look.code.code.empty()) {
        condition["code"] = words(look.text);
    } else {
        condition["code"] = concept_of(draw, look.code, look.text);
    }
    if (!look.verification.empty())
        condition["verificationStatus"] = status_of(condition_verification, look.verification);
    record.diagnosis = days_ago;
    record.add(draw, "conditions", std::move(condition));
    record.fact("looks like ASPS: " + std::string(look.fact));
    if (draw.chance(15)) {
        record.add(draw, "observations",
                   {{"resourceType", "Observation"},
                    {"status", "final"},
                    {"code", words("Gene fusion analysis")},
                    {"valueString", "ASPSCR1::TFE3 fusion not detected; TFE3 rearrangement present"}});
        record.fact("a TFE3 result");
    }
}

}  // namespace population
