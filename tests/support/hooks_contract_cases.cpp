// Each is a sample with a piece of its text replaced, so that one sees what is wrong with it.
#include "tests/support/hooks_contract_cases.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <utility>

namespace hooks::testing {

std::string sample(const std::string& name) {
    std::ifstream file(std::string(SOURCE_DIR) + "/tests/contract/" + name + ".json");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string with(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    if (at == std::string::npos) {
        ADD_FAILURE() << "nothing to replace: " << from;
        return text;
    }
    return text.replace(at, from.size(), to);
}

std::vector<BrokenMessage> broken_messages() {
    const std::string response = sample("response"), discovery = sample("discovery"),
                      request = sample("request"), feedback = sample("feedback"), outcome = sample("outcome");
    const auto res = [&](std::string rule, const std::string& from, const std::string& to) {
        return BrokenMessage{std::move(rule), Message::response, with(response, from, to)};
    };
    const auto dis = [&](std::string rule, const std::string& from, const std::string& to) {
        return BrokenMessage{std::move(rule), Message::discovery, with(discovery, from, to)};
    };
    const auto req = [&](std::string rule, const std::string& from, const std::string& to) {
        return BrokenMessage{std::move(rule), Message::request, with(request, from, to)};
    };
    const auto fee = [&](std::string rule, const std::string& from, const std::string& to) {
        return BrokenMessage{std::move(rule), Message::feedback, with(feedback, from, to)};
    };
    return {
        {"S-1", Message::response, "[]"},
        {"S-2", Message::response, "{}"},
        {"S-2", Message::response, R"({"cards":{}})"},
        {"S-4", Message::response, R"({"cards":[],"systemActions":[]})"},
        {"Y-1", Message::response, R"({"cards":[],"systemActions":{}})"},
        {"AC-1", Message::response, R"({"cards":[],"systemActions":[{"type":"CREATE"}]})"},
        {"E-2", Message::response, R"({"cards":[],"extension":[{"url":"x"}]})"},
        {"J-2", Message::response, R"({"cards":[],"unknown":null})"},
        {"J-3", Message::response, R"({"cards":[],"unknown":{"a":[]}})"},
        res("J-2", R"("label":"Order")", R"("label":"Order","unknown":null)"),
        res("J-3", R"("given":["a",null])", R"("given":[""])"),
        res("J-5", R"({"resourceType":"ServiceRequest","given":["a",null]})", R"({"id":"1"})"),
        res("C-1", R"("summary":"ECG missing",)", ""),
        res("C-1", "ECG missing", std::string(140, 'a')),
        res("C-2", R"("warning")", R"("hard-stop")"),
        res("C-3", R"("source":)", R"("sauce":)"),
        res("C-4", R"("uuid":"3d9f5a0e-53a5-4c1c-9f50-2f0c0ec8f1aa")", R"("uuid":1)"),
        res("C-6", R"("**Why**: a < b")", "1"),
        res("C-7", "a < b", "a<b>"),
        res("C-8", R"("suggestions":[)", R"("suggestions":{},"other":[)"),
        res("C-9", R"("selectionBehavior":"at-most-one",)", ""),
        res("C-10", "at-most-one", "all"),
        res("C-12", R"("overrideReasons":[)", R"("overrideReasons":{},"other":[)"),
        res("C-13", R"("links":[)", R"("links":{},"other":[)"),
        res("E-2", R"("extension":{"org.example.x":{"id":1}})", R"("extension":["x"])"),
        res("C-16", "3d9f5a0e-", "urn:uuid:3d9f5a0e-"),
        res("C-16", R"("uuid":"3d9f5a0e-53a5-4c1c-9f50-2f0c0ec8f1aa",)", ""),
        res("C-20", R"("label":"Demo",)", ""),
        res("C-21", R"("https://demo.example.org/",)", R"("/about",)"),
        res("C-22", R"("https://demo.example.org/i.png")", R"("i.png")"),
        res("C-23", R"({"system":"https://demo.example.org/topics","code":"ecg"})", R"("ecg")"),
        res("C-24", R"(,"code":"ecg")", ""),
        res("C-24", R"("code":"done")", R"("code":"done","version":"1")"),
        res("O-1", R"(,"display":"Done")", ""),
        res("cds-resp-4", R"(,"display":"Done")", ""),
        res("L-1", R"("label":"App",)", ""),
        res("L-2", R"("smart")", R"("relative")"),
        res("L-3", R"("smart")", R"("absolute")"),
        res("cds-resp-3", R"("smart")", R"("absolute")"),
        res("L-4", R"("appContext":"x")", R"("autolaunchable":"yes")"),
        res("L-6", "https://demo.example.org/launch", "javascript:alert(1)"),
        res("SG-1", R"("label":"Order",)", ""),
        res("SG-2", R"(,"uuid":"b7a0a4b1-6f0d-4b0f-8a6e-9f6f3a1f3c55")", ""),
        res("SG-3", R"("isRecommended":true)", R"("isRecommended":"yes")"),
        res("SG-4", R"("label":"Withdraw")", R"("label":"Withdraw","isRecommended":true)"),
        res("cds-resp-1", R"("label":"Withdraw")", R"("label":"Withdraw","isRecommended":true)"),
        res("SG-5", R"("actions":[)", R"("actions":{},"other":[)"),
        res("SG-7", R"("label":"Withdraw")", R"("label":"Withdraw","actionSelectionBehavior":"all")"),
        res("cds-resp-7", R"("label":"Withdraw")", R"("label":"Withdraw","actionSelectionBehavior":"one")"),
        res("AC-1", R"("create")", R"("CREATE")"),
        res("AC-2", R"("description":"Order an ECG",)", ""),
        res("cds-resp-5", R"("description":"Order an ECG",)", ""),
        res("AC-3", R"({"resourceType":"ServiceRequest","given":["a",null]})", R"("{}")"),
        res("AC-4",
            R"("create","description":"Order an ECG","resource":{"resourceType":"ServiceRequest","given":["a",null]})",
            R"("update","description":"Order an ECG")"),
        res("AC-5", R"("MedicationRequest/1")", R"("1")"),
        res("cds-resp-2", R"(,"resourceId":"MedicationRequest/1")", ""),
        res("cds-resp-6", R"("selectionBehavior":"at-most-one",)", ""),
        {"D-2", Message::discovery, "[]"},
        {"D-2", Message::discovery, "{}"},
        dis("D-6", R"("hook":"patient-view",)", ""),
        dis("D-7", R"("title":"Demo",)", ""),
        dis("D-8", R"("demo-1")", R"("demo/1")"),
        dis("D-10", R"({"patient":"Patient/{{context.patientId}}",)", R"({"patient":null,)"),
        dis("D-11", R"("none")", "1"),
        dis("D-12", R"({"org.example.x":1})", R"([1])"),
        dis("E-2", R"("services")", R"("extension":[1],"services")"),
        dis("D-13", R"("2.0.1")", R"("STU2")"),
        dis("D-14", R"("version":)", R"("hookVersion":1,"version":)"),
        dis("D-16", R"("demo-1")", R"("demo 1")"),
        dis("J-2", R"("version":)", R"("unknown":null,"version":)"),
        {"J-3", Message::discovery,
         R"({"services":[{"hook":"h","title":"t","description":"d","id":"i","version":"2.0","prefetch":{}}]})"},
        dis("T-1", R"("{{context.userId}}")", R"("https://ehr.example.org/{{context.userId}}")"),
        dis("T-2", "{{context.userId}}", "{{today()}}"),
        dis("T-3", "{{context.userId}}", "{{context.draftOrders}}"),
        dis("T-7", "{{context.userId}}", "Practitioner/{{context.userId}}"),
        dis("T-12", "_sort=-date", "sort:desc=date"),
        {"R-1", Message::request, "[]"},
        req("R-2", R"("hook":"order-select",)", ""),
        req("R-3", "8a2f0c52-", "8a2f0c52"),
        req("R-4", R"("patientId":"p-1",)", ""),
        req("R-4", R"("draftOrders":)", R"("other":)"),
        req("R-5", R"("fhirServer":"https://ehr.example.org/fhir",)", ""),
        req("cds-r-1", R"("fhirServer":"https://ehr.example.org/fhir",)", ""),
        req("R-7", R"("access_token":"opaque",)", ""),
        req("cds-r-2", R"(,"patient":"p-1")", ""),
        req("R-8", R"({"patient":{"resourceType":"Patient"},"meds":null})", "[]"),
        req("P-5", R"({"resourceType":"Patient"})", "1"),
        req("R-9", R"({"org.example.x":{}})", "[]"),
        req("R-16", R"("patientId":"p-1")", R"("patientId":"Patient/p-1")"),
        req("H-2", R"({"resourceType":"Bundle","entry":[]})", R"({"resourceType":"MedicationRequest"})"),
        req("H-4", R"("Practitioner/1")", R"("1")"),
        req("ord-1", R"("MedicationRequest/1")", R"("1")"),
        {"F-2", Message::feedback, R"({"feedback":{}})"},
        fee("F-3", R"("card":"c1",)", ""),
        fee("F-4", R"("overridden")", R"("ignored")"),
        fee("cds-fb-1", R"("overridden")", R"("ignored")"),
        fee("F-5", R"("acceptedSuggestions":[{"id":"s1"}],)", ""),
        fee("F-5", R"([{"id":"s1"}])", R"(["s1"])"),
        fee("cds-fb-2", R"("acceptedSuggestions":[{"id":"s1"}],)", ""),
        fee("F-6", R"({"reason":{"system":"s","code":"c"},"userComment":"done"})", R"("done")"),
        fee("F-7", R"("system":"s",)", ""),
        fee("F-8", R"("userComment":"done")", R"("userComment":1)"),
        fee("cds-fb-3", R"({"reason":{"system":"s","code":"c"},"userComment":"done"})", R"({"x":1})"),
        fee("F-9", "2026-03-02T09:15:00+01:00", "2026-03-02"),
        fee("E-2", R"({"feedback":)", R"({"extension":1,"feedback":)"),
        {"S-6", Message::outcome, R"({"issue":[]})"},
        {"S-6", Message::outcome, with(outcome, R"("error")", R"("hint")")},
    };
}

}  // namespace hooks::testing
