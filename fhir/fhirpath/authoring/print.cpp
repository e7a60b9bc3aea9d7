// Print: a parsed expression back to text, in normal form or as an outline of its tree.
#include "fhir/fhirpath/authoring/print.hpp"

#include "fhir/fhirpath/grammar.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace fhirpath {

namespace {

using Kind = Expr::Kind;

const Operator* operator_of(const Expr& expr) {
    return find_operator([&](const Operator& each) { return each.kind == expr.kind && each.op == expr.op; });
}

int power_of(const Expr& expr) {
    if (expr.kind == Kind::negate || expr.kind == Kind::plus) return unary_power;
    const Operator* found = operator_of(expr);
    return found == nullptr ? term_power : found->power;
}

std::string quoted(std::string_view text, char quote) {
    static constexpr std::string_view values = "\f\n\r\t", codes = "fnrt";
    std::string out(1, quote);
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == quote || c == '\\') {
            out.append(1, '\\').append(1, c);
        } else if (const std::size_t i = values.find(c); i != std::string_view::npos) {
            out.append(1, '\\').append(1, codes[i]);
        } else if (byte < 0x20) {
            std::array<char, 8> buffer{};
            std::snprintf(buffer.data(), buffer.size(), "\\u%04x", static_cast<unsigned>(byte));
            out += buffer.data();
        } else {
            out += c;
        }
    }
    return out += quote;
}

/// A name; in backquotes if it is no word or, where an expression begins, if it would be read as something
/// else.
std::string identifier(std::string_view name, bool begins) {
    static const re2::RE2 word("[A-Za-z_][A-Za-z0-9_]*"), reserved("true|false|and|or|xor|implies|div|mod");
    const re2::StringPiece text(name.data(), name.size());
    const bool is_plain = re2::RE2::FullMatch(text, word) && !(begins && re2::RE2::FullMatch(text, reserved));
    return is_plain ? std::string(name) : quoted(name, '`');
}

std::string type_name(std::string_view name) {
    std::string out;
    while (true) {
        const std::size_t dot = std::min(name.find('.'), name.size());
        out += identifier(name.substr(0, dot), false);
        if (dot == name.size()) return out;
        out += '.';
        name.remove_prefix(dot + 1);
    }
}

std::string literal(const Item& value) {
    std::string text = to_string(value);
    switch (value.tag) {
        case Item::Tag::decimal:
            return text + (value.scale == 0 ? ".0" : "");
        case Item::Tag::string:
            return quoted(text, '\'');
        case Item::Tag::temporal:
            if (value.temporal.kind == Temporal::Kind::time) return "@T" + text;
            if (value.temporal.kind == Temporal::Kind::date_time &&
                value.temporal.precision < Precision::hour)
                text += 'T';
            return "@" + text;
        case Item::Tag::quantity:
            if (value.quantity->calendar) return text;
            return value.quantity->value.to_string() + " " + quoted(value.quantity->unit, '\'');
        default:
            return text;
    }
}

class Printer {
  public:
    std::string take() { return std::move(out_); }

    /// `expr`, in parentheses if it binds more loosely than `least`.
    void write(const Expr& expr, int least, bool begins = true) {
        if (power_of(expr) >= least) return write(expr, begins);
        out_ += '(';
        write(expr, true);
        out_ += ')';
    }

  private:
    void write(const Expr& expr, bool begins) {
        switch (expr.kind) {
            case Kind::empty:
                out_ += "{}";
                return;
            case Kind::literal:
                out_ += literal(expr.value());
                return;
            case Kind::self:
            case Kind::index:
            case Kind::total:
                out_ += expr.text();
                return;
            case Kind::variable:
                out_ += '%' + identifier(expr.text(), false);
                return;
            case Kind::context:
            case Kind::resource:
            case Kind::root_resource:
                return;  // made by binding
            case Kind::path:
                return write_path(expr);
            case Kind::member:
                out_ += identifier(expr.text(), begins);
                return;
            case Kind::call:
                out_ += identifier(expr.text(), begins);
                return write_arguments(expr);
            case Kind::indexer:
                out_ += '[';
                write(expr.args[0], implies_power);
                out_ += ']';
                return;
            case Kind::negate:
            case Kind::plus:
                out_ += expr.text();
                return write(expr.args[0], unary_power);
            case Kind::binary:
            case Kind::all_of:
            case Kind::any_of:
            case Kind::union_of:
            case Kind::type_is:
            case Kind::type_as:
                return write_operator(expr);
        }
    }

    void write_path(const Expr& path) {
        write(path.args[0], term_power);
        for (std::size_t i = 1; i < path.args.size(); ++i) {
            if (path.args[i].kind != Kind::indexer) out_ += '.';
            write(path.args[i], term_power, false);
        }
    }

    void write_arguments(const Expr& call) {
        out_ += '(';
        for (std::size_t i = 0; i < call.args.size(); ++i) {
            if (i > 0) out_ += ", ";
            if (call.text() == "sort") {
                write_sort_key(call.args[i]);
            } else {
                write(call.args[i], implies_power);
            }
        }
        out_ += ')';
    }

    /// A leading minus is the direction and not part of the key; so a key that has one of its own gets a
    /// second, which says "descending", and a word that says otherwise if need be.
    void write_sort_key(const Expr& key) {
        const bool has_minus = key.kind == Kind::negate;
        if (has_minus || key.descending) out_ += '-';
        write(key, has_minus || key.descending ? int{unary_power} : int{implies_power});
        if (has_minus && !key.descending) out_ += " desc";
    }

    void write_operator(const Expr& expr) {
        const Operator& found = *operator_of(expr);
        write(expr.args[0], found.power);
        const std::string between = ' ' + std::string(found.text) + ' ';
        if (expr.kind == Kind::type_is || expr.kind == Kind::type_as)
            out_ += between + type_name(expr.text());
        for (std::size_t i = 1; i < expr.args.size(); ++i) {
            out_ += between;
            write(expr.args[i], found.power + 1);
        }
    }

    std::string out_;
};

std::string label(const Expr& expr) {
    switch (expr.kind) {
        case Kind::literal:
            return std::string(fhir::Model::r4().type_name(expr.value().type))
                       .substr(std::string_view("System.").size()) +
                   " " + literal(expr.value());
        case Kind::variable:
            return "variable %" + expr.text();
        case Kind::path:
            return "path";
        case Kind::member:
            return "member " + expr.text();
        case Kind::call:
            return "call " + expr.text() + "()";
        case Kind::indexer:
            return "indexer []";
        case Kind::negate:
        case Kind::plus:
            return "sign " + expr.text();
        case Kind::type_is:
        case Kind::type_as:
            return std::string(operator_of(expr)->text) + " " + expr.text();
        case Kind::binary:
        case Kind::all_of:
        case Kind::any_of:
        case Kind::union_of:
            return "operator " + std::string(operator_of(expr)->text);
        default:  // {}, $this, $index, $total
            return print(expr);
    }
}

void add_outline(const Expr& expr, std::size_t level, std::string& out) {
    std::string position = std::to_string(expr.position + 1);
    position.insert(0, position.size() < 5 ? 5 - position.size() : 0, ' ');
    out += position + "  " + std::string(2 * level, ' ') + label(expr);
    out += expr.descending ? " (descending)\n" : "\n";
    for (const auto& part : expr.args) add_outline(part, level + 1, out);
}

}  // namespace

std::string print(const Expr& tree) {
    Printer printer;
    printer.write(tree, implies_power);
    return printer.take();
}

std::string outline(const Expr& tree) {
    std::string out;
    add_outline(tree, 0, out);
    return out;
}

}  // namespace fhirpath
