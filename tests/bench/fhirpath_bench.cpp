// What FHIRPath costs: compiling the knowledge, every rule on one request, ten expressions that the oracle is
// timed on too (tests/bench/ten_expressions.mjs), and how evaluation grows with the chart.
#include "cards/apply.hpp"
#include "fhir/fhirpath/expression.hpp"
#include "fhir/parse.hpp"
#include "hooks/clock.hpp"
#include "hooks/knowledge_folder.hpp"
#include "hooks/request.hpp"
#include "hooks/uuid.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <functional>
#include <memory_resource>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

const std::string root = SOURCE_DIR;
const fhirpath::Now now = (*hooks::pinned_clock("2026-11-01"))();

std::string text_of(const std::string& file) {
    auto text = hooks::read_text(root + "/tests/bench/" + file);
    if (!text) throw std::runtime_error("no " + file);
    return *std::move(text);
}

const cards::Knowledge& knowledge() {
    static const auto loaded =
        cards::Knowledge::load(hooks::read_knowledge_folder(root + "/config/asps").files);
    if (!loaded.knowledge) throw std::runtime_error("config/asps has problems: asps-cds check");
    return *loaded.knowledge;
}

struct Read {
    explicit Read(std::string json) : text(std::move(json)) {
        request = hooks::read_request(**fhir::parse_json(text, arena)).value();
        chart = cards::Chart::from_request(knowledge(), *request.context, request.prefetch);
    }
    std::string text;
    std::pmr::monotonic_buffer_resource arena;
    hooks::HookRequest request;
    std::optional<cards::Chart> chart;
};

