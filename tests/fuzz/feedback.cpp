// Fuzz target: any bytes as the body of a feedback request: what is taken keeps to the limits.
#include "fhir/parse.hpp"
#include "hooks/feedback_request.hpp"
#include "tests/fuzz/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::pmr::monotonic_buffer_resource arena;
    const auto body = fhir::parse_json(fuzz::text_of(data, size), arena);
    if (!body) return 0;
    const hooks::FeedbackLimits limits{.elements = 3, .suggestions = 3, .text = 40, .uri = 60, .comment = 20};
    const auto read = hooks::read_feedback(**body, limits);
    if (!read) {
        fuzz::expect(!read.error().diagnostics.empty());
        return 0;
    }
    fuzz::expect(!read->empty() && read->size() <= limits.elements);
    for (const hooks::Feedback& one : *read) {
        fuzz::expect(!one.card.empty() && one.card.size() <= limits.text);
        fuzz::expect(one.timestamp.ends_with('Z'));
        fuzz::expect(one.accepted_suggestions.size() <= limits.suggestions);
        for (const std::string& id : one.accepted_suggestions) fuzz::expect(id.size() <= limits.text);
        fuzz::expect(one.reason_code.size() <= limits.text && one.reason_display.size() <= limits.text);
        fuzz::expect(one.reason_system.size() <= limits.uri);
        fuzz::expect(one.comment.size() <= 4 * limits.comment);  // bytes of as many characters
    }
    return 0;
}
