// asps-cds: arguments to one command.
#include "hooks/commands.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <string>

namespace {

int run(int argc, char** argv) {
    CLI::App program("Clinical decision support over CDS Hooks, from knowledge written in FHIR.", "asps-cds");
    program.set_version_flag("--version", "asps-cds " + std::string(hooks::version()));
    program.require_subcommand(1);

    hooks::ServeArguments serving;
    CLI::App* serve = program.add_subcommand("serve", "Serve CDS Hooks over HTTP");
    serve->add_option("--config", serving.config, "Settings file (default: config/server.json if there)");
    serve->add_option("--listen", serving.listen, "ADDRESS:PORT; port 0 takes any free one");
    serve->add_option("--today", serving.today, "YYYY-MM-DD: the clinical date is pinned to it");

    hooks::EvaluateArguments evaluating;
    CLI::App* evaluate =
        program.add_subcommand("evaluate", "Cards for a CDS Hooks request or a patient's Bundle");
    evaluate->add_option("--service", evaluating.service, "Service id (default: that of the request's hook)");
    evaluate->add_option("--today", evaluating.today, "YYYY-MM-DD: the clinical date");
    evaluate->add_option("--knowledge", evaluating.knowledge, "Folder of the knowledge");
    evaluate->add_flag("--explain", evaluating.explain, "Print what became of every rule, and why");
    evaluate->add_option("FILE", evaluating.files, "Files in JSON or FHIR XML; - is standard input")
        ->required();

    std::string folder;
    CLI::App* check = program.add_subcommand("check", "Check the knowledge");
    check->add_option("DIR", folder, "Folder of the knowledge (default: config/asps)");

    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return program.exit(error) == 0 ? hooks::well : hooks::wrong_use;
    }
    if (*serve) return hooks::serve(serving);
    if (*evaluate) return hooks::evaluate(evaluating);
    return hooks::check(folder);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& mistake) {
        std::fprintf(stderr, "asps-cds: %s\n", mistake.what());
        return hooks::faults;
    }
}
