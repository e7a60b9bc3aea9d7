// Lexer: FHIRPath text to tokens with positions.
#include "fhir/fhirpath/lexer.hpp"

#include "fhir/fhirpath/error.hpp"
#include "fhir/utf8.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace fhirpath {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool starts_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool in_word(char c) { return starts_word(c) || is_digit(c); }

class Lexer {
  public:
    explicit Lexer(std::string_view text) : text_(text) {}

    std::vector<Token> run() {
        std::vector<Token> result;
        do {
            skip_space();
            start_ = at_;
            result.push_back(next());
            result.back().position = start_;
        } while (result.back().kind != Token::Kind::end);
        return result;
    }

  private:
    [[noreturn]] void fail(const std::string& message) const {
        throw Error(Error::Kind::syntax, message, start_);
    }
    char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
    Token token(Token::Kind kind, std::string text) const { return {kind, std::move(text), start_, false}; }
    Token token_from(Token::Kind kind, std::size_t from) const {
        return token(kind, std::string(text_.substr(from, at_ - from)));
    }

    void skip_space() {
        while (at_ < text_.size()) {
            start_ = at_;
            const char c = peek();
            if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
                ++at_;
            } else if (c == '/' && peek(1) == '/') {
                at_ = std::min(text_.find_first_of("\r\n", at_), text_.size());
            } else if (c == '/' && peek(1) == '*') {
                const std::size_t end = text_.find("*/", at_ + 2);
                if (end == std::string_view::npos) fail("the comment has no end");
                at_ = end + 2;
            } else {
                return;
            }
        }
    }

    Token next() {
        if (at_ == text_.size()) return token(Token::Kind::end, "");
        const char c = peek();
        if (starts_word(c)) return word(Token::Kind::identifier);
        if (is_digit(c)) return number();
        switch (c) {
            case '\'':
                return token(Token::Kind::string, quoted());
            case '`': {
                Token result = token(Token::Kind::identifier, quoted());
                result.delimited = true;
                return result;
            }
            case '@':
                return date();
            case '%':
                return variable();
            case '$':
                return special();
            default:
                return symbol();
        }
    }

    Token word(Token::Kind kind) {
        const std::size_t from = at_;
        while (in_word(peek())) ++at_;
        return token_from(kind, from);
    }

    Token number() {
        while (is_digit(peek())) ++at_;
        if (peek() == '.' && is_digit(peek(1))) {
            ++at_;
            while (is_digit(peek())) ++at_;
        }
        return token_from(Token::Kind::number, start_);
    }

    Token variable() {
        ++at_;
        if (peek() == '`' || peek() == '\'' || peek() == '"') return token(Token::Kind::variable, quoted());
        if (!starts_word(peek())) fail("a name is expected after %");
        return word(Token::Kind::variable);
    }

    Token special() {
        ++at_;
        while (in_word(peek())) ++at_;
        Token result = token_from(Token::Kind::special, start_);
        if (result.text != "$this" && result.text != "$index" && result.text != "$total")
            fail("expected $this, $index or $total");
        return result;
    }

    Token symbol() {
        static constexpr std::string_view two[] = {"!=", "!~", "<=", ">="};
        for (const std::string_view symbol : two)
            if (text_.substr(at_, 2) == symbol) {
                at_ += 2;
                return token(Token::Kind::symbol, std::string(symbol));
            }
        if (std::string_view("()[]{}.,+-*/&|=~<>").find(peek()) == std::string_view::npos)
            fail("unexpected character");
        ++at_;
        return token_from(Token::Kind::symbol, start_);
    }

    /// The shape only: what day and hour there are is not known here.
    Token date() {
        static const std::string clock = R"(\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?)";
        static const re2::RE2 time_shape("T" + clock),
            date_shape(R"(\d{4}(?:-\d\d(?:-\d\d)?)?(?:T(?:)" + clock + R"((?:Z|[+-]\d\d:\d\d)?)?)?)");
        const std::size_t from = ++at_;
        const bool is_time = peek() == 'T';
        re2::StringPiece rest(text_.data() + at_, text_.size() - at_);
        if (!re2::RE2::Consume(&rest, is_time ? time_shape : date_shape))
            fail(is_time ? "expected a time such as @T14:30" : "expected a date such as @2024-03-01");
        at_ = text_.size() - rest.size();
        if (is_time) return token_from(Token::Kind::time, from + 1);
        const bool has_t = text_.substr(from, at_ - from).find('T') != std::string_view::npos;
        return token_from(has_t ? Token::Kind::date_time : Token::Kind::date, from);
    }

    /// The next four digits, if they are hexadecimal.
    std::optional<char32_t> hex4() {
        const std::string_view digits = text_.substr(std::min(at_, text_.size()), 4);
        std::uint32_t value = 0;
        const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
        if (digits.size() != 4 || parsed.ptr != digits.data() + 4) return std::nullopt;
        at_ += 4;
        return value;
    }

    void unicode_escape(std::string& out, char32_t unit) {
        if (unit >= 0xD800 && unit < 0xDC00 && peek() == '\\' && peek(1) == 'u') {
            at_ += 2;
            const std::optional<char32_t> low = hex4();
            if (!low) fail("\\u needs four hexadecimal digits");
            if (*low < 0xDC00 || *low > 0xDFFF) fail("half a surrogate pair");
            unit = 0x10000 + ((unit - 0xD800) << 10) + (*low - 0xDC00);
        }
        if (unit >= 0xD800 && unit <= 0xDFFF) fail("half a surrogate pair");
        fhir::append_utf8(out, unit);
    }

    std::string quoted() {
        const char quote = peek();
        ++at_;
        std::string result;
        while (peek() != quote || at_ == text_.size()) {
            if (at_ == text_.size()) fail("the closing quote is missing");
            const char c = text_[at_++];
            if (c != '\\') {
                result.push_back(c);
                continue;
            }
            const char escaped = peek();
            ++at_;
            static constexpr std::string_view codes = "'\"`\\/fnrt", values = "'\"`\\/\f\n\r\t";
            if (const std::size_t i = codes.find(escaped); i != std::string_view::npos && escaped != '\0')
                result.push_back(values[i]);
            else if (const auto unit = escaped == 'u' ? hex4() : std::nullopt)
                unicode_escape(result, *unit);
            else
                --at_;  // no escape: the backslash is ignored (N1, String: '\\p' is 'p', '\\u005' is 'u005')
        }
        ++at_;
        return result;
    }

    std::string_view text_;
    std::size_t at_ = 0, start_ = 0;
};

}  // namespace

std::vector<Token> tokens(std::string_view text) { return Lexer(text).run(); }

}  // namespace fhirpath
