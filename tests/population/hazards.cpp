// Hazards: what makes a drug dangerous or a card out of place: transplants, autoimmune and liver disease, QT,
// pregnancy, allergies, hospice, trials.
#include "tests/population/record.hpp"

#include <array>
#include <utility>

namespace population {

namespace {

constexpr std::array problems = {
    Code{icd10cm, "Z94.0", "Kidney transplant status"},
    Code{snomed, "70536003", "Transplant of kidney"},
    Code{icd10cm, "Z94.1", "Heart transplant status"},
    Code{icd10cm, "Z94.4", "Liver transplant status"},
    Code{icd10cm, "Z94.7", "Corneal transplant status"},
    Code{icd10cm, "Z94.84", "Stem cells transplant status"},
    Code{snomed, "58390007", "Allogeneic bone marrow transplantation"},
    Code{icd10cm, "D89.810", "Acute graft-versus-host disease"},
    Code{snomed, "69896004", "Rheumatoid arthritis"},
    Code{snomed, "34000006", "Crohn's disease"},
    Code{icd10cm, "K50.90", "Crohn's disease, unspecified"},
    Code{icd10cm, "G35", "Multiple sclerosis"},
    Code{icd10cm, "L80", "Vitiligo"},
    Code{icd10cm, "E10.9", "Type 1 diabetes mellitus without complications"},
    Code{icd10cm, "E03.9", "Hypothyroidism, unspecified"},
    Code{snomed, "205237003", "Pneumonitis"},
    Code{icd10cm, "J84.9", "Interstitial pulmonary disease, unspecified"},
    Code{snomed, "77386006", "Pregnant"},
    Code{icd10cm, "Z33.1", "Pregnant state, incidental"},
    Code{snomed, "111975006", "Prolonged QT interval"},
    Code{icd10cm, "I45.81", "Long QT syndrome"},
    Code{snomed, "59927004", "Hepatic failure"},
    Code{snomed, "19943007", "Cirrhosis of liver"},
    Code{icd10cm, "K72.90", "Hepatic failure, unspecified without coma"},
    Code{icd10cm, "I10", "Essential (primary) hypertension"},
    Code{snomed, "42343007", "Congestive heart failure"},
    Code{snomed, "428024001", "Clinical trial participant"},
    Code{icd10cm, "Z92.21", "Personal history of antineoplastic chemotherapy"},
    Code{icd10cm, "Z95.0", "Presence of cardiac pacemaker"},
};

json::object status(std::string_view code) {
    return exact({"http://terminology.hl7.org/CodeSystem/condition-clinical", code, {}});
}

}  // namespace

void add_hazard(Record& record, Draw& draw) {
    const Code& problem = draw.from(problems);
    json::object made{{"resourceType", "Condition"},
                      {"clinicalStatus", status("active")},
                      {"code", concept_of(draw, problem)},
                      {"onsetDateTime", date(draw, draw.between(5, 2000))}};
    record.add(draw, "conditions", std::move(made));
    record.fact(std::string(problem.display) + ", active");
}

void add_hazards(Record& record, Draw& draw) {
    const int count = draw.chance(45) ? draw.between(1, 2) : 0;
    for (int i = 0; i < count; ++i) {
        const Code& problem = draw.from(problems);
        json::object made{{"resourceType", "Condition"}};
        const std::string_view clinical = draw.word({"active", "active", "active", "resolved"});
        made["clinicalStatus"] = status(clinical);
        made["code"] = draw.chance(15) ? words(problem.display) : concept_of(draw, problem);
        if (draw.chance(70)) made["onsetDateTime"] = date(draw, draw.between(5, 2000));
        record.add(draw, "conditions", std::move(made));
        record.fact(std::string(problem.display) + ", " + std::string(clinical));
    }
    if (draw.chance(12)) {
        const std::string_view what = draw.word(
            {"Penicillin", "Gadolinium contrast", "atezolizumab", "Iodinated contrast media", "Latex"});
        json::object made{{"resourceType", "AllergyIntolerance"},
                          {"code", words(what)},
                          {"criticality", draw.word({"high", "low", "unable-to-assess"})}};
        if (draw.chance(60)) {
            made["clinicalStatus"] =
                exact({"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "active", {}});
        }
        record.add(draw, "allergies", std::move(made));
        record.fact("allergy: " + std::string(what));
    }
    if (draw.chance(4)) {
        const bool as_order = draw.chance(60);
        json::object made{{"resourceType", as_order ? "ServiceRequest" : "Condition"},
                          {"code", exact({snomed, "385763009", "Hospice care"})}};
        if (as_order) {
            made["status"] = draw.word({"active", "active", "completed", "revoked"});
            made["intent"] = "order";
            made["authoredOn"] = day(draw.between(1, 60));
        } else {
            made["clinicalStatus"] = status("active");
        }
        record.fact("hospice" +
                    (as_order ? ", order " + std::string(made["status"].as_string()) : std::string()));
        record.add(draw, as_order ? "serviceRequests" : "conditions", std::move(made));
    }
}

}  // namespace population
