// What reading costs in each format: the same resource as JSON and as XML, in one run.
#include "fhir/format.hpp"

#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory_resource>
#include <stdexcept>
#include <string>

namespace {

/// One file of tests/data into an arena whose first block is reused, as in the server.
void read(benchmark::State& state, const char* name) {
    std::ifstream file(std::string(SOURCE_DIR) + "/tests/data/" + name, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    static std::array<std::byte, 262'144> block;
    for (auto _ : state) {
        std::pmr::monotonic_buffer_resource arena(block.data(), block.size());
        const auto root = fhir::parse_text(text, arena);
        if (!root) throw std::runtime_error(root.error().diagnostics);
        benchmark::DoNotOptimize(*root);
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}

BENCHMARK_CAPTURE(read, chart_json, "chart-bundle.json");
BENCHMARK_CAPTURE(read, chart_xml, "chart-bundle.xml");
BENCHMARK_CAPTURE(read, patient_json, "patient-full.json");
BENCHMARK_CAPTURE(read, patient_xml, "patient-full.xml");

}  // namespace

BENCHMARK_MAIN();
