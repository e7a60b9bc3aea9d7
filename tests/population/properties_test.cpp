// What holds for every chart of the population, whatever the rules say: silence for ordinary patients,
// limits, wording, and the same answer to the same record in another order, in one Bundle, or in XML.
#include "cards/apply.hpp"
#include "cards/chart.hpp"
#include "fhir/format.hpp"
#include "tests/population/chart.hpp"
#include "tests/population/draw.hpp"
#include "tests/population/text.hpp"
#include "tests/support/cards_clinical.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory_resource>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace json = boost::json;
using population::Chart;

std::uint64_t number_from(const char* variable, std::uint64_t usual) {
    const char* given = std::getenv(variable);
    return given == nullptr ? usual : std::strtoull(given, nullptr, 10);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t usual_count = 500;
#else
constexpr std::uint64_t usual_count = 10'000;
#endif

/// POPULATION_SEED and POPULATION_COUNT ask for other charts.
std::uint64_t seed() { return number_from("POPULATION_SEED", 1); }
std::uint64_t count() { return number_from("POPULATION_COUNT", usual_count); }

/// The answer of one service.
struct Answer {
    std::string body;  ///< the CDS Hooks response; "" for 412
    std::vector<cards::Card> cards;
    std::vector<cards::Outcome> outcomes;
};

Answer answer_of(const cards::Service& service, const cards::Chart& chart, std::pmr::memory_resource& arena) {
    static const fhirpath::Now now{
        *fhirpath::Temporal::parse_date_time(std::string(population::today) + "T12:00:00Z")};
    int ids = 0;
    const cards::UuidSource uuid = [&ids] { return "uuid-" + std::to_string(++ids); };
    cards::Evaluation evaluation = cards::evaluate(clinical::knowledge(), service, chart, now, uuid, arena);
    Answer answer{
        .body = {}, .cards = std::move(evaluation.cards), .outcomes = std::move(evaluation.outcomes)};
    if (!evaluation.precondition) answer.body = cards::response_json(answer.cards);
    return answer;
}

/// Calls `use` with the answer of every service of the chart's hook, also of those that are off by default,
/// to this text of a request.
void with_answers(const std::string& hook, const std::string& request,
                  const std::function<void(const cards::Service&, const Answer&)>& use) {
    std::pmr::monotonic_buffer_resource arena;
    const auto root = fhir::parse_json(request, arena);
    ASSERT_TRUE(root) << root.error().diagnostics << '\n' << request;
    const auto chart = cards::Chart::from_request(clinical::knowledge(), *(*root)->find("context"),
                                                  (*root)->find("prefetch"));
    for (const cards::Service& service : clinical::knowledge().services())
        if (service.hook == hook) use(service, answer_of(service, chart, arena));
}

std::string bodies_of(const std::string& hook, const std::string& request) {
    std::string bodies;
    with_answers(hook, request, [&](const cards::Service& service, const Answer& answer) {
        bodies += service.id + answer.body + '\n';
    });
    return bodies;
}

/// The same for a patient's Bundle, in JSON or XML.
std::string bodies_of_bundle(const std::string& text) {
    std::pmr::monotonic_buffer_resource arena;
    const auto root = fhir::parse_text(text, arena);
    if (!root) return root.error().expression + ": " + root.error().diagnostics;
    const auto chart = cards::Chart::from_bundle(clinical::knowledge(), **root, arena);
    if (!chart) return chart.error().expression + ": " + chart.error().diagnostics;
    std::string bodies;
    for (const cards::Service& service : clinical::knowledge().services())
        if (service.hook == "patient-view")
            bodies += service.id + answer_of(service, *chart, arena).body + '\n';
    return bodies;
}

/// What a failure tells: how to get this chart again, what is in it, and the whole of it.
std::string told(const Chart& chart) {
    return population::reproduction(chart) + "\n" + population::json_text(chart.request.at("extension")) +
           "\n" + population::json_text(chart.request);
}

/// Every `step`-th chart, beginning with `first`; stops after a few that failed.
void for_charts(std::uint64_t first, std::uint64_t step, const std::function<void(const Chart&)>& look) {
    int failed = 0;
    for (std::uint64_t index = first; index < count() && failed < 5; index += step) {
        const Chart chart = population::make_chart(seed(), index);
        const auto before =
            ::testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count();
        look(chart);
        const auto after =
            ::testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count();
        if (after == before) continue;
        ++failed;
        ADD_FAILURE() << told(chart);
    }
}

/// Equal; if not, says from where on.
void expect_same(const std::string& expected, const std::string& came) {
    if (expected == came) return;
    const auto differ = std::mismatch(expected.begin(), expected.end(), came.begin(), came.end());
    const auto at = static_cast<std::size_t>(differ.first - expected.begin());
    const std::size_t from = at - std::min<std::size_t>(at, 150);
    ADD_FAILURE() << "expected ... " << expected.substr(from, 500) << "\ncame ... " << came.substr(from, 500);
}

// ---- each answer by itself

std::size_t code_points(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

bool has_word(std::string_view text, std::string_view word) {
    for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        const auto is_letter = [&](std::size_t i) {
            return i < text.size() && text[i] >= 'a' && text[i] <= 'z';
        };
        if ((at == 0 || !is_letter(at - 1)) && !is_letter(at + word.size())) return true;
    }
    return false;
}

/// `mark` without a backslash before it.
bool has_bare(std::string_view text, std::string_view mark) {
    for (std::size_t at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + 1))
        if (at == 0 || text[at - 1] != '\\') return true;
    return false;
}

