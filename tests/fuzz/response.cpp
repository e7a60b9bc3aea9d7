// Fuzz target: any bytes as what a FHIR server answers. The first says how they arrive: in how large pieces,
// to which method, and whether the connection then ends.
#include "hooks/http_message.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using State = hooks::ResponseReader::State;
    if (size == 0) return -1;
    const bool no_body = (data[0] & 1U) != 0, closes = (data[0] & 2U) != 0;
    const std::size_t piece = std::size_t{1} + (data[0] >> 2U);
    std::string_view bytes = fuzz::text_of(data + 1, size - 1);
    const hooks::ResponseLimits limits{
        .header_bytes = 512, .fields = 8, .body_bytes = 1'024, .overhead_bytes = 128};

    hooks::ResponseReader reader(limits, no_body);
    State state = State::head;
    while (!bytes.empty() && (state == State::head || state == State::body)) {
        const auto space = reader.space();
        fuzz::expect(!space.empty());
        const std::size_t count = std::min({space.size(), bytes.size(), piece});
        bytes.copy(space.data(), count);
        bytes.remove_prefix(count);
        state = reader.received(count);
    }
    if (closes && (state == State::head || state == State::body)) state = reader.closed();

    if (state == State::too_large || state == State::malformed) fuzz::expect(!reader.reason().empty());
    if (state != State::complete) return 0;
    fuzz::expect(reader.status() >= 200 && reader.status() <= 999);
    fuzz::expect(reader.body().size() <= limits.body_bytes && reader.fields().size() <= limits.fields);
    fuzz::expect(!no_body || reader.body().empty());
    for (const hooks::Field& field : reader.fields()) fuzz::expect(hooks::is_token(field.name));
    reader.keeps_alive();
    return 0;
}
