// Place: the line of an element, however the file is laid out; the excerpt around a fault.
#include "cards/place.hpp"

#include <gtest/gtest.h>

namespace cards {
namespace {

TEST(Place, KnowsTheLineOfAnElementWhateverStandsInIt) {
    const auto document = fhir::Document::parse(R"({
  "resourceType": "Library", "title": "a \"quoted\" ] } title",
  "extension": [
    { "url": "a" },
    { "url": "b",
      "valueString": "escaped \u0041" }
  ],
  "status":
    "active"
})")
                              .value();
    const fhir::Node& root = document->root();
    const fhir::Node& second = *root.find("extension")->first_child->next;

    EXPECT_EQ(line_of(*document, root), 1U);
    EXPECT_EQ(line_of(*document, *root.find("title")), 2U);
    EXPECT_EQ(line_of(*document, second), 5U);
    EXPECT_EQ(line_of(*document, *second.find("valueString")), 6U);
    EXPECT_EQ(line_of(*document, *root.find("status")), 9U);
}

TEST(Excerpt, PointsAtTheFault) {
    EXPECT_EQ(excerpt("a.b", 2), "\n    a.b\n      ^");
    EXPECT_EQ(excerpt("first\nsecond line", 13), "\n    second line\n           ^");
    EXPECT_EQ(excerpt("", 0), "\n    \n    ^");
    EXPECT_EQ(excerpt("'ü' + x", 7), "\n    'ü' + x\n          ^");
}

TEST(Excerpt, ShowsOnlyTheNeighbourhoodInALongExpression) {
    const std::string shown = excerpt(std::string(300, 'a') + "X" + std::string(300, 'b'), 300);

    EXPECT_EQ(shown, "\n    …" + std::string(50, 'a') + "X" + std::string(49, 'b') + "…\n    " +
                         std::string(51, ' ') + "^");
}

}  // namespace
}  // namespace cards
