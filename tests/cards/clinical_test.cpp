// Clinical cases: every file below tests/clinical is a patient's chart and exactly the cards it must give.
#include "cards/apply.hpp"
#include "cards/chart.hpp"
#include "cards/knowledge.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory_resource>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace json = boost::json;

namespace {

const std::filesystem::path knowledge_folder = SOURCE_DIR "/config/asps";
const std::filesystem::path case_folder = SOURCE_DIR "/tests/clinical";
constexpr std::string_view patient = "Patient/p-1";

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

json::value json_of(const std::filesystem::path& path) {
    json::error_code error;
    json::value value = json::parse(text_of(path), error);
    if (error) throw std::runtime_error(path.string() + ": " + error.message());
    return value;
}

std::string string_of(const json::value& value) { return json::value_to<std::string>(value); }

/// The knowledge as it is shipped; loaded once, and a fault in it fails every case.
const cards::Knowledge& knowledge() {
    static const cards::Knowledge::Loaded loaded = [] {
        std::vector<cards::SourceFile> files;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(knowledge_folder)) {
            if (entry.path().extension() != ".json") continue;
            files.push_back(
                {std::filesystem::relative(entry.path(), knowledge_folder).string(), text_of(entry.path())});
        }
        std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
        return cards::Knowledge::load(std::move(files));
    }();
    if (loaded.knowledge == nullptr) {
        std::string all;
        for (const cards::Problem& problem : loaded.problems) all += to_string(problem) + "\n";
        throw std::runtime_error(all);
    }
    return *loaded.knowledge;
}

// ---- shorthand of a case -> a CDS Hooks request

