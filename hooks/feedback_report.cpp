// Days become weeks, weeks become lines.
#include "hooks/feedback_report.hpp"

#include "hooks/instant.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <utility>

namespace hooks {

namespace {

constexpr std::size_t number_width = 12;
constexpr std::size_t week_width = 11;
constexpr std::size_t reason_bytes = 40;
constexpr std::string_view unknown_cards = "(unknown cards)";

std::string left(std::string_view text, std::size_t width) {
    std::string out(text);
    out.resize(std::max(width, out.size()), ' ');
    return out;
}

std::string right(std::size_t number) {
    const std::string text = std::to_string(number);
    return std::string(number_width - std::min(number_width, text.size()), ' ').append(text);
}

/// A terminal acts on control characters; and a code is short.
std::string shown(std::string_view code) {
    std::string out;
    for (const char c : code.substr(0, reason_bytes)) out += c >= ' ' && c < '\x7f' ? c : '?';
    if (code.size() > reason_bytes) out += "...";
    return out;
}

std::string reasons_text(const std::map<std::string, std::size_t>& reasons) {
    std::vector<std::pair<std::string, std::size_t>> sorted(reasons.begin(), reasons.end());
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    std::string out;
    for (const auto& [code, cards] : sorted) {
        out += out.empty() ? "  " : ", ";
        out.append(shown(code)).append(" ").append(std::to_string(cards));
    }
    return out;
}

void add(CardCounts& sum, const CardCounts& counts) {
    sum.shown += counts.shown;
    sum.accepted += counts.accepted;
    sum.overridden += counts.overridden;
    sum.unanswered += counts.unanswered;
    sum.commented += counts.commented;
    for (const auto& [code, cards] : counts.reasons) sum.reasons[code] += cards;
}

}  // namespace

std::string iso_week(std::string_view day) {
    namespace chrono = std::chrono;
    const auto instant = read_instant(std::string(day) + "T00:00:00Z");
    if (!instant) return std::string(day);
    const auto date = chrono::floor<chrono::days>(*instant);
    // A week belongs to the year of its Thursday.
    const auto weekday = chrono::weekday{date}.iso_encoding();
    const auto thursday = date + chrono::days{4} - chrono::days{weekday};
    const chrono::year year = chrono::year_month_day{thursday}.year();
    const auto week = (thursday - chrono::sys_days{year / 1 / 1}).count() / 7 + 1;
    return std::to_string(int{year}) + (week < 10 ? "-W0" : "-W") + std::to_string(week);
}

std::string feedback_report(const std::vector<CardCounts>& counts) {
    if (counts.empty()) return "no card was shown and no feedback came\n";
    std::map<std::string, std::map<std::string, CardCounts>> weeks;
    std::map<std::string, CardCounts> topics;
    CardCounts all;
    std::size_t topic_width = 0;
    for (const CardCounts& one : counts) {
        const std::string topic = one.topic.empty() ? std::string(unknown_cards) : one.topic;
        topic_width = std::max(topic_width, topic.size() + 2);
        add(weeks[iso_week(one.day)][topic], one);
        add(topics[topic], one);
        add(all, one);
    }
    topic_width = std::max(topic_width, unknown_cards.size() + 2);

    std::string out = left("week", week_width) + left("topic", topic_width);
    for (const std::string_view name : {"shown", "accepted", "overridden", "unanswered", "commented"})
        out.append(std::string(number_width - name.size(), ' ')).append(name);
    out += "  overridden because\n";
    const auto line = [&](std::string_view week, std::string_view topic, const CardCounts& sum) {
        out += left(week, week_width) + left(topic, topic_width);
        for (const std::size_t number :
             {sum.shown, sum.accepted, sum.overridden, sum.unanswered, sum.commented})
            out += right(number);
        out += reasons_text(sum.reasons) + "\n";
    };
    const auto block = [&](std::string_view name, const std::map<std::string, CardCounts>& by_topic) {
        out += '\n';
        for (const auto& [topic, sum] : by_topic) line(std::exchange(name, {}), topic, sum);
    };
    for (const auto& [week, by_topic] : weeks) block(week, by_topic);
    block("all weeks", topics);
    line({}, "(all)", all);
    out +=
        "\nWeeks are those in which a card was shown (ISO 8601, UTC). A card counts once in a column, and in "
        "two "
        "if it\nwas both accepted and overridden. Unknown cards are of another instance, or older than this "
        "file.\n";
    return out;
}

}  // namespace hooks
