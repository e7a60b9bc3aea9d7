// Functions that encode and escape text: encode, decode, escape, unescape (FHIRPath 5.6, STU).
#include "fhir/encoding.hpp"
#include "fhir/fhirpath/plain_function.hpp"
#include "fhir/utf8.hpp"

namespace fhirpath {

namespace {

// Text that came out of decoding must be UTF-8 like all other text.
bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t size = fhir::read_utf8(text).size;
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

std::optional<std::string> encode(std::string_view text, std::string_view format) {
    if (format == "hex") return fhir::to_hex(text);
    if (format == "base64") return fhir::to_base64(text, fhir::base64_letters);
    if (format == "urlbase64") return fhir::to_base64(text, fhir::url_letters);
    return std::nullopt;
}

std::optional<std::string> decode(std::string_view text, std::string_view format) {
    std::optional<std::string> result;
    if (format == "hex") result = fhir::from_hex(text);
    if (format == "base64") result = fhir::from_base64(text, fhir::base64_letters);
    if (format == "urlbase64") result = fhir::from_base64(text, fhir::url_letters);
    return result && is_utf8(*result) ? result : std::nullopt;
}

std::optional<std::string> escape(std::string_view text, std::string_view target) {
    if (target == "html") return fhir::escaped_html(text);
    if (target == "json") return fhir::escaped_json(text);
    return std::nullopt;
}

std::optional<std::string> unescape(std::string_view text, std::string_view target) {
    if (target == "html") return fhir::unescaped_html(text);
    if (target == "json") return fhir::unescaped_json(text);
    return std::nullopt;
}

constexpr Function rows[] = {
    row<encode>("encode"),
    row<decode>("decode"),
    row<escape>("escape"),
    row<unescape>("unescape"),
};

}  // namespace

std::span<const Function> encoding_functions() { return rows; }

}  // namespace fhirpath
