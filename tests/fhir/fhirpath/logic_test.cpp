// FHIRPath logic: three-valued truth, equality, order, types, and the functions on collections.
#include "tests/fhir/fhirpath/evaluation.hpp"

namespace {

using fhirpath_test::expect_all;

TEST(FhirpathLogic, UnknownStaysUnknownUnlessOneSideDecides) {
    expect_all({
        {"true and {}", "{}"},
        {"{} and false", "false"},
        {"true or {}", "true"},
        {"{} or false", "{}"},
        {"true xor {}", "{}"},
        {"{} implies true", "true"},
        {"{} implies false", "{}"},
        {"false implies {}", "true"},
        {"{}.not()", "{}"},
        {"false and (1 | 2)", "false"},
        {"true and (1 | 2)", "execution"},
        {"true and 'text'", "true"},
    });
}

TEST(FhirpathLogic, Equality) {
    expect_all({
        {"1 = 1.0", "true"},
        {"'a' = 'A'", "false"},
        {"'a' ~ ' A '", "true"},
        {"'a  b' ~ 'a b'", "true"},
        {"1 = 'a'", "false"},
        {"(1 | 2) = (2 | 1)", "false"},
        {"(1 | 2) ~ (2 | 1)", "true"},
        {"{} = {}", "{}"},
        {"{} ~ {}", "true"},
        {"1.25 ~ 1.3", "true"},
        {"@2024 = @2024-03", "{}"},
        {"@2024 ~ @2024-03", "false"},
        {"@2024 = @2025-03", "false"},
        {"1 'cm' = 10 'mm'", "true"},
        {"1 'cm' = 1 's'", "{}"},
        {"1.type() = 2.type()", "true"},
    });
}

TEST(FhirpathLogic, ComplexElementsAreEqualWhateverTheOrderOfTheirMembers) {
    expect_all(R"({"resourceType": "Condition",
        "category": [{"text": "a", "coding": [{"code": "x"}, {"code": "y"}]}, {"coding": [{"code": "x"}, {"code": "y"}], "text": "a"},
                     {"coding": [{"code": "y"}, {"code": "x"}], "text": "A"}]})",
               {{"category[0] = category[1]", "true"},
                {"category[0] = category[2]", "false"},
                {"category[0] ~ category[2]", "true"},
                {"category.distinct().count()", "2"}});
}

TEST(FhirpathLogic, Order) {
    expect_all({
        {"1 < 1.5", "true"},
        {"'a' < 'b'", "true"},
        {"1 < 'b'", "execution"},
        {"(1 | 2) < 3", "execution"},
        {"{} < 3", "{}"},
        {"@2024 < @2024-03", "{}"},
        {"@2024-01 < @2024-03", "true"},
        {"@2024-03-01 <= @2024-03-01T10:00", "{}"},
        {"@T10:00 < @T11:00", "true"},
        {"@2024 < @T11:00", "execution"},
        {"5 'cm' > 49 'mm'", "true"},
        {"5 'cm' > 49 's'", "{}"},
        {"true < false", "execution"},
    });
}

TEST(FhirpathLogic, AFhirQuantityComparesOnlyWithAUcumCode) {
    expect_all(R"({"resourceType": "Observation", "component": [
          {"valueQuantity": {"value": 6.2, "unit": "cm", "system": "http://unitsofmeasure.org", "code": "cm"}},
          {"valueQuantity": {"value": 6.2, "unit": "cm"}},
          {"valueQuantity": {"value": 6.2, "comparator": "<", "system": "http://unitsofmeasure.org", "code": "cm"}},
          {"valueQuantity": {"value": 3, "system": "http://unitsofmeasure.org", "code": "a"}}]})",
               {{"component[0].value > 50 'mm'", "true"},
                {"component[0].value = 6.20 'cm'", "true"},
                {"component[0].value.unit", "cm"},
                {"component[1].value > 50 'mm'", "execution"},
                {"component[1].value = 62 'mm'", "execution"},
                {"component[2].value > 50 'mm'", "execution"},
                {"component.value.where(system = %ucum and comparator.empty())[0] > 5 'cm'", "true"},
                {"component[3].value >= 36 months", "true"}});
}

TEST(FhirpathLogic, Types) {
    expect_all(
        R"({"resourceType": "Patient", "active": true, "gender": "male", "name": [{"family": "X"}, {}]})",
        {{"active is boolean", "true"},
         {"active is Boolean", "false"},
         {"gender is string", "true"},
         {"gender as string", "{}"},
         {"gender as code", "male"},
         {"$this is DomainResource", "true"},
         {"($this as DomainResource).gender", "male"},
         {"$this is System.Patient", "false"},
         {"$this is FHIR.Patient", "true"},
         {"name as HumanName", "execution"},
         {"name.ofType(HumanName).family", "X"},
         {"1 'mg' is Quantity", "true"},
         {"1 is System.Any", "true"},
         {"{} is Integer", "{}"},
         {"gender.type().namespace + '.' + gender.type().name", "FHIR.code"},
         {"conformsTo('http://hl7.org/fhir/StructureDefinition/Patient')", "true"},
         {"conformsTo('http://hl7.org/fhir/StructureDefinition/Group')", "false"},
         {"conformsTo('http://x.org/profile')", "execution"}});
}

