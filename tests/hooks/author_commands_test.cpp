// The commands for those who write and review the knowledge, as a user starts them: fhirpath and describe.
#include "tests/support/hooks_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using hooks::testing::Commands;
using hooks::testing::Finished;
using hooks::testing::run;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class Fhirpath : public Commands {
  protected:
    void SetUp() override {
        Commands::SetUp();
        write("patient.json", R"({"resourceType":"Patient","id":"1","active":true,"birthDate":"1990-01",
            "name":[{"family":"Tab\tand\nline","given":["A","B"]}]})");
    }

    /// In the knowledge of the demo.
    Finished ask_request(const std::string& expression, std::vector<std::string> more = {}) const {
        std::vector<std::string> arguments = {"fhirpath", "--request", "--knowledge", path("demo")};
        arguments.insert(arguments.end(), more.begin(), more.end());
        arguments.push_back(expression);
        arguments.push_back(path("request.json"));
        return run(std::move(arguments));
    }
};

TEST_F(Fhirpath, PrintsTypeAndJsonOfEachItemOnALine) {
    const Finished asked =
        run({"fhirpath",
             "name | active | birthDate | 5.40 | 2 'mg' | 4 days | @2024-02 | 'x' | name.first().type()",
             path("patient.json")});

    EXPECT_EQ(asked.code, 0) << asked.err;
    EXPECT_EQ(asked.out,
              "HumanName\t{\"family\":\"Tab\\tand\\nline\",\"given\":[\"A\",\"B\"]}\n"
              "boolean\ttrue\n"
              "date\t\"1990-01\"\n"
              "System.Decimal\t5.40\n"
              "System.Quantity\t{\"value\":2,\"unit\":\"mg\",\"system\":\"http://"
              "unitsofmeasure.org\",\"code\":\"mg\"}\n"
              "System.Quantity\t{\"value\":4,\"unit\":\"day\"}\n"
              "System.Date\t\"2024-02\"\n"
              "System.String\t\"x\"\n"
              "System.TypeInfo\t{\"namespace\":\"FHIR\",\"name\":\"HumanName\"}\n");
    EXPECT_EQ(asked.err, "");
}

TEST_F(Fhirpath, NamesTheFileOfEachLineIfThereAreSeveral) {
    const Finished asked = run({"fhirpath", "id", path("patient.json"), path("patient.json")});

    const std::string line = path("patient.json") + "\tSystem.String\t\"1\"\n";
    EXPECT_EQ(asked.out, line + line);
}

TEST_F(Fhirpath, SaysOfAnEmptyResultThatItIsEmptyWithoutCallingItAFault) {
    const Finished asked = run({"fhirpath", "deceased", path("patient.json")});

    EXPECT_EQ(asked.code, 0);
    EXPECT_EQ(asked.out, "");
    EXPECT_EQ(asked.err, path("patient.json") + ": empty\n");
}

TEST_F(Fhirpath, PointsAtTheFaultAndNamesWhatWasMeant) {
    const Finished function = run({"fhirpath", "name.whre(true)", path("patient.json")});
    EXPECT_EQ(function.code, 1);
    EXPECT_EQ(function.err,
              "semantic error: unknown function 'whre'; did you mean 'where'?\n"
              "    name.whre(true)\n"
              "         ^\n");

    const Finished element = run({"fhirpath", "name.famly", path("patient.json")});
    EXPECT_EQ(element.code, 1);
    EXPECT_THAT(element.err, HasSubstr("did you mean 'family'?\n    name.famly\n         ^\n"));

    const Finished both =
        run({"fhirpath", "name.famly.exists() and birthdate.exists()", path("patient.json")});
    EXPECT_THAT(both.err, AllOf(HasSubstr("no element 'famly'"), HasSubstr("no element 'birthdate'")));

    const Finished syntax = run({"fhirpath", "name.where(", path("patient.json")});
    EXPECT_EQ(syntax.code, 1);
    EXPECT_THAT(syntax.err, StartsWith("syntax error: the expression ends too early\n    name.where(\n"));

    const Finished execution = run({"fhirpath", "name.given.single()", path("patient.json")});
    EXPECT_EQ(execution.code, 1);
    EXPECT_THAT(execution.err, StartsWith(path("patient.json") + ": execution error: single()"));
    EXPECT_THAT(execution.err, EndsWith("\n    name.given.single()\n               ^\n"));
}

