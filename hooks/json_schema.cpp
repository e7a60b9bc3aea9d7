// A value against a schema that was read (json_schema_reader.cpp).
#include "hooks/json_schema.hpp"

#include "fhir/json_writer.hpp"
#include "fhir/utf8.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>

namespace hooks {

namespace {

using fhir::Kind;
using fhir::Node;

double number_of(const Node& node) {
    double number = 0;
    std::from_chars(node.text().data(), node.text().data() + node.text().size(), number);
    return number;
}

std::string_view type_of(const Node& node) {
    constexpr std::array<std::string_view, 6> names = {"object", "array",   "string",
                                                       "number", "boolean", "null"};
    return names.at(static_cast<std::size_t>(node.kind));
}

/// 1.0 is an integer too.
bool has_type(const Node& node, std::string_view type) {
    if (type != "integer") return type_of(node) == type;
    if (node.kind != Kind::number) return false;
    const double number = number_of(node);
    return std::trunc(number) == number;
}

std::size_t count(const Node& node) {
    return static_cast<std::size_t>(std::distance(node.children().begin(), node.children().end()));
}

/// Equal as JSON: numbers by value, members in any order.
bool equal(const Node& a, const Node& b) {
    if (a.kind != b.kind) return false;
    if (a.kind == Kind::number) return number_of(a) == number_of(b);
    if (!a.is_object() && !a.is_array()) return a.text() == b.text();
    if (count(a) != count(b)) return false;
    const Node* other = b.first_child;
    for (const Node& child : a.children()) {
        if (a.is_object()) other = b.find(child.name());
        if (!other || !equal(child, *other)) return false;
        other = other->next;
    }
    return true;
}

/// The value as it came, but not all of a long one.
std::string shown(const Node& node) {
    constexpr std::size_t most = 80;
    if (node.is_object()) return "an object";
    if (node.is_array()) return "an array";
    std::string text;
    fhir::write_json(text, node);
    if (text.size() <= most) return text;
    std::size_t cut = most;
    while (fhir::is_continuation(text[cut])) --cut;
    return text.substr(0, cut) + "...";
}

/// `"a", "b" or "c"`.
std::string listed(const Node& values) {
    std::string text;
    for (const Node& value : values.children()) {
        if (!text.empty()) text += value.next ? ", " : " or ";
        fhir::write_json(text, value);
    }
    return text;
}

}  // namespace

/// One value against one schema. With `quiet`, the first fault is enough and no message is made.
class JsonSchema::Validation {
  public:
    Validation(const JsonSchema& schema, bool quiet) : schema_(schema), quiet_(quiet) {}

    void check(const Node& schema, const Node& value, std::string_view rules) {
        if (quiet_ && failed_) return;
        const std::string_view own = schema.text_of("$comment");
        if (!own.empty()) rules = own;
        for (const Node& keyword : schema.children()) apply(keyword.name(), keyword, schema, value, rules);
    }

    bool failed() const { return failed_; }
    std::vector<SchemaFault> faults;

  private:
    bool holds(const Node& schema, const Node& value) const {
        Validation inner(schema_, true);
        inner.check(schema, value, {});
        return !inner.failed();
    }

    template <class Message>
    void that(bool right, const Node& value, std::string_view rules, const Message& message) {
        if (right) return;
        failed_ = true;
        if (!quiet_) faults.push_back({std::string(rules), fhir::path_of(value), message()});
    }

    /// A count against a limit; `what` are its words.
    void limit(std::string_view keyword, const Node& given, std::size_t came, std::string_view what,
               const Node& value, std::string_view rules) {
        const auto bound = static_cast<std::size_t>(number_of(given));
        const bool least = keyword.starts_with("min");
        that(least ? came >= bound : came <= bound, value, rules, [&] {
            return std::string(least ? "expected at least " : "expected at most ") + std::to_string(bound) +
                   ' ' + std::string(what) + ", got " + std::to_string(came);
        });
    }

    void required(const Node& names, const Node& schema, const Node& value, std::string_view rules) {
        for (const Node& name : names.children()) {
            if (value.find(name.text())) continue;
            failed_ = true;
            if (quiet_) return;
            std::string path = fhir::path_of(value);
            if (!path.empty()) path += '.';
            const std::string_view own = rules_of_member(schema, name.text());
            faults.push_back(
                {std::string(own.empty() ? rules : own), path.append(name.text()), "required, but missing"});
        }
    }

