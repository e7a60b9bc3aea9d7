// Fuzz target: lines `ASPS_CDS_...=value` as the environment, all others as server.json: settings that can be
// worked with, or problems that say something.
#include "hooks/settings.hpp"
#include "tests/fuzz/target.hpp"

#include <chrono>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using std::chrono::milliseconds;
    hooks::Environment environment;
    std::string text;
    for (std::string_view rest = fuzz::text_of(data, size); !rest.empty();) {
        const std::string_view line = fuzz::take_line(rest);
        const std::size_t equals = line.find('=');
        if (line.starts_with("ASPS_CDS_") && equals != std::string_view::npos) {
            environment[std::string(line.substr(0, equals))] = line.substr(equals + 1);
        } else {
            text.append(line) += '\n';
        }
    }
    const auto [settings, problems] = hooks::load_settings(text, "server.json", environment);
    for (const std::string& problem : problems) fuzz::expect(!problem.empty());
    if (!problems.empty()) return 0;
    const hooks::ServerOptions& server = settings.server;
    for (const milliseconds deadline :
         {server.deadlines.header, server.deadlines.body, server.deadlines.write, server.deadlines.idle,
          settings.feedback.deadline}) {
        fuzz::expect(deadline > milliseconds::zero() && deadline < std::chrono::hours(24 * 365));
    }
    fuzz::expect(server.http.body_bytes > 0 && server.http.header_bytes > 0 && server.http.fields > 0);
    fuzz::expect(server.connections > 0);
    for (const std::string& base : settings.fhir.servers) {
        fuzz::expect(hooks::FhirServers::problem(base, settings.fhir.plain_http).empty());
    }
    for (const hooks::TrustedClient& client : settings.clients) {
        fuzz::expect(!client.issuer.empty() && !client.algorithms.empty());
        fuzz::expect(client.jku.empty() != client.keys_file.empty());
        fuzz::expect(hooks::find_client(settings.clients, client.issuer, "") != nullptr);
    }
    hooks::requires_tokens(settings);
    hooks::public_url(settings);
    return 0;
}
