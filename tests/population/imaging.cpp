// Imaging: one study in every kind of resource, by code or in words, done, ordered or planned.
#include "tests/population/record.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace population {

namespace {

struct Study {
    std::string_view what, modality, body;
    Code code;
    std::string_view text;
};
constexpr std::array brain = {
    Study{"brain MRI",
          "MR",
          "brain",
          {loinc, "24587-8", "MR Brain WO and W contrast IV"},
          "MRI BRAIN W WO CONTRAST"},
    Study{"brain MRI", "MR", "brain", {loinc, "24589-4", "MR Brain W contrast IV"}, "MR HEAD W/WO"},
    Study{"brain MRI", "MR", "brain", {loinc, "24590-2", "MR Brain"}, "MRI brain"},
    Study{"brain MRI",
          "MR",
          "brain",
          {snomed, "816077007", "Magnetic resonance imaging of brain"},
          "MRI BRAIN + GAD"},
    Study{"brain MRI", "MR", "brain", {cpt, "70553", {}}, "MRI BRAIN WITH AND WITHOUT CONTRAST"},
    Study{"brain MRI without contrast",
          "MR",
          "brain",
          {loinc, "30657-1", "MR Brain WO contrast"},
          "MRI BRAIN WITHOUT CONTRAST"},
    Study{"brain MRI without contrast", "MR", "brain", {cpt, "70551", {}}, "MRI BRAIN WO CONTRAST"},
    Study{"head CT with contrast",
          "CT",
          "head",
          {loinc, "24727-0", "CT Head W contrast IV"},
          "CT HEAD W CONTRAST"},
    Study{"head CT plain", "CT", "head", {loinc, "30799-1", "CT Head WO contrast"}, "CT HEAD WO CONTRAST"},
    Study{"head CT plain", "CT", "head", {cpt, "70450", {}}, "CT BRAIN WITHOUT CONTRAST"},
    Study{"head CT unstated", "CT", "head", {loinc, "24725-4", "CT Head"}, "CT HEAD"},
    Study{"head MRA", "MR", "head", {local, "55501", "MRA HEAD"}, "MRA HEAD WO CONTRAST"},
    Study{
        "pituitary MRI", "MR", "pituitary", {local, "55502", "MRI PITUITARY"}, "MRI PITUITARY W WO CONTRAST"},
};
constexpr std::array chest = {
    Study{"chest CT", "CT", "chest", {loinc, "24627-2", "CT Chest"}, "CT THORAX W/O"},
    Study{"chest CT", "CT", "chest", {loinc, "24628-0", "CT Chest W contrast IV"}, "CT CHEST W CONTRAST"},
    Study{"chest CT", "CT", "chest", {snomed, "169069000", "CT of chest"}, "CT chest abdomen pelvis"},
    Study{"chest CT", "CT", "chest", {cpt, "71260", {}}, "CT CHEST/ABD/PELVIS W"},
    Study{"chest radiograph", "DX", "chest", {loinc, "30745-4", "XR Chest Views"}, "XR CHEST 2 VIEWS"},
    Study{"PET-CT", "PT", "whole body", {snomed, "443271005", "FDG PET-CT"}, "PET CT SKULL BASE TO THIGH"},
    Study{"PET-CT", "PT", "whole body", {local, "78815", "PET CT WHOLE BODY"}, "PET/CT WHOLE BODY"},
};
constexpr std::array nodes = {
    Study{"groin ultrasound", "US", "groin", {loinc, "24719-7", "US Groin"}, "US GROIN"},
    Study{"node ultrasound", "US", "axilla", {local, "76882", "US AXILLA"}, "US AXILLA LYMPH NODES"},
    Study{"node ultrasound", "US", "neck", {local, "76536", "US NECK"}, "US SOFT TISSUE NECK LYMPH NODES"},
    Study{"whole-body MRI", "MR", "whole body", {snomed, "426252008", "MRI of whole body"}, "MRI WHOLE BODY"},
};

json::object name_of(Draw& draw, const Study& study) {
    if (draw.chance(35) || study.code.system == cpt) {
        json::object made = words(study.text);
        if (draw.chance(3)) made["text"] = std::string(study.text) + " <b>x</b> [see](http://x.example) *_`";
        if (study.code.system == cpt) made["coding"] = json::array{coding(study.code)};
        return made;
    }
    return draw.chance(50) ? exact(study.code) : concept_of(draw, study.code, study.text);
}

void as_report(Record& record, Draw& draw, const Study& study, int days_ago) {
    const std::string_view status = draw.word({"final", "final", "final", "amended", "preliminary", "partial",
                                               "cancelled", "registered", "entered-in-error"});
    json::object made{
        {"resourceType", "DiagnosticReport"}, {"status", status}, {"code", name_of(draw, study)}};
    if (draw.chance(50)) {
        made["category"] = json::array{
            draw.chance(50) ? exact({loinc, "LP29684-5", "Radiology"})
                            : exact({"http://terminology.hl7.org/CodeSystem/v2-0074", "RAD", {}})};
    }
    if (draw.chance(85)) {
        made["effectiveDateTime"] = date(draw, days_ago);
    } else if (draw.chance(60)) {
        made["issued"] = instant(draw, days_ago);
    }
    if (draw.chance(15)) {
        made["conclusion"] = draw.word({"No inguinal lymphadenopathy.", "No acute abnormality.",
                                        "No axillary adenopathy. Lungs clear.", "Unremarkable study.",
                                        "No cervical lymphadenopathy."});
    }
    record.fact("report " + std::string(study.what) + ", " + std::string(status) + ", " + day(days_ago));
    record.add(draw, "reports", std::move(made));
}

void as_study(Record& record, Draw& draw, const Study& study, int days_ago) {
    const std::string_view status =
        draw.word({"available", "available", "available", "registered", "cancelled"});
    json::object made{{"resourceType", "ImagingStudy"}, {"status", status}};
    const json::object modality{{"system", dicom}, {"code", study.modality}};
    if (draw.chance(70)) made["modality"] = json::array{modality};
    if (draw.chance(90)) made["started"] = date(draw, days_ago);
    if (draw.chance(60)) {
        made["description"] = study.text;
    } else {
        json::object series{{"uid", "1.2.3"}, {"modality", modality}};
        series["bodySite"] = {{"system", snomed},
                              {"code", study.body == "brain" ? "12738006" : "51185008"},
                              {"display", study.body}};
        made["series"] = json::array{std::move(series)};
    }
    if (draw.chance(30)) made["procedureCode"] = json::array{name_of(draw, study)};
    record.fact("imaging study " + std::string(study.what) + ", " + std::string(status) + ", " +
                day(days_ago));
    record.add(draw, "imagingStudies", std::move(made));
}

void as_procedure(Record& record, Draw& draw, const Study& study, int days_ago) {
    const std::string_view status =
        draw.word({"completed", "completed", "not-done", "in-progress", "preparation"});
    json::object made{{"resourceType", "Procedure"}, {"status", status}, {"code", name_of(draw, study)}};
    if (draw.chance(60)) {
        made["performedDateTime"] = date(draw, days_ago);
    } else if (draw.chance(60)) {
        made["performedPeriod"] = {{"start", day(days_ago)}, {"end", day(days_ago)}};
    }
    record.fact("procedure " + std::string(study.what) + ", " + std::string(status) + ", " + day(days_ago));
    record.add(draw, "procedures", std::move(made));
}

void as_order(Record& record, Draw& draw, const Study& study, int days_ago) {
    const std::string_view status = draw.word(
        {"active", "active", "active", "completed", "on-hold", "revoked", "draft", "entered-in-error"});
    json::object made{
        {"resourceType", "ServiceRequest"},
        {"status", status},
        {"intent", draw.word({"order", "order", "order", "plan", "proposal", "original-order"})},
        {"code", name_of(draw, study)}};
    if (draw.chance(90)) made["authoredOn"] = date(draw, days_ago);
    if (draw.chance(20)) made["occurrenceDateTime"] = date(draw, days_ago - 10);
    if (draw.chance(6)) made["doNotPerform"] = true;
    record.fact("order " + std::string(study.what) + ", " + std::string(status) + ", " +
                std::string(made["intent"].as_string()) + ", " + day(days_ago) +
                (made.contains("doNotPerform") ? ", do not perform" : ""));
    record.add(draw, "serviceRequests", std::move(made));
}

void as_appointment(Record& record, Draw& draw, const Study& study) {
    const int ahead = draw.between(-30, 20);  // mostly to come
    json::object made{{"resourceType", "Appointment"},
                      {"status", draw.word({"booked", "booked", "cancelled", "fulfilled"})},
                      {"start", instant(draw, ahead)}};
    if (draw.chance(50)) {
        made["description"] = study.text;
    } else {
        made["serviceType"] = json::array{name_of(draw, study)};
    }
    record.fact("appointment " + std::string(study.what) + ", " + std::string(made["status"].as_string()) +
                ", " + day(ahead));
    record.add(draw, "appointments", std::move(made));
}

void add_one(Record& record, Draw& draw, std::span<const Study> studies) {
    const Study& study = studies[draw.below(studies.size())];
    const int since = record.diagnosis < 0 ? 200 : record.diagnosis;
    // Around the diagnosis, lately, or long ago.
    const int days_ago = draw.chance(50)   ? (since > 3 ? draw.between(0, since) : 1)
                         : draw.chance(50) ? since + draw.between(-2, 90)
                                           : draw.between(100, 1500);
    switch (draw.below(10)) {
        case 0:
        case 1:
            return as_study(record, draw, study, days_ago);
        case 2:
            return as_procedure(record, draw, study, days_ago);
        case 3:
        case 4:
            return as_order(record, draw, study, draw.between(0, 130));
        case 5:
            return as_appointment(record, draw, study);
        default:
            return as_report(record, draw, study, days_ago < 0 && !draw.chance(10) ? 0 : days_ago);
    }
}

}  // namespace

