// Record: what a chart holds before it becomes a request, and the FHIR elements that it is written in.
#pragma once

#include "tests/population/draw.hpp"

#include <boost/json.hpp>

#include <map>
#include <string>
#include <string_view>

namespace population {

namespace json = boost::json;

constexpr std::string_view snomed = "http://snomed.info/sct", loinc = "http://loinc.org",
                           icd10cm = "http://hl7.org/fhir/sid/icd-10-cm",
                           icd10 = "http://hl7.org/fhir/sid/icd-10",
                           icdo3 = "http://terminology.hl7.org/CodeSystem/icd-o-3",
                           ncit = "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl",
                           rxnorm = "http://www.nlm.nih.gov/research/umls/rxnorm",
                           ndc = "http://hl7.org/fhir/sid/ndc", atc = "http://www.whocc.no/atc",
                           cpt = "http://www.ama-assn.org/go/cpt", ucum = "http://unitsofmeasure.org",
                           dicom = "http://dicom.nema.org/resources/ontology/DCM",
                           local = "urn:oid:1.2.840.114350.1.13.0.1.7.2.696871";

/// A code with what its system calls it.
struct Code {
    std::string_view system, code, display;
};

json::object coding(const Code& code);
/// The same as some sender writes it: an alias of the system, a version, blanks, no display.
json::object coding(Draw& draw, const Code& code);
json::object words(std::string_view text);  ///< CodeableConcept with text only
/// CodeableConcept with that code: with or without text, display or a local coding beside it.
json::object concept_of(Draw& draw, const Code& code, std::string_view text = {});
json::object exact(const Code& code);  ///< CodeableConcept with one coding and nothing else
json::object quantity(json::value value, std::string_view unit, bool coded = true);

/// One patient's record. `facts` says in words what was put into it, for whoever looks at a difference.
struct Record {
    std::string kind;
    std::string patient_id;
    std::string site = "thigh";
    int diagnosis = -1;  ///< days ago; -1: nobody knows
    json::object patient;
    std::map<std::string, json::array, std::less<>> inputs;  ///< entries by prefetch key
    json::array drafts, selections, new_problems;  ///< of the context; drafts and problems as entries
    json::array facts;
    int ids = 0;
    std::string asps_condition;    ///< Condition/id of the first ASPS Condition
    bool orders_targeted = false;  ///< a checkpoint or kinase inhibitor is being ordered

    void fact(std::string text) { facts.emplace_back(std::move(text)); }
    /// Puts a resource under `key`: gives it an id and this patient as subject, in one of the usual forms;
    /// gives its id.
    std::string add(Draw& draw, std::string_view key, json::object resource);
    /// The same for a draft order in the context; `selected`: it is one of the order-select's selections.
    void draft(Draw& draw, json::object resource, bool with_id, bool selected);
    json::object reference(Draw& draw) const;  ///< to this patient
};

// What a record may hold. Each adds something of its kind, or nothing.
void add_person(Record& record, Draw& draw, int least_age, int most_age);
void add_asps(Record& record, Draw& draw);
void add_asps_history(Record& record, Draw& draw);
void add_lookalike(Record& record, Draw& draw);  ///< what is not ASPS, but looks like it
void add_ordinary(Record& record, Draw& draw);   ///< everyday problems, results, drugs, images
void add_other_cancer(Record& record, Draw& draw);
void add_vascular(Record& record, Draw& draw, bool with_features);
void add_extent(Record& record, Draw& draw, bool is_asps);
void add_imaging(Record& record, Draw& draw);
void add_tumour(Record& record, Draw& draw);      ///< size, depth, grade
void add_surgery(Record& record, Draw& draw);     ///< excision, margin, biopsy, radiotherapy, referral
void add_drugs(Record& record, Draw& draw);       ///< given or ordered before
void add_biomarkers(Record& record, Draw& draw);  ///< TMB, ECOG, disease status
void add_hazards(Record& record, Draw& draw);
void add_drafts(Record& record, Draw& draw);  ///< what is being ordered
// The same, aimed at what chance alone seldom brings together.
void add_staging(Record& record, Draw& draw);  ///< brain, chest and nodes imaged since the diagnosis
void add_lung_metastasis(Record& record, Draw& draw);
void add_risk_features(Record& record, Draw& draw);  ///< size around 5 cm, mostly deep
void add_resection(Record& record, Draw& draw);      ///< with a margin
void add_hazard(Record& record, Draw& draw);         ///< an active one
void add_targeted_drafts(Record& record, Draw& draw);
void add_vascular_drafts(Record& record, Draw& draw);

/// medicationCodeableConcept or medicationReference of some drug, in some shape, as members of `resource`.
void put_medication(Record& record, Draw& draw, std::string_view drug, json::object& resource);
/// A drug of one of: ici, tki, cytotoxic, supportive, everyday.
std::string_view some_drug(Draw& draw, std::string_view family);

}  // namespace population
