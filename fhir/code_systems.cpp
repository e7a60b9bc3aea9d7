// Code systems as senders spell them: aliases of their URIs, and the written forms of their codes.
#include "fhir/valueset.hpp"

#include <algorithm>
#include <cctype>
#include <unordered_map>

namespace fhir {

namespace {

constexpr std::string_view icd10cm = "http://hl7.org/fhir/sid/icd-10-cm";
constexpr std::string_view icd10 = "http://hl7.org/fhir/sid/icd-10";
constexpr std::string_view icdo3 = "http://terminology.hl7.org/CodeSystem/icd-o-3";
constexpr std::string_view ndc = "http://hl7.org/fhir/sid/ndc";
constexpr std::string_view snomed = "http://snomed.info/sct";

/// Canonical URIs and their aliases, as registered in HL7 Terminology's NamingSystems.
const std::unordered_map<std::string_view, std::string_view>& known_systems() {
    static const auto* const systems = new std::unordered_map<std::string_view, std::string_view>{
        {snomed, snomed},
        {"urn:oid:2.16.840.1.113883.6.96", snomed},
        {"http://loinc.org", "http://loinc.org"},
        {"urn:oid:2.16.840.1.113883.6.1", "http://loinc.org"},
        {"http://www.nlm.nih.gov/research/umls/rxnorm", "http://www.nlm.nih.gov/research/umls/rxnorm"},
        {"urn:oid:2.16.840.1.113883.6.88", "http://www.nlm.nih.gov/research/umls/rxnorm"},
        {icd10cm, icd10cm},
        {"urn:oid:2.16.840.1.113883.6.90", icd10cm},
        {"http://terminology.hl7.org/CodeSystem/icd10CM", icd10cm},
        {icd10, icd10},
        {"urn:oid:2.16.840.1.113883.6.3", icd10},
        {"http://www.cms.gov/Medicare/Coding/ICD10", "http://www.cms.gov/Medicare/Coding/ICD10"},
        {"urn:oid:2.16.840.1.113883.6.4", "http://www.cms.gov/Medicare/Coding/ICD10"},
        {"http://terminology.hl7.org/CodeSystem/icd10PCS", "http://www.cms.gov/Medicare/Coding/ICD10"},
        {icdo3, icdo3},
        {"urn:oid:2.16.840.1.113883.6.43.1", icdo3},
        {"http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl",
         "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl"},
        {"urn:oid:2.16.840.1.113883.3.26.1.1", "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl"},
        {"http://www.ama-assn.org/go/cpt", "http://www.ama-assn.org/go/cpt"},
        {"urn:oid:2.16.840.1.113883.6.12", "http://www.ama-assn.org/go/cpt"},
        {"http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
         "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"},
        {"https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
         "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"},
        {"urn:oid:2.16.840.1.113883.6.285", "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"},
        {ndc, ndc},
        {"urn:oid:2.16.840.1.113883.6.69", ndc},
        {"http://radlex.org", "http://radlex.org"},
        {"urn:oid:2.16.840.1.113883.6.256", "http://radlex.org"},
        {"https://www.orpha.net", "https://www.orpha.net"},
        {"http://www.orpha.net", "https://www.orpha.net"},
        {"urn:oid:1.3.6.1.4.1.12559.11.10.1.3.1.44.5", "https://www.orpha.net"},
        {"http://purl.obolibrary.org/obo/mondo.owl", "http://purl.obolibrary.org/obo/mondo.owl"},
        {"urn:oid:2.16.840.1.113883.3.9216", "http://purl.obolibrary.org/obo/mondo.owl"},
        {"http://www.genenames.org", "http://www.genenames.org"},
        {"http://www.genenames.org/geneId", "http://www.genenames.org"},
        {"urn:oid:2.16.840.1.113883.6.281", "http://www.genenames.org"},
        {"http://fdasis.nlm.nih.gov", "http://fdasis.nlm.nih.gov"},
        {"urn:oid:2.16.840.1.113883.4.9", "http://fdasis.nlm.nih.gov"},
    };
    return *systems;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

/// `c4921` -> `C49.21`. The dot stands after three characters in every ICD-10 code longer than that.
std::string_view icd10_code(std::string_view code, std::string& buffer) {
    buffer.clear();
    for (const char c : code) {
        if (c == '.' || is_blank(c)) continue;
        if (buffer.size() == 3) buffer += '.';
        buffer += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return buffer;
}

/// ICD-O-3 morphology HHHH/B with an optional grade digit behind it: `M8000/3`, `M-80003`, `8000/3 3` ->
/// `8000/3`. Topography (`C49.2`) is written as ICD-10. Anything else comes back as it is.
std::string_view icdo3_code(std::string_view code, std::string& buffer) {
    if (!code.empty() && (code[0] == 'C' || code[0] == 'c')) return icd10_code(code, buffer);
    std::string_view rest = code;
    if (!rest.empty() && (rest[0] == 'M' || rest[0] == 'm')) rest.remove_prefix(1);
    if (!rest.empty() && rest[0] == '-') rest.remove_prefix(1);
    buffer.clear();
    for (std::size_t i = 0; i < rest.size(); ++i) {
        if (is_digit(rest[i])) {
            if (buffer.size() == 4) buffer += '/';
            buffer += rest[i];
        } else if (!(rest[i] == '/' && buffer.size() == 4) && !(is_blank(rest[i]) && buffer.size() >= 6)) {
            return code;
        }
    }
    if (buffer.size() != 6 && buffer.size() != 7) return code;  // HHHH/B, and the grade
    buffer.resize(6);
    return buffer;
}

/// 11 digits, as RxNorm has them: 4-4-2, 5-3-2 and 5-4-1 are padded to 5-4-2; 10 digits without hyphens are
/// ambiguous and come back as they are.
std::string_view ndc_code(std::string_view code, std::string& buffer) {
    const std::size_t first = code.find('-');
    const std::size_t second = first == std::string_view::npos ? first : code.find('-', first + 1);
    if (second == std::string_view::npos) return code;
    const std::string_view parts[] = {code.substr(0, first), code.substr(first + 1, second - first - 1),
                                      code.substr(second + 1)};
    constexpr std::size_t widths[] = {5, 4, 2};
    buffer.clear();
    for (std::size_t i = 0; i < 3; ++i) {
        if (parts[i].size() > widths[i] || !std::all_of(parts[i].begin(), parts[i].end(), is_digit))
            return code;
        buffer.append(widths[i] - parts[i].size(), '0').append(parts[i]);
    }
    return buffer;
}

}  // namespace

std::string_view canonical_system(std::string_view system, std::string& buffer) {
    const auto& known = known_systems();
    if (const auto found = known.find(system); found != known.end()) return found->second;
    system = trimmed(system);
    system = system.substr(0, system.find('|'));
    if (system.ends_with('/')) system.remove_suffix(1);
    const std::size_t scheme = system.find("://");
    const std::size_t host_end =
        scheme == std::string_view::npos ? 0 : std::min(system.find('/', scheme + 3), system.size());
    const std::string_view host = system.substr(0, host_end);
    if (std::any_of(host.begin(), host.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
        buffer = system;
        std::transform(host.begin(), host.end(), buffer.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        system = buffer;
    }
    if (const auto found = known.find(system); found != known.end()) return found->second;
    if (system.starts_with("http://snomed.info/sct/")) return snomed;  // the edition in the wrong place
    return system;
}

std::string_view canonical_code(std::string_view system, std::string_view code, std::string& buffer) {
    code = trimmed(code);
    if (system == icd10cm || system == icd10) return icd10_code(code, buffer);
    if (system == icdo3) return icdo3_code(code, buffer);
    if (system == ndc) return ndc_code(code, buffer);
    return code;
}

}  // namespace fhir
