// asps-cds: arguments to one command.
#include "hooks/commands.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <map>
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
    CLI::App* evaluate = program.add_subcommand(
        "evaluate", "Cards for a CDS Hooks request or a patient's Bundle, or for many");
    evaluate->add_option("--service", evaluating.service, "Service id (default: that of the request's hook)");
    evaluate->add_option("--today", evaluating.today, "YYYY-MM-DD: the clinical date");
    evaluate->add_option("--knowledge", evaluating.knowledge, "Folder of the knowledge");
    evaluate->add_flag("--explain", evaluating.explain, "Print what became of every rule, and why");
    evaluate
        ->add_option("FILE", evaluating.files,
                     "Requests in JSON, patients' Bundles in JSON or FHIR XML, NDJSON of either, folders of "
                     "these; - is standard input")
        ->required();
    evaluate->footer(
        "One request or Bundle: prints the response.\n"
        "NDJSON, a folder or several files: prints one line of JSON a patient, in the order of the input, "
        "and "
        "a summary on stderr.\n"
        "Exit code: 0 all could be evaluated, 1 some could not (the others were), 2 wrong use.");

    hooks::FhirpathArguments asking;
    CLI::App* fhirpath =
        program.add_subcommand("fhirpath", "A FHIRPath expression on files, for rule authors");
    fhirpath->add_option("EXPRESSION", asking.expression, "FHIRPath 2.0")->required();
    fhirpath->add_option(
        "FILE", asking.files,
        "resources and Bundles in JSON or FHIR XML, CDS Hooks requests in JSON; - is standard input");
    fhirpath->add_flag(
        "--request", asking.request,
        "Files are CDS Hooks requests or patients' Bundles, and %conditions, %isASPS ... are known as in "
        "rules; the focus is the context");
    fhirpath->add_option("--knowledge", asking.knowledge,
                         "Folder of the knowledge: its value sets, with --request also its variables");
    fhirpath->add_option("--today", asking.today, "YYYY-MM-DD: what today() gives");
    fhirpath->add_flag(
        "--ast", asking.ast,
        "Print the expression in normal form and its tree, each node with the byte at which it stands");
    fhirpath->add_flag("--trace", asking.trace, "Print trace() output and the variables computed, on stderr");
    fhirpath->footer(
        "Prints one item a line: its type, a tab, its JSON; with several files the file's name and a tab "
        "before.\n"
        "FHIR types stand as Condition, code; others as System.Boolean.\n"
        "An empty result prints no line, and says so on stderr.\n"
        "Paths are checked against FHIR R4 for the type of each file.\n"
        "An expression that begins with a minus stands behind the other options and --.\n"
        "Exit code: 0 evaluated (even if empty), 1 a fault in the expression or a file, 2 wrong use.");

    std::string folder;
    CLI::App* check = program.add_subcommand("check", "Check the knowledge, or a whole configuration");
    CLI::Option* in_folder =
        check->add_option("DIR", folder, "Folder of the knowledge (default: config/asps)");
    std::string checked;
    check
        ->add_option("--config", checked,
                     "Settings file: it, all files that it names, and the knowledge that it names")
        ->excludes(in_folder);

    CLI::App* describe =
        program.add_subcommand("describe", "The knowledge as a document for clinical review");
    describe->add_option("DIR", folder, "Folder of the knowledge (default: config/asps)");
    describe->footer(
        "Prints Markdown: services, rules with every word of their cards, concepts, inputs, value sets.\n"
        "The same knowledge gives the same bytes, so that it can be kept and compared.");

    CLI::App* token =
        program.add_subcommand("token", "Tokens of clients: what is in them, and some to test with");
    token->require_subcommand(1);
    hooks::DecodeTokenArguments decoding;
    CLI::App* decode = token->add_subcommand("decode", "Print a token and every check of it with its result");
    decode->add_option("TOKEN", decoding.token, "The token, a file that holds it, or - for standard input")
        ->required();
    decode->add_option("--config", decoding.config,
                       "Settings file: its clients are what the token is held against");
    decode->add_option("--jwks", decoding.jwks, "File of the JWK Set that verifies the signature");
    decode->add_option("--audience", decoding.audiences, "URL that aud may be; repeat for more");
    decode->add_option("--at", decoding.at, "Seconds since 1970 instead of now");
    hooks::MakeTokenArguments making;
    CLI::App* make = token->add_subcommand("make", "Make key pairs and signed tokens, for tests");
    make->add_option("--key", making.key, "PEM file of the private key; made if it is not there")->required();
    make->add_option("--algorithm", making.algorithm, "ES384 (default), RS384 or another of RFC 7518");
    make->add_option("--jwks", making.jwks, "Write the public key there as a JWK Set");
    make->add_option("--issuer", making.issuer, "iss");
    make->add_option("--audience", making.audience, "aud: the URL of the endpoint to call");
    make->add_option("--subject", making.subject, "sub");
    make->add_option("--tenant", making.tenant, "tenant");
    make->add_option("--jku", making.jku, "Address of the JWK Set for the header");
    make->add_option("--lifetime", making.lifetime, "Seconds from iat to exp (default: 300)");
    make->footer("Without --issuer and --audience only the keys are made.");
    hooks::ConformanceArguments conforming;
    CLI::App* conformance =
        program.add_subcommand("conformance", "Ask any CDS Hooks service the rules of the specification");
    conformance->add_option("URL", conforming.url, "The service's base or its discovery")->required();
    conformance->add_option(
        "--request", conforming.requests,
        "A call in JSON with its prefetch, for its hook (repeatable; default: an invented "
        "patient with nothing on record)");
    conformance->add_option("--token", conforming.token, "File with a bearer token");
    conformance->add_option("--origin", conforming.origin,
                            "An origin that the service allows: asks for CORS too");
    conformance->add_option("--proxy", conforming.proxy,
                            "http://host:port (default: https_proxy, http_proxy and no_proxy)");
    conformance->add_option("--ca", conforming.ca, "PEM file of certificates to trust beside the system's");
    conformance->add_option("--timeout", conforming.timeout, "Seconds for one answer (default: 10)")
        ->check(CLI::PositiveNumber);
    conformance->add_flag("--json", conforming.json, "Print the report in JSON");
    conformance->footer(
        "Prints one line a rule: passed, failed, advice (a SHOULD, or a policy of ours, that is not "
        "followed) "
        "or not applicable, and why.\n"
        "The service is called some hundred times, for an invented patient and for those of --request; "
        "feedback that it takes is invented too.\n"
        "Exit code: 0 no rule failed, 1 some did, 2 wrong use or the service cannot be reached.");
    hooks::FeedbackArguments looking;
    CLI::App* feedback =
        program.add_subcommand("feedback", "What clinicians did with cards (the service may be running)");
    feedback->require_subcommand(1);
    CLI::App* report = feedback->add_subcommand(
        "report", "Cards shown, accepted and overridden, with reasons, by week and topic");
    CLI::App* exporting =
        feedback->add_subcommand("export", "Every feedback, with what is known of its card");
    for (CLI::App* command : {report, exporting}) {
        command->add_option("--config", looking.config,
                            "Settings file, which names the feedback file (default: as for serve)");
        command->add_option("--file", looking.file, "Feedback file (default: feedback.file of the settings)");
        command->add_option("--since", looking.since, "YYYY-MM-DD (UTC): nothing from before that day");
    }
    std::string format = "csv";
    exporting->add_option("--format", format, "csv (default) or ndjson")
        ->check(CLI::IsMember({"csv", "ndjson"}));
    exporting->add_flag("--comments", looking.comments, "Also users' comments, which may name a patient");

    hooks::AuditArguments auditing;
    CLI::App* audit = program.add_subcommand("audit", "Decision records (the service may be running)");
    audit->require_subcommand(1);
    CLI::App* verify =
        audit->add_subcommand("verify", "Check the chain: was a line changed, removed, added or moved?");
    CLI::App* show = audit->add_subcommand("show", "Print records");
    for (CLI::App* command : {verify, show}) {
        command->add_option("FILE", auditing.files,
                            "Decision files, the oldest first (default: decisions.file of the settings)");
        command->add_option("--config", auditing.config, "Settings file (default: as for serve)");
    }
    verify->add_option("--last", auditing.last_hash, "A hash that was noted down and must still be there");
    verify->footer(
        "Prints file:line: and what is wrong there. Lines cut off cleanly at the end show only with --last: "
        "the "
        "service's log has a hash at each start and end.\n"
        "Exit code: 0 unbroken, 1 tampering shows, 2 wrong use.");
    show->add_option("--since", auditing.since, "2026-01-31 or 2026-01-31T15:04 (UTC): nothing from before");
    show->add_option("--until", auditing.until, "Likewise: nothing from after that day, minute ...");
    show->add_option("--service", auditing.service, "Service id");
    show->add_option("--rule", auditing.rule, "Id of a rule that fired");
    show->add_option("--request", auditing.request, "X-Request-Id");
    show->add_option("--patient", auditing.patient, "A patient's id, found by the key");
    show->add_option("--key", auditing.key_file, "Its file (default: decisions.keyFile of the settings)");
    const std::map<std::string, hooks::AuditArguments::Format> formats = {
        {"text", hooks::AuditArguments::Format::text},
        {"ndjson", hooks::AuditArguments::Format::ndjson},
        {"auditevent", hooks::AuditArguments::Format::audit_event}};
    show->add_option("--format", auditing.format,
                     "text (default), ndjson (as kept) or auditevent (FHIR R4 AuditEvent, NDJSON)")
        ->transform(CLI::CheckedTransformer(formats));

    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return program.exit(error) == 0 ? hooks::well : hooks::wrong_use;
    }
    if (*serve) return hooks::serve(serving);
    if (*evaluate) return hooks::evaluate(evaluating);
    if (*fhirpath) return hooks::evaluate_expression(asking);
    if (*conformance) return hooks::check_conformance(conforming);
    looking.ndjson = format == "ndjson";
    if (*report) return hooks::feedback_report(looking);
    if (*exporting) return hooks::feedback_export(looking);
    if (*verify) return hooks::verify_audit(auditing);
    if (*show) return hooks::show_audit(auditing);
    if (*describe) return hooks::describe(folder);
    if (*decode) return hooks::decode_token(decoding);
    if (*make) return hooks::make_token(making);
    if (!checked.empty()) return hooks::check_configuration(checked);
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
