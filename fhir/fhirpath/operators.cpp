// Operators: equality, equivalence and order of items and collections.
#include "fhir/fhirpath/operators.hpp"

#include <algorithm>

namespace fhirpath {

namespace {

using fhir::Kind;
using fhir::Node;
using Tag = Item::Tag;

bool is_number(const Item& value) { return value.tag == Tag::integer || value.tag == Tag::decimal; }

// `~` of text: letter case (ASCII) aside, every run of white space is one space, none at the ends.
class Normalized {
  public:
    explicit Normalized(std::string_view text) : text_(text) { skip_space(); }
    // The next character, or -1 at the end.
    int next() {
        if (at_ == text_.size()) return -1;
        const auto c = static_cast<unsigned char>(text_[at_]);
        if (is_space(c)) {
            skip_space();
            return at_ == text_.size() ? -1 : ' ';
        }
        ++at_;
        return c >= 'A' && c <= 'Z' ? c + 32 : c;
    }

  private:
    static bool is_space(unsigned char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
    void skip_space() {
        while (at_ < text_.size() && is_space(static_cast<unsigned char>(text_[at_]))) ++at_;
    }
    std::string_view text_;
    std::size_t at_ = 0;
};

bool equivalent_text(std::string_view a, std::string_view b) {
    Normalized left(a), right(b);
    while (true) {
        const int c = left.next();
        if (c != right.next()) return false;
        if (c < 0) return true;
    }
}

bool nodes_match(const Node& a, const Node& b, bool loosely);

bool items_match(const Node& a, const Node& b, bool loosely) {
    if (!loosely) {
        const Node *left = a.first_child, *right = b.first_child;
        for (; left && right; left = left->next, right = right->next)
            if (!nodes_match(*left, *right, false)) return false;
        return !left && !right;
    }
    std::size_t size = 0;
    for (const Node& item : a.children()) {
        ++size;
        const auto count_in = [&item](const Node& array) {
            return std::count_if(array.children().begin(), array.children().end(),
                                 [&item](const Node& other) { return nodes_match(item, other, true); });
        };
        if (count_in(a) != count_in(b)) return false;
    }
    return static_cast<std::size_t>(std::distance(b.children().begin(), b.children().end())) == size;
}

bool members_match(const Node& a, const Node& b, bool loosely) {
    std::ptrdiff_t left = 0;
    for (const Node& member : a.children()) {
        ++left;
        const Node* other = member.name_id() ? b.find(member.name_id()) : b.find(member.name());
        if (!other || !nodes_match(member, *other, loosely)) return false;
    }
    return std::distance(b.children().begin(), b.children().end()) == left;
}

// Deep comparison of elements; member order does not matter, and loosely neither does item order.
bool nodes_match(const Node& a, const Node& b, bool loosely) {
    if (a.kind != b.kind) return false;
    switch (a.kind) {
        case Kind::object:
            return members_match(a, b, loosely);
        case Kind::array:
            return items_match(a, b, loosely);
        case Kind::number: {
            const auto left = Decimal::parse(a.text()), right = Decimal::parse(b.text());
            if (!left || !right) return a.text() == b.text();
            return loosely ? equivalent(*left, *right) : *left == *right;
        }
        case Kind::string:
            return loosely ? equivalent_text(a.text(), b.text()) : a.text() == b.text();
        case Kind::boolean:
            return a.text() == b.text();
        case Kind::null:
            return true;
    }
    return false;
}

// Two elements of which at least one has no System value: complex ones, or primitives with extensions only.
bool elements_match(const Item& a, const Item& b, bool loosely) {
    if (!a.is_node() || !b.is_node()) return false;
    if (a.node && b.node) return a.node == b.node || nodes_match(*a.node, *b.node, loosely);
    return !a.node && !b.node && a.sibling && b.sibling && nodes_match(*a.sibling, *b.sibling, loosely);
}

bool is_complex(const Item& item) { return item.is_node() && item.node && item.node->is_object(); }

// A FHIR Quantity without UCUM code against a number: silence would hide a rule that cannot fire.
void require_quantity(const Item& item, const std::optional<Item>& value, std::size_t position) {
    if (value || !is_complex(item)) return;
    if (fhir::Model::r4().system_type(item.type) == fhir::System::Quantity)
        throw Error(Error::Kind::execution,
                    "only a Quantity with a UCUM code and no comparator can be compared", position);
    throw Error(Error::Kind::execution, "an element with parts has no order", position);
}

bool is_time(const Item& value) { return value.temporal.kind == Temporal::Kind::time; }

}  // namespace

std::optional<Decimal> as_decimal(const Item& value) {
    if (value.tag == Tag::integer) return Decimal::of(value.integer);
    if (value.tag == Tag::decimal) return value.decimal();
    return std::nullopt;
}

std::optional<Quantity> as_quantity(const Item& value) {
    if (value.tag == Tag::quantity) return *value.quantity;
    if (const auto number = as_decimal(value)) return Quantity{*number, "1", false};
    return std::nullopt;
}

namespace {

// `=` or, loosely, `~` of two items.
template <bool loosely>
std::optional<bool> match(const Item& a, const Item& b, std::pmr::memory_resource& arena) {
    const auto same = [](const auto& one, const auto& other) -> std::optional<bool> {
        if constexpr (loosely)
            return equivalent(one, other);
        else
            return equal(one, other);
    };
    const auto same_text = [](std::string_view one, std::string_view other) {
        return loosely ? equivalent_text(one, other) : one == other;
    };
    const auto left_text = plain_text(a), right_text = plain_text(b);
    if (left_text && right_text) return same_text(*left_text, *right_text);
    if (a.tag == Tag::type_info || b.tag == Tag::type_info) return a.tag == b.tag && a.type == b.type;
    const auto left = system_value(a, arena), right = system_value(b, arena);
    if (!left || !right) return elements_match(a, b, loosely);
    if (is_number(*left) && is_number(*right)) return same(*as_decimal(*left), *as_decimal(*right));
    if (left->tag == Tag::quantity || right->tag == Tag::quantity) {
        const auto one = as_quantity(*left), other = as_quantity(*right);
        return one && other ? same(*one, *other) : false;
    }
    if (left->tag != right->tag) return false;
    if (left->tag == Tag::boolean) return left->boolean == right->boolean;
    if (left->tag == Tag::string) return same_text(left->string(), right->string());
    return is_time(*left) == is_time(*right) ? same(left->temporal, right->temporal) : false;
}

}  // namespace

std::optional<bool> equal(const Item& a, const Item& b, std::pmr::memory_resource& arena) {
    return match<false>(a, b, arena);
}

std::optional<bool> equal(const Collection& a, const Collection& b, Scope& scope) {
    if (a.empty() || b.empty()) return std::nullopt;
    if (a.size() != b.size()) return false;
    scope.step(a.size());
    std::optional<bool> result = true;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const std::optional<bool> same = equal(a[i], b[i], scope.arena());
        if (same == false) return false;
        if (!same) result.reset();
    }
    return result;
}

bool equivalent(const Item& a, const Item& b, std::pmr::memory_resource& arena) {
    return match<true>(a, b, arena) == true;
}

bool equivalent(const Collection& a, const Collection& b, Scope& scope) {
    if (a.size() != b.size()) return false;
    scope.step(a.size() * b.size());
    std::pmr::vector<bool> taken(b.size(), false, &scope.arena());
    for (const Item& item : a) {
        std::size_t i = 0;
        while (i < b.size() && (taken[i] || !equivalent(item, b[i], scope.arena()))) ++i;
        if (i == b.size()) return false;
        taken[i] = true;
    }
    return true;
}

std::optional<int> compare(const Item& a, const Item& b, std::pmr::memory_resource& arena,
                           std::size_t position) {
    const auto left = system_value(a, arena), right = system_value(b, arena);
    require_quantity(a, left, position);
    require_quantity(b, right, position);
    if (!left || !right) return std::nullopt;
    if (is_number(*left) && is_number(*right)) return sign(*as_decimal(*left) <=> *as_decimal(*right));
    if (left->tag == Tag::string && right->tag == Tag::string)
        return sign(left->string() <=> right->string());
    if (left->tag == Tag::temporal && right->tag == Tag::temporal && is_time(*left) == is_time(*right))
        return compare(left->temporal, right->temporal);
    if (left->tag == Tag::quantity || right->tag == Tag::quantity) {
        const auto one = as_quantity(*left), other = as_quantity(*right);
        if (one && other) return compare(*one, *other);
    }
    throw Error(Error::Kind::execution, "values of these types have no common order", position);
}

void require_comparable(const Item& a, const Item& b, std::pmr::memory_resource& arena,
                        std::size_t position) {
    const auto check = [&](const Item& element, const Item& value) {
        if (is_complex(element) && (value.tag == Tag::quantity || is_number(value)) &&
            fhir::Model::r4().system_type(element.type) == fhir::System::Quantity)
            require_quantity(element, system_value(element, arena), position);
    };
    check(a, b);
    check(b, a);
}

bool contains(Items items, const Item& item, Scope& scope) {
    scope.step(1 + items.size());
    const auto equals = [&](const Item& other) { return equal(item, other, scope.arena()) == true; };
    if (const auto text = plain_text(item))
        return std::any_of(items.begin(), items.end(), [&](const Item& other) {
            const auto other_text = plain_text(other);
            return other_text ? *text == *other_text : equals(other);
        });
    // The node itself is the usual hit, and comparing whole resources is not: look for it first.
    if (item.is_node() && item.node && std::any_of(items.begin(), items.end(), [&](const Item& other) {
            return other.is_node() && other.node == item.node;
        }))
        return true;
    return std::any_of(items.begin(), items.end(), equals);
}

}  // namespace fhirpath
