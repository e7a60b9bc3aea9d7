// Functions on strings (FHIRPath 5.6). Positions and lengths count code points.
#include "fhir/arena_text.hpp"
#include "fhir/fhirpath/plain_function.hpp"
#include "fhir/regex.hpp"
#include "fhir/utf8.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace fhirpath {

namespace {

using fhir::code_points;

// The byte where code point `count` starts; the size of the text if there are fewer.
std::size_t byte_of(std::string_view text, std::size_t count) {
    std::size_t at = 0;
    for (; at < text.size() && count > 0; --count)
        for (++at; at < text.size() && fhir::is_continuation(text[at]);) ++at;
    return at;
}

std::int64_t index_of(std::string_view text, std::string_view part) {
    const std::size_t at = text.find(part);
    return at == std::string_view::npos ? -1 : static_cast<std::int64_t>(code_points(text.substr(0, at)));
}

One substring(const Call& call) {
    const auto text = call.string();
    const auto start = call.integer_argument(0);
    if (!text || !start || *start < 0) return std::nullopt;
    const std::size_t from = byte_of(*text, static_cast<std::size_t>(*start));
    if (from >= text->size()) return std::nullopt;
    std::string_view result = text->substr(from);
    if (call.arity() == 2) {
        // An empty length is as if it were not given.
        if (const auto length = call.integer_argument(1))
            result = result.substr(0, *length <= 0 ? 0 : byte_of(result, static_cast<std::size_t>(*length)));
    }
    return Item::of(result);
}

bool starts_with(std::string_view text, std::string_view part) { return text.starts_with(part); }
bool ends_with(std::string_view text, std::string_view part) { return text.ends_with(part); }
bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

// Eight bytes with the letters from `first` to `first` + 25 in the other case.
template <std::uint64_t first>
std::uint64_t other_case(std::uint64_t bytes) {
    constexpr std::uint64_t each = 0x0101010101010101, low = each * 0x7F, top = each * 0x80;
    const std::uint64_t from_first = (bytes & low) + each * (0x80 - first),
                        behind_last = (bytes & low) + each * (0x80 - first - 26);
    return bytes ^ ((from_first & ~behind_last & ~bytes & top) >> 2);
}

// The text itself if nothing changes.
template <std::uint64_t first>
const char* changed_case(std::string_view text, std::pmr::memory_resource& arena) {
    char* copy = nullptr;
    const auto change = [&](std::size_t at, auto size) {
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, text.data() + at, size);
        const std::uint64_t changed = other_case<first>(bytes);
        if (copy == nullptr && changed == bytes) return;
        if (copy == nullptr) {  // the first letter to change
            copy = static_cast<char*>(arena.allocate(text.size(), 1));
            text.copy(copy, at);
        }
        std::memcpy(copy + at, &changed, size);
    };
    constexpr std::integral_constant<std::size_t, 8> whole;  // of fixed size: no call
    std::size_t at = 0;
    for (; at + whole <= text.size(); at += whole) change(at, whole);
    if (at < text.size()) change(at, text.size() - at);
    return copy == nullptr ? text.data() : copy;
}

std::string_view upper(const Call& call, std::string_view text) {
    return {changed_case<'a'>(text, call.arena()), text.size()};
}

std::string_view lower(const Call& call, std::string_view text) {
    KnownText& known = call.scope().known(text);
    if (!known.lower) known.lower = changed_case<'A'>(text, call.arena());
    return {known.lower, text.size()};
}

// Text times text can outgrow the memory; the step budget would see it too late.
void require_room(const Call& call, std::string_view text, std::string_view substitution) {
    if ((text.size() + 1) * (substitution.size() + 1) > 64 * 1024 * 1024)
        call.fail("the text may grow too long");
}

std::string_view replace(const Call& call, std::string_view text, std::string_view pattern,
                         std::string_view substitution) {
    require_room(call, text, substitution);
    ArenaText result(call.arena(), text.size() + 32);
    std::size_t at = 0;
    if (pattern.empty()) {
        result.append(substitution);
        while (at < text.size()) {
            const std::size_t next = at + byte_of(text.substr(at), 1);
            result.append(text.substr(at, next - at)).append(substitution);
            at = next;
        }
        return result.view();
    }
    for (std::size_t found = 0; (found = text.find(pattern, at)) != std::string_view::npos;
         at = found + pattern.size())
        result.append(text.substr(at, found - at)).append(substitution);
    return at == 0 ? text : result.append(text.substr(at)).view();
}

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

