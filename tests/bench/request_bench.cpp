// What one request costs inside the process: parsing the body, evaluating the rules, writing the answer.
#include "cards/apply.hpp"
#include "cards/chart.hpp"
#include "fhir/parse.hpp"
#include "hooks/clock.hpp"
#include "hooks/knowledge_folder.hpp"
#include "hooks/request.hpp"
#include "hooks/uuid.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <memory_resource>
#include <stdexcept>
#include <string>

namespace {

const std::string root = SOURCE_DIR;

std::string body(const char* name) {
    auto text = hooks::read_text(root + "/tests/bench/data/" + name);
    if (!text) throw std::runtime_error(std::string("no ") + name);
    return *std::move(text);
}

const cards::Knowledge& knowledge() {
    static const auto loaded =
        cards::Knowledge::load(hooks::read_knowledge_folder(root + "/config/asps").files);
    if (!loaded.knowledge) throw std::runtime_error("config/asps has problems: asps-cds check");
    return *loaded.knowledge;
}

/// As in the server: one arena a request, its first block reused.
struct Arena {
    static std::array<std::byte, 262'144>& first_block() {
        static std::array<std::byte, 262'144> block;
        return block;
    }
    std::pmr::monotonic_buffer_resource resource{first_block().data(), first_block().size()};
};

/// One body, parsed once, evaluated as often as asked.
struct Call {
    explicit Call(const char* name) : text(body(name)) {
        request = hooks::read_request(**fhir::parse_json(text, arena)).value();
    }
    cards::Chart chart() const {
        return cards::Chart::from_request(knowledge(), *request.context, request.prefetch);
    }

    std::string text;
    std::pmr::monotonic_buffer_resource arena;
    hooks::HookRequest request;
};

const fhirpath::Now now = (*hooks::pinned_clock("2026-11-01"))();

void parse(benchmark::State& state, const char* name) {
    const std::string text = body(name);
    for (auto _ : state) {
        Arena arena;
        benchmark::DoNotOptimize(fhir::parse_json(text, arena.resource));
    }
}

void chart(benchmark::State& state, const char* name) {
    const Call call(name);
    for (auto _ : state) benchmark::DoNotOptimize(call.chart());
}

void evaluate(benchmark::State& state, const char* name) {
    const Call call(name);
    const cards::Chart chart = call.chart();
    const cards::Service& service = *knowledge().service("asps-patient-view");
    std::size_t count = 0;
    for (auto _ : state) {
        Arena arena;
        const auto evaluation =
            cards::evaluate(knowledge(), service, chart, now, hooks::new_uuid, arena.resource);
        count = evaluation.cards.size();
    }
    state.counters["cards"] = double(count);
}

void answer(benchmark::State& state, const char* name) {
    const Call call(name);
    const cards::Chart chart = call.chart();
    Arena arena;
    const auto evaluation = cards::evaluate(knowledge(), *knowledge().service("asps-patient-view"), chart,
                                            now, hooks::new_uuid, arena.resource);
    for (auto _ : state) benchmark::DoNotOptimize(cards::response_json(evaluation.cards));
}

BENCHMARK_CAPTURE(parse, asps, "asps.json");
BENCHMARK_CAPTURE(parse, other, "other.json");
BENCHMARK_CAPTURE(chart, asps, "asps.json");
BENCHMARK_CAPTURE(chart, other, "other.json");
BENCHMARK_CAPTURE(evaluate, asps, "asps.json");
BENCHMARK_CAPTURE(evaluate, other, "other.json");
BENCHMARK_CAPTURE(answer, asps, "asps.json");

}  // namespace

BENCHMARK_MAIN();