void add_imaging(Record& record, Draw& draw) {
    if (draw.chance(60)) add_one(record, draw, brain);
    if (draw.chance(20)) add_one(record, draw, brain);
    if (draw.chance(65)) add_one(record, draw, chest);
    if (draw.chance(25)) add_one(record, draw, chest);
    if (draw.chance(40)) add_one(record, draw, nodes);
}

void add_staging(Record& record, Draw& draw) {
    const int since = record.diagnosis < 2 ? 150 : std::min(record.diagnosis, 330);
    const auto done = [&](const Study& study) {
        const int days_ago = draw.between(0, since);
        if (draw.chance(70)) {
            json::object made{{"resourceType", "DiagnosticReport"},
                              {"status", "final"},
                              {"code", name_of(draw, study)},
                              {"effectiveDateTime", day(days_ago)}};
            record.add(draw, "reports", std::move(made));
        } else {
            json::object made{{"resourceType", "Procedure"},
                              {"status", "completed"},
                              {"code", name_of(draw, study)},
                              {"performedDateTime", day(days_ago)}};
            record.add(draw, "procedures", std::move(made));
        }
        record.fact("staged: " + std::string(study.what) + ", " + day(days_ago));
    };
    if (draw.chance(90)) done(brain[draw.below(5)]);
    if (draw.chance(90)) done(chest[draw.below(4)]);
    if (draw.chance(85)) done(draw.from(nodes));
}

}  // namespace population