    /// The rule of a member's own schema, which may stand behind the schema's $ref.
    std::string_view rules_of_member(const Node& schema, std::string_view member) const {
        if (const Node* properties = schema.find("properties")) {
            const Node* own = properties->find(member);
            if (own && own->find("$comment")) return own->text_of("$comment");
        }
        const Node* reference = schema.find("$ref");
        return reference ? rules_of_member(*schema_.definitions_.find(reference->text())->second, member)
                         : std::string_view();
    }

    void additional(const Node& schema, const Node& parent, const Node& value, std::string_view rules) {
        const Node* properties = parent.find("properties");
        for (const Node& member : value.children()) {
            if (!properties || !properties->find(member.name())) check(schema, member, rules);
        }
    }

    void of_object(std::string_view name, const Node& given, const Node& schema, const Node& value,
                   std::string_view rules) {
        if (name == "required") return required(given, schema, value, rules);
        if (name == "additionalProperties") return additional(given, schema, value, rules);
        if (name == "minProperties" || name == "maxProperties")
            return limit(name, given, count(value), "members", value, rules);
        if (name != "properties") return;
        for (const Node& one : given.children()) {
            if (const Node* member = value.find(one.name())) check(one, *member, rules);
        }
    }

    void of_array(std::string_view name, const Node& given, const Node& value, std::string_view rules) {
        if (name == "minItems" || name == "maxItems")
            return limit(name, given, count(value), "items", value, rules);
        if (name != "items") return;
        for (const Node& item : value.children()) check(given, item, rules);
    }

    void of_string(std::string_view name, const Node& given, const Node& value, std::string_view rules) {
        if (name == "minLength" || name == "maxLength")
            return limit(name, given, fhir::code_points(value.text()), "characters", value, rules);
        if (name != "pattern") return;
        that(re2::RE2::PartialMatch(value.text(), *schema_.patterns_.find(&given)->second), value, rules,
             [&] {
                 return "expected text that matches " + std::string(given.text()) + ", got " + shown(value);
             });
    }

    void of_any(std::string_view name, const Node& given, const Node& schema, const Node& value,
                std::string_view rules) {
        if (name == "$ref") return check(*schema_.definitions_.find(given.text())->second, value, rules);
        if (name == "allOf") {
            for (const Node& one : given.children()) check(one, value, rules);
        } else if (name == "anyOf") {
            const auto all = given.children();
            that(std::any_of(all.begin(), all.end(), [&](const Node& one) { return holds(one, value); }),
                 value, rules, [&] { return "fits none of the forms it may have, got " + shown(value); });
        } else if (name == "not") {
            that(!holds(given, value), value, rules, [&] {
                const Node* pattern = given.find("pattern");
                return pattern ? "expected no text that matches " + std::string(pattern->text()) + ", got " +
                                     shown(value)
                               : "must not stand here, got " + shown(value);
            });
        } else if (name == "if") {
            const Node* next = schema.find(holds(given, value) ? "then" : "else");
            if (next) check(*next, value, rules);
        }
    }

    void of_value(std::string_view name, const Node& given, const Node& value, std::string_view rules) {
        if (name == "type") {
            const auto all = given.children();
            const bool right = given.is_array()
                                   ? std::any_of(all.begin(), all.end(),
                                                 [&](const Node& one) { return has_type(value, one.text()); })
                                   : has_type(value, given.text());
            that(right, value, rules, [&] {
                return "expected " + (given.is_array() ? listed(given) : std::string(given.text())) +
                       ", got " + shown(value);
            });
        } else if (name == "enum") {
            const auto all = given.children();
            that(std::any_of(all.begin(), all.end(), [&](const Node& one) { return equal(one, value); }),
                 value, rules, [&] { return "expected " + listed(given) + ", got " + shown(value); });
        } else if (name == "const") {
            that(equal(given, value), value, rules,
                 [&] { return "expected " + shown(given) + ", got " + shown(value); });
        } else if (name == "minimum" && value.kind == Kind::number) {
            that(number_of(value) >= number_of(given), value, rules,
                 [&] { return "expected at least " + shown(given) + ", got " + shown(value); });
        }
    }

    void apply(std::string_view name, const Node& given, const Node& schema, const Node& value,
               std::string_view rules) {
        if (quiet_ && failed_) return;
        of_value(name, given, value, rules);
        of_any(name, given, schema, value, rules);
        if (value.is_object()) of_object(name, given, schema, value, rules);
        if (value.is_array()) of_array(name, given, value, rules);
        if (value.is_string()) of_string(name, given, value, rules);
    }

    const JsonSchema& schema_;
    const bool quiet_;
    bool failed_ = false;
};

std::vector<SchemaFault> JsonSchema::faults(const Node& value) const {
    Validation validation(*this, false);
    validation.check(document_->root(), value, {});
    return std::move(validation.faults);
}

}  // namespace hooks
