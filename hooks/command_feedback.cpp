// feedback report and feedback export: read the file while the service writes it.
#include "hooks/command_settings.hpp"
#include "hooks/commands.hpp"
#include "hooks/feedback_database.hpp"
#include "hooks/feedback_export.hpp"
#include "hooks/feedback_report.hpp"
#include "hooks/instant.hpp"

#include <cstdio>
#include <functional>
#include <string>
#include <variant>

namespace hooks {

namespace {

constexpr std::size_t written_at_once = 65'536;

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

/// Calls `use` with the opened file that the arguments mean; the exit code.
int with_file(const FeedbackArguments& arguments,
              const std::function<void(FeedbackDatabase&, const std::string& file)>& use) {
    const std::string midnight = arguments.since + "T00:00:00Z";
    if (!arguments.since.empty() && (arguments.since.size() != 10 || !read_instant(midnight))) {
        std::fprintf(stderr, "--since: expected a date such as 2026-01-31, got \"%s\"\n",
                     arguments.since.c_str());
        return wrong_use;
    }
    std::string file = arguments.file;
    if (file.empty()) {
        auto settings = command_settings(arguments.config);
        if (const ExitCode* fault = std::get_if<ExitCode>(&settings)) return *fault;
        file = std::get<Settings>(settings).feedback.file;
    }
    if (file.empty()) {
        std::fprintf(stderr, "--file: none given, and the settings take no feedback (feedback.file)\n");
        return wrong_use;
    }
    try {
        FeedbackDatabase database(file, FeedbackDatabase::Access::read);
        use(database, file);
    } catch (const std::runtime_error& error) {
        std::fprintf(stderr, "%s: %s\n", file.c_str(), error.what());
        return faults;
    }
    return std::ferror(stdout) ? faults : well;
}

}  // namespace

int feedback_report(const FeedbackArguments& arguments) {
    return with_file(arguments, [&](FeedbackDatabase& database, const std::string& file) {
        const std::string report = feedback_report(database.counts(arguments.since));
        std::string title = "feedback in " + file;
        if (!arguments.since.empty()) title += ", cards shown since " + arguments.since;
        print(title + "\n\n" + report);
    });
}

int feedback_export(const FeedbackArguments& arguments) {
    return with_file(arguments, [&](FeedbackDatabase& database, const std::string&) {
        std::string out;
        if (!arguments.ndjson) out = csv_header(arguments.comments);
        const auto append = arguments.ndjson ? append_ndjson : append_csv;
        database.each_feedback(arguments.since, [&](const FeedbackRow& row) {
            append(out, row, arguments.comments);
            if (out.size() < written_at_once) return;
            print(out);
            out.clear();
        });
        print(out);
    });
}

}  // namespace hooks