// A constant regex whose words the text lacks.
bool cannot_match(const Call& call, std::string_view text) {
    const Regex* regex = call.expr.details->regex.get();
    if (!regex || !regex->has_words()) return false;
    KnownText& known = call.scope().known(text);
    if (!known.has_pairs) known.pairs.read(text);
    known.has_pairs = true;
    return !regex->may_match(known.pairs);
}

// Calls `use` with the regex of argument 0; gives `none` if that is empty.
template <class Use>
auto with_regex(const Call& call, const Use& use, std::invoke_result_t<Use, const re2::RE2&> none) {
    if (const auto& regex = call.expr.details->regex) return use(regex->re2());
    const auto pattern = call.string_argument(0);
    if (!pattern) return none;
    const auto regex = compile_regex(*pattern);
    if (!regex->ok()) call.fail("the pattern is no regular expression");
    return use(*regex);
}

template <re2::RE2::Anchor anchor>
Truth matches(const Call& call) {
    const auto text = call.string();
    if (!text) return std::nullopt;
    if (cannot_match(call, *text)) return false;
    return with_regex(
        call,
        [&](const re2::RE2& regex) -> Truth {
            return regex.Match(piece(*text), 0, text->size(), anchor, nullptr, 0);
        },
        std::nullopt);
}

One replace_all_matches(const Call& call) {
    const auto text = call.string(), substitution = call.string_argument(1);
    if (!text || !substitution) return std::nullopt;
    require_room(call, *text, *substitution);
    if (cannot_match(call, *text)) return call.made(*text);
    if (const auto& regex = call.expr.details->regex)
        return call.made(regex->replace(*text, *substitution, call.arena()));
    return with_regex(
        call,
        [&](const re2::RE2& regex) -> One {
            return call.made(replace_matches(regex, *text, *substitution, call.arena()));
        },
        std::nullopt);
}

std::int64_t length(std::string_view text) { return static_cast<std::int64_t>(code_points(text)); }

void to_chars(const Call& call, Collection& out) {
    const auto text = call.string();
    if (!text) return;
    call.evaluator.scope.step(text->size());
    for (std::size_t at = 0; at < text->size();) {
        const std::size_t size = byte_of(text->substr(at), 1);
        out.push_back(Item::of(text->substr(at, size)));
        at += size;
    }
}

std::string_view trim(std::string_view text) {
    static constexpr std::string_view space = " \t\n\r\f\v";
    const std::size_t from = text.find_first_not_of(space);
    if (from == std::string_view::npos) return text.substr(0, 0);
    return text.substr(from, text.find_last_not_of(space) + 1 - from);
}

void split(const Call& call, Collection& out) {
    const auto text = call.string(), separator = call.string_argument(0);
    if (!text || !separator) return;
    if (separator->empty()) return to_chars(call, out);
    std::size_t at = 0;
    for (std::size_t found = 0; (found = text->find(*separator, at)) != std::string_view::npos;
         at = found + separator->size())
        out.push_back(Item::of(text->substr(at, found - at)));
    out.push_back(Item::of(text->substr(at)));
}

One join(const Call& call) {
    std::string_view separator;
    if (call.arity() == 1) {
        const auto given = call.string_argument(0);
        if (!given) return std::nullopt;
        separator = *given;
    }
    if (call.input.empty()) return std::nullopt;
    ArenaText result(call.arena());
    bool first = true;
    for (const Item& item : call.input) {
        const auto value = system_value(item, call.arena());
        if (!value) continue;
        if (value->tag != Item::Tag::string) call.fail("takes Strings only");
        if (!first) result.append(separator);
        first = false;
        result.append(value->string());
        if (result.size() > 16 * 1024 * 1024) call.fail("the text grows too long");
    }
    return call.made(result.view());
}

constexpr Value text = Value::string;

constexpr Function rows[] = {
    row<index_of>("indexOf"),
    {"substring", 1, 2, false, Result::string, substring, {text, Value::number, Value::number}},
    row<starts_with>("startsWith"),
    row<ends_with>("endsWith"),
    row<contains>("contains"),
    row<upper>("upper"),
    row<lower>("lower"),
    row<replace>("replace"),
    {"matches", 1, 1, false, matches<re2::RE2::UNANCHORED>, {text, text}},
    {"matchesFull", 1, 1, false, matches<re2::RE2::ANCHOR_BOTH>, {text, text}},
    {"replaceMatches", 2, 2, false, Result::string, replace_all_matches, {text, text, text}},
    row<length>("length"),
    {"toChars", 0, 0, false, Result::string, to_chars, {text}},
    row<trim>("trim"),
    {"split", 1, 1, false, Result::string, split, {text, text}},
    {"join", 0, 1, false, Result::string, join, {text, text}},
};

}  // namespace

std::span<const Function> string_functions() { return rows; }

}  // namespace fhirpath
