// What fetching adds to a call: all inputs of a chart from a FHIR server that takes its time for each
// question.
#include "hooks/knowledge_folder.hpp"
#include "tests/support/hooks_fhir.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace hooks::testing;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int rounds = 100;

double milliseconds_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

/// One chart: a diagnosis in the problem list, and nothing else.
std::string resource_for(const FhirRequest& request) {
    if (request.is_for("Patient")) return R"({"resourceType":"Patient","id":"1","birthDate":"1996-04-02"})";
    if (!request.is_for("Condition")) return bundle({});
    return bundle(
        {R"({"resourceType":"Condition","id":"c","subject":{"reference":"Patient/1"},"onsetDateTime":"2025-12-05",)"
         R"("code":{"text":"Alveolar soft part sarcoma of right thigh"}})"});
}

}  // namespace

int main() {
    const auto knowledge =
        cards::Knowledge::load(hooks::read_knowledge_folder(SOURCE_DIR "/config/asps").files).knowledge;
    const cards::Service& service = *knowledge->service("asps-patient-view");
    std::string all;
    for (const std::size_t input : service.inputs) {
        const FhirRequest asked("GET /r4/" + knowledge->inputs()[input].query + " HTTP/1.1\r\n\r\n");
        all += (all.empty() ? "\"" : ",\"") + knowledge->inputs()[input].id + "\":" + resource_for(asked);
    }
    std::printf(
        "A call with %zu inputs, sent by prefetch or fetched from a FHIR server; median of %d calls in "
        "ms.\n\n",
        service.inputs.size(), rounds);
    std::printf("%-28s %10s %10s %10s\n", "the server takes", "sent", "fetched", "added");
    for (const auto pause : {0ms, 5ms, 20ms, 100ms}) {
        const FaultyServer server([&](const std::string& bytes) {
            std::this_thread::sleep_for(pause);
            return Script{send(fhir_bytes(resource_for(FhirRequest(bytes))))};
        });
        CalledService called(listing(server.url("/r4")), knowledge);
        const auto time = [&](const std::string& body) {
            std::vector<double> times;
            for (int i = 0; i < rounds; ++i) {
                const Clock::time_point start = Clock::now();
                if (called.call(body, service.id).status != 200) std::abort();
                times.push_back(milliseconds_since(start));
            }
            return median(times);
        };
        const double sent = time(call_of(server.url("/r4"), all));
        const double fetched = time(call_of(server.url("/r4")));
        std::printf("%25lld ms %10.2f %10.2f %10.2f\n", static_cast<long long>(pause.count()), sent, fetched,
                    fetched - sent - static_cast<double>(pause.count()));
    }
    std::printf("\nadded: beyond the time of the slowest question.\n");
}
