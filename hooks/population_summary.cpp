// PopulationSummary: counting, and columns of numbers.
#include "hooks/population_summary.hpp"

#include <algorithm>
#include <string_view>

namespace hooks {

namespace {

std::string left(std::string_view text, std::size_t width) {
    std::string out(text);
    out.resize(std::max(width, out.size()), ' ');
    return out;
}

std::string right(std::string_view text, std::size_t width) {
    return std::string(width - std::min(width, text.size()), ' ').append(text);
}

constexpr std::size_t number_width = 12;

}  // namespace

std::string grouped(std::size_t number) {
    std::string text = std::to_string(number);
    for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
    return text;
}

void PopulationSummary::add(const PatientResult& result) {
    ++patients_;
    if (result.is_error) ++errors_;
    if (result.is_incomplete) ++incomplete_;
    if (!result.cards.empty()) {
        ++with_cards_;
    } else if (!result.is_error) {
        ++without_;
    }
    for (const auto& [topic, indicator] : result.cards) ++cards_[topic][static_cast<std::size_t>(indicator)];
}

std::string PopulationSummary::text(std::chrono::duration<double> time) const {
    std::size_t width = 28;
    for (const auto& [topic, counts] : cards_) width = std::max(width, topic.size() + 2);
    const auto row = [&](std::string_view name, std::size_t count) {
        return left(name, width) + right(grouped(count), number_width) + '\n';
    };
    std::string out = "\n";
    out.append(row("patients", patients_))
        .append(row("  with cards", with_cards_))
        .append(row("  without a card", without_))
        .append(row("  errors", errors_))
        .append(row("some rule not checked", incomplete_));
    if (!cards_.empty()) {
        out.append("\n").append(left("cards by topic", width));
        for (const char* name : {"critical", "warning", "info", "all"}) out += right(name, number_width);
        out += '\n';
        std::array<std::size_t, 3> total{};
        const auto counted = [&](std::string_view name, const std::array<std::size_t, 3>& counts) {
            out += left(name, width);
            for (const cards::Indicator indicator :
                 {cards::Indicator::critical, cards::Indicator::warning, cards::Indicator::info})
                out += right(grouped(counts[static_cast<std::size_t>(indicator)]), number_width);
            out += right(grouped(counts[0] + counts[1] + counts[2]), number_width) + '\n';
        };
        for (const auto& [topic, counts] : cards_) {
            counted(std::string("  ").append(topic), counts);
            for (std::size_t i = 0; i < total.size(); ++i) total[i] += counts[i];
        }
        counted("  all", total);
    }
    const auto tenths = static_cast<std::size_t>(time.count() * 10);
    out.append("\n").append(std::to_string(tenths / 10)).append(".");
    out.append(std::to_string(tenths % 10)).append(" s");
    if (time.count() > 0)
        out += ", " + grouped(static_cast<std::size_t>(static_cast<double>(patients_) / time.count())) +
               " patients/s";
    return out + '\n';
}

}  // namespace hooks
