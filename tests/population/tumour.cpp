// Tumour: size, depth and grade of the primary, biomarkers and the patient's performance, as observations.
#include "tests/population/record.hpp"
#include "tests/population/text.hpp"

#include <array>
#include <utility>

namespace population {

namespace {

json::object observation(Record& record, Draw& draw, json::object code) {
    json::object made{{"resourceType", "Observation"},
                      {"status", draw.word({"final", "final", "final", "final", "amended", "corrected",
                                            "preliminary", "entered-in-error", "cancelled"})},
                      {"code", std::move(code)}};
    const int latest = record.diagnosis < 1 ? 200 : record.diagnosis;
    const int days_ago = draw.between(0, latest);
    switch (draw.below(5)) {
        case 0:
            made["issued"] = instant(draw, days_ago);
            break;
        case 1:
            made["effectivePeriod"] = {{"start", day(days_ago)}, {"end", day(days_ago)}};
            break;
        default:
            made["effectiveDateTime"] = date(draw, days_ago);
    }
    return made;
}

/// Centimetres around the threshold of 5, or far from it, with their digits as a record would write them.
json::value centimetres(Draw& draw) {
    return decimal(draw.word({"4.9", "5.0", "5", "5.1", "6.2", "12", "2.4", "7.25", "5.00"}));
}

void add_size(Record& record, Draw& draw) {
    json::object code = exact({loinc, "21889-1", "Size Tumor"});
    const json::object longest = exact({loinc, "33728-7", "Size.maximum dimension in Tumor"});
    std::string shape = "plain";
    json::object made;
    switch (draw.below(9)) {
        case 0:
        case 1:
            made = observation(record, draw, std::move(code));
            made["component"] = json::array{
                json::object{{"code", longest}, {"valueQuantity", quantity(centimetres(draw), "cm")}}};
            shape = "component";
            break;
        case 2:
            made = observation(record, draw, longest);
            made["valueQuantity"] = quantity(draw.of({49, 50, 51, 62, 120, 24}), "mm");
            shape = "mm";
            break;
        case 3:
            made = observation(record, draw, std::move(code));
            made["valueQuantity"] = quantity(centimetres(draw), "cm");
            shape = "value on 21889-1";
            break;
        case 4:
            made = observation(record, draw, std::move(code));
            made["valueString"] = draw.word(
                {"6.2 x 4.1 x 3.0 cm", "62 mm", "4.1 x 3.0 cm", "5.0 cm", "5.1 cm", "large", "51 x 40 mm"});
            shape = "in words";
            break;
        case 5:
            made = observation(record, draw, longest);
            made["valueQuantity"] = quantity(centimetres(draw), "", false);
            shape = "no unit";
            break;
        case 6:
            made = observation(record, draw, longest);
            made["valueQuantity"] = quantity(5, "cm");
            made["valueQuantity"].as_object()["comparator"] = draw.word({"<", ">", "<=", ">="});
            shape = "comparator";
            break;
        case 7:
            made = observation(record, draw, longest);
            made["valueQuantity"] = quantity(centimetres(draw), draw.word({"centimeter", "CM", "cm"}), false);
            shape = "unit in words";
            break;
        default:
            made = observation(record, draw, longest);
            made["dataAbsentReason"] =
                exact({"http://terminology.hl7.org/CodeSystem/data-absent-reason", "not-performed", {}});
            shape = "absent";
    }
    if (draw.chance(5)) {
        made["focus"] = json::array{{{"reference", "Condition/some-metastasis"}}};
        shape += ", of something else";
    }
    record.fact("size, " + shape + ", " + std::string(made["status"].as_string()));
    record.add(draw, "observations", std::move(made));
}

void add_depth(Record& record, Draw& draw) {
    json::object made = observation(record, draw, words("Tumor depth"));
    const bool deep = draw.chance(65);
    if (draw.chance(50)) {
        made["valueCodeableConcept"] =
            deep ? exact({snomed, "795002", "Deep"}) : exact({snomed, "26283006", "Superficial"});
    } else {
        made["valueString"] =
            deep ? draw.word({"deep to the fascia", "Deep seated", "intramuscular", "subfascial"})
                 : draw.word({"superficial", "suprafascial", "subcutaneous"});
    }
    record.fact(deep ? "deep" : "superficial");
    record.add(draw, "observations", std::move(made));
}

void add_grade(Record& record, Draw& draw) {
    json::object made = observation(record, draw,
                                    draw.chance(50) ? exact({ncit, "C18000", "Histologic Grade"})
                                                    : exact({snomed, "371469007", "Histologic grade"}));
    static constexpr std::array coded = {
        Code{snomed, "1155708003", "Low histologic grade"},
        Code{snomed, "1286893008", "Intermediate histologic grade"},
        Code{snomed, "1155707008", "High histologic grade"},
        Code{snomed, "1228848004", "AJCC grade G1"},
        Code{snomed, "1228850007", "AJCC grade G2"},
        Code{snomed, "1228851006", "AJCC grade G3"},
        Code{snomed, "1228845001", "AJCC grade GX"},
    };
    if (draw.chance(50)) {
        const Code& grade = draw.from(coded);
        made["valueCodeableConcept"] = exact(grade);
        record.fact(std::string(grade.display));
    } else {
        const std::string_view grade =
            draw.word({"G1", "G2", "G3", "GX", "high grade", "low grade", "FNCLCC 2"});
        if (draw.chance(50)) {
            made["valueString"] = grade;
        } else {
            made["valueCodeableConcept"] = words(grade);
        }
        record.fact("grade " + std::string(grade));
    }
    record.add(draw, "observations", std::move(made));
}

}  // namespace

void add_tumour(Record& record, Draw& draw) {
    if (draw.chance(60)) add_size(record, draw);
    if (draw.chance(15)) add_size(record, draw);
    if (draw.chance(45)) add_depth(record, draw);
    if (draw.chance(45)) add_grade(record, draw);
}

void add_risk_features(Record& record, Draw& draw) {
    json::object size{{"resourceType", "Observation"},
                      {"status", "final"},
                      {"code", exact({loinc, "33728-7", "Size.maximum dimension in Tumor"})},
                      {"effectiveDateTime", day(draw.between(0, 200))}};
    const std::string_view millimetres = draw.word({"49", "50", "51", "62", "74", "120"});
    const std::string_view given = draw.word({"4.9", "5.0", "5.1", "6.2", "7.4", "12"});
    const bool is_metric = draw.chance(30);
    size["valueQuantity"] = is_metric ? quantity(decimal(millimetres), "mm") : quantity(decimal(given), "cm");
    record.fact("size " + std::string(is_metric ? millimetres : given) + (is_metric ? " mm" : " cm"));
    record.add(draw, "observations", std::move(size));
    if (draw.chance(90)) add_depth(record, draw);
    if (draw.chance(60)) add_grade(record, draw);
}

void add_biomarkers(Record& record, Draw& draw) {
    if (draw.chance(20)) {
        json::object made =
            observation(record, draw, exact({loinc, "94076-7", "Mutations/Megabase [# Ratio] in Tumor"}));
        const std::string_view value = draw.word({"1.2", "9.9", "10", "10.0", "12.3", "25"});
        const std::string_view unit =
            draw.word({"1/1000000{Base}", "1/1000000", "mut/Mb", "Muts/Mb", "{mutations}/Mb", "%", ""});
        if (draw.chance(80)) {
            made["valueQuantity"] = quantity(decimal(value), unit, unit.starts_with("1/"));
            record.fact("TMB " + std::string(value) + " " + std::string(unit));
        } else {
            const std::string_view said = draw.word({"TMB-High", "TMB-Low", "cannot be determined", "TMB-H"});
            if (draw.chance(50)) {
                made["valueString"] = said;
            } else {
                made["valueCodeableConcept"] = words(said);
            }
            record.fact("TMB in words: " + std::string(said));
        }
        record.add(draw, "observations", std::move(made));
    }
    if (draw.chance(25)) {
        json::object made =
            observation(record, draw, exact({loinc, "89247-1", "ECOG Performance Status score"}));
        const int score = draw.between(0, 4);
        const std::string digit = std::to_string(score);
        switch (draw.below(4)) {
            case 0:
                made["valueQuantity"] = quantity(score, "{score}");
                break;
            case 1:
                made["valueString"] = "ECOG " + digit;
                break;
            case 2:
                made["valueCodeableConcept"] = exact({loinc, "LA9622-7", "Fully active"});
                break;
            default:
                made["valueInteger"] = score;
        }
        record.fact("ECOG " + digit + (made.contains("valueCodeableConcept") ? " (as LA9622-7)" : ""));
        record.add(draw, "observations", std::move(made));
    }
    if (draw.chance(15)) {
        json::object made =
            observation(record, draw, exact({loinc, "97509-4", "Cancer Disease Progression"}));
        static constexpr std::array statuses = {
            Code{snomed, "271299001", "Patient's condition worsened"},
            Code{snomed, "359746009", "Patient's condition stable"},
            Code{snomed, "268910001", "Patient's condition improved"},
        };
        const Code& status = draw.from(statuses);
        made["valueCodeableConcept"] = exact(status);
        record.fact(std::string(status.display));
        record.add(draw, "observations", std::move(made));
    }
}

}  // namespace population
