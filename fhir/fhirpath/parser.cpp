// Parser: FHIRPath text to an expression tree whose names are not yet bound.
#include "fhir/fhirpath/parser.hpp"

#include "fhir/fhirpath/grammar.hpp"
#include "fhir/fhirpath/lexer.hpp"

#include <algorithm>

namespace fhirpath {

namespace {

using Kind = Expr::Kind;

// Below the evaluator's limit, so that what is too deep fails when it is loaded and not when it is needed.
constexpr std::uint32_t max_height = 100;

const Operator* operator_of(const Token& token) {
    if (token.kind != Token::Kind::symbol && (token.kind != Token::Kind::identifier || token.delimited))
        return nullptr;
    return find_operator([&](const Operator& each) { return each.text == token.text; });
}

class Parser {
  public:
    explicit Parser(std::string_view text) : tokens_(tokens(text)) {}

    Expr run() {
        Expr result = expression(implies_power);
        if (now().kind != Token::Kind::end) fail("unexpected '" + now().text + "'");
        return result;
    }

  private:
    const Token& now() const { return tokens_[at_]; }
    const Token& after() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
    [[noreturn]] void fail(const std::string& message) const {
        throw Error(Error::Kind::syntax,
                    now().kind == Token::Kind::end ? "the expression ends too early" : message,
                    now().position);
    }
    bool skip(std::string_view symbol) {
        if (!now().is(symbol)) return false;
        ++at_;
        return true;
    }
    void expect(std::string_view symbol) {
        if (!skip(symbol)) fail("expected '" + std::string(symbol) + "'");
    }

    Expr node(Kind kind) const { return node(kind, now().position); }
    static Expr node(Kind kind, std::size_t position) {
        Expr result;
        result.kind = kind;
        result.position = static_cast<std::uint32_t>(position);
        return result;
    }
    /// A node of the token at hand, which is done with.
    Expr taken(Kind kind) {
        Expr result = node(kind);
        result.details->text = now().text;
        ++at_;
        return result;
    }
    Expr literal(const Item& value) {
        Expr result = node(Kind::literal);
        result.details->value = value;
        ++at_;
        return result;
    }
    void add(Expr& parent, Expr child) const {
        parent.height = std::max<std::uint8_t>(parent.height, child.height + 1);
        if (parent.height > max_height) fail("the expression is nested too deeply");
        parent.args.push_back(std::move(child));
    }

    Expr expression(int power) {
        struct Level {
            std::uint32_t& depth;
            ~Level() { --depth; }
        };
        if (++depth_ > max_height) fail("the expression is nested too deeply");
        const Level level{depth_};

        Expr left = unary();
        while (const Operator* found = operator_of(now())) {
            if (found->power < power) break;
            const std::size_t position = now().position;
            ++at_;
            left = combine(*found, std::move(left), position);
        }
        return left;
    }

    Expr combine(const Operator& found, Expr left, std::size_t position) {
        const bool flat =
            found.kind == Kind::all_of || found.kind == Kind::any_of || found.kind == Kind::union_of;
        Expr result;
        // a or b or c: one node, so that long lists of alternatives stay shallow. A parenthesised left side
        // joins as well: these operators are associative.
        if (flat && left.kind == found.kind) {
            result = std::move(left);
        } else {
            result = node(found.kind, position);
            result.op = found.op;
            add(result, std::move(left));
        }
        if (found.kind == Kind::type_is || found.kind == Kind::type_as) {
            result.details->text = type_name();
            return steps(std::move(result));  // `x as string.length()`: a type takes no steps, the cast does
        }
        add(result, expression(found.power + 1));
        return result;
    }

    std::string type_name() {
        if (now().kind != Token::Kind::identifier) fail("expected a type");
        std::string name = tokens_[at_++].text;
        while (now().is(".") && after().kind == Token::Kind::identifier &&
               !(tokens_.size() > at_ + 2 && tokens_[at_ + 2].is("("))) {
            name += '.' + after().text;
            at_ += 2;
        }
        return name;
    }

    Expr unary() {
        if (!now().is("-") && !now().is("+")) return steps(term());
        Expr result = taken(now().is("-") ? Kind::negate : Kind::plus);
        add(result, expression(unary_power));
        return result;
    }

