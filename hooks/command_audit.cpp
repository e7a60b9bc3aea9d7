// audit verify and audit show: read the file while the service writes it.
#include "hooks/audit_event.hpp"
#include "hooks/audit_view.hpp"
#include "hooks/command_settings.hpp"
#include "hooks/commands.hpp"
#include "hooks/decision_chain.hpp"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <variant>

namespace hooks {

namespace {

constexpr std::size_t written_at_once = 65'536;

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

/// The files given, else that of the settings; or the exit code.
std::variant<std::vector<std::string>, ExitCode> files_of(const AuditArguments& arguments) {
    if (!arguments.files.empty()) return arguments.files;
    auto settings = command_settings(arguments.config);
    if (const ExitCode* fault = std::get_if<ExitCode>(&settings)) return *fault;
    const std::string& file = std::get<Settings>(settings).decisions.file;
    if (!file.empty()) return std::vector{file};
    std::fprintf(stderr, "FILE: none given, and the settings keep no decisions (decisions.file)\n");
    return wrong_use;
}

/// The key that patients' names are made with; or the exit code.
std::variant<std::string, ExitCode> key_of(const AuditArguments& arguments) {
    std::string file = arguments.key_file;
    if (file.empty()) {
        auto settings = command_settings(arguments.config);
        if (const ExitCode* fault = std::get_if<ExitCode>(&settings)) return *fault;
        file = std::get<Settings>(settings).decisions.key_file;
    }
    std::ifstream in(file, std::ios::binary);
    std::string key{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    while (!key.empty() && (key.back() == '\n' || key.back() == '\r' || key.back() == ' ')) key.pop_back();
    if (!key.empty()) return key;
    std::fprintf(stderr, "--patient: the key that made the names is needed, and \"%s\" cannot be read\n",
                 file.c_str());
    return faults;
}

bool is_time(const std::string& text) {
    return text.empty() ||
           (text.size() >= 4 && text.find_first_not_of("0123456789-T:.Z") == std::string::npos);
}

}  // namespace

int verify_audit(const AuditArguments& arguments) {
    const auto named = files_of(arguments);
    if (const ExitCode* fault = std::get_if<ExitCode>(&named)) return *fault;
    std::optional<ChainEnd> end;
    bool has_last = arguments.last_hash.empty();
    for (const std::string& file : std::get<std::vector<std::string>>(named)) {
        std::ifstream in(file, std::ios::binary);
        if (!in) {
            std::fprintf(stderr, "%s: cannot be read\n", file.c_str());
            return faults;
        }
        const ChainReport report = verify_chain(in, end, arguments.last_hash);
        for (const std::string& note : report.notes)
            std::printf("%s: note: %s\n", file.c_str(), note.c_str());
        if (report.fault) {
            std::printf("%s:%zu: %s\n", file.c_str(), report.fault->line, report.fault->what.c_str());
            return faults;
        }
        end = report.end;
        has_last = has_last || report.has_wanted;
        std::printf("%s: %zu lines, %zu decisions, unbroken; ends with number %llu, hash %s\n", file.c_str(),
                    report.lines, report.decisions, static_cast<unsigned long long>(report.end.sequence),
                    report.end.hash.c_str());
    }
    if (has_last) return well;
    std::printf("no line has the hash %s: lines were cut off at the end\n", arguments.last_hash.c_str());
    return faults;
}

int show_audit(const AuditArguments& arguments) {
    for (const auto& [name, value] :
         {std::pair("--since", &arguments.since), std::pair("--until", &arguments.until)}) {
        if (is_time(*value)) continue;
        std::fprintf(stderr, "%s: expected a time such as 2026-01-31 or 2026-01-31T15:04, got \"%s\"\n", name,
                     value->c_str());
        return wrong_use;
    }
    const auto named = files_of(arguments);
    if (const ExitCode* fault = std::get_if<ExitCode>(&named)) return *fault;
    AuditFilter filter{arguments.since, arguments.until,   arguments.service,
                       arguments.rule,  arguments.request, arguments.patient};
    if (!filter.patient.empty()) {
        auto key = key_of(arguments);
        if (const ExitCode* fault = std::get_if<ExitCode>(&key)) return *fault;
        filter.pseudonyms.emplace(std::get<std::string>(std::move(key)));
    }
    std::string out;
    for (const std::string& file : std::get<std::vector<std::string>>(named)) {
        std::ifstream in(file, std::ios::binary);
        if (!in) {
            std::fprintf(stderr, "%s: cannot be read\n", file.c_str());
            return faults;
        }
        each_decision(in, filter, [&](const fhir::Node& record, std::string_view line) {
            switch (arguments.format) {
                case AuditArguments::Format::text:
                    append_audit_text(out, record);
                    break;
                case AuditArguments::Format::ndjson:
                    out.append(line).append("\n");
                    break;
                case AuditArguments::Format::audit_event:
                    append_audit_event(out, record);
                    break;
            }
            if (out.size() < written_at_once) return;
            print(out);
            out.clear();
        });
    }
    print(out);
    return std::ferror(stdout) ? faults : well;
}

}  // namespace hooks
