// Commands: what each command of the program does and prints, and its exit code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hooks {

/// 0 well, 1 what was asked found faults, 2 wrong use.
enum ExitCode : int { well = 0, faults = 1, wrong_use = 2 };

/// The program's version.
std::string_view version();
/// The commit that it was built from, short; "unknown" outside a repository.
std::string_view commit();

struct ServeArguments {
    std::string
        config;  ///< file; "": config/server.json here or beside the sources of the binary, if there is one
    std::string listen;  ///< address:port; "": as configured
    std::string today;   ///< YYYY-MM-DD; "": the system's clock
};
/// Serves until SIGTERM or SIGINT. Tells on stdout where it listens and what it knows.
int serve(const ServeArguments& arguments);

struct EvaluateArguments {
    std::string service;    ///< id; "": that of the request's hook, asps-patient-view for a Bundle
    std::string today;      ///< YYYY-MM-DD; "": the system's clock
    std::string knowledge;  ///< folder; "": the usual one
    bool explain = false;   ///< also what became of every rule
    /// Requests in JSON, Bundles in JSON or XML, NDJSON of either, folders of these; "-": stdin.
    std::vector<std::string> files;
};
/// Prints the response to one request or Bundle on stdout, what is wrong with it on stderr. For NDJSON, a
/// folder or several files it is one line of JSON a patient, and a summary on stderr (hooks/population.hpp).
int evaluate(const EvaluateArguments& arguments);

struct FhirpathArguments {
    std::string expression;
    std::string knowledge;  ///< folder; "": the usual one with `request`, else none
    std::string today;      ///< YYYY-MM-DD; "": the system's clock
    bool request = false;  ///< files are CDS Hooks requests or patients' Bundles; names are known as in rules
    bool ast = false;      ///< also how the expression was understood
    bool trace = false;    ///< also trace() output and the variables that were computed, on stderr
    std::vector<std::string> files;  ///< resources, Bundles or requests in JSON; "-": stdin
};
/// Prints the items that the expression gives on each file, one a line: type, tab, JSON; before them the
/// file's name and a tab if there are several files. Faults of the expression or a file go to stderr.
int evaluate_expression(const FhirpathArguments& arguments);

/// Prints all faults and warnings of the knowledge in `folder` ("": the usual one) as `file:line: message`.
int check(const std::string& folder);

/// Prints the knowledge in `folder` ("": the usual one) in Markdown, for clinical review.
int describe(const std::string& folder);

struct DecodeTokenArguments {
    std::string token;   ///< itself, a file that holds it, or - for standard input
    std::string config;  ///< settings whose `clients` it is held against; "": none
    std::string jwks;  ///< file of the JWK Set that verifies it; "": the client's keysFile, else not verified
    std::vector<std::string> audiences;  ///< URLs that its aud may be
    std::optional<double> at;            ///< seconds since 1970; none: now
};
/// Prints header and claims and a line for every check of the token: ok, FAILED or not checked, and why.
int decode_token(const DecodeTokenArguments& arguments);

struct MakeTokenArguments {
    std::string key;  ///< PEM file of the private key; made if there is none
    std::string algorithm = "ES384";
    std::string jwks;  ///< the public half is written there; "": nowhere
    std::string issuer, audience, subject, tenant, jku;
    std::int64_t lifetime = 300;  ///< seconds
};
/// Prints a signed token, for tests of a service or of its configuration.
int make_token(const MakeTokenArguments& arguments);

struct ConformanceArguments {
    std::string url;                    ///< base or discovery
    std::vector<std::string> requests;  ///< files: calls in JSON
    std::string token;                  ///< file with a bearer token; "": none
    std::string origin;                 ///< of a browser client; "": CORS is not asked for
    std::string proxy;                  ///< URL; "": as https_proxy, http_proxy and no_proxy say
    std::string ca;                     ///< PEM file, trusted beside the system's store
    double timeout = 10;                ///< seconds for one answer
    bool json = false;                  ///< the report in JSON
};
/// Asks a CDS Hooks service the numbered rules of the specification and prints what became of each, one a
/// line. `faults` if a rule that binds is broken, `wrong_use` also if the service cannot be reached.
int check_conformance(const ConformanceArguments& arguments);

struct FeedbackArguments {
    std::string config;     ///< settings file, which names the feedback file; "": as for serve
    std::string file;       ///< feedback file; "": that of the settings
    std::string since;      ///< YYYY-MM-DD, UTC; "": all
    bool ndjson = false;    ///< export: lines of JSON instead of CSV
    bool comments = false;  ///< export: also users' comments, which may name a patient
};
/// Prints a table: cards shown, accepted and overridden, by week and topic.
int feedback_report(const FeedbackArguments& arguments);
/// Prints every feedback as a row of CSV or a line of JSON.
int feedback_export(const FeedbackArguments& arguments);

}  // namespace hooks
