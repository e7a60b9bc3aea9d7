// Fuzz target: any bytes sent to the service over a socket, end to end. Each request is answered once, in
// HTTP, with JSON where it says so, and never as if we had failed.
#include "tests/fuzz/service_under_fuzz.hpp"
#include "tests/fuzz/target.hpp"

#include "fhir/parse.hpp"

#include <algorithm>

namespace {

constexpr std::string_view interim = "HTTP/1.1 100 Continue\r\n\r\n";

void check(hooks::ResponseReader& answer, bool head_only) {
    const unsigned status = answer.status();
    fuzz::expect(status < 500 || status == 501 || status == 503 || status == 505);
    const auto& fields = answer.fields();
    const bool is_json = std::any_of(fields.begin(), fields.end(), [](const hooks::Field& field) {
        return hooks::equal_ignoring_case(field.name, "Content-Type") &&
               field.value.find("json") != std::string::npos;
    });
    if (head_only || !is_json) return;
    std::pmr::monotonic_buffer_resource arena;
    fuzz::expect(fhir::parse_json(answer.body(), arena).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static fuzz::ServiceUnderFuzz service;
    const std::string_view sent = fuzz::text_of(data, size);
    const std::string answers = service.answers(sent);
    std::string_view rest = answers;
    for (const std::string& method : fuzz::methods_in(sent)) {
        // The body that was asked for may never come; then that was all.
        if (rest.starts_with(interim)) rest.remove_prefix(interim.size());
        if (rest.empty()) return 0;
        hooks::ResponseReader reader({}, method == "HEAD");
        auto state = hooks::ResponseReader::State::head;
        while (state != hooks::ResponseReader::State::complete) {
            fuzz::expect(!rest.empty() && state <= hooks::ResponseReader::State::body);
            reader.space()[0] = rest.front();
            rest.remove_prefix(1);
            state = reader.received(1);
        }
        check(reader, method == "HEAD");
    }
    fuzz::expect(rest.empty());  // an answer to what nobody asked
    return 0;
}
