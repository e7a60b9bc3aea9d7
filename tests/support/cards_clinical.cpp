// Clinical cases as requests: resources by name, Bundles around them, and one evaluation.
#include "tests/support/cards_clinical.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <memory_resource>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace clinical {

namespace json = boost::json;

namespace {

// Used while tests register themselves, before main: so no objects that have to be made first.
constexpr const char* knowledge_folder = SOURCE_DIR "/config/asps";
constexpr const char* case_folder = SOURCE_DIR "/tests/clinical";
constexpr const char* topics_file = "topics.json";
constexpr std::string_view patient = "Patient/p-1";

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

json::value json_of(const std::filesystem::path& path) {
    json::error_code error;
    json::value value = json::parse(text_of(path), error);
    if (error) throw std::runtime_error(path.string() + ": " + error.message());
    return value;
}

std::string string_of(const json::value& value) { return json::value_to<std::string>(value); }

std::vector<cards::SourceFile> knowledge_files() {
    std::vector<cards::SourceFile> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(knowledge_folder)) {
        if (entry.path().extension() != ".json") continue;
        files.push_back(
            {std::filesystem::relative(entry.path(), knowledge_folder).string(), text_of(entry.path())});
    }
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return files;
}

/// The knowledge as it is shipped; loaded once, and a fault in it fails every case.
const cards::Knowledge& knowledge() {
    static const cards::Knowledge::Loaded loaded = cards::Knowledge::load(knowledge_files());
    if (loaded.knowledge == nullptr) {
        std::string all;
        for (const cards::Problem& problem : loaded.problems) all += to_string(problem) + "\n";
        throw std::runtime_error(all);
    }
    return *loaded.knowledge;
}

namespace {

/// A resource of a case: the name of a file in resources/, {"use": name, changes…} (null takes a member
/// away), or FHIR.
json::object resource_of(const json::value& shorthand) {
    const auto named = [](const json::value& name) {
        return json_of(std::filesystem::path(case_folder) / "resources" / (string_of(name) + ".json"))
            .as_object();
    };
    json::object resource;
    if (shorthand.is_string()) {
        resource = named(shorthand);
    } else {
        const json::object& given = shorthand.as_object();
        if (const json::value* use = given.if_contains("use")) resource = named(*use);
        for (const auto& [name, value] : given) {
            if (name == "use") continue;
            if (value.is_null()) {
                resource.erase(name);
            } else {
                resource[name] = value;
            }
        }
    }
    const std::string type = string_of(resource.at("resourceType"));
    if (type == "Patient") {
        if (!resource.contains("id")) resource["id"] = "p-1";
    } else if (type != "Medication" && type != "Appointment") {
        const char* subject = type == "AllergyIntolerance" ? "patient" : "subject";
        if (!resource.contains(subject)) resource[subject] = {{"reference", patient}};
    }
    return resource;
}

/// A Bundle of these resources; {"fullUrl": …, "resource": …} gives one an address of its own.
json::object bundle_of(const json::array& resources, std::string_view type) {
    json::array entries;
    for (const json::value& item : resources) {
        const json::object* entry = item.if_object();
        if (entry != nullptr && entry->contains("resource")) {
            json::object made{{"resource", resource_of(entry->at("resource"))}};
            if (entry->contains("fullUrl")) made["fullUrl"] = entry->at("fullUrl");
            entries.push_back(std::move(made));
        } else {
            entries.push_back(json::object{{"resource", resource_of(item)}});
        }
    }
    return {{"resourceType", "Bundle"}, {"type", type}, {"entry", std::move(entries)}};
}

bool lists(const json::object& chart, const char* state, std::string_view key) {
    const json::value* keys = chart.if_contains(state);
    if (keys == nullptr) return false;
    return std::any_of(keys->as_array().begin(), keys->as_array().end(),
                       [&](const json::value& listed) { return listed.as_string() == key; });
}

json::object prefetch_of(const json::object& chart) {
    json::object prefetch;
    for (const cards::Input& input : knowledge().inputs()) {
        const json::value* given = chart.if_contains(input.id);
        if (lists(chart, "missing", input.id)) continue;
        if (lists(chart, "outcome", input.id)) {
            prefetch[input.id] = {{"resourceType", "OperationOutcome"},
                                  {"issue", {{{"severity", "error"}, {"code", "exception"}}}}};
        } else if (given != nullptr && given->is_null()) {
            prefetch[input.id] = nullptr;
        } else if (input.id == "patient") {
            prefetch[input.id] = resource_of(given == nullptr ? json::value("adult-30") : *given);
        } else {
            json::object bundle =
                bundle_of(given == nullptr ? json::array() : given->as_array(), "searchset");
            if (lists(chart, "paged", input.id)) {
                bundle["link"] = {{{"relation", "next"}, {"url", "https://ehr.example.org/fhir?page=2"}}};
            }
            prefetch[input.id] = std::move(bundle);
        }
    }
    return prefetch;
}

}  // namespace