/// Every variable's expression, as loading compiles it.
void compile(benchmark::State& state) {
    std::size_t count = 0;
    for (auto _ : state) {
        for (const cards::Variable& variable : knowledge().variables()) {
            benchmark::DoNotOptimize(
                fhirpath::Expression::compile(variable.expression->text(), knowledge().environment()));
            ++count;
        }
    }
    state.counters["perExpression"] =
        benchmark::Counter(double(count), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void ask(const cards::Rule& rule, fhirpath::Scope& scope) {
    for (const cards::Condition& condition : rule.conditions)
        if (!condition.expression->holds(scope)) break;
}

/// What a service's rules are asked on a request.
struct Asked {
    Asked(const char* file, const char* id) : read(text_of(file)), service(*knowledge().service(id)) {}
    /// The conditions of all rules, with all that they need, once; the number of rules.
    std::size_t once() {
        in_scope([&](fhirpath::Scope& scope) {
            for (const cards::Rule* rule : service.rules) ask(*rule, scope);
        });
        return service.rules.size();
    }
    /// What rule `i` takes after those before it, in seconds.
    double seconds_of(std::size_t i) {
        std::chrono::duration<double> time{};
        in_scope([&](fhirpath::Scope& scope) {
            for (std::size_t before = 0; before < i; ++before) ask(*service.rules[before], scope);
            const auto start = std::chrono::steady_clock::now();
            ask(*service.rules[i], scope);
            time = std::chrono::steady_clock::now() - start;
        });
        return time.count();
    }
    void in_scope(const std::function<void(fhirpath::Scope&)>& use) {
        std::pmr::monotonic_buffer_resource arena(room.data(), room.size());
        cards::with_scope(knowledge(), service.hook, *read.chart, now, arena, use);
    }

    const Read read;
    const cards::Service& service;
    std::vector<std::byte> room = std::vector<std::byte>(1 << 20);
};

void count_rules(benchmark::State& state, std::size_t count) {
    state.counters["perRule"] =
        benchmark::Counter(double(count), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

/// The rules of chart opening on a request.
void rules(benchmark::State& state, const char* file) {
    Asked asked(file, "asps-patient-view");
    std::size_t count = 0;
    for (auto _ : state) count += asked.once();
    count_rules(state, count);
}

/// A chart with ASPS is opened, and doxorubicin signed there: all rules but the prognosis, which has a
/// service of its own.
Asked& opening() {
    static Asked asked("data/asps-14k.json", "asps-patient-view");
    return asked;
}
Asked& signing() {
    static Asked asked("data/order-14k.json", "asps-order-sign");
    return asked;
}

void all_rules(benchmark::State& state) {
    std::size_t count = 0;
    for (auto _ : state) count += opening().once() + signing().once();
    count_rules(state, count);
}

/// What each rule adds to those before it.
void register_each_rule(Asked& asked) {
    for (std::size_t i = 0; i < asked.service.rules.size(); ++i) {
        const std::string name = "rule/" + asked.service.hook + "/" + asked.service.rules[i]->id;
        const auto measure = [&asked, i](benchmark::State& state) {
            for (auto _ : state) state.SetIterationTime(asked.seconds_of(i));
        };
        benchmark::RegisterBenchmark(name.c_str(), measure)->UseManualTime()->Iterations(2'000);
    }
}

/// Line by line tests/bench/ten_expressions.txt, on a request.
void ten(benchmark::State& state) {
    const std::string lines = text_of("ten_expressions.txt");
    const fhirpath::Environment environment;
    std::vector<fhirpath::Expression> expressions;
    for (std::size_t at = 0; at < lines.size();) {
        const std::size_t end = std::min(lines.find('\n', at), lines.size());
        expressions.push_back(fhirpath::Expression::compile(lines.substr(at, end - at), environment));
        at = end + 1;
    }
    const Read read(text_of("data/asps.json"));
    const fhirpath::Item bundle = fhirpath::Item::of_root(*read.request.prefetch->find("conditions"));
    std::vector<std::byte> room(1 << 20);
    std::size_t items = 0;
    for (auto _ : state) {
        std::pmr::monotonic_buffer_resource arena(room.data(), room.size());
        fhirpath::Scope scope(environment, arena, now);
        items = 0;
        for (const fhirpath::Expression& expression : expressions)
            items += expression.evaluate(scope, &bundle).size();
    }
    state.counters["items"] = double(items);
}

/// The whole evaluation of a chart with so many ordinary conditions beside the ASPS.
void grow(benchmark::State& state) {
    std::string json =
        R"({"hook":"patient-view","hookInstance":"d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",)"
        R"("context":{"userId":"Practitioner/p","patientId":"p"},"prefetch":{)"
        R"("patient":{"resourceType":"Patient","id":"p"},)"
        R"("conditions":{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Condition","id":"c",)"
        R"("subject":{"reference":"Patient/p"},"code":{"text":"Alveolar soft part sarcoma"}}})";
    for (std::int64_t i = 0; i < state.range(0); ++i) {
        json +=
            R"(,{"resource":{"resourceType":"Condition","id":")" + std::to_string(i) +
            R"(","subject":{"reference":"Patient/p"},"clinicalStatus":{"coding":[{"code":"active"}]},)"
            R"("onsetDateTime":"2020-01-01","code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm",)"
            R"("code":"L70.0","display":"Acne vulgaris"}],"text":"Acne vulgaris"}}})";
    }
    const Read read(json + "]}}}");
    const cards::Service& service = *knowledge().service("asps-patient-view");
    for (auto _ : state) {
        std::pmr::monotonic_buffer_resource arena;
        benchmark::DoNotOptimize(
            cards::evaluate(knowledge(), service, *read.chart, now, hooks::new_uuid, arena));
    }
    state.SetComplexityN(state.range(0));
}

BENCHMARK(compile);
BENCHMARK(all_rules);
BENCHMARK_CAPTURE(rules, asps_14k, "data/asps-14k.json");
BENCHMARK_CAPTURE(rules, asps, "data/asps.json");
BENCHMARK_CAPTURE(rules, other, "data/other.json");
BENCHMARK(ten);
BENCHMARK(grow)->RangeMultiplier(10)->Range(10, 10'000)->Complexity(benchmark::oN);

}  // namespace

int main(int count, char** arguments) {
    benchmark::Initialize(&count, arguments);
    register_each_rule(opening());
    register_each_rule(signing());
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
