// Population: reads on one thread, evaluates on all, writes a line a patient in the order of the input.
#include "hooks/population.hpp"

#include "fhir/json_writer.hpp"
#include "hooks/ordered_work.hpp"
#include "hooks/population_input.hpp"
#include "hooks/population_summary.hpp"
#include "hooks/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace hooks {

namespace {

struct Done {
    PatientResult result;
    std::uint64_t bytes_read = 0;
};

std::string described(const fhir::Issue& issue) {
    return (issue.expression.empty() ? "" : issue.expression + ": ") + issue.diagnostics;
}

/// The ids of the rules of which that became, as an array of strings; nothing if there is none.
void write_rules(fhir::JsonWriter& json, std::string_view name, const cards::Evaluation& evaluation,
                 cards::Outcome::Kind kind) {
    bool any = false;
    for (const cards::Outcome& outcome : evaluation.outcomes) {
        if (outcome.kind != kind) continue;
        if (!std::exchange(any, true)) {
            json.key(name);
            json.begin_array();
        }
        json.value(std::string_view(outcome.rule->id));
    }
    if (any) json.end_array();
}

void write_explanation(fhir::JsonWriter& json, const cards::Evaluation& evaluation) {
    json.key("rules");
    json.begin_array();
    for (const cards::Outcome& outcome : evaluation.outcomes) {
        json.begin_object();
        json.member("rule", std::string_view(outcome.rule->id));
        json.member("outcome", cards::to_string(outcome.kind));
        if (!outcome.reason.empty()) json.member("reason", std::string_view(outcome.reason));
        json.end_object();
    }
    json.end_array();
}

/// Of the record nothing but the patient's id: who wants more looks at the chart.
void write_answer(fhir::JsonWriter& json, const ChartAnswer& answer, bool explained, PatientResult& result) {
    const cards::Evaluation& evaluation = answer.evaluation;
    json.member("patient", answer.chart.patient_id());
    json.member("service", std::string_view(answer.service->id));
    if (evaluation.precondition) {
        result.is_error = true;
        json.member("error", std::string_view(described(*evaluation.precondition)));
        return;
    }
    json.key("cards");
    json.begin_array();
    for (const cards::Card& card : evaluation.cards) {
        const std::string& topic = card.rule->source.topic.code;
        result.cards.emplace_back(topic, card.indicator);
        json.begin_object();
        json.member("topic", std::string_view(topic));
        json.member("indicator", cards::to_string(card.indicator));
        json.end_object();
    }
    json.end_array();
    using Kind = cards::Outcome::Kind;
    const auto became = [&](Kind kind) {
        return std::any_of(evaluation.outcomes.begin(), evaluation.outcomes.end(),
                           [kind](const cards::Outcome& outcome) { return outcome.kind == kind; });
    };
    result.is_incomplete = became(Kind::not_checked);
    result.is_error = became(Kind::error);
    write_rules(json, "notChecked", evaluation, Kind::not_checked);
    write_rules(json, "dropped", evaluation, Kind::dropped);
    write_rules(json, "failed", evaluation, Kind::error);
    if (result.is_incomplete) {
        json.key("unavailable");
        json.begin_array();
        for (const std::string_view input : evaluation.unavailable) json.value(input);
        json.end_array();
    }
    if (explained) write_explanation(json, evaluation);
}

Done done_with(const ChartText& chart, const EvaluationPlan& plan, bool explained) {
    Done done;
    done.bytes_read = chart.bytes_read;
    fhir::JsonWriter json(done.result.line);
    json.begin_object();
    const std::string where = chart.file + (chart.line == 0 ? "" : ":" + std::to_string(chart.line));
    json.member("source", std::string_view(where));
    std::pmr::monotonic_buffer_resource arena;
    const auto error = [&](std::string_view text) {
        done.result.is_error = true;
        json.member("error", text);
    };
    if (!chart.fault.empty()) {
        error(chart.fault);
    } else if (const auto answer = answer_to(plan, chart.text, arena)) {
        write_answer(json, *answer, explained, done.result);
    } else {
        error(described(answer.error()));
    }
    json.end_object();
    done.result.line += '\n';
    return done;
}

/// 0, or the errno that says why stdout takes no more.
int write_to_stdout(std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = ::write(STDOUT_FILENO, text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno;
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return 0;
}

}  // namespace

int evaluate_population(EvaluationPlan plan, const EvaluateArguments& arguments, InputText* opened) {
    PopulationInput input(arguments.files, opened);
    if (!input.fault().empty()) {
        std::fprintf(stderr, "%s\n", input.fault().c_str());
        return wrong_use;
    }
    plan.takes_lone_resource = false;
    std::signal(SIGPIPE, SIG_IGN);  // a reader who has seen enough ends the run, without a word
    const auto start = std::chrono::steady_clock::now();
    Progress progress(input.bytes());
    PopulationSummary summary;
    int write_error = 0;

    using Work = OrderedWork<ChartText, Done>;
    const std::size_t threads = std::clamp(std::thread::hardware_concurrency(), 1U, 16U);
    Work work(
        {.threads = threads, .most_pieces = 16 * threads, .most_bytes = 32U << 20U},
        [&](const ChartText& chart) { return done_with(chart, plan, arguments.explain); },
        [&](const Done& done) {
            progress.make_room();
            write_error = write_to_stdout(done.result.line);
            if (write_error != 0) return false;
            summary.add(done.result);
            progress.show(summary.patients(), done.bytes_read);
            return true;
        });
    while (std::optional<ChartText> chart = input.next()) {
        const std::size_t bytes = chart->text.size();
        if (!work.add(*std::move(chart), bytes)) break;
    }
    work.finish();
    progress.clear();

    if (write_error == EPIPE) return well;
    if (write_error != 0) {
        std::fprintf(stderr, "stdout: %s\n", std::strerror(write_error));
        return faults;
    }
    std::fputs(summary.text(std::chrono::steady_clock::now() - start).c_str(), stderr);
    return summary.has_errors() ? faults : well;
}

}  // namespace hooks
