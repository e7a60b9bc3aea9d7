// Expr: the tree that an expression compiles to, with what compiling found out; read-only at run time.
#pragma once

#include "fhir/fhirpath/expression.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fhirpath {

struct Function;  // functions.hpp
class Regex;      // regex.hpp

enum class Op : std::uint8_t {
    none,
    equal,
    not_equal,
    equivalent,
    not_equivalent,
    less,
    less_equal,
    greater,
    greater_equal,
    in,
    contains,
    add,
    subtract,
    concatenate,
    multiply,
    divide,
    truncated_divide,
    modulo,
    exclusive_or,
    implies
};

/// What a type specifier names. `Quantity` without namespace is FHIR's and, as `other`, System's.
struct TypeSpecifier {
    fhir::TypeId type = 0;
    fhir::TypeId other = 0;
};

/// What few kinds of nodes need at run time.
struct Details {
    const fhir::ValueSet* value_set = nullptr;  ///< memberOf with a constant url
    std::unique_ptr<const Regex> regex;         ///< matches and its like, with a constant pattern
    Item value;         ///< literal; strings point into `text`, quantities to `quantity`
    std::string text;   ///< a literal string, a member's, function's or variable's name, a type, a sign
    Quantity quantity;  ///< a quantity literal
    std::vector<std::string_view> strings;  ///< `in` a union of string literals
    Details();
    ~Details();
};

/// What evaluation reads of every node is one cache line, beside those of its siblings: the trees of all
/// rules are larger than the first-level cache.
struct alignas(64) Expr {
    enum class Kind : std::uint8_t {
        empty,
        literal,
        self,  ///< $this
        index,
        total,
        variable,
        context,
        resource,
        root_resource,
        path,     ///< a head, then steps: members, calls, indexers
        member,   ///< as a step, or as a head on the focus
        call,     ///< as a step, or as a head on the focus
        indexer,  ///< only as a step; one argument
        negate,
        plus,
        binary,
        all_of,  ///< `and`, any number of operands
        any_of,  ///< `or`, any number of operands
        union_of,
        type_is,
        type_as
    };
    Kind kind = Kind::empty;
    Op op = Op::none;
    bool descending = false;  ///< a key of sort()
    bool first_only = false;  ///< a union or combine() of which nothing but the first item is asked
    bool brief = false;       ///< a step that looks at one item or none, however many there are
    std::uint8_t height = 1;  ///< of the tree below, for the parser's limit
    std::uint32_t position = 0;
    TypeSpecifier type;  ///< type_is, type_as, ofType(); a member that is the head: the type it may name
    fhir::NameId name_id = 0;  ///< member
    std::uint32_t slot = 0;    ///< variable
    const Function* function = nullptr;
    std::vector<Expr> args;
    std::unique_ptr<Details> details = std::make_unique<Details>();

    const Expr& arg(std::size_t i) const { return args.data()[i]; }
    const std::string& text() const { return details->text; }
    const Item& value() const { return details->value; }
    bool is_string() const { return kind == Kind::literal && value().tag == Item::Tag::string; }
};
static_assert(sizeof(Expr) == 64);

}  // namespace fhirpath