TEST_F(Fhirpath, ShowsOfALongExpressionOnlyWhatIsNearTheFault) {
    const std::string long_list = "'ö" + std::string(200, 'a') + "' & ";

    const Finished asked = run({"fhirpath", long_list + "nam() & " + long_list + "''", path("patient.json")});

    EXPECT_THAT(asked.err, HasSubstr("    …" + std::string(46, 'a') + "' & nam() & 'ö" +
                                     std::string(39, 'a') + "…\n" + std::string(55, ' ') + "^\n"));
}

TEST_F(Fhirpath, KnowsInputsAndVariablesOfTheKnowledgeInARequest) {
    const Finished asked =
        ask_request("%conditions.code.text | %hasPatient | %hook | %unavailable | patientId");

    EXPECT_EQ(asked.code, 0) << asked.err;
    EXPECT_EQ(asked.out,
              "string\t\"Cough\"\n"
              "System.Boolean\ttrue\n"
              "System.String\t\"patient-view\"\n"
              "System.String\t\"observations\"\n"
              "System.String\t\"1\"\n");
    EXPECT_THAT(run({"fhirpath", "%hasPatient", path("request.json")}).err,
                HasSubstr("known with --request, its value sets with --knowledge DIR"));
    EXPECT_THAT(ask_request("%hasPatent").err, HasSubstr("did you mean %hasPatient?"));
}

TEST_F(Fhirpath, KnowsTheValueSetsOfAKnowledgeOnAnyResource) {
    write("demo/letters.json", R"({"resourceType":"ValueSet","id":"letters","status":"active",
        "url":"https://asps-cds.example.org/fhir/ValueSet/letters",
        "compose":{"include":[{"system":"https://x.example.org/letter","concept":[{"code":"a"}]}]}})");
    write("condition.json", R"({"resourceType":"Condition",
        "code":{"coding":[{"system":"https://x.example.org/letter","code":"a"}]}})");
    const std::string question = "code.memberOf(%`vs-letters`)";

    const Finished asked = run({"fhirpath", "--knowledge", path("demo"), question, path("condition.json")});

    EXPECT_EQ(asked.out, "System.Boolean\ttrue\n") << asked.err;
    const Finished without = run({"fhirpath", question, path("condition.json")});
    EXPECT_EQ(without.code, 1);
    EXPECT_THAT(without.err, HasSubstr("unknown value set"));
    EXPECT_THAT(without.err, HasSubstr("its value sets with --knowledge DIR"));
}

TEST_F(Fhirpath, TakesAPatientsBundleOrThePatientAloneAsARequest) {
    write("bundle.json",
          R"({"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"7"}}]})");

    const Finished asked = run({"fhirpath", "--request", "--knowledge", path("demo"),
                                "%patient.id | %conditions.count()", path("bundle.json")});

    EXPECT_EQ(asked.out, "System.String\t\"7\"\nSystem.Integer\t0\n") << asked.err;
    EXPECT_EQ(
        run({"fhirpath", "--request", "--knowledge", path("demo"), "%patient.id", path("patient.json")}).out,
        "System.String\t\"1\"\n");
    write("no-chart.json", R"({"resourceType":"Nonsense"})");
    EXPECT_EQ(run({"fhirpath", "--request", "--knowledge", path("demo"), "1", path("no-chart.json")}).code,
              1);
}

TEST_F(Fhirpath, TodayIsWhatIsGiven) {
    EXPECT_EQ(ask_request("today()", {"--today", "2026-01-31"}).out, "System.Date\t\"2026-01-31\"\n");
    EXPECT_EQ(ask_request("today()", {"--today", "2026-02-31"}).code, 2);
}

