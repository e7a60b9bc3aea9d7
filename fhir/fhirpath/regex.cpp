// Regex: FHIRPath's regular expressions on RE2, whose work is linear in the text.
#include "fhir/fhirpath/regex.hpp"

#include "fhir/fhirpath/arena_text.hpp"

#include <re2/filtered_re2.h>

#include <algorithm>
#include <string>
#include <vector>

namespace fhirpath {

namespace {

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

void append_group(ArenaText& out, const re2::StringPiece& group) {
    if (group.data()) out.append({group.data(), group.size()});
}

void append_substitution(ArenaText& out, const re2::RE2& regex, std::string_view substitution,
                         const std::pmr::vector<re2::StringPiece>& groups) {
    for (std::size_t i = 0; i < substitution.size(); ++i) {
        const char c = substitution[i];
        const char following = i + 1 < substitution.size() ? substitution[i + 1] : '\0';
        if (c == '\\' && (following == '$' || following == '\\')) {
            out.push_back(following);
            ++i;
        } else if (c == '$' && following >= '0' && following <= '9') {
            const auto number = static_cast<std::size_t>(following - '0');
            if (number < groups.size()) append_group(out, groups[number]);
            ++i;
        } else if (const std::size_t end =
                       c == '$' && following == '{' ? substitution.find('}', i) : std::string_view::npos;
                   end != std::string_view::npos) {
            const auto& names = regex.NamedCapturingGroups();
            const auto found = names.find(std::string(substitution.substr(i + 2, end - i - 2)));
            if (found != names.end()) append_group(out, groups[static_cast<std::size_t>(found->second)]);
            i = end;
        } else {
            out.push_back(c);
        }
    }
}

/// How many groups RE2 must find: the whole match, and as far as the substitution names them. Fewer are much
/// cheaper.
std::size_t groups_named(const re2::RE2& regex, std::string_view substitution) {
    const auto all = static_cast<std::size_t>(regex.NumberOfCapturingGroups());
    std::size_t highest = 0;
    for (std::size_t i = 0; i + 1 < substitution.size(); ++i) {
        if (substitution[i] != '$') continue;
        const char following = substitution[i + 1];
        if (following == '{') return all + 1;
        if (following >= '0' && following <= '9')
            highest = std::max(highest, static_cast<std::size_t>(following - '0'));
    }
    return std::min(highest, all) + 1;
}

re2::RE2::Options dialect() {
    re2::RE2::Options options;
    options.set_dot_nl(true);
    options.set_log_errors(false);
    return options;
}

// (?<name>…), as the specification's examples write groups, is (?P<name>…) in this RE2.
std::string spelled_for_re2(std::string_view pattern) {
    std::string spelled;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        spelled.push_back(pattern[i]);
        if (pattern[i] == '\\' && i + 1 < pattern.size()) {
            spelled.push_back(pattern[++i]);
        } else if (pattern.substr(i, 3) == "(?<" && i + 3 < pattern.size() && pattern[i + 3] != '=' &&
                   pattern[i + 3] != '!') {
            spelled += "?P";
            ++i;
        }
    }
    return spelled;
}

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

// Beyond Latin-1 are letters whose other case is in ASCII (the Kelvin sign); flags and escapes can mean them.
bool is_plain(std::string_view pattern) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char c = pattern[i], following = i + 1 < pattern.size() ? pattern[i + 1] : '\0';
        if (static_cast<unsigned char>(c) > 0xC3) return false;
        if (c == '(' && following == '?' && pattern.substr(i, 3) != "(?:") return false;
        if (c == '\\' && std::string_view("xpPQ01234567").find(following) != std::string_view::npos)
            return false;
        if (c == '\\') ++i;
    }
    return true;
}

// Words in lower case of which every text that matches has one, in whatever case; none if there are none.
std::vector<std::string> words_needed(const std::string& pattern) {
    std::vector<std::string> words;
    re2::FilteredRE2 filter(2);
    int id = 0;
    if (!is_plain(pattern) || filter.Add(pattern, dialect(), &id) != re2::RE2::NoError) return words;
    filter.Compile(&words);
    std::vector<int> without_any;
    filter.AllPotentials({}, &without_any);
    if (!without_any.empty()) words.clear();
    return words;
}

}  // namespace

std::unique_ptr<const re2::RE2> compile_regex(std::string_view pattern) {
    return std::make_unique<const re2::RE2>(spelled_for_re2(pattern), dialect());
}

Regex::Regex(std::string_view pattern)
    : re2_(compile_regex(pattern)), words_(words_needed(re2_->pattern())) {}

bool Regex::may_match(const LetterPairs& text) const {
    const auto may_have = [&text](const std::string& word) {
        for (std::size_t i = 1; i < word.size(); ++i)
            if (is_ascii(word[i - 1]) && is_ascii(word[i]) && !text.has(word[i - 1], word[i])) return false;
        return true;
    };
    return words_.empty() || std::any_of(words_.begin(), words_.end(), may_have);
}

std::string_view replace_matches(const re2::RE2& regex, std::string_view text, std::string_view substitution,
                                 std::pmr::memory_resource& arena) {
    if (regex.pattern().empty() ||
        !regex.Match(piece(text), 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0)) {
        return text;
    }
    ArenaText result(arena, text.size() + 32);
    std::pmr::vector<re2::StringPiece> groups(groups_named(regex, substitution), &arena);
    std::size_t at = 0;
    while (at <= text.size() && regex.Match(piece(text), at, text.size(), re2::RE2::UNANCHORED, groups.data(),
                                            static_cast<int>(groups.size()))) {
        const auto from = static_cast<std::size_t>(groups[0].data() - text.data());
        result.append(text.substr(at, from - at));
        append_substitution(result, regex, substitution, groups);
        at = from + groups[0].size();
        if (!groups[0].empty()) continue;
        // An empty match: copy one code point and go on behind it.
        if (at < text.size()) result.push_back(text[at]);
        for (++at; at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80; ++at)
            result.push_back(text[at]);
    }
    if (at < text.size()) result.append(text.substr(at));
    return result.view();
}

}  // namespace fhirpath
