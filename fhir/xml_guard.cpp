// XML guard: one pass over the bytes for encoding and characters, one over the markup.
#include "fhir/xml_guard.hpp"

#include "fhir/xml_text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace fhir {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::size_t max_attributes = 64;  // of one element: FHIR has three

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_char(char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':';
}

/// Eight bytes from 0x20 to 0x7F. A byte below 0x20 borrows, so that its high bit or one above it is set.
bool is_plain_ascii(const char* bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, 8);
    return ((word | (word - 0x2020202020202020ULL)) & 0x8080808080808080ULL) == 0;
}

class Guard {
  public:
    Guard(std::string_view text, const ParseLimits& limits) : text_(text), limits_(limits) {}

    std::optional<Issue> fault() {
        if (characters() && document()) return std::nullopt;
        return std::move(issue_);
    }

  private:
    struct Open {
        std::string_view name;
        std::size_t at;
    };

    bool fail(std::size_t at, const std::string& message, IssueCode code = IssueCode::structure) {
        issue_ = Issue{code, message + " at " + place_of(text_, at), ""};
        return false;
    }
    std::string_view rest() const { return text_.substr(at_); }
    bool at_end() const { return at_ >= text_.size(); }
    void skip_spaces() {
        while (!at_end() && is_space(text_[at_])) ++at_;
    }
    static std::string shown(std::string_view name) { return std::string(shown_name(name)); }
    /// What stands at `at`, for a message.
    std::string found(std::size_t at) const {
        if (at >= text_.size()) return "the end of the text";
        const char c = text_[at];
        if (c == '\n' || c == '\r') return "the end of the line";
        if (static_cast<unsigned char>(c) >= 0x80) return "a character that is not ASCII";
        return '"' + std::string(1, c) + '"';
    }

    /// The whole text is UTF-8 and characters that XML allows.
    bool characters() {
        while (!at_end()) {
            if (text_.size() - at_ >= 8 && is_plain_ascii(text_.data() + at_)) {
                at_ += 8;
                continue;
            }
            const auto [character, size] = read_utf8(rest());
            if (size == 0) return fail(at_, "expected UTF-8, got a byte that is none");
            if (character == 0) return fail(at_, "expected text, got a NUL byte");
            if (!is_xml_character(character)) return fail(at_, "expected a character that XML allows");
            at_ += size;
        }
        return true;
    }

    bool document() {
        at_ = text_.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
        if (rest().starts_with("<?xml") && at_ + 5 < text_.size() && is_space(text_[at_ + 5]) &&
            !declaration()) {
            return false;
        }
        while (!at_end()) {
            if (!(text_[at_] == '<' ? markup() : plain())) return false;
        }
        if (!open_.empty()) {
            return fail(text_.size(), "expected </" + shown(open_.back().name) + ">, opened at " +
                                          place_of(text_, open_.back().at) + ", got the end of the text");
        }
        return has_root_ || fail(at_, "expected an element, got none");
    }

