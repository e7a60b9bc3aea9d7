// Printing expressions: the normal form, the outline, and the property that printing and parsing again gives
// the same tree.
#include "fhir/fhirpath/authoring/print.hpp"
#include "fhir/document.hpp"
#include "fhir/fhirpath/error.hpp"
#include "fhir/fhirpath/parser.hpp"

#include <gtest/gtest.h>

#include <rapidxml/rapidxml.hpp>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace fhirpath {
namespace {

bool is_same(const Decimal& a, const Decimal& b) {
    return a.coefficient == b.coefficient && a.scale == b.scale;
}

bool is_same(const Temporal& a, const Temporal& b) {
    return a.kind == b.kind && a.precision == b.precision && a.fraction_digits == b.fraction_digits &&
           a.nanosecond == b.nanosecond && a.offset == b.offset && a.to_string() == b.to_string();
}

bool is_same(const Item& a, const Item& b) {
    if (a.tag != b.tag || a.type != b.type) return false;
    switch (a.tag) {
        case Item::Tag::boolean:
            return a.boolean == b.boolean;
        case Item::Tag::integer:
            return a.integer == b.integer;
        case Item::Tag::decimal:
            return is_same(a.decimal(), b.decimal());
        case Item::Tag::string:
            return a.string() == b.string();
        case Item::Tag::temporal:
            return is_same(a.temporal, b.temporal);
        case Item::Tag::quantity:
            return is_same(a.quantity->value, b.quantity->value) && a.quantity->unit == b.quantity->unit &&
                   a.quantity->calendar == b.quantity->calendar;
        case Item::Tag::node:
        case Item::Tag::type_info:
            break;
    }
    return false;
}

/// All of a parsed tree but positions.
bool is_same(const Expr& a, const Expr& b) {
    if (a.kind != b.kind || a.op != b.op || a.descending != b.descending || a.text() != b.text())
        return false;
    if (a.kind == Expr::Kind::literal && !is_same(a.value(), b.value())) return false;
    if (a.args.size() != b.args.size()) return false;
    for (std::size_t i = 0; i < a.args.size(); ++i)
        if (!is_same(a.args[i], b.args[i])) return false;
    return true;
}

/// False if `text` is no expression, so that there is nothing to print.
bool expect_printing_keeps(const std::string& text) {
    std::unique_ptr<Expr> tree;
    try {
        tree = parse(text);
    } catch (const Error&) {
        return false;
    }
    const std::string printed = print(*tree);
    try {
        EXPECT_TRUE(is_same(*tree, *parse(printed))) << text << "\nprinted: " << printed;
        EXPECT_EQ(print(*parse(printed)), printed) << text;
    } catch (const Error& error) {
        ADD_FAILURE() << text << "\nprinted: " << printed << "\n" << error.what();
    }
    return true;
}

TEST(Print, GivesTheNormalForm) {
    struct Case {
        std::string given, expected;
    };
    const Case cases[] = {
        {"a.b [ 0 ].c( 1,2 )// the rest", "a.b[0].c(1, 2)"},
        {"((a)and(b or c))", "a and (b or c)"},
        {"(a and b) and c", "a and b and c"},
        {"a and (b and c)", "a and (b and c)"},
        {"1-(2-3)*4", "1 - (2 - 3) * 4"},
        {"-(a.b)", "-a.b"},
        {"(-a).b", "(-a).b"},
        {"- -1", "--1"},
        {"a|b is C", "a | b is C"},
        {"(a|b)is System.String", "(a | b) is System.String"},
        {"a is `Odd Type`", "a is `Odd Type`"},
        {"`true` = true", "`true` = true"},
        {"a.`div`.contains('x')", "a.div.contains('x')"},
        {"`div` div 2", "`div` div 2"},
        {"%`vs-asps` & %sct", "%`vs-asps` & %sct"},
        {R"('it\'s\u0041\n\u0007')", R"('it\'sA\n\u0007')"},
        {"5.40+@2024T+@T10:30", "5.40 + @2024T + @T10:30"},
        {"@2024-02-29T10:30:00.50+00:00", "@2024-02-29T10:30:00.50Z"},
        {"12 month + 1 days + 3'mg'", "12 months + 1 day + 3 'mg'"},
        {"sort(-a, b desc, c asc, -d desc)", "sort(-a, -b, c, d)"},
        {"sort(--a, --b desc, (a+b) desc)", "sort(--a, --b desc, -(a + b))"},
        {"iif({}.empty(), $this, $index+$total)", "iif({}.empty(), $this, $index + $total)"},
    };

    for (const Case& one : cases) {
        EXPECT_EQ(print(*parse(one.given)), one.expected) << one.given;
        EXPECT_TRUE(expect_printing_keeps(one.given)) << one.given;
    }
}

TEST(Print, OutlinesTheTreeWithPositions) {
    EXPECT_EQ(outline(*parse("%drafts.where(code = 'x')[0].exists() and -2 is Integer")),
              "   39  operator and\n"
              "    1    path\n"
              "    1      variable %drafts\n"
              "    9      call where()\n"
              "   20        operator =\n"
              "   15          member code\n"
              "   22          String 'x'\n"
              "   26      indexer []\n"
              "   27        Integer 0\n"
              "   30      call exists()\n"
              "   46    is Integer\n"
              "   43      sign -\n"
              "   44        Integer 2\n");
    EXPECT_EQ(outline(*parse("sort(-a)")),
              "    1  call sort()\n"
              "    7    member a (descending)\n");
}

// ---- parse(print(parse(x))) = parse(x), knowledge.md 7

/// Expressions at random, with more parentheses than they need.
class Generator {
  public:
    std::string expression(int depth) {
        static const std::vector<std::string> between = {
            "and", "or", "xor", "implies", "in", "contains", "=", "!=", "~", "!~",  "<",
            "<=",  ">",  ">=",  "|",       "+",  "-",        "&", "*",  "/", "div", "mod"};
        switch (depth <= 0 ? 0 : below(6)) {
            case 0:
                return term(depth);
            case 1:
                return "(" + expression(depth - 1) + ")";
            case 2:
                return pick({"-", "+"}) + expression(depth - 1);
            case 3:
                return expression(depth - 1) + pick({" is ", " as "}) +
                       pick({"String", "System.Date", "FHIR.`code`"});
            default:
                return expression(depth - 1) + " " + between[below(between.size())] + " " +
                       expression(depth - 1);
        }
    }

