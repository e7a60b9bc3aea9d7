// Drugs: what was given or ordered, by ingredient, product, brand, package, words or a Medication elsewhere.
#include "tests/population/record.hpp"

#include <array>
#include <utility>

namespace population {

namespace {

struct Drug {
    std::string_view family, name, ingredient, product, product_name, brand, package, atc_code;
};
constexpr std::array drugs = {
    Drug{"ici", "atezolizumab", "1792776", "1792780", "20 ML atezolizumab 60 MG/ML Injection", "Tecentriq",
         "", "L01FF05"},
    Drug{"ici", "pembrolizumab", "1547545", "1657750", "4 ML pembrolizumab 25 MG/ML Injection", "Keytruda",
         "00006302601", "L01FF02"},
    Drug{"ici", "nivolumab", "1597876", "1657190", "4 ML nivolumab 10 MG/ML Injection", "Opdivo", "",
         "L01FF01"},
    Drug{"ici", "ipilimumab", "1094833", "", "", "Yervoy", "", "L01FX04"},
    Drug{"tki", "pazopanib", "714438", "867502", "pazopanib 200 MG Oral Tablet", "Votrient", "00078107766",
         "L01EX03"},
    Drug{"tki", "sunitinib", "357977", "616279", "sunitinib 12.5 MG Oral Capsule", "Sutent", "", "L01EX01"},
    Drug{"tki", "axitinib", "1242999", "", "", "Inlyta", "", "L01EK01"},
    Drug{"tki", "cediranib", "", "", "", "", "", "L01EK02"},
    Drug{"cytotoxic", "doxorubicin", "3639", "1790099", "10 ML doxorubicin hydrochloride 2 MG/ML Injection",
         "Adriamycin", "00069303020", "L01DB01"},
    Drug{"cytotoxic", "doxorubicin liposome", "466523", "1790115",
         "10 ML doxorubicin hydrochloride liposome 2 MG/ML Injection", "Doxil", "", "L01DB01"},
    Drug{"cytotoxic", "epirubicin", "3995", "1732186", "100 ML epirubicin hydrochloride 2 MG/ML Injection",
         "Ellence", "", "L01DB03"},
    Drug{"cytotoxic", "ifosfamide", "5657", "1791593", "ifosfamide 1000 MG Injection", "Ifex", "", "L01AA06"},
    Drug{"cytotoxic", "trabectedin", "1716278", "1718589", "trabectedin 1 MG Injection", "Yondelis", "",
         "L01CX01"},
    Drug{"cytotoxic", "gemcitabine", "12574", "", "", "", "", "L01BC05"},
    Drug{"cytotoxic", "docetaxel", "72962", "", "", "", "", "L01CD02"},
    Drug{"cytotoxic", "dacarbazine", "3098", "1731340", "dacarbazine 100 MG Injection", "", "", "L01AX04"},
    Drug{"cytotoxic", "vincristine", "11202", "", "", "", "", "L01CA02"},
    Drug{"supportive", "valrubicin", "31435", "", "", "Valstar", "", "L01DB09"},
    Drug{"supportive", "dexrazoxane", "42736", "", "", "", "", ""},
    Drug{"supportive", "mesna", "44", "", "", "", "", ""},
    Drug{"supportive", "doxycycline", "", "", "doxycycline hyclate 100 MG Oral Capsule", "", "", ""},
    Drug{"everyday", "ondansetron", "26225", "", "", "Zofran", "", ""},
    Drug{"everyday", "ibuprofen", "5640", "", "ibuprofen 400 MG Oral Tablet", "", "", ""},
    Drug{"everyday", "lisinopril", "29046", "", "lisinopril 10 MG Oral Tablet", "", "", ""},
    Drug{"everyday", "metformin", "6809", "", "metformin 500 MG Oral Tablet", "", "", ""},
    Drug{"everyday", "amiodarone", "703", "", "", "", "", ""},
};

const Drug& drug_of(std::string_view name) {
    for (const Drug& drug : drugs) {
        if (drug.name == name) return drug;
    }
    return drugs.back();
}

std::string tall_man(std::string_view name) {
    std::string text(name);
    for (std::size_t i = 0; i < text.size() && i < 4; ++i)
        if (text[i] >= 'a' && text[i] <= 'z') text[i] = static_cast<char>(text[i] - 'a' + 'A');
    return text;
}

/// What some sender puts behind a name. Nothing of it may act in a card.
constexpr std::string_view markup = " <b>x</b> [see](http://x.example) *_`";

json::object in_words(Draw& draw, const Drug& drug) {
    if (draw.chance(4)) return words(std::string(drug.name) + std::string(markup));
    switch (draw.below(4)) {
        case 0:
            return words(tall_man(drug.name) +
                         (drug.brand.empty() ? "" : " (" + std::string(drug.brand) + ")"));
        case 1:
            return words(tall_man(drug.name) + " 75 mg/m2 q21d");
        case 2:
            return words(drug.brand.empty() ? drug.name : drug.brand);
        default:
            return words(drug.product_name.empty() ? drug.name : drug.product_name);
    }
}

json::object concept_of_drug(Draw& draw, const Drug& drug) {
    switch (draw.below(6)) {
        case 0:
        case 1:
            if (!drug.ingredient.empty()) return concept_of(draw, {rxnorm, drug.ingredient, drug.name});
            break;
        case 2:
            if (!drug.product.empty()) return concept_of(draw, {rxnorm, drug.product, drug.product_name});
            break;
        case 3:
            if (!drug.package.empty()) {
                std::string code(drug.package);
                if (draw.chance(40))
                    code = code.substr(0, 5) + "-" + code.substr(5, 4) + "-" + code.substr(9);
                return draw.chance(50) ? exact({ndc, code, drug.name}) : exact({ndc, code, {}});
            }
            break;
        case 4:
            if (!drug.atc_code.empty() && draw.chance(50))
                return concept_of(draw, {atc, drug.atc_code, drug.name});
            break;
        default:
            break;
    }
    return in_words(draw, drug);
}

void add_given(Record& record, Draw& draw, std::string_view family) {
    const Drug& drug = drug_of(some_drug(draw, family));
    const int days_ago = draw.chance(60) ? draw.between(0, 130) : draw.between(90, 900);
    json::object made;
    if (draw.chance(70)) {
        made = {{"resourceType", "MedicationRequest"},
                {"status", draw.word({"active", "active", "completed", "stopped", "on-hold", "cancelled",
                                      "entered-in-error", "draft", "unknown"})},
                {"intent", draw.word({"order", "order", "order", "plan", "instance-order", "proposal"})}};
        if (draw.chance(92)) made["authoredOn"] = date(draw, days_ago);
        if (draw.chance(4)) made["doNotPerform"] = true;
        if (draw.chance(10)) made["reportedBoolean"] = true;
        if (draw.chance(6)) made["statusReason"] = exact({snomed, "266721009", "No response to treatment"});
    } else {
        made = {
            {"resourceType", "MedicationAdministration"},
            {"status", draw.word({"completed", "completed", "in-progress", "not-done", "entered-in-error"})}};
        if (draw.chance(70)) {
            made["effectiveDateTime"] = date(draw, days_ago);
        } else {
            made["effectivePeriod"] = {{"start", day(days_ago)}, {"end", day(days_ago)}};
        }
    }
    const bool given = made["resourceType"] == "MedicationAdministration";
    put_medication(record, draw, drug.name, made);
    record.fact(std::string(drug.name) + (given ? " given, " : " ordered, ") +
                std::string(made["status"].as_string()) + ", " + day(days_ago) +
                (made.contains("doNotPerform") ? ", do not perform" : ""));
    record.add(draw, given ? "medicationAdministrations" : "medicationRequests", std::move(made));
}

}  // namespace

std::string_view some_drug(Draw& draw, std::string_view family) {
    for (;;) {
        const Drug& drug = draw.from(drugs);
        if (drug.family == family) return drug.name;
    }
}

void put_medication(Record& record, Draw& draw, std::string_view name, json::object& resource) {
    const Drug& drug = drug_of(name);
    switch (draw.below(9)) {
        case 0:  // contained
            resource["contained"] = json::array{
                {{"resourceType", "Medication"}, {"id", "m1"}, {"code", concept_of_drug(draw, drug)}}};
            resource["medicationReference"] = {{"reference", "#m1"}};
            break;
        case 1: {  // elsewhere in the same answer
            if (resource["resourceType"] != "MedicationRequest") {
                resource["medicationCodeableConcept"] = concept_of_drug(draw, drug);
                break;
            }
            const std::string id = "med-" + std::to_string(++record.ids);
            json::object medication{{"resourceType", "Medication"}, {"id", id}};
            if (draw.chance(70) || drug.ingredient.empty()) {
                medication["code"] = concept_of_drug(draw, drug);
            } else {
                medication["ingredient"] = json::array{
                    {{"itemCodeableConcept", concept_of(draw, {rxnorm, drug.ingredient, drug.name})}}};
            }
            const bool urn = draw.chance(40);
            const std::string url =
                urn ? "urn:uuid:" + draw.uuid() : "https://ehr.example.org/fhir/Medication/" + id;
            record.inputs["medicationRequests"].push_back(json::object{
                {"fullUrl", url}, {"resource", std::move(medication)}, {"search", {{"mode", "include"}}}});
            resource["medicationReference"] = {
                {"reference",
                 urn || draw.chance(20) ? url : "Medication/" + id + (draw.chance(20) ? "/_history/2" : "")}};
            break;
        }
        case 2:  // nowhere: only its name
            resource["medicationReference"] = {{"reference", "Medication/not-here"},
                                               {"display", in_words(draw, drug).at("text")}};
            break;
        default:
            resource["medicationCodeableConcept"] = concept_of_drug(draw, drug);
    }
}

void add_drugs(Record& record, Draw& draw) {
    if (draw.chance(22)) add_given(record, draw, "ici");
    if (draw.chance(18)) add_given(record, draw, "tki");
    if (draw.chance(12)) add_given(record, draw, "cytotoxic");
    if (draw.chance(8)) add_given(record, draw, "supportive");
    if (draw.chance(30)) add_given(record, draw, "everyday");
}

}  // namespace population