json::object request_of(const json::object& test) {
    json::object context{{"userId", "Practitioner/d-1"}, {"patientId", "p-1"}};
    if (const json::value* given = test.if_contains("context")) {
        for (const auto& [name, value] : given->as_object()) {
            if (name == "draftOrders" || (name == "conditions" && value.is_array())) {
                context[name] = bundle_of(value.as_array(), "collection");
            } else {
                context[name] = value;
            }
        }
    }
    const json::value* chart = test.if_contains("chart");
    return {{"context", std::move(context)},
            {"prefetch", prefetch_of(chart == nullptr ? json::object() : chart->as_object())}};
}

fhirpath::Now now_of(const json::object& test) {
    const json::value* today = test.if_contains("today");
    return {*fhirpath::Temporal::parse_date_time((today == nullptr ? "2026-01-15" : string_of(*today)) +
                                                 "T12:00:00+01:00")};
}

const cards::Service& service_of(const cards::Knowledge& knowledge, const json::object& test) {
    const json::value* named = test.if_contains("service");
    const std::string service = named == nullptr ? "asps-patient-view" : string_of(*named);
    const cards::Service* found = knowledge.service(service);
    if (found == nullptr) throw std::runtime_error("no service " + service);
    return *found;
}

Answer answer_to(const json::object& test, const json::object& request) {
    return answer_to(knowledge(), test, request);
}

Answer answer_to(const cards::Knowledge& knowledge, const json::object& test, const json::object& request) {
    const auto document = fhir::Document::parse(json::serialize(request));
    if (!document) throw std::runtime_error(document.error().diagnostics);
    const fhir::Node& root = (*document)->root();
    return answer_to(knowledge, test,
                     cards::Chart::from_request(knowledge, *root.find("context"), root.find("prefetch")));
}

Answer answer_to(const cards::Knowledge& knowledge, const json::object& test, const cards::Chart& chart) {
    std::pmr::monotonic_buffer_resource arena;
    int count = 0;
    const cards::UuidSource uuid = [&count] { return "uuid-" + std::to_string(++count); };
    cards::Switches switches;
    if (const json::value* switched = test.if_contains("rules")) {
        for (const auto& [rule, on] : switched->as_object()) switches[rule] = on.as_bool();
    }
    const cards::Evaluation evaluation =
        cards::evaluate(knowledge, service_of(knowledge, test), chart, now_of(test), uuid, arena, switches);
    Answer answer;
    answer.precondition = evaluation.precondition.has_value();
    answer.body = json::parse(cards::response_json(evaluation.cards)).as_object();
    for (const cards::Outcome& outcome : evaluation.outcomes) {
        answer.reasons +=
            "\n    " + outcome.rule->id + ": " + std::string(to_string(outcome.kind)) + " " + outcome.reason;
        answer.outcomes.emplace_back(outcome.rule->id, outcome.kind);
    }
    return answer;
}

std::vector<std::filesystem::path> case_files() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(case_folder)) {
        const bool is_resource = entry.path().parent_path().filename() == "resources";
        const bool is_case = !is_resource && entry.path().filename() != topics_file;
        if (entry.path().extension() == ".json" && is_case) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

bool is_about(const std::filesystem::path& file, std::string_view topic) {
    thread_local std::map<std::filesystem::path, std::optional<json::value>> read;  // of each folder, once
    const std::filesystem::path listed = file.parent_path() / topics_file;
    const auto [at, is_new] = read.try_emplace(listed);
    if (is_new && std::filesystem::exists(listed)) at->second = json_of(listed).at("topics");
    if (!at->second) return true;
    const json::array& all = at->second->as_array();
    return std::find(all.begin(), all.end(), json::value(topic)) != all.end();
}

}  // namespace clinical
