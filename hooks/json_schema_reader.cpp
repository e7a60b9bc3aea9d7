// Reading a schema: what this validator does not know is refused, patterns are compiled.
#include "hooks/json_schema.hpp"

#include "fhir/regex.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace hooks {

namespace {

using fhir::Kind;
using fhir::Node;

/// What a keyword's value is.
enum class Holds {
    schema,
    schemas,
    named_schemas,
    text,
    names,
    values,
    value,
    number,
    types,
    reference,
    pattern
};

struct Keyword {
    std::string_view name;
    Holds holds;
};

constexpr std::array keywords = {
    Keyword{"$schema", Holds::text},
    Keyword{"$comment", Holds::text},
    Keyword{"title", Holds::text},
    Keyword{"description", Holds::text},
    Keyword{"examples", Holds::values},
    Keyword{"$defs", Holds::named_schemas},
    Keyword{"$ref", Holds::reference},
    Keyword{"type", Holds::types},
    Keyword{"enum", Holds::values},
    Keyword{"const", Holds::value},
    Keyword{"required", Holds::names},
    Keyword{"properties", Holds::named_schemas},
    Keyword{"additionalProperties", Holds::schema},
    Keyword{"items", Holds::schema},
    Keyword{"minLength", Holds::number},
    Keyword{"maxLength", Holds::number},
    Keyword{"minItems", Holds::number},
    Keyword{"maxItems", Holds::number},
    Keyword{"minProperties", Holds::number},
    Keyword{"maxProperties", Holds::number},
    Keyword{"minimum", Holds::number},
    Keyword{"pattern", Holds::pattern},
    Keyword{"allOf", Holds::schemas},
    Keyword{"anyOf", Holds::schemas},
    Keyword{"not", Holds::schema},
    Keyword{"if", Holds::schema},
    Keyword{"then", Holds::schema},
    Keyword{"else", Holds::schema},
};

constexpr std::array<std::string_view, 7> types = {"object",  "array",   "string", "number",
                                                   "integer", "boolean", "null"};

[[noreturn]] void refuse(const Node& node, const std::string& message) {
    throw std::logic_error("schema: " + fhir::path_of(node) + ": " + message);
}

}  // namespace

/// Refuses what this validator does not know and compiles patterns.
class JsonSchema::Reader {
  public:
    explicit Reader(JsonSchema& schema) : schema_(schema) {}

    void read() {
        const Node& root = schema_.document_->root();
        if (const Node* definitions = root.find("$defs")) {
            for (const Node& one : definitions->children())
                schema_.definitions_.emplace("#/$defs/" + std::string(one.name()), &one);
        }
        schema(root);
    }

  private:
    void schema(const Node& node) {
        if (!node.is_object()) refuse(node, "expected a schema, an object");
        for (const Node& member : node.children()) {
            const auto* known = std::find_if(keywords.begin(), keywords.end(),
                                             [&](const Keyword& one) { return one.name == member.name(); });
            if (known == keywords.end()) refuse(member, "a keyword that is not known here");
            keyword(member, known->holds);
        }
    }

    void keyword(const Node& node, Holds holds) {
        switch (holds) {
            case Holds::schema:
                return schema(node);
            case Holds::schemas:
                expect(node, Kind::array);
                for (const Node& one : node.children()) schema(one);
                return;
            case Holds::named_schemas:
                expect(node, Kind::object);
                for (const Node& one : node.children()) schema(one);
                return;
            case Holds::text:
                return expect(node, Kind::string);
            case Holds::names:
                expect(node, Kind::array);
                for (const Node& one : node.children()) expect(one, Kind::string);
                return;
            case Holds::values:
                return expect(node, Kind::array);
            case Holds::value:
                return;
            case Holds::number:
                return expect(node, Kind::number);
            case Holds::types:
                if (!node.is_array()) return type(node);
                for (const Node& one : node.children()) type(one);
                return;
            case Holds::reference:
                if (!schema_.definitions_.contains(node.text())) refuse(node, "leads to no schema of $defs");
                return;
            case Holds::pattern: {
                expect(node, Kind::string);
                auto regex = fhirpath::compile_regex(node.text());
                if (!regex->ok()) refuse(node, regex->error());
                schema_.patterns_.emplace(&node, std::move(regex));
                return;
            }
        }
    }

    static void expect(const Node& node, Kind kind) {
        if (node.kind != kind) refuse(node, "a value of a kind that the keyword does not take");
    }

    static void type(const Node& node) {
        if (std::find(types.begin(), types.end(), node.text()) == types.end())
            refuse(node, "no type of JSON");
    }

    JsonSchema& schema_;
};

JsonSchema::JsonSchema(std::string_view text) {
    auto document = fhir::Document::parse(std::string(text));
    if (!document) throw std::logic_error("schema: " + document.error().diagnostics);
    document_ = *std::move(document);
    Reader(*this).read();
}

JsonSchema::~JsonSchema() = default;
JsonSchema::JsonSchema(JsonSchema&&) noexcept = default;
JsonSchema& JsonSchema::operator=(JsonSchema&&) noexcept = default;

}  // namespace hooks