TEST_F(Fhirpath, TracesWhatIsAskedForAndTheVariablesThatWereComputed) {
    const Finished asked = ask_request(
        "(%conditions.code.trace('codes', text) | {}.trace('none')).exists() and %hasPatient", {"--trace"});

    EXPECT_EQ(asked.out, "System.Boolean\ttrue\n");
    EXPECT_EQ(asked.err,
              "trace\tcodes\tstring\t\"Cough\"\n"
              "trace\tnone\tempty\n"
              "variable\t%hasPatient\tSystem.Boolean\ttrue\n");
}

TEST_F(Fhirpath, FindsTheVariableInWhichAnExpressionFails) {
    std::string knowledge = hooks::testing::demo_files().front().text;
    const std::string orders = "%context.draftOrders.entry.resource";
    knowledge.replace(knowledge.find(orders), orders.size(), "('ab' | 'c').length()");
    write("demo/demo.json", knowledge);

    const Finished asked = ask_request("%hasPatient and %orders.exists()");

    EXPECT_EQ(asked.code, 1);
    EXPECT_THAT(asked.err, HasSubstr("request.json: in %orders: execution error: length()"));
    EXPECT_THAT(asked.err, EndsWith("\n    ('ab' | 'c').length()\n                 ^\n"));
}

TEST_F(Fhirpath, ShowsHowAnExpressionIsUnderstood) {
    const Finished shown = run({"fhirpath", "--ast", "(active=true)and name.exists( )"});

    EXPECT_EQ(shown.code, 0) << shown.err;
    EXPECT_EQ(shown.out,
              "active = true and name.exists()\n\n"
              "   14  operator and\n"
              "    8    operator =\n"
              "    2      member active\n"
              "    9      Boolean true\n"
              "   18    path\n"
              "   18      member name\n"
              "   23      call exists()\n");
    EXPECT_THAT(run({"fhirpath", "--ast", "active", path("patient.json")}).out,
                EndsWith("\n\nboolean\ttrue\n"));
    EXPECT_EQ(run({"fhirpath", "--ast", "active ="}).code, 1);
}

TEST_F(Fhirpath, TellsFaultsFromWrongUse) {
    write("broken.json", "{");

    EXPECT_EQ(run({"fhirpath", "id"}).code, 2);
    EXPECT_EQ(run({"fhirpath"}).code, 2);
    EXPECT_EQ(run({"fhirpath", "id", path("nowhere.json")}).code, 2);
    const Finished broken = run({"fhirpath", "id", path("broken.json")});
    EXPECT_EQ(broken.code, 1);
    EXPECT_THAT(broken.err, StartsWith(path("broken.json") + ": "));
    EXPECT_THAT(run({"fhirpath", "--help"}).out, HasSubstr("a tab, its JSON"));
}

TEST_F(Commands, DescribePrintsTheKnowledgeForReview) {
    const Finished described = run({"describe", path("demo")});

    EXPECT_EQ(described.code, 0) << described.err;
    EXPECT_THAT(described.out, StartsWith("# demo\n\n"));
    EXPECT_THAT(described.out, HasSubstr("1. its condition holds: `%hasPatient and %conditions.exists()`\n"));
    EXPECT_THAT(described.out, HasSubstr("off unless the configuration switches it on"));
    EXPECT_EQ(run({"describe", path("demo")}).out, described.out);
    EXPECT_THAT(run({"describe"}).out, HasSubstr("/ValueSet/")) << "the usual folder";
}

TEST_F(Commands, DescribeRefusesFaultyKnowledge) {
    write("demo/bad.json", "{");

    const Finished described = run({"describe", path("demo")});

    EXPECT_EQ(described.code, 1);
    EXPECT_EQ(described.out, "");
    EXPECT_THAT(described.err, HasSubstr(path("demo/bad.json")));
}

}  // namespace
