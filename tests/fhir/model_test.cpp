// The R4 element table: types, choices, inheritance.
#include "fhir/model.hpp"

#include <gtest/gtest.h>

#include <string>

namespace fhir {
namespace {

const Model& model = Model::r4();

std::string type_of(std::string_view type, std::string_view member) {
    return std::string(model.type_name(model.member(model.type_id(type), model.name_id(member)).type));
}

TEST(Model, KnowsTheTypeOfEachElement) {
    EXPECT_EQ(type_of("Condition", "code"), "CodeableConcept");
    EXPECT_EQ(type_of("Condition", "stage"), "Condition.stage");
    EXPECT_EQ(type_of("Condition.stage", "summary"), "CodeableConcept");
    EXPECT_EQ(type_of("Bundle.entry", "link"), "Bundle.link");  // the table's @Bundle.link
    EXPECT_EQ(type_of("Condition", "meta"), "Meta");            // inherited
    EXPECT_EQ(type_of("Condition", "onsetDat"), "");
}

TEST(Model, FindsAChoiceByItsBareNameAndByItsMembers) {
    const Element* onset = model.element(model.type_id("Condition"), model.name_id("onset"));

    ASSERT_NE(onset, nullptr);
    EXPECT_EQ(onset->choices.size(), 5U);
    EXPECT_EQ(type_of("Condition", "onsetDateTime"), "dateTime");
    EXPECT_EQ(type_of("Observation", "valueQuantity"), "Quantity");
    EXPECT_EQ(model.element(model.type_id("Condition"), model.name_id("onsetDateTime")), nullptr);
}

TEST(Model, NamesOfPrimitiveExtensionsAreTheOddIds) {
    const NameId name = model.name_id("birthDate");

    EXPECT_EQ(name % 2, 0U);
    EXPECT_EQ(model.name_id("_birthDate"), name + 1);
    EXPECT_EQ(model.name(name + 1), "_birthDate");
    EXPECT_EQ(model.name_id("hookInstance"), 0U);
}

TEST(Model, MapsPrimitivesToSystemTypesByTheirAncestors) {
    EXPECT_EQ(model.system_type(model.type_id("positiveInt")), System::Integer);
    EXPECT_EQ(model.system_type(model.type_id("code")), System::String);
    EXPECT_EQ(model.system_type(model.type_id("instant")), System::DateTime);
    EXPECT_EQ(model.system_type(model.type_id("Age")), System::Quantity);
    EXPECT_EQ(model.system_type(model.type_id("Coding")), System::none);
    EXPECT_TRUE(model.is_primitive(model.type_id("markdown")));
    EXPECT_FALSE(model.is_primitive(model.type_id("HumanName")));
}

TEST(Model, KnowsWhatIsAResource) {
    EXPECT_TRUE(model.is_resource(model.type_id("Bundle")));
    EXPECT_FALSE(model.is_resource(model.type_id("HumanName")));
    EXPECT_TRUE(model.is_a(model.type_id("Patient"), model.type_id("DomainResource")));
    EXPECT_FALSE(model.is_a(model.type_id("Bundle"), model.type_id("DomainResource")));
}

}  // namespace
}  // namespace fhir