  private:
    std::size_t below(std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
    }
    std::string pick(std::vector<std::string> choices) { return choices[below(choices.size())]; }

    std::string term(int depth) {
        std::string text = pick({"a",      "is",     "as",     "`and`",    "contains", "Patient",  "$this",
                                 "$index", "%x",     "%`a b`", "{}",       "true",     "'it\\'s'", "7",
                                 "0.50",   "4 days", "2 'mg'", "@2024-01", "@2024T",   "@T12:00",  "f()"});
        for (std::size_t steps = below(3); steps > 0; --steps) {
            if (depth <= 0) {
                text += pick({".b", ".true", ".`x y`", ".$this", "[0]"});
            } else {
                text +=
                    pick({".f", ".is", ".sort"}) + "(" + expression(depth - 2) + pick({"", " desc"}) + ")";
                if (text.find(" desc)") != std::string::npos && text.find("sort") == std::string::npos)
                    text += ".b";
            }
        }
        return text;
    }

    std::mt19937 random_{20261127};
};

TEST(Print, IsUndoneByParsingForThousandsOfExpressions) {
    Generator generator;
    std::size_t kept = 0;

    for (int i = 0; i < 10'000 && !HasFailure(); ++i) {
        if (expect_printing_keeps(generator.expression(4))) ++kept;
    }

    EXPECT_GT(kept, 5'000U) << "most of what is generated should be well-formed";
}

std::string read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Every FHIRPath text below `node`: of Expression elements, and of the insertions of texts.
void collect(const fhir::Node& node, std::vector<std::string>& into) {
    if (node.text_of("language") == "text/fhirpath") into.emplace_back(node.text_of("expression"));
    std::string_view rest = node.is_string() ? node.text() : std::string_view{};
    for (std::size_t open = rest.find("{{"); open != std::string_view::npos; open = rest.find("{{")) {
        const std::size_t close = rest.find("}}", open);
        if (close == std::string_view::npos) break;
        into.emplace_back(rest.substr(open + 2, close - open - 2));
        rest.remove_prefix(close + 2);
    }
    for (const fhir::Node& child : node.children()) collect(child, into);
}

TEST(Print, IsUndoneByParsingForEveryExpressionOfTheKnowledge) {
    std::vector<std::string> expressions;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(SOURCE_DIR "/config/asps")) {
        if (entry.path().extension() != ".json") continue;
        const auto document = fhir::Document::parse(read(entry.path()));
        ASSERT_TRUE(document) << entry.path();
        collect((*document)->root(), expressions);
    }

    ASSERT_GT(expressions.size(), 100U);
    for (const std::string& expression : expressions) {
        EXPECT_TRUE(expect_printing_keeps(expression)) << expression;
    }
}

TEST(Print, IsUndoneByParsingForTheOfficialSuite) {
    const char* given = std::getenv("FHIRPATH_SUITE");
    const std::filesystem::path folder =
        given != nullptr ? given : std::filesystem::path(SOURCE_DIR) / "../shared/fhirpath-suite";
    std::string text = read(folder / "tests-fhir-r4.xml");
    if (text.empty()) GTEST_SKIP() << "skipped: no FHIRPath suite";
    rapidxml::xml_document<> document;
    document.parse<0>(text.data());
    std::size_t kept = 0;

    for (auto* group = document.first_node("tests")->first_node("group"); group != nullptr;
         group = group->next_sibling("group")) {
        for (auto* test = group->first_node("test"); test != nullptr; test = test->next_sibling("test"))
            if (expect_printing_keeps(test->first_node("expression")->value())) ++kept;
    }

    EXPECT_GT(kept, 600U);
}

}  // namespace
}  // namespace fhirpath