    /// `<?xml version="1.0" encoding="UTF-8"?>`, XML 1.0 §2.8.
    bool declaration() {
        const std::size_t start = at_;
        const std::size_t end = text_.find("?>", at_);
        if (end == std::string_view::npos) return fail(start, "expected ?> after <?xml");
        at_ += 5;
        attributes_.clear();
        for (skip_spaces(); at_ < end; skip_spaces()) {
            std::string_view value;
            if (!attribute(value)) return false;
            std::string lower(value);
            std::transform(lower.begin(), lower.end(), lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
            const std::string_view name = attributes_.back();
            if (name == "version" && attributes_.size() == 1) {
                if (value != "1.0") return fail(start, "expected XML version 1.0");
            } else if (name == "encoding" && attributes_.size() == 2) {
                if (lower != "utf-8") return fail(start, "expected encoding UTF-8");
            } else if (name != "standalone" || attributes_.size() < 2 || (value != "yes" && value != "no")) {
                return fail(start, R"(expected <?xml version="1.0" encoding="UTF-8"?>)");
            }
        }
        if (attributes_.empty()) return fail(start, "expected a version in <?xml ?>");
        at_ = end + 2;
        return true;
    }

    /// Text between markup.
    bool plain() {
        for (; !at_end() && text_[at_] != '<'; ++at_) {
            const char c = text_[at_];
            if (open_.empty() && !is_space(c)) {
                return fail(at_, std::string("expected ") +
                                     (has_root_ ? "nothing after" : "<, the start of") +
                                     " the one root element, got text");
            }
            if (c == '&') {
                if (!reference()) return false;
            } else if (c == ']' && rest().starts_with("]]>")) {
                return fail(at_, "expected ]]> to be written as ]]&gt;");
            }
        }
        return true;
    }

    /// Leaves at_ on the reference's last byte.
    bool reference() {
        const std::size_t size = read_xml_reference(rest()).size;
        if (size == 0) {
            return fail(at_,
                        "expected &lt; &gt; &amp; &quot; &apos; or the number of a character "
                        "such as &#233; after an ampersand");
        }
        at_ += size - 1;
        return true;
    }

    bool markup() {
        if (rest().starts_with("</")) return closing_tag();
        if (++pieces_ > max_xml_pieces) return too_many();
        if (rest().starts_with("<!--")) {
            const std::size_t dashes = text_.find("--", at_ + 4);
            if (dashes == std::string_view::npos) return fail(at_, "expected --> after <!--");
            if (text_.substr(dashes, 3) != "-->") return fail(dashes, "expected no -- within a comment");
            at_ = dashes + 3;
            return true;
        }
        if (rest().starts_with("<![CDATA[")) {
            if (open_.empty()) return fail(at_, "expected CDATA within an element only");
            return skip_past("]]>");
        }
        if (rest().starts_with("<!DOCTYPE")) return fail(at_, "expected no DOCTYPE: FHIR has none");
        if (rest().starts_with("<!")) return fail(at_, "expected <!-- or an element, got <!");
        if (rest().starts_with("<?")) return processing_instruction();
        return opening_tag();
    }

    bool too_many() {
        return fail(
            at_, "expected at most " + std::to_string(max_xml_pieces) + " elements and attributes, got more",
            IssueCode::too_long);
    }

    bool skip_past(std::string_view end) {
        const std::size_t found_at = text_.find(end, at_);
        if (found_at == std::string_view::npos)
            return fail(at_, "expected " + std::string(end) + ", got none");
        at_ = found_at + end.size();
        return true;
    }

    bool processing_instruction() {
        std::size_t after = at_ + 2;
        while (after < text_.size() && is_name_char(text_[after])) ++after;
        std::string target(text_.substr(at_ + 2, after - at_ - 2));
        if (target.empty() || !is_letter(target[0])) return fail(at_, "expected a name after <?");
        if (target == "xml") return fail(at_, "expected <?xml at the start of the text only");
        return skip_past("?>");
    }

    bool name(std::string_view& into) {
        const std::size_t start = at_;
        if (!at_end() && is_letter(text_[at_])) {
            while (!at_end() && is_name_char(text_[at_])) ++at_;
        }
        into = text_.substr(start, at_ - start);
        const std::size_t colon = into.find(':');
        const bool is_qualified =
            colon == std::string_view::npos || (colon + 1 < into.size() && is_letter(into[colon + 1]) &&
                                                into.find(':', colon + 1) == std::string_view::npos);
        if (into.empty() || !is_qualified) return fail(start, "expected a name, got " + found(start));
        return true;
    }

    /// `name="value"`; the name goes to attributes_.
    bool attribute(std::string_view& value) {
        const std::size_t start = at_;
        std::string_view attribute_name;
        if (!name(attribute_name)) return false;
        if (std::find(attributes_.begin(), attributes_.end(), attribute_name) != attributes_.end()) {
            return fail(start, "expected each attribute once, \"" + shown(attribute_name) + "\" comes twice",
                        IssueCode::duplicate);
        }
        attributes_.push_back(attribute_name);
        skip_spaces();
        if (at_end() || text_[at_] != '=') {
            return fail(at_,
                        "expected = after attribute \"" + shown(attribute_name) + "\", got " + found(at_));
        }
        ++at_;
        skip_spaces();
        if (at_end() || (text_[at_] != '"' && text_[at_] != '\'')) {
            return fail(at_, "expected a value in quotes, got " + found(at_));
        }
        const char quote = text_[at_++];
        const std::size_t value_start = at_;
        for (; !at_end() && text_[at_] != quote; ++at_) {
            if (text_[at_] == '<') return fail(at_, "expected the end of the value before <, or &lt;");
            if (text_[at_] == '&' && !reference()) return false;
        }
        if (at_end()) return fail(value_start, "expected a quote at the end of the value, got none");
        value = text_.substr(value_start, at_++ - value_start);
        return true;
    }

    bool opening_tag() {
        const std::size_t start = at_++;
        std::string_view element;
        if (!name(element)) return false;
        if (open_.empty() && has_root_) {
            return fail(start, "expected one root element, got a second: <" + shown(element) + ">");
        }
        if (open_.size() >= limits_.depth) {
            return fail(start, "expected at most " + std::to_string(limits_.depth) + " levels of nesting");
        }
        has_root_ = true;
        attributes_.clear();
        while (true) {
            const std::size_t before = at_;
            skip_spaces();
            if (at_end()) return fail(start, "expected the tag to end with >, got the end of the text");
            if (rest().starts_with("/>")) {
                at_ += 2;
                return true;
            }
            if (text_[at_] == '>') {
                ++at_;
                open_.push_back({element, start});
                return true;
            }
            if (at_ == before) return fail(at_, "expected a space, > or />, got " + found(at_));
            if (++pieces_ > max_xml_pieces) return too_many();
            if (attributes_.size() >= max_attributes) {
                return fail(at_,
                            "expected at most " + std::to_string(max_attributes) + " attributes, got more");
            }
            std::string_view value;
            if (!attribute(value)) return false;
        }
    }

    bool closing_tag() {
        const std::size_t start = at_;
        at_ += 2;
        std::string_view element;
        if (!name(element)) return false;
        skip_spaces();
        if (at_end() || text_[at_] != '>') return fail(at_, "expected > after </" + shown(element));
        if (open_.empty()) return fail(start, "expected an opening tag before </" + shown(element) + ">");
        if (element != open_.back().name) {
            return fail(start, "expected </" + shown(open_.back().name) + "> for the element opened at " +
                                   place_of(text_, open_.back().at) + ", got </" + shown(element) + ">");
        }
        open_.pop_back();
        ++at_;
        return true;
    }

    std::string_view text_;
    const ParseLimits& limits_;
    std::size_t at_ = 0, pieces_ = 0;
    bool has_root_ = false;
    std::vector<Open> open_;
    std::vector<std::string_view> attributes_;  // of the element at hand
    std::optional<Issue> issue_;
};

}  // namespace

std::optional<Issue> xml_fault(std::string_view text, const ParseLimits& limits) {
    if (text.size() > limits.bytes) {
        return Issue{IssueCode::too_long,
                     "expected at most " + std::to_string(limits.bytes) + " bytes, got more", ""};
    }
    return Guard(text, limits).fault();
}

}  // namespace fhir
