// Literals are the knowledge's, values are the caller's: the first are made legal, the second harmless.
#include "hooks/prefetch_query.hpp"

#include <algorithm>
#include <array>

namespace hooks {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_unreserved(char c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

void append_escape(std::string& out, char c) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += hex[byte >> 4U];
    out += hex[byte & 15U];
}

/// A template's own text: `|` between system and code, and what else a URL cannot hold, becomes %XX.
void append_literal(std::string& out, std::string_view literal) {
    constexpr std::string_view legal = "/?:@!$&'()*,;=%+";
    for (const char c : literal) {
        if (is_unreserved(c) || legal.find(c) != std::string_view::npos) {
            out += c;
        } else {
            append_escape(out, c);
        }
    }
}

bool stays_in_place(std::string_view value) { return !value.empty() && value != "." && value != ".."; }

/// `Practitioner` and `abc` of `Practitioner/abc`.
struct Reference {
    std::string_view type, id;
};
std::optional<Reference> reference_of(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos || slash == 0) return std::nullopt;
    const Reference reference{text.substr(0, slash), text.substr(slash + 1)};
    if (!std::all_of(reference.type.begin(), reference.type.end(), is_letter)) return std::nullopt;
    if (!stays_in_place(reference.id)) return std::nullopt;
    return reference;
}

struct UserToken {
    std::string_view token, type;
};
constexpr std::array user_tokens = {
    UserToken{"userPractitionerId", "Practitioner"},
    UserToken{"userPractitionerRoleId", "PractitionerRole"},
    UserToken{"userPatientId", "Patient"},
    UserToken{"userRelatedPersonId", "RelatedPerson"},
};

/// The value of `{{token}}`, encoded.
std::optional<std::string> value_of(std::string_view token, const fhir::Node& context) {
    constexpr std::string_view prefix = "context.";
    const std::string_view user = context.text_of("userId");
    if (token == "context.userId") {
        const auto reference = reference_of(user);
        if (!reference) return std::nullopt;
        return std::string(reference->type) + "/" + percent_encoded(reference->id);
    }
    if (token.starts_with(prefix)) {
        const std::string_view value = context.text_of(token.substr(prefix.size()));
        if (!stays_in_place(value)) return std::nullopt;
        return percent_encoded(value);
    }
    const auto* known = std::find_if(user_tokens.begin(), user_tokens.end(),
                                     [&](const UserToken& candidate) { return candidate.token == token; });
    const auto reference = reference_of(user);
    if (known == user_tokens.end() || !reference || reference->type != known->type) return std::nullopt;
    return percent_encoded(reference->id);
}

}  // namespace

std::string percent_encoded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (is_unreserved(c)) {
            out += c;
        } else {
            append_escape(out, c);
        }
    }
    return out;
}

std::optional<std::string> filled_query(std::string_view query, const fhir::Node& context) {
    std::string filled;
    while (!query.empty()) {
        const std::size_t open = std::min(query.find("{{"), query.size());
        append_literal(filled, query.substr(0, open));
        query.remove_prefix(open);
        if (query.empty()) break;
        const std::size_t close = query.find("}}");
        if (close == std::string_view::npos) return std::nullopt;
        std::string_view token = query.substr(2, close - 2);
        while (token.starts_with(' ')) token.remove_prefix(1);
        while (token.ends_with(' ')) token.remove_suffix(1);
        const auto value = value_of(token, context);
        if (!value) return std::nullopt;
        filled += *value;
        query.remove_prefix(close + 2);
    }
    return filled;
}

}  // namespace hooks
