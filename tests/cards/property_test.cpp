// What must not change an answer: asking again, the order of entries, and whatever has nothing to do with the
// question.
#include "tests/support/cards_clinical.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace {

namespace json = boost::json;

/// Calls `change(key, entries)` for every Bundle of the prefetch.
template <class Change>
json::object with_entries(json::object request, Change change) {
    for (auto& member : request.at("prefetch").as_object()) {
        json::object* bundle = member.value().if_object();
        if (bundle == nullptr || !bundle->contains("entry")) continue;
        change(std::string(member.key()), bundle->at("entry").as_array());
    }
    return request;
}

json::value entry(const std::string& resource) { return {{"resource", json::parse(resource)}}; }

/// Something ordinary for each input: of this patient and about nothing that any rule asks.
json::value unrelated(const std::string& key) {
    const std::string subject = R"("id":"unrelated","subject":{"reference":"Patient/p-1"},)";
    if (key == "conditions")
        return entry(R"({"resourceType":"Condition",)" + subject + R"("code":{"text":"Acne vulgaris"}})");
    if (key == "observations") {
        return entry(
            R"({"resourceType":"Observation",)" + subject +
            R"("status":"final","code":{"text":"Body height"},"valueQuantity":{"value":172,"unit":"cm"}})");
    }
    if (key == "reports") {
        return entry(R"({"resourceType":"DiagnosticReport",)" + subject +
                     R"("status":"final","code":{"text":"Lipid panel"},"effectiveDateTime":"2026-01-02"})");
    }
    if (key == "imagingStudies") {
        return entry(
            R"({"resourceType":"ImagingStudy",)" + subject +
            R"("status":"available","started":"2026-01-03","description":"XR WRIST LEFT","modality":[{"code":"DX"}]})");
    }
    if (key == "serviceRequests") {
        return entry(
            R"({"resourceType":"ServiceRequest",)" + subject +
            R"("status":"active","intent":"order","authoredOn":"2026-01-04","code":{"text":"Dental check"}})");
    }
    if (key == "procedures") {
        return entry(R"({"resourceType":"Procedure",)" + subject +
                     R"("status":"completed","performedDateTime":"2010-05","code":{"text":"Appendectomy"}})");
    }
    if (key == "medicationRequests") {
        return entry(
            R"({"resourceType":"MedicationRequest",)" + subject +
            R"("status":"active","intent":"order","authoredOn":"2026-01-05","medicationCodeableConcept":{"text":"Ibuprofen 400 mg"}})");
    }
    if (key == "allergies") {
        return entry(
            R"({"resourceType":"AllergyIntolerance","id":"unrelated","patient":{"reference":"Patient/p-1"},"code":{"text":"Penicillin"}})");
    }
    return entry(R"({"resourceType":"Basic","id":"unrelated","code":{"text":"note"}})");
}

/// What would change every answer, but of another patient.
json::value foreign(const std::string& key) {
    json::value made = unrelated(key);
    json::object& resource = made.as_object().at("resource").as_object();
    resource["id"] = "foreign";
    const json::object other{{"reference", "Patient/p-2"}};
    resource[resource.contains("patient") ? "patient" : "subject"] = other;
    if (key == "conditions") resource["code"] = {{"text", "Metastatic alveolar soft part sarcoma"}};
    if (key == "reports") resource["code"] = {{"text", "MRI BRAIN W WO CONTRAST"}};
    if (key == "medicationRequests") resource["medicationCodeableConcept"] = {{"text", "atezolizumab"}};
    return made;
}

/// Every clinical case, unchanged and changed.
template <class Change>
void expect_same_answers(Change change) {
    for (const auto& path : clinical::case_files()) {
        const json::object test = clinical::json_of(path).as_object();
        const json::object request = clinical::request_of(test);
        EXPECT_EQ(json::serialize(clinical::answer_to(test, request).body),
                  json::serialize(clinical::answer_to(test, change(request)).body))
            << path.stem();
    }
}

TEST(Answers, AreTheSameWhenAskedAgain) {
    expect_same_answers([](const json::object& request) { return request; });
}

TEST(Answers, DoNotDependOnTheOrderOfEntries) {
    std::mt19937 random(20260115);
    for (int round = 0; round < 3; ++round) {
        expect_same_answers([&](const json::object& request) {
            return with_entries(request, [&](const std::string&, json::array& entries) {
                for (std::size_t i = entries.size(); i > 1; --i)
                    std::swap(entries[i - 1], entries[random() % i]);
            });
        });
    }
}

TEST(Answers, DoNotDependOnUnrelatedResources) {
    expect_same_answers([](const json::object& request) {
        return with_entries(request, [](const std::string& key, json::array& entries) {
            entries.insert(entries.begin(), unrelated(key));
        });
    });
}

TEST(Answers, AreTheSameInALongRecord) {
    const auto files = clinical::case_files();
    for (std::size_t i = 0; i < files.size(); i += files.size() / 4) {
        const json::object test = clinical::json_of(files[i]).as_object();
        const json::object request = clinical::request_of(test);
        const std::string answer = json::serialize(clinical::answer_to(test, request).body);
        for (const auto& input : request.at("prefetch").as_object()) {
            const json::object longer =
                with_entries(request, [&](const std::string& key, json::array& entries) {
                    if (key != input.key()) return;
                    for (int n = 0; n < 1'500; ++n) {
                        json::value made = unrelated(key);
                        made.at("resource").as_object()["id"] = "unrelated-" + std::to_string(n);
                        entries.push_back(std::move(made));
                    }
                });
            EXPECT_EQ(json::serialize(clinical::answer_to(test, longer).body), answer)
                << files[i].stem() << " with more " << input.key();
        }
    }
}

// P-14
TEST(Answers, DoNotDependOnAnotherPatientsResources) {
    expect_same_answers([](const json::object& request) {
        return with_entries(
            request, [](const std::string& key, json::array& entries) { entries.push_back(foreign(key)); });
    });
}

}  // namespace