/// Summaries that are whole, few bullets, no wording that the product does without, nothing from a record
/// that acts.
void expect_good_text(const cards::Card& card) {
    EXPECT_LT(code_points(card.summary), 140U) << card.summary;
    EXPECT_FALSE(card.summary.ends_with("\u2026")) << "cut: " << card.summary;
    EXPECT_FALSE(card.detail.empty());
    std::size_t bullets = 0;
    for (std::size_t at = 0; at < card.detail.size();) {
        const std::size_t end = std::min(card.detail.find('\n', at), card.detail.size());
        const std::string line = lower(std::string_view(card.detail).substr(at, end - at));
        // A line on what could not be read is about the data, and does not count.
        if (line.starts_with("- ") && !has_word(line, "read")) ++bullets;
        at = end + 1;
    }
    EXPECT_LE(bullets, 8U) << card.detail;
    for (const std::string& text : {lower(card.summary), lower(card.detail)})
        for (const char* word : {"must", "guaranteed", "guarantee", "cure", "cures"})
            EXPECT_FALSE(has_word(text, word)) << word << ": " << text;
    for (const char* mark : {"<b>", "</b>", "](http", "*_`", "<!--", "{{", "}}"})
        EXPECT_FALSE(has_bare(card.detail, mark)) << mark << ": " << card.detail;
}

/// Deletes only what is a draft of this request; drafts only for this patient.
void expect_own_resources(const json::object& body, const json::object& request) {
    std::set<std::string> drafts;
    const json::object& context = request.at("context").as_object();
    if (const json::value* orders = context.if_contains("draftOrders")) {
        for (const json::value& entry : orders->at("entry").as_array()) {
            const json::object& resource = entry.at("resource").as_object();
            if (resource.contains("id"))
                drafts.insert(std::string(resource.at("resourceType").as_string()) + "/" +
                              std::string(resource.at("id").as_string()));
        }
    }
    const std::string patient = "Patient/" + std::string(context.at("patientId").as_string());
    for (const json::value& card : body.at("cards").as_array()) {
        const json::value* suggestions = card.as_object().if_contains("suggestions");
        if (suggestions == nullptr) continue;
        for (const json::value& suggestion : suggestions->as_array()) {
            for (const json::value& action : suggestion.at("actions").as_array()) {
                const json::object& made = action.as_object();
                if (made.at("type") == "delete") {
                    EXPECT_TRUE(drafts.contains(std::string(made.at("resourceId").as_string())))
                        << made.at("resourceId");
                } else if (const json::value* subject =
                               made.at("resource").as_object().if_contains("subject")) {
                    EXPECT_EQ(subject->at("reference"), json::value(patient));
                }
            }
        }
    }
}

void collect_uuids(const json::value& value, std::vector<std::string>& uuids) {
    if (const json::array* items = value.if_array())
        for (const json::value& item : *items) collect_uuids(item, uuids);
    if (const json::object* object = value.if_object()) {
        for (const auto& [name, member] : *object) {
            if (name == "uuid") uuids.emplace_back(member.as_string());
            collect_uuids(member, uuids);
        }
    }
}

/// The cards stand by indicator, then in the order of the service's rules, each rule at most once.
void expect_order(const cards::Service& service, const std::vector<cards::Card>& cards) {
    const auto place = [&](const cards::Card& card) {
        const auto at =
            std::find(service.rules.begin(), service.rules.end(), card.rule) - service.rules.begin();
        return std::pair(-static_cast<int>(card.indicator), at);
    };
    for (std::size_t i = 1; i < cards.size(); ++i) EXPECT_LT(place(cards[i - 1]), place(cards[i]));
}