    Expr steps(Expr head) {
        while (true) {
            Expr step;
            if (skip(".")) {
                step = invocation(true);
            } else if (now().is("[")) {
                step = node(Kind::indexer);
                ++at_;
                add(step, expression(implies_power));
                expect("]");
            } else {
                return head;
            }
            if (head.kind != Kind::path) {
                Expr path = node(Kind::path, head.position);
                add(path, std::move(head));
                head = std::move(path);
            }
            add(head, std::move(step));
        }
    }

    /// A member or a call. After a dot every word is a name.
    Expr invocation(bool after_dot) {
        if (now().kind == Token::Kind::special && after_dot) return special();
        if (now().kind != Token::Kind::identifier) fail("expected a name");
        if (!after_dot && operator_of(now()) && !now().is_word("as") && !now().is_word("is") &&
            !now().is_word("in") && !now().is_word("contains"))
            fail("unexpected '" + now().text + "'");
        Expr result = taken(Kind::member);
        if (!skip("(")) return result;
        result.kind = Kind::call;
        if (skip(")")) return result;
        do {
            Expr argument = expression(implies_power);
            if (result.text() == "sort") argument = sort_key(std::move(argument));
            add(result, std::move(argument));
        } while (skip(","));
        expect(")");
        return result;
    }

    // sort(-birthDate), sort(birthDate desc): the minus only says the direction, so it works on strings too.
    Expr sort_key(Expr key) {
        if (key.kind == Kind::negate) {
            Expr inner = std::move(key.args.front());
            key = std::move(inner);
            key.descending = true;
        }
        if (now().is_word("asc")) {
            ++at_;
        } else if (now().is_word("desc")) {
            ++at_;
            key.descending = !key.descending;
        }
        return key;
    }

    Expr special() {
        const std::string& name = now().text;
        return taken(name == "$this" ? Kind::self : name == "$index" ? Kind::index : Kind::total);
    }

    Expr term() {
        const Token& token = now();
        switch (token.kind) {
            case Token::Kind::string: {
                Expr result = taken(Kind::literal);
                result.details->value = Item::of(std::string_view(result.text()));
                return result;
            }
            case Token::Kind::number:
                return number();
            case Token::Kind::date:
                return temporal(Temporal::parse_date(token.text));
            case Token::Kind::date_time:
                return temporal(Temporal::parse_date_time(token.text));
            case Token::Kind::time:
                return temporal(Temporal::parse_time(token.text));
            case Token::Kind::variable:
                return taken(Kind::variable);
            case Token::Kind::special:
                return special();
            case Token::Kind::identifier:
                if (!after().is("(") && (token.is_word("true") || token.is_word("false")))
                    return literal(Item::of(token.text == "true"));
                return invocation(false);
            case Token::Kind::symbol:
                if (skip("(")) {
                    Expr result = expression(implies_power);
                    expect(")");
                    return result;
                }
                if (token.is("{") && after().is("}")) {
                    Expr result = node(Kind::empty);
                    at_ += 2;
                    return result;
                }
                break;
            case Token::Kind::end:
                break;
        }
        fail("unexpected '" + token.text + "'");
    }

    Expr temporal(const std::optional<Temporal>& value) {
        if (!value) fail("this is no date or time of the calendar");
        return literal(Item::of(*value));
    }

    Expr number() {
        const std::optional<Decimal> value = Decimal::parse(now().text);
        if (!value) fail("the number has too many digits");
        const Token& unit = after();
        std::optional<std::string_view> word;
        if (unit.kind == Token::Kind::identifier && !unit.delimited) word = calendar_word(unit.text);
        if (unit.kind == Token::Kind::string || word) {
            Expr result = literal(Item());
            result.details->text = word ? std::string(*word) : unit.text;
            result.details->quantity = {*value, result.text(), word.has_value()};
            result.details->value = Item::of(&result.details->quantity);
            ++at_;
            return result;
        }
        if (now().text.find('.') != std::string::npos) return literal(Item::of(*value));
        const std::optional<std::int64_t> integer = value->to_integer();
        if (!integer) fail("the integer is too large");
        return literal(Item::of(*integer));
    }

    std::vector<Token> tokens_;
    std::size_t at_ = 0;
    std::uint32_t depth_ = 0;
};

}  // namespace

std::unique_ptr<Expr> parse(std::string_view text) {
    if (text.size() > 1'000'000)
        throw Error(Error::Kind::syntax, "the expression is longer than 1,000,000 bytes");
    return std::make_unique<Expr>(Parser(text).run());
}

}  // namespace fhirpath
