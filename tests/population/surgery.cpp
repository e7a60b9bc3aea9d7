// Surgery: excisions with their margins, biopsies, radiotherapy, operations for lung metastases, referrals.
#include "tests/population/record.hpp"

#include <array>
#include <utility>

namespace population {

namespace {

json::object procedure(Draw& draw, json::object code, int days_ago) {
    json::object made{{"resourceType", "Procedure"},
                      {"status", draw.word({"completed", "completed", "completed", "completed", "in-progress",
                                            "not-done", "preparation"})},
                      {"code", std::move(code)}};
    if (draw.chance(80)) {
        made["performedDateTime"] = date(draw, days_ago);
    } else if (draw.chance(60)) {
        made["performedPeriod"] = {{"start", day(days_ago + 2)}, {"end", day(days_ago)}};
    }
    return made;
}

void put(Record& record, Draw& draw, json::object made, std::string_view what, int days_ago) {
    record.fact(std::string(what) + ", " + std::string(made["status"].as_string()) + ", " + day(days_ago));
    const char* key = made["resourceType"] == "Procedure" ? "procedures" : "serviceRequests";
    record.add(draw, key, std::move(made));
}

json::object excision(Draw& draw) {
    static constexpr std::array coded = {
        Code{snomed, "56361007", "Excision of soft tissue"},
        Code{snomed, "370612006", "Excision of neoplasm"},
        Code{snomed, "370611004", "Excision of malignant neoplasm"},
        Code{snomed, "397117006", "Amputation of lower limb"},
    };
    if (draw.chance(60)) return concept_of(draw, draw.from(coded));
    return words(
        draw.word({"Wide local excision of soft tissue sarcoma of thigh", "Radical resection of tumor, thigh",
                   "Resection of soft tissue mass", "Excision of sarcoma"}));
}

void add_margin(Record& record, Draw& draw, int days_ago) {
    const std::string_view margin = draw.word({"R0", "R1", "R1", "R2", "RX", "close"});
    if (draw.chance(40)) {
        json::object report{{"resourceType", "DiagnosticReport"},
                            {"status", draw.word({"final", "final", "amended"})},
                            {"code", exact({loinc, "22637-3", "Pathology report final diagnosis Narrative"})},
                            {"effectiveDateTime", date(draw, days_ago)}};
        report["conclusion"] =
            "Alveolar soft part sarcoma, 6.2 x 4.1 cm. " +
            std::string(margin == "close" ? "Margin close, 2 mm at fascia."
                        : margin == "R0"  ? "Margins negative (R0)."
                        : margin == "RX"  ? "Margins cannot be assessed."
                                          : "Margins: " + std::string(margin) + ", positive, deep.");
        record.add(draw, "reports", std::move(report));
    } else {
        json::object made{{"resourceType", "Observation"},
                          {"status", draw.word({"final", "final", "entered-in-error"})},
                          {"effectiveDateTime", date(draw, days_ago)}};
        if (draw.chance(40)) {
            made["code"] =
                exact({snomed, "384960007", "Surgical margin site involved by malignant neoplasm"});
            made["valueBoolean"] = margin == "R1" || margin == "R2";
        } else {
            made["code"] = words("Residual tumor");
            made["valueCodeableConcept"] =
                margin == "R0"   ? exact({snomed, "258254000", "Residual tumor stage R0"})
                : margin == "R1" ? exact({snomed, "278271003", "Residual tumor stage R1"})
                : margin == "R2" ? exact({snomed, "278272005", "Residual tumor stage R2"})
                : margin == "RX" ? exact({snomed, "258253006", "Residual tumor stage RX"})
                                 : words("close margin");
        }
        record.add(draw, "observations", std::move(made));
    }
    record.fact("margin " + std::string(margin) + ", " + day(days_ago));
}

json::object order(Draw& draw, json::object code, int days_ago) {
    return {{"resourceType", "ServiceRequest"},
            {"status", draw.word({"active", "active", "completed", "revoked", "on-hold"})},
            {"intent", draw.word({"order", "order", "plan", "proposal"})},
            {"code", std::move(code)},
            {"authoredOn", date(draw, days_ago)}};
}

}  // namespace

void add_surgery(Record& record, Draw& draw) {
    const int since = record.diagnosis < 2 ? 100 : record.diagnosis;
    if (draw.chance(40)) {
        const int days_ago = draw.between(1, since);
        json::object made = procedure(draw, excision(draw), days_ago);
        if (draw.chance(10)) made["bodySite"] = json::array{words(draw.word({"Lung", "Brain", "Thigh"}))};
        put(record, draw, std::move(made), "excision", days_ago);
        if (draw.chance(60)) add_margin(record, draw, days_ago > 5 ? days_ago - 4 : days_ago);
        if (draw.chance(20)) {
            const int later = draw.between(0, days_ago - 1);
            put(record, draw, procedure(draw, words("Re-excision of tumor bed, thigh"), later), "re-excision",
                later);
        }
    }
    if (draw.chance(35)) {
        static constexpr std::array biopsies = {
            Code{snomed, "8889005", "Excisional biopsy"},
            Code{snomed, "129249002", "Needle biopsy"},
            Code{snomed, "70871006", "Incisional biopsy"},
            Code{snomed, "86273004", "Biopsy"},
        };
        const int days_ago = draw.between(0, since + 20);
        put(record, draw, procedure(draw, concept_of(draw, draw.from(biopsies)), days_ago), "biopsy",
            days_ago);
    }
    if (draw.chance(15)) {
        static constexpr std::array courses = {
            Code{snomed, "1217123003", "Radiotherapy course of treatment"},
            Code{snomed, "168525009", "Postoperative course of radiotherapy"},
            Code{snomed, "33195004", "Teleradiotherapy"},
        };
        const int days_ago = draw.between(0, since);
        if (draw.chance(60)) {
            json::object made = procedure(draw, concept_of(draw, draw.from(courses)), days_ago);
            made.erase("performedDateTime");
            made["performedPeriod"] = {{"start", day(days_ago + 40)}, {"end", day(days_ago)}};
            put(record, draw, std::move(made), "radiotherapy", days_ago);
        } else {
            put(record, draw, order(draw, concept_of(draw, draw.from(courses)), days_ago),
                "radiotherapy order", days_ago);
        }
    }
    if (draw.chance(6)) {
        const int days_ago = draw.between(0, 200);
        static constexpr std::array operations = {
            Code{snomed, "232632009", "Wedge excision of lung"},
            Code{snomed, "444188003", "Thoracoscopic wedge resection of lung"},
        };
        json::object code =
            draw.chance(70) ? concept_of(draw, draw.from(operations)) : words("Pulmonary metastasectomy");
        if (draw.chance(50)) {
            put(record, draw, procedure(draw, std::move(code), days_ago), "lung metastasis surgery",
                days_ago);
        } else {
            put(record, draw, order(draw, std::move(code), days_ago), "lung metastasis surgery order",
                days_ago);
        }
    }
    if (draw.chance(15)) {
        const int days_ago = draw.between(0, 300);
        json::object made =
            order(draw,
                  draw.chance(50)
                      ? concept_of(draw, {snomed, "3457005", "Patient referral"})
                      : words(draw.word({"Referral to sarcoma reference centre",
                                         "Referral to orthopaedic surgery", "Referral to thoracic surgery"})),
                  days_ago);
        if (draw.chance(30))
            made["performer"] = json::array{{{"display", "Sarcoma MDT, University Hospital"}}};
        if (draw.chance(20)) made["reasonCode"] = json::array{words("Sarcoma of thigh")};
        put(record, draw, std::move(made), "referral", days_ago);
    }
    if (draw.chance(6)) {
        const int days_ago = draw.between(0, 60);
        put(record, draw, order(draw, excision(draw), days_ago), "excision order", days_ago);
    }
}

void add_resection(Record& record, Draw& draw) {
    const int latest = record.diagnosis < 20 ? 150 : record.diagnosis;
    const int days_ago = draw.between(5, latest);
    json::object made{{"resourceType", "Procedure"},
                      {"status", "completed"},
                      {"code", excision(draw)},
                      {"performedDateTime", day(days_ago)}};
    put(record, draw, std::move(made), "excision", days_ago);
    if (draw.chance(85)) add_margin(record, draw, draw.chance(70) ? days_ago - 4 : days_ago);
    if (draw.chance(15)) {
        const int later = draw.between(0, days_ago - 1);
        put(record, draw, procedure(draw, words("Re-excision of tumor bed, thigh"), later), "re-excision",
            later);
    }
}

}  // namespace population
