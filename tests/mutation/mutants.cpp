// Mutants: one walk over the tree; each fault is made, printed, and taken back.
#include "tests/mutation/mutants.hpp"

#include "fhir/fhirpath/authoring/print.hpp"
#include "fhir/fhirpath/parser.hpp"

#include <array>
#include <memory>
#include <utility>

namespace mutation {

namespace {

using fhirpath::Expr;
using fhirpath::Op;

/// What a comparison is turned into: its boundary, then its opposite.
std::vector<Op> turned(Op op) {
    switch (op) {
        case Op::less:
            return {Op::less_equal, Op::greater_equal};
        case Op::less_equal:
            return {Op::less, Op::greater};
        case Op::greater:
            return {Op::greater_equal, Op::less_equal};
        case Op::greater_equal:
            return {Op::greater, Op::less};
        case Op::equal:
            return {Op::not_equal};
        case Op::not_equal:
            return {Op::equal};
        default:
            return {};
    }
}

class Walk {
  public:
    explicit Walk(const std::string& text) : tree_(fhirpath::parse(text)) {}

    std::vector<Mutant> mutants() {
        visit(*tree_);
        return std::move(found_);
    }

  private:
    void visit(Expr& node) {
        for (const Op op : turned(node.kind == Expr::Kind::binary ? node.op : Op::none)) {
            const Op before = std::exchange(node.op, op);
            const std::string now = fhirpath::print(node);
            add(now);
            node.op = before;
        }
        if (node.kind == Expr::Kind::all_of || node.kind == Expr::Kind::any_of) {
            const bool is_and = node.kind == Expr::Kind::all_of;
            for (Expr& operand : node.args)
                replace(operand, is_and ? "true" : "false", is_and ? "without " : "without or ");
        }
        if (node.kind == Expr::Kind::call && (node.text() == "where" || node.text() == "exists") &&
            node.args.size() == 1 && node.args[0].kind != Expr::Kind::all_of) {
            replace(node.args[0], "true", "any, not only ");
        }
        for (Expr& child : node.args) visit(child);
    }

    void replace(Expr& part, const char* by, const std::string& fault) {
        Expr before = std::exchange(part, std::move(*fhirpath::parse(by)));
        add(fault + fhirpath::print(before));
        part = std::move(before);
    }

    void add(std::string fault) { found_.push_back({fhirpath::print(*tree_), std::move(fault)}); }

    std::unique_ptr<Expr> tree_;
    std::vector<Mutant> found_;
};

}  // namespace

std::vector<Mutant> mutants_of(const std::string& text) { return Walk(text).mutants(); }

}  // namespace mutation
