// Status first, then media type, then the text by the same strict parsers as a caller's.
#include "hooks/fhir_answer.hpp"

#include "fhir/format.hpp"

#include <array>
#include <optional>
#include <utility>

namespace hooks {

namespace {

struct Failure {
    std::string_view fault;
    bool is_trouble = false;
};

Failure failure_of(ClientFault fault) {
    switch (fault) {
        case ClientFault::unresolved:
        case ClientFault::refused:
        case ClientFault::proxy:
        case ClientFault::tls:
        case ClientFault::timeout:
        case ClientFault::closed:
        case ClientFault::reset:
        case ClientFault::malformed:
            return {to_string(fault), true};
        case ClientFault::bad_url:
        case ClientFault::bad_request:
        case ClientFault::forbidden_address:
        case ClientFault::too_large:
            break;
    }
    return {to_string(fault), false};
}

std::optional<Failure> failure_of(unsigned status) {
    switch (status) {
        case 200:
            return std::nullopt;
        case 401:
            return Failure{"unauthorized"};
        case 403:
            return Failure{"forbidden"};
        case 404:
        case 410:
            return Failure{"not-found"};
        case 429:
            return Failure{"throttled", true};
        default:
            break;
    }
    if (status >= 500) return Failure{"server-error", true};
    if (status >= 400) return Failure{"rejected"};
    if (status >= 300) return Failure{"redirect"};
    return Failure{"no-fhir"};
}

std::optional<fhir::Format> format_of_type(std::string_view content_type) {
    std::string_view type = content_type.substr(0, content_type.find(';'));
    while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
    constexpr std::array json = {"application/fhir+json", "application/json", "application/json+fhir",
                                 "text/json"};
    constexpr std::array xml = {"application/fhir+xml", "application/xml", "application/xml+fhir",
                                "text/xml"};
    for (const char* known : json) {
        if (equal_ignoring_case(type, known)) return fhir::Format::json;
    }
    for (const char* known : xml) {
        if (equal_ignoring_case(type, known)) return fhir::Format::xml;
    }
    return std::nullopt;
}

}  // namespace

FhirAnswer read_fhir_answer(ClientAnswer answer, fhir::TypeId type, FetchedPart part) {
    const auto failed = [](Failure failure) {
        return FhirAnswer{nullptr, failure.fault, failure.is_trouble};
    };
    if (answer.fault) return failed(failure_of(*answer.fault));
    if (const auto failure = failure_of(answer.status)) return failed(*failure);
    const auto format = format_of_type(answer.field("Content-Type"));
    if (!format || fhir::format_of(answer.body) != *format) return failed({"no-fhir"});
    try {
        auto page = FetchedPage::read(std::move(answer.body), std::move(part));
        if (!page) return failed({"no-fhir"});
        const fhir::Model& model = fhir::Model::r4();
        const fhir::TypeId got = (*page)->root().resource_type;
        if (got == model.type_id("OperationOutcome")) return failed({"operation-outcome"});
        if (got != type && got != model.type_id("Bundle")) return failed({"wrong-type"});
        return {*std::move(page), {}, false};
    } catch (const NoRoomForFetched&) {
        return failed({"no-room"});
    }
}

}  // namespace hooks