TEST(FhirpathLogic, ExistenceAndSubsets) {
    expect_all({
        {"(1 | 2).exists($this > 1)", "true"},
        {"{}.exists(true)", "false"},
        {"(1 | 2).where($this > 5).exists()", "false"},
        {"({} | 2 | 3).combine(4).first()", "2"},
        {"{}.combine({}).combine(4).combine(5).first()", "4"},
        {"{}.combine({}).first()", "{}"},
        {"{}.combine(4).exists()", "true"},
        {"({} | {}).combine({}).exists()", "false"},
        {"{}.combine(1 | 2).exists($this = 2)", "true"},
        {"1.combine(2).count()", "2"},
        {"(1 | 2).select((2 | 3).intersect(2 | 3))", "2, 3, 2, 3"},
        {"(1 | 2).select(1.combine(1).distinct())", "1, 1"},
        // Many are looked up by key, with the same result.
        {"('0123456789' & '0123456789' & '0123456789').toChars().distinct().count()", "10"},
        {"'abcdefghijklmnopqrstuvwxyz'.toChars().combine(1.0).combine(1).combine('a').distinct().count()",
         "27"},
        {"'abcdefghijklmnopqrstuvwxyz'.toChars().combine(1.0).supersetOf(1.combine('z'))", "true"},
        {"'abcdefghijklmnopqrstuvwxyz'.toChars().exclude('abcdefghijklmnopqrstuvwxy'.toChars())", "z"},
        {"'abcdefghijklmnopqrstuvwxyz'.toChars().intersect('zyxwvutsrqponmlkjihgfedcb'.toChars()).count()",
         "25"},
        {"(1 | 2).all($this > 0)", "true"},
        {"{}.all(false)", "true"},
        {"(true | false).allTrue()", "false"},
        {"(true | false).anyTrue()", "true"},
        {"(true | false).anyFalse()", "true"},
        {"{}.allFalse()", "true"},
        {"(true | 'foo').allTrue()", "execution"},
        {"(1 | 2).subsetOf(1 | 2 | 3)", "true"},
        {"(1 | 2).supersetOf(3)", "false"},
        {"1.combine(1).isDistinct()", "false"},
        {"{}.empty()", "true"},
    });
}

TEST(FhirpathLogic, PickingAndCombining) {
    expect_all({
        {"(1 | 2 | 3).first() | (1 | 2 | 3).last()", "1, 3"},
        {"(1 | 2 | 3).tail().skip(1)", "3"},
        {"(1 | 2 | 3).take(2)", "1, 2"},
        {"(1 | 2).single()", "execution"},
        {"{}.single()", "{}"},
        {"(1 | 2 | 3)[$index.count()]", "1"},
        {"(1 | 2 | 3).intersect(3 | 2)", "2, 3"},
        {"1.combine(1).combine(2).exclude(2)", "1, 1"},
        {"1.combine(1).union(2)", "1, 2"},
        {"('a' | 'b').select($this & $index.toString())", "a0, b1"},
        {"(1 | 2).repeat(iif($this < 5, $this + 2))", "3, 4, 5, 6"},
        {"(1 | 2 | 3).aggregate($total + $this, 0)", "6"},
        {"2 in (1 | 2)", "true"},
        {"{} in (1 | 2)", "{}"},
        {"1 in {}", "false"},
        {"'b' in ('a' | 'b' | 'c')", "true"},
        {"('a' | 'b') contains 'c'", "false"},
        {"(1 | 2) in (1 | 2)", "execution"},
    });
}

TEST(FhirpathLogic, SortByKeysEmptyFirst) {
    expect_all(R"({"resourceType": "Patient", "name": [{"family": "b", "given": ["2"]}, {"given": ["0"]},
                   {"family": "a", "given": ["1"]}, {"family": "b", "given": ["1"]}]})",
               {{"(3 | 1 | 2).sort()", "1, 2, 3"},
                {"('a' | 'c' | 'b').sort(-$this)", "c, b, a"},
                {"(3 | 1 | 2).sort($this desc)", "3, 2, 1"},
                {"name.sort(family, -given.first()).given", "0, 1, 2, 1"},
                {"name.sort(family desc, given.first() asc).given", "1, 2, 1, 0"},
                {"(1 | 'a').sort()", "execution"}});
}

TEST(FhirpathLogic, IifTakesOnlyTheBranchItNeeds) {
    expect_all({
        {"iif(true, 'yes', (1 | 2).single())", "yes"},
        {"iif({}, 'yes')", "{}"},
        {"iif(false, 'yes', 'no')", "no"},
        {"iif('text', 1, 2)", "execution"},
        {"(1 | 2).iif(true, 1)", "execution"},
        {"5.iif($this > 4, $this)", "5"},
    });
}

TEST(FhirpathLogic, NoExpressionCanHang) { expect_all({{"1.repeat($this + 1)", "execution"}}); }

}  // namespace
