// Drafts: what is being ordered when the call comes, with and without ids, selected or not.
#include "tests/population/record.hpp"

#include <array>
#include <utility>

namespace population {

namespace {

void draft_drug(Record& record, Draw& draw, std::string_view family) {
    const std::string_view drug = some_drug(draw, family);
    json::object made{{"resourceType", "MedicationRequest"}};
    put_medication(record, draw, drug, made);
    if (draw.chance(10)) made["status"] = draw.word({"active", "active", "cancelled"});
    if (draw.chance(12) && !record.asps_condition.empty()) {
        made["reasonReference"] =
            json::array{{{"reference",
                          (draw.chance(30) ? "https://ehr.example.org/fhir/" : "") + record.asps_condition}}};
    } else if (draw.chance(12)) {
        const std::string id = "other-reason-" + std::to_string(++record.ids);
        json::object reason{
            {"resourceType", "Condition"},
            {"id", id},
            {"code", exact({icd10cm, "C50.911", "Malignant neoplasm of right female breast"})}};
        record.add(draw, "conditions", std::move(reason));
        made["reasonReference"] = json::array{{{"reference", "Condition/" + id}}};
        record.fact("the draft is for breast cancer");
    } else if (draw.chance(8)) {
        made["reasonCode"] =
            json::array{words(draw.word({"Alveolar soft part sarcoma", "Hodgkin lymphoma"}))};
    }
    if (draw.chance(5)) made["note"] = json::array{{{"text", "Per clinical trial protocol"}}};
    if (draw.chance(3)) made["doNotPerform"] = true;
    const bool with_id = !draw.chance(20), selected = draw.chance(75);
    record.fact("draft " + std::string(drug) + (with_id ? "" : ", no id") + (selected ? ", selected" : ""));
    record.draft(draw, std::move(made), with_id, selected);
}

json::object dose_extension(int total, int fraction, int fractions) {
    return {{"url",
             "http://hl7.org/fhir/us/codex-radiation-therapy/StructureDefinition/"
             "codexrt-radiotherapy-dose-prescribed-to-volume"},
            {"extension", json::array{{{"url", "totalDose"}, {"valueQuantity", quantity(total, "cGy")}},
                                      {{"url", "fractionDose"}, {"valueQuantity", quantity(fraction, "cGy")}},
                                      {{"url", "fractions"}, {"valuePositiveInt", fractions}}}}};
}

void draft_radiotherapy(Record& record, Draw& draw) {
    json::object made{{"resourceType", "ServiceRequest"}};
    made["code"] =
        draw.chance(70)
            ? concept_of(draw, {snomed, "1217123003", "Radiotherapy course of treatment"})
            : words(draw.word({"External beam radiotherapy thigh", "Radiation therapy 50 Gy in 25 fractions",
                               "Radiotherapy 70 Gy in 35 fractions", "Palliative radiotherapy"}));
    if (draw.chance(40)) {
        made["category"] =
            json::array{exact(draw.chance(60) ? Code{snomed, "1287742003", "Radiotherapy"}
                                              : Code{snomed, "108290001", "Radiation oncology"})};
    }
    if (draw.chance(8) && made.contains("category"))
        made.erase("code");  // the category alone says what it is
    std::string dose = "no dose";
    if (draw.chance(60)) {
        const int total = draw.of({5000, 6000, 6600, 7000, 4500, 50, 3000});
        const int fractions = draw.of({25, 30, 33, 35, 10});
        made["extension"] = json::array{dose_extension(total, total / fractions, fractions)};
        dose = std::to_string(total) + " cGy in " + std::to_string(fractions);
    }
    if (draw.chance(20)) {
        json::object intent{
            {"url", "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-procedure-intent"},
            {"valueCodeableConcept", exact(draw.chance(50) ? Code{snomed, "363676003", "Palliative"}
                                                           : Code{snomed, "373808002", "Curative"})}};
        if (!made.contains("extension")) made["extension"] = json::array();
        made["extension"].as_array().push_back(std::move(intent));
    }
    const bool with_id = !draw.chance(15);
    record.fact("draft radiotherapy, " + dose);
    record.draft(draw, std::move(made), with_id, draw.chance(75));
}

void draft_service(Record& record, Draw& draw, std::string_view what, json::object code) {
    json::object made{{"resourceType", "ServiceRequest"}, {"code", std::move(code)}};
    record.fact("draft " + std::string(what));
    record.draft(draw, std::move(made), !draw.chance(15), draw.chance(75));
}

}  // namespace

void add_drafts(Record& record, Draw& draw) {
    const int count = draw.chance(75) ? 1 : draw.between(2, 3);
    for (int i = 0; i < count; ++i) {
        switch (draw.below(12)) {
            case 0:
            case 1:
            case 2:
                draft_drug(record, draw, "cytotoxic");
                break;
            case 3:
            case 4:
                draft_drug(record, draw, "ici");
                break;
            case 5:
                draft_drug(record, draw, "tki");
                break;
            case 6:
                draft_drug(record, draw, draw.word({"supportive", "everyday"}));
                break;
            case 7:
            case 8:
                draft_service(record, draw, "excision",
                              draw.chance(50)
                                  ? concept_of(draw, {snomed, "370611004", "Excision of malignant neoplasm"})
                                  : words("Wide excision soft tissue sarcoma thigh"));
                break;
            case 9:
            case 10:
                draft_radiotherapy(record, draw);
                break;
            default:
                draft_service(record, draw, "imaging or laboratory",
                              draw.chance(50)
                                  ? concept_of(draw, {loinc, "24587-8", "MR Brain WO and W contrast IV"})
                                  : words("Complete blood count"));
        }
    }
}

void add_targeted_drafts(Record& record, Draw& draw) {
    draft_drug(record, draw, draw.word({"ici", "tki"}));
    if (draw.chance(25)) draft_drug(record, draw, draw.word({"ici", "tki", "cytotoxic"}));
}

void add_vascular_drafts(Record& record, Draw& draw) {
    static constexpr std::array codes = {
        Code{snomed, "16736007", "Transcatheter therapy for embolization"},
        Code{snomed, "57238002", "Selective embolization of artery"},
    };
    draft_service(
        record, draw, "embolisation",
        draw.chance(60)
            ? concept_of(draw, draw.from(codes))
            : words(draw.word({"Embolization of AVM, left thigh", "Sclerotherapy of venous malformation"})));
}

}  // namespace population
