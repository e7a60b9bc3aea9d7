// JsonSchema: JSON Schema 2020-12 as far as our schemas use it, each fault with the rule that it breaks.
#pragma once

#include "fhir/document.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace hooks {

/// One constraint that a value breaks.
struct SchemaFault {
    std::string
        rules;  ///< the nearest `$comment` around the constraint; of a missing member: its own schema's
    std::string path;     ///< where: `cards[0].summary`; "" for the whole
    std::string message;  ///< `expected a string, got null`
};

/// A schema read once and asked many times, by several threads at once.
///
/// It knows type, enum, const, required, properties, additionalProperties, items, min/maxLength,
/// min/maxItems, min/maxProperties, pattern (RE2's syntax), minimum, allOf, anyOf, not, if/then/else, and
/// $ref to
/// `#/$defs/name` of the same schema; $schema, $comment, $defs, title, description and examples constrain
/// nothing. Any other keyword is refused, so that no constraint is passed over in silence.
class JsonSchema {
  public:
    /// Throws std::logic_error: no JSON, an unknown keyword or type, a $ref that leads nowhere, a pattern
    /// that is none.
    explicit JsonSchema(std::string_view text);
    ~JsonSchema();
    JsonSchema(JsonSchema&&) noexcept;
    JsonSchema& operator=(JsonSchema&&) noexcept;

    /// Everything that is wrong with `value`, in the order of the schema; empty: it is valid.
    std::vector<SchemaFault> faults(const fhir::Node& value) const;
    /// The text it was read from.
    std::string_view text() const { return document_->text(); }

  private:
    class Reader;
    class Validation;
    std::unique_ptr<const fhir::Document> document_;
    std::map<const fhir::Node*, std::unique_ptr<const re2::RE2>> patterns_;  // by the keyword's node
    std::map<std::string, const fhir::Node*, std::less<>> definitions_;      // by `#/$defs/name`
};

}  // namespace hooks