/// A resource of a case: the name of a file in resources/, {"use": name, changes…} (null takes a member
/// away), or FHIR.
json::object resource_of(const json::value& shorthand) {
    const auto named = [](const json::value& name) {
        return json_of(case_folder / "resources" / (string_of(name) + ".json")).as_object();
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

json::object request_of(const json::object& test) {
    json::object context{{"userId", "Practitioner/d-1"}, {"patientId", "p-1"}};
    if (const json::value* given = test.if_contains("context")) {
        for (const auto& [name, value] : given->as_object()) {
            if (name == "draftOrders") {
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

// ---- the answer against what the case expects

/// `part` stands in `whole`: every member of an object, every item of an array in order, equal values.
bool contains(const json::value& whole, const json::value& part) {
    if (part.is_object()) {
        return whole.is_object() &&
               std::all_of(part.as_object().begin(), part.as_object().end(), [&](const auto& member) {
                   const json::value* found = whole.as_object().if_contains(member.key());
                   return member.value().is_null() ? found == nullptr
                                                   : found != nullptr && contains(*found, member.value());
               });
    }
    if (part.is_array()) {
        return whole.is_array() && whole.as_array().size() == part.as_array().size() &&
               std::equal(whole.as_array().begin(), whole.as_array().end(), part.as_array().begin(),
                          contains);
    }
    return whole == part;
}

struct Answer {
    json::object body;  ///< the CDS Hooks response, empty if there is none for want of a required input
    std::string reasons;
    std::vector<std::pair<std::string, cards::Outcome::Kind>> outcomes;
    bool precondition = false;
};

Answer answer_to(const json::object& test) {
    const json::value* named = test.if_contains("service");
    const std::string service = named == nullptr ? "asps-patient-view" : string_of(*named);
    const cards::Service* found = knowledge().service(service);
    if (found == nullptr) throw std::runtime_error("no service " + service);
    const auto document = fhir::Document::parse(json::serialize(request_of(test)));
    if (!document) throw std::runtime_error(document.error().diagnostics);
    const fhir::Node& root = (*document)->root();
    const cards::Chart chart =
        cards::Chart::from_request(knowledge(), *root.find("context"), root.find("prefetch"));
    const json::value* today = test.if_contains("today");
    const fhirpath::Now now{*fhirpath::Temporal::parse_date_time(
        (today == nullptr ? "2026-01-15" : string_of(*today)) + "T12:00:00+01:00")};
    std::pmr::monotonic_buffer_resource arena;
    int count = 0;
    const cards::UuidSource uuid = [&count] { return "uuid-" + std::to_string(++count); };
    const cards::Evaluation evaluation = cards::evaluate(knowledge(), *found, chart, now, uuid, arena);
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

std::vector<std::string> strings(const json::object& expected, const char* key) {
    std::vector<std::string> all;
    if (const json::value* list = expected.if_contains(key)) {
        for (const json::value& item : list->as_array()) all.push_back(string_of(item));
    }
    return all;
}

void expect_suggestions(const json::object& card, const json::object& expected) {
    std::vector<std::string> labels, deletes;
    std::vector<json::value> resources;
    if (const json::value* suggestions = card.if_contains("suggestions")) {
        for (const json::value& suggestion : suggestions->as_array()) {
            labels.push_back(string_of(suggestion.at("label")));
            for (const json::value& action : suggestion.at("actions").as_array()) {
                const json::object& members = action.as_object();
                if (members.contains("resource")) resources.push_back(members.at("resource"));
                if (!members.contains("resourceId")) continue;
                const json::value& id = members.at("resourceId");
                deletes.push_back(string_of(id.is_array() ? id.at(0) : id));
            }
        }
    }
    if (expected.contains("suggestions")) {
        EXPECT_EQ(labels, strings(expected, "suggestions"));
    }
    if (expected.contains("deletes")) {
        EXPECT_EQ(deletes, strings(expected, "deletes"));
    }
    if (const json::value* parts = expected.if_contains("resources")) {
        for (const json::value& part : parts->as_array()) {
            EXPECT_TRUE(std::any_of(resources.begin(), resources.end(),
                                    [&](const json::value& resource) { return contains(resource, part); }))
                << "no suggested resource has " << part << "\nthere are " << json::value_from(resources);
        }
    }
}

void expect_card(const json::object& card, const json::object& expected) {
    const std::string summary = string_of(card.at("summary")), detail = string_of(card.at("detail"));
    EXPECT_EQ(string_of(card.at("source").at("topic").at("code")), string_of(expected.at("topic")));
    if (expected.contains("indicator")) {
        EXPECT_EQ(card.at("indicator"), expected.at("indicator"));
    }
    if (expected.contains("summary")) {
        EXPECT_EQ(summary, string_of(expected.at("summary")));
    }
    for (const std::string& part : strings(expected, "detailHas")) {
        EXPECT_NE(detail.find(part), std::string::npos) << "missing: " << part << "\nin: " << detail;
    }
    for (const std::string& part : strings(expected, "detailHasNot")) {
        EXPECT_EQ(detail.find(part), std::string::npos) << "unwanted: " << part << "\nin: " << detail;
    }
    expect_suggestions(card, expected);
}

/// What holds for every card: the 140 characters, eight bullets (data-quality lines apart), and no command.
void expect_house_rules(const json::object& card) {
    const std::string summary = string_of(card.at("summary")), detail = string_of(card.at("detail"));
    EXPECT_LT(summary.size(), 140U) << summary;
    EXPECT_EQ(summary.find("\u2026"), std::string::npos) << "cut: " << summary;
    for (const std::string& text : {summary, detail}) {
        EXPECT_EQ(text.find(" must "), std::string::npos) << text;
        EXPECT_EQ(text.find("{{"), std::string::npos) << text;
    }
    static constexpr std::array<std::string_view, 7> quality = {
        "No diagnosis date", "An undated study", "Observations (TNM", "Not fully read",
        "The list of medic", "No birth date",    "Not found in what"};
    std::size_t bullets = 0;
    for (std::size_t at = detail.find("- "); at != std::string::npos; at = detail.find("\n- ", at)) {
        if (detail[at] == '\n') ++at;
        const std::string_view line = std::string_view(detail).substr(at + 2);
        if (std::none_of(quality.begin(), quality.end(),
                         [&](std::string_view start) { return line.starts_with(start); }))
            ++bullets;
        ++at;
    }
    EXPECT_LE(bullets, 8U) << detail;
    std::set<std::string> reasons;
    for (const json::value& reason : card.at("overrideReasons").as_array())
        reasons.insert(string_of(reason.at("code")));
    for (const char* code : {"notAsps", "teamDecision", "other"}) EXPECT_TRUE(reasons.contains(code)) << code;
}

class ClinicalCase : public testing::Test {
  public:
    explicit ClinicalCase(std::filesystem::path path) : path_(std::move(path)) {}

    void TestBody() override {
        const json::object test = json_of(path_).as_object();
        const Answer answer = answer_to(test);
        SCOPED_TRACE(string_of(test.at("why")) + answer.reasons);
        const json::value* wants_412 = test.if_contains("precondition");
        EXPECT_EQ(answer.precondition, wants_412 != nullptr && wants_412->as_bool());
        for (const auto& [rule, kind] : answer.outcomes) EXPECT_NE(kind, cards::Outcome::Kind::error) << rule;
        const json::array& given = answer.body.at("cards").as_array();
        const json::array& expected = test.at("cards").as_array();
        for (const json::value& card : given) expect_house_rules(card.as_object());
        ASSERT_EQ(given.size(), expected.size()) << answer.body;
        for (std::size_t i = 0; i < given.size(); ++i)
            expect_card(given[i].as_object(), expected[i].as_object());
    }

  private:
    std::filesystem::path path_;
};

std::vector<std::filesystem::path> case_files() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(case_folder)) {
        const bool is_resource = entry.path().parent_path().filename() == "resources";
        if (entry.path().extension() == ".json" && !is_resource) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

std::string test_name(const std::filesystem::path& path) {
    std::string name = path.stem().string();
    std::replace_if(
        name.begin(), name.end(), [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
    return name;
}

/// One GoogleTest case a file: the folder is the suite, the file name the case.
const bool registered = [] {
    for (const std::filesystem::path& path : case_files()) {
        const std::string suite = "Clinical_" + path.parent_path().filename().string();
        testing::RegisterTest(suite.c_str(), test_name(path).c_str(), nullptr, nullptr, path.c_str(), 1,
                              [path]() -> testing::Test* { return new ClinicalCase(path); });
    }
    return true;
}();

}  // namespace

namespace cards {

TEST(ClinicalCases, EveryRuleHasACaseInWhichItSpeaksAndOneInWhichItIsSilent) {
    ASSERT_TRUE(registered);
    std::map<std::string, std::pair<int, int>> seen;  // fired, silent
    for (const auto& rule : knowledge().rules()) seen[rule->id];
    for (const std::filesystem::path& path : case_files()) {
        for (const auto& [rule, kind] : answer_to(json_of(path).as_object()).outcomes) {
            if (kind == Outcome::Kind::fired) ++seen[rule].first;
            if (kind == Outcome::Kind::silent) ++seen[rule].second;
        }
    }
    for (const auto& [rule, counts] : seen) {
        EXPECT_GT(counts.first, 0) << rule << " never speaks";
        EXPECT_GT(counts.second, 0) << rule << " is never silent";
    }
}

TEST(ClinicalCases, TheShippedKnowledgeLoads) { EXPECT_NO_THROW(knowledge()); }

}  // namespace cards
