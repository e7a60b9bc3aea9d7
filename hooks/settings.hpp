// Settings: what an operator may set, read from server.json < environment < flags, with every mistake named.
#pragma once

#include "cards/knowledge.hpp"
#include "hooks/admission.hpp"
#include "hooks/fhir_access.hpp"
#include "hooks/http_server.hpp"
#include "hooks/log.hpp"
#include "hooks/server_tls.hpp"
#include "hooks/trusted_client.hpp"

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace hooks {

struct CorsSettings {
    std::vector<std::string> origins;  ///< exact origins of browser clients; none by default (K-4)
    std::chrono::seconds max_age{600};
    bool private_network = false;  ///< listed origins of the public web may reach us in a private network
};

struct FeedbackSettings {
    std::string file = "var/feedback.sqlite";   ///< "": no feedback is taken, no card remembered
    std::chrono::days retention{730};           ///< 0: for ever
    std::chrono::milliseconds deadline{2'000};  ///< of keeping it; then 503
};

struct DecisionSettings {
    std::string file = "var/decisions.ndjson";   ///< "": no record is kept
    std::string key_file = "var/decisions.key";  ///< makes the ids of patients and users unreadable in it
};

/// A second listener for those who run the service: /metrics and the probes.
struct AdminSettings {
    std::string address;  ///< "": there is none, and /metrics is beside the service's endpoints
    std::uint16_t port = 0;
};

struct Authentication {
    /// automatic: on if the server listens beyond loopback.
    enum class Required : std::uint8_t { automatic, always, never } required = Required::automatic;
    bool discovery = false;  ///< discovery asks for a token too (D-17)
    std::chrono::seconds stale_keys{
        86'400};  ///< fetched keys are used for so long while newer ones cannot be had
};

/// Whether plain HTTP may be listened for beyond loopback. automatic: it may not.
enum class TlsRequired : std::uint8_t { automatic, never };

/// What a call is answered with that cannot be computed in time.
enum class OnOverload : std::uint8_t { service_unavailable, empty };

/// Everything that can be set, with its default. The keys and their meaning stand in config/server.json.
struct Settings {
    ServerOptions server;
    std::string base_path;     ///< "" or "/asps": stands before every path
    std::string knowledge;     ///< folder; "": the first of knowledge_folders()
    cards::Switches services;  ///< switched on or off against their own default
    cards::Switches rules;     ///< likewise, in every service that offers them
    CorsSettings cors;
    std::vector<TrustedClient> clients;  ///< who may call when tokens are asked for
    Authentication authentication;
    std::string public_url;  ///< "" or what clients put before /cds-services: "https://cds.example.org/asps"
    FeedbackSettings feedback;
    FhirSettings fhir;
    TlsSettings tls;
    TlsRequired tls_required = TlsRequired::automatic;
    AdmissionOptions admission;
    std::size_t calls_per_second = 0;         ///< of one client, calls and feedback: 429; 0: any number
    std::size_t request_memory = 50'331'648;  ///< what one request's nodes and its evaluation may take: 413
    std::size_t shared_memory = 33'554'432;   ///< and what all take, beside one that takes so much
    OnOverload on_overload = OnOverload::service_unavailable;
    AdminSettings admin;
    DecisionSettings decisions;
    LogLevel log_level = LogLevel::info;
};

/// The server listens beyond loopback, with or without TLS; `plain`: for plain HTTP.
bool listens_beyond_loopback(const ServerOptions& options);
bool listens_plain_beyond_loopback(const ServerOptions& options);
/// Callers must show a token: as the operator says, else if the server listens beyond loopback.
bool requires_tokens(const Settings& settings);
/// What clients put before /cds-services: publicUrl, else where the server listens.
std::string public_url(const Settings& settings);
/// Why no token can name that as its audience, or "": publicUrl is not set and the address is any, or the
/// port.
std::string public_url_problem(const Settings& settings);

using Environment = std::map<std::string, std::string, std::less<>>;

/// Settings, or what is wrong with them: `limits.bodyByte: unknown key; nearest: limits.bodyBytes`.
struct LoadedSettings {
    Settings settings;
    std::vector<std::string> problems;
};

/// `text` is that of server.json (JSON with // and /* */ comments), "" if there is none; `file` its name for
/// messages. An environment variable is the key in capitals, `ASPS_CDS_LIMITS_BODY_BYTES`; lists are
/// comma-separated, services `id=true,id=false`. Unknown variables are let through: Kubernetes makes
/// `ASPS_CDS_PORT` of a service's name.
LoadedSettings load_settings(std::string_view text, std::string_view file, const Environment& environment);

/// Sets address and port of plain HTTP from `127.0.0.1:8080` or `[::1]:8080`, or to none from ""; false if it
/// is no such text.
bool set_listen(Settings& settings, std::string_view text);

/// The variables of this process that begin with ASPS_CDS_.
Environment process_environment();

}  // namespace hooks
