// Base64url on FHIRPath's base64, without its padding and with one spelling only.
#include "hooks/base64url.hpp"

#include "fhir/encoding.hpp"

namespace hooks {

std::string base64url(std::string_view bytes) {
    std::string text = fhir::to_base64(bytes, fhir::url_letters);
    text.erase(text.find_last_not_of('=') + 1);
    return text;
}

std::optional<std::string> bytes_of_base64url(std::string_view text) {
    auto bytes = fhir::from_base64(text, fhir::url_letters);
    if (bytes && base64url(*bytes) != text) bytes.reset();
    return bytes;
}

}  // namespace hooks
