// Ordinary patients: everyday problems, results, drugs and images; and vascular lesions, which are mostly
// just that.
#include "tests/population/record.hpp"

#include <array>
#include <utility>

namespace population {

namespace {

constexpr std::array problems = {
    Code{icd10cm, "I10", "Essential (primary) hypertension"},
    Code{icd10cm, "E11.9", "Type 2 diabetes mellitus without complications"},
    Code{icd10cm, "J45.909", "Unspecified asthma, uncomplicated"},
    Code{icd10cm, "M54.50", "Low back pain, unspecified"},
    Code{icd10cm, "F32.9", "Major depressive disorder, single episode, unspecified"},
    Code{icd10cm, "K21.9", "Gastro-esophageal reflux disease without esophagitis"},
    Code{snomed, "38341003", "Hypertensive disorder"},
    Code{snomed, "195967001", "Asthma"},
    Code{snomed, "44054006", "Diabetes mellitus type 2"},
    Code{icd10cm, "J06.9", "Acute upper respiratory infection, unspecified"},
    Code{icd10cm, "N39.0", "Urinary tract infection, site not specified"},
    Code{icd10cm, "D50.9", "Iron deficiency anemia, unspecified"},
};
constexpr std::array said = {
    "Acne vulgaris",
    "Migraine without aura",
    "Tension headache",
    "Fracture of radius, healed",
    "Chronic sinusitis",
    "Seasonal allergies",
    "Knee pain",
    "Ruled out deep vein thrombosis",
    "No known problems",
    "Alveolar bone loss",
    "Soft tissue infection of foot",
    "Lipoma of back",
    "Benign breast lump",
    "Wound *infection* <b>healed</b> [see](http://x)",
};

json::object clinical(std::string_view code) {
    return exact({"http://terminology.hl7.org/CodeSystem/condition-clinical", code, {}});
}

json::object problem(Draw& draw, json::object code, int days_ago) {
    json::object made{{"resourceType", "Condition"}, {"code", std::move(code)}};
    made["clinicalStatus"] = clinical(draw.word({"active", "active", "resolved"}));
    if (draw.chance(70)) made["onsetDateTime"] = date(draw, days_ago);
    return made;
}

}  // namespace

void add_person(Record& record, Draw& draw, int least_age, int most_age) {
    static constexpr std::array edges = {1, 2, 17, 18};
    int age = draw.between(least_age, most_age);
    if (draw.chance(6)) age = draw.from(edges);
    json::object& patient = record.patient;
    patient = {{"resourceType", "Patient"},
               {"id", record.patient_id},
               {"name", json::array{{{"family", "Test"}, {"given", json::array{"Invented"}}}}},
               {"gender", draw.word({"female", "male", "unknown"})}};
    const std::string born = day(age * 365 + age / 4 + draw.between(0, 364));
    switch (draw.below(20)) {
        case 0:
            patient["birthDate"] = born.substr(0, 4);
            break;
        case 1:
            patient["birthDate"] = born.substr(0, 7);
            break;
        case 2:
            record.fact("birth date unknown");
            break;
        default:
            patient["birthDate"] = born;
    }
    if (draw.chance(2)) {
        patient["deceasedBoolean"] = true;
        record.fact("deceased");
    } else if (draw.chance(1)) {
        patient["deceasedDateTime"] = day(draw.between(0, 300));
        record.fact("deceased");
    } else if (draw.chance(10)) {
        patient["deceasedBoolean"] = false;
    }
    record.fact("age about " + std::to_string(age));
}

void add_ordinary(Record& record, Draw& draw) {
    const int problem_count = draw.between(0, 6);
    for (int i = 0; i < problem_count; ++i) {
        json::object code = draw.chance(70) ? concept_of(draw, draw.from(problems)) : words(draw.from(said));
        if (draw.chance(3)) {
            code = {{"extension",
                     json::array{{{"url", "http://hl7.org/fhir/StructureDefinition/data-absent-reason"},
                                  {"valueCode", draw.word({"masked", "unknown"})}}}}};
        }
        record.add(draw, "conditions", problem(draw, std::move(code), draw.between(1, 4000)));
    }
    const int result_count = draw.between(0, 4);
    for (int i = 0; i < result_count; ++i) {
        json::object made{{"resourceType", "Observation"},
                          {"status", draw.word({"final", "final", "preliminary", "cancelled"})},
                          {"effectiveDateTime", date(draw, draw.between(0, 900))}};
        if (draw.chance(50)) {
            made["code"] = exact({loinc, "8302-2", "Body height"});
            made["valueQuantity"] = quantity(draw.between(60, 195), "cm");
        } else {
            made["code"] = exact({loinc, "29463-7", "Body weight"});
            made["valueQuantity"] = quantity(draw.between(10, 120), "kg");
        }
        record.add(draw, "observations", std::move(made));
    }
    const int report_count = draw.between(0, 3);
    for (int i = 0; i < report_count; ++i) {
        record.add(draw, "reports",
                   {{"resourceType", "DiagnosticReport"},
                    {"status", "final"},
                    {"code", words(draw.word({"Lipid panel", "XR WRIST LEFT", "Echocardiogram",
                                              "Complete blood count", "US ABDOMEN COMPLETE",
                                              "CT SINUS WO CONTRAST"}))},
                    {"effectiveDateTime", date(draw, draw.between(0, 1500))}});
    }
    if (draw.chance(40)) {
        record.add(
            draw, "procedures",
            {{"resourceType", "Procedure"},
             {"status", "completed"},
             {"code", words(draw.word({"Appendectomy", "Colonoscopy", "Cesarean section", "Tonsillectomy"}))},
             {"performedDateTime", date(draw, draw.between(100, 6000))}});
    }
    if (draw.chance(40)) {
        json::object made{{"resourceType", "MedicationRequest"},
                          {"status", draw.word({"active", "completed", "stopped"})},
                          {"intent", "order"},
                          {"authoredOn", date(draw, draw.between(0, 900))}};
        put_medication(record, draw, some_drug(draw, "everyday"), made);
        record.add(draw, "medicationRequests", std::move(made));
    }
    if (draw.chance(15)) {
        record.add(draw, "serviceRequests",
                   {{"resourceType", "ServiceRequest"},
                    {"status", "active"},
                    {"intent", "order"},
                    {"code", words(draw.word({"Dental check", "Physiotherapy", "Mammography screening"}))},
                    {"authoredOn", date(draw, draw.between(0, 200))}});
    }
}

namespace {

struct Lesion {
    std::string_view fact;
    Code code;
    std::string_view text;
};

constexpr std::array lesions = {
    Lesion{"haemangioma", {icd10cm, "D18.00", "Hemangioma unspecified site"}, {}},
    Lesion{"haemangioma", {icd10cm, "D18.01", "Hemangioma of skin and subcutaneous tissue"}, {}},
    Lesion{"haemangioma", {snomed, "400210000", "Hemangioma"}, "Hemangioma of left thigh"},
    Lesion{"malformation", {icd10cm, "Q27.32", "Arteriovenous malformation of vessel of lower limb"}, {}},
    Lesion{"malformation", {snomed, "275519006", "Peripheral arteriovenous malformation"}, {}},
    Lesion{"malformation", {}, "Vascular malformation of right calf"},
    Lesion{"excluded: intracranial", {icd10cm, "D18.02", "Hemangioma of intracranial structures"}, {}},
    Lesion{"excluded: liver", {snomed, "93469006", "Hemangioma of liver"}, {}},
    Lesion{"excluded: cerebral", {snomed, "234142008", "Cerebral arteriovenous malformation"}, {}},
};

void add_feature(Record& record, Draw& draw) {
    const int days_ago = draw.between(1, 200);
    switch (draw.below(6)) {
        case 0:
            record.add(draw, "conditions",
                       problem(draw,
                               concept_of(draw, {icd10cm, "R22.42",
                                                 "Localized swelling, mass and lump, left lower limb"}),
                               days_ago));
            record.fact("feature: a mass, coded");
            break;
        case 1:
            record.add(draw, "conditions", problem(draw, words("Enlarging solid mass of thigh"), days_ago));
            record.fact("feature: an enlarging mass, in words");
            break;
        case 2:
            record.add(
                draw, "reports",
                {{"resourceType", "DiagnosticReport"},
                 {"status", "final"},
                 {"code", words("MRI THIGH W WO CONTRAST")},
                 {"effectiveDateTime", date(draw, days_ago)},
                 {"conclusion", "Hypervascular mass with multiple flow voids and large feeding vessels."}});
            record.fact("feature: flow voids");
            break;
        case 3:
            add_tumour(record, draw);
            record.fact("feature: perhaps size or depth");
            break;
        case 4:
            record.add(draw, "conditions",
                       problem(draw, words("Possible alveolar soft part sarcoma"), days_ago));
            record.fact("feature: ASPS suspected");
            break;
        default:
            record.add(draw, "conditions",
                       problem(draw,
                               concept_of(draw, {icd10cm, "D48.1",
                                                 "Neoplasm of uncertain behavior of connective tissue"}),
                               days_ago));
            record.fact("feature: uncertain behaviour");
    }
}

}  // namespace

void add_vascular(Record& record, Draw& draw, bool with_features) {
    const Lesion& lesion = draw.from(lesions);
    record.diagnosis = draw.between(30, 700);
    json::object made = problem(
        draw, lesion.code.code.empty() ? words(lesion.text) : concept_of(draw, lesion.code, lesion.text),
        record.diagnosis);
    if (draw.chance(20))
        made["bodySite"] = json::array{words(draw.word({"Left thigh", "Forearm", "Tongue", "Spine"}))};
    record.add(draw, "conditions", std::move(made));
    record.fact("vascular lesion: " + std::string(lesion.fact) + " " + std::string(lesion.code.code));
    if (!with_features) return;
    add_feature(record, draw);
    if (draw.chance(30)) add_feature(record, draw);
    if (draw.chance(25)) {
        const int days_ago = draw.between(0, record.diagnosis);
        record.add(draw, "procedures",
                   {{"resourceType", "Procedure"},
                    {"status", draw.word({"completed", "completed", "not-done"})},
                    {"code", concept_of(draw, {snomed, "129249002", "Needle biopsy"})},
                    {"performedDateTime", date(draw, days_ago)}});
        record.fact("a biopsy " + day(days_ago));
    }
}

}  // namespace population