TEST(Population, GetsNoCardIfOrdinaryAndOnlySoundCardsIfNot) {
    std::size_t with_cards = 0;
    for_charts(0, 1, [&](const Chart& chart) {
        with_answers(chart.hook, population::json_text(chart.request),
                     [&](const cards::Service& service, const Answer& answer) {
                         for (const cards::Outcome& outcome : answer.outcomes)
                             EXPECT_NE(outcome.kind, cards::Outcome::Kind::error)
                                 << outcome.rule->id << ": " << outcome.reason;
                         if (chart.is_ordinary()) {
                             EXPECT_TRUE(answer.cards.empty())
                                 << chart.kind << ": " << answer.cards[0].summary;
                         }
                         if (answer.cards.empty()) return;
                         ++with_cards;
                         EXPECT_LE(answer.cards.size(), service.card_maximum);
                         expect_order(service, answer.cards);
                         for (const cards::Card& card : answer.cards) expect_good_text(card);
                         const json::value body = json::parse(answer.body);
                         expect_own_resources(body.as_object(), chart.request);
                         std::vector<std::string> uuids;
                         collect_uuids(body, uuids);
                         EXPECT_EQ(std::set(uuids.begin(), uuids.end()).size(), uuids.size()) << answer.body;
                     });
    });
    EXPECT_GT(with_cards, count() / 20) << "the population is to have something to say about";
}

// ---- the same record in another form

/// The entries of every Bundle of the prefetch in another order.
json::object shuffled(const Chart& chart) {
    population::Draw draw(chart.seed + 1'000'003, chart.index);
    json::object request = chart.request;
    for (auto& [key, value] : request.at("prefetch").as_object()) {
        json::object* bundle = value.if_object();
        if (bundle == nullptr || !bundle->contains("entry")) continue;
        json::array& entries = bundle->at("entry").as_array();
        for (std::size_t i = entries.size(); i > 1; --i) std::swap(entries[i - 1], entries[draw.below(i)]);
    }
    return request;
}

TEST(Population, GetsTheSameCardsInWhateverOrderItsEntriesCome) {
    for_charts(0, 6, [&](const Chart& chart) {
        expect_same(bodies_of(chart.hook, population::json_text(chart.request)),
                    bodies_of(chart.hook, population::json_text(shuffled(chart))));
    });
}

/// Every input came, whole.
bool is_complete(const json::object& request) {
    const json::object& prefetch = request.at("prefetch").as_object();
    return std::all_of(clinical::knowledge().inputs().begin(), clinical::knowledge().inputs().end(),
                       [&](const cards::Input& input) {
                           const json::value* value = prefetch.if_contains(input.id);
                           if (value == nullptr) return false;
                           const json::object* given = value->if_object();
                           return given == nullptr || (given->at("resourceType") != "OperationOutcome" &&
                                                       !given->contains("link"));
                       });
}

/// The request as it would be if somebody had opened the chart, without what a Bundle cannot say.
json::object opened(const json::object& request) {
    json::object made = request;
    made["context"] = {{"userId", "Practitioner/unknown"},
                       {"patientId", request.at("context").at("patientId")}};
    return made;
}

// Pages: a page that was not followed is never half of an answer, so there is nothing to compare with.
TEST(Population, GetsTheSameCardsFromInputsAndFromOneBundle) {
    for_charts(2, 6, [&](const Chart& chart) {
        if (!is_complete(chart.request)) return;
        expect_same(bodies_of("patient-view", population::json_text(opened(chart.request))),
                    bodies_of_bundle(population::json_text(population::as_bundle(chart.request))));
    });
}

TEST(Population, GetsTheSameCardsFromJsonAndFromXml) {
    for_charts(4, 6, [&](const Chart& chart) {
        if (!chart.request.at("prefetch").as_object().contains("patient")) return;
        const json::object bundle = population::as_bundle(chart.request);
        expect_same(bodies_of_bundle(population::json_text(bundle)),
                    bodies_of_bundle(population::xml_text(bundle)));
    });
}

TEST(Population, IsTheSameEveryTime) {
    EXPECT_EQ(population::json_text(population::make_chart(7, 3).request),
              population::json_text(population::make_chart(7, 3).request));
    EXPECT_NE(population::json_text(population::make_chart(7, 3).request),
              population::json_text(population::make_chart(8, 3).request));
}

}  // namespace
