// Evaluation: runs FHIRPath text on an invented patient's data and shows the result as text, for tables of
// cases.
#pragma once

#include "fhir/document.hpp"
#include "fhir/fhirpath/expression.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <source_location>
#include <string>

namespace fhirpath_test {

/// An expression and its result: items joined by ", "; "{}" if there are none; "syntax", "semantic" or
/// "execution" for an Error of that kind.
struct Case {
    std::string expression, expected;
};

inline std::string shown(const fhirpath::Collection& items, std::pmr::memory_resource& arena) {
    if (items.empty()) return "{}";
    std::string result;
    for (const fhirpath::Item& item : items) {
        const auto value = system_value(item, arena);
        result += result.empty() ? "" : ", ";
        if (!value)
            result += item.is_node() && item.node ? "[" + std::string(item.node->name()) + "]" : "[no value]";
        else if (value->tag == fhirpath::Item::Tag::quantity)
            result += value->quantity->to_string();
        else
            result += display_text(*value, arena).value_or("[type]");
    }
    return result;
}

inline std::string shown(const fhirpath::Error& error) {
    switch (error.kind()) {
        case fhirpath::Error::Kind::syntax:
            return "syntax";
        case fhirpath::Error::Kind::semantic:
            return "semantic";
        case fhirpath::Error::Kind::execution:
            return "execution";
    }
    return "";
}

/// The moment that all tests take place at.
inline fhirpath::Now moment() {
    return {*fhirpath::Temporal::parse_date_time("2026-01-15T14:30:05.250+01:00")};
}

inline std::string evaluated(const std::string& expression, const fhir::Node* focus,
                             const fhirpath::Environment& environment = {}) {
    std::pmr::monotonic_buffer_resource arena;
    try {
        const auto compiled = fhirpath::Expression::compile(expression, environment);
        fhirpath::Scope scope(environment, arena, moment());
        const fhirpath::Item item = focus ? fhirpath::Item::of_root(*focus) : fhirpath::Item();
        return shown(compiled.evaluate(scope, focus ? &item : nullptr), arena);
    } catch (const fhirpath::Error& error) {
        return shown(error);
    }
}

/// Expects each expression's result on `resource` (JSON text; "" for an empty focus).
inline void expect_all(const std::string& resource, std::initializer_list<Case> cases,
                       const std::source_location& where = std::source_location::current()) {
    const testing::ScopedTrace trace(where.file_name(), static_cast<int>(where.line()), "called from here");
    std::unique_ptr<const fhir::Document> document;
    if (!resource.empty()) document = std::move(fhir::Document::parse(resource).value());
    for (const Case& one : cases)
        EXPECT_EQ(evaluated(one.expression, document ? &document->root() : nullptr), one.expected)
            << one.expression;
}

inline void expect_all(std::initializer_list<Case> cases,
                       const std::source_location& where = std::source_location::current()) {
    expect_all("", cases, where);
}

}  // namespace fhirpath_test
