// population_charts SEED COUNT [FIRST] [--bundles]: charts as NDJSON, one CDS Hooks request a line; with
// --bundles one Bundle of a patient a line.
#include "tests/population/chart.hpp"
#include "tests/population/text.hpp"

#include <charconv>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

int main(int argc, char** argv) {
    std::vector<std::uint64_t> numbers;
    bool bundles = false, understood = true;
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument(argv[i]);
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(argument.data(), argument.data() + argument.size(), number);
        if (argument == "--bundles") {
            bundles = true;
        } else if (error == std::errc() && end == argument.data() + argument.size()) {
            numbers.push_back(number);
        } else {
            understood = false;
        }
    }
    if (!understood || numbers.size() < 2 || numbers.size() > 3) {
        std::fputs("use: population_charts SEED COUNT [FIRST] [--bundles]\n", stderr);
        return 2;
    }
    const std::uint64_t first = numbers.size() == 3 ? numbers[2] : 0;
    for (std::uint64_t index = first; index < first + numbers[1]; ++index) {
        const population::Chart chart = population::make_chart(numbers[0], index);
        std::string line = bundles ? population::json_text(population::as_bundle(chart.request))
                                   : population::json_text(chart.request);
        line += '\n';
        if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size()) return 1;
    }
}
