// Regex: FHIRPath's regular expressions on RE2, whose work is linear in the text.
#include "fhir/regex.hpp"

#include "fhir/arena_text.hpp"
#include "fhir/utf8.hpp"

#include <re2/filtered_re2.h>

#include <algorithm>
#include <optional>
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

// `[a-z_]+` and its like.
bool is_run_of_class(std::string_view pattern) {
    return pattern.size() > 4 && pattern.starts_with('[') && pattern.ends_with("]+") &&
           pattern.find_first_of("[]", 1) == pattern.size() - 2 && pattern[pattern.size() - 3] != '\\';
}

// Words of `least` letters or more, in lower case, of which every text that matches has one, in whatever
// case; none if there are none.
std::vector<std::string> words_needed(const std::string& pattern, int least) {
    std::vector<std::string> words;
    re2::FilteredRE2 filter(least);
    int id = 0;
    if (!is_plain(pattern) || filter.Add(pattern, dialect(), &id) != re2::RE2::NoError) return words;
    filter.Compile(&words);
    std::vector<int> without_any;
    filter.AllPotentials({}, &without_any);
    if (!without_any.empty()) words.clear();
    return words;
}

// The same of the longest that will do, for they are the rarest; none that another is part of. Each asking
// compiles the pattern anew, so a pattern without words is asked once.
std::vector<std::string> words_needed(const std::string& pattern) {
    std::vector<std::string> words = words_needed(pattern, 2);
    std::vector<std::string> longest;
    for (int least = 5; !words.empty() && longest.empty() && least > 2; --least)
        longest = words_needed(pattern, least);
    if (!longest.empty()) words = std::move(longest);
    std::sort(words.begin(), words.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
    for (std::size_t i = 0; i < words.size(); ++i)
        std::erase_if(words, [&, part = words[i]](const std::string& word) {
            return word.size() > part.size() && word.find(part) != std::string::npos;
        });
    return words;
}

}  // namespace

std::unique_ptr<const re2::RE2> compile_regex(std::string_view pattern) {
    return std::make_unique<const re2::RE2>(spelled_for_re2(pattern), dialect());
}

Regex::Regex(std::string_view pattern) : re2_(compile_regex(pattern)) {
    for (const std::string& word : words_needed(re2_->pattern())) {
        Word& kept = words_.emplace_back();
        while (kept.size < std::min(word.size(), kept.letters.size()) && is_ascii(word[kept.size])) {
            kept.letters[kept.size] = LetterPairs::letter(word[kept.size]);
            ++kept.size;
        }
    }
    // A word without a pair cannot be asked for.
    if (std::any_of(words_.begin(), words_.end(), [](const Word& word) { return word.size < 2; }))
        words_.clear();
    if (is_run_of_class(pattern))
        for (std::size_t c = 0; c < run_of_.size(); ++c) {
            const char text = static_cast<char>(c);
            run_of_[c] = re2::RE2::FullMatch({&text, 1}, *re2_);
        }
}

bool Regex::may_match(const LetterPairs& text) const {
    for (const Word& word : words_) {
        const std::uint8_t* letters = word.letters.data();
        unsigned i = 1;
        while (i < word.size && text.has(letters[i - 1], letters[i])) ++i;
        if (i == word.size) return true;
    }
    return words_.empty();
}

std::string_view Regex::replace(std::string_view text, std::string_view substitution,
                                std::pmr::memory_resource& arena) const {
    if (run_of_.none() || substitution.find_first_of("$\\") != std::string_view::npos ||
        !std::all_of(text.begin(), text.end(), is_ascii))
        return replace_matches(*re2_, text, substitution, arena);
    const auto is_in = [this](char c) { return run_of_[static_cast<unsigned char>(c)]; };
    std::optional<ArenaText> result;
    std::size_t copied = 0;
    for (auto run = std::find_if(text.begin(), text.end(), is_in); run != text.end();) {
        const auto end = std::find_if_not(run, text.end(), is_in);
        if (std::string_view(run, end) != substitution) {
            if (!result) result.emplace(arena, text.size() + 32);
            result->append(std::string_view(text.begin() + copied, run)).append(substitution);
            copied = static_cast<std::size_t>(end - text.begin());
        }
        run = std::find_if(end, text.end(), is_in);
    }
    return result ? result->append(text.substr(copied)).view() : text;
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
        do {
            if (at < text.size()) result.push_back(text[at]);
            ++at;
        } while (at < text.size() && fhir::is_continuation(text[at]));
    }
    if (at < text.size()) result.append(text.substr(at));
    return result.view();
}

}  // namespace fhirpath
