// Expression, Environment, Scope: the public face of the engine.
#include "fhir/fhirpath/expression.hpp"

#include "fhir/fhirpath/bind.hpp"
#include "fhir/fhirpath/evaluate.hpp"
#include "fhir/fhirpath/names.hpp"
#include "fhir/fhirpath/parser.hpp"

#include <new>

namespace fhirpath {

Environment::Slot Environment::add(std::string name, std::vector<fhir::TypeId> types) {
    const auto [place, added] = slots_.try_emplace(name, names_.size());
    if (!added) throw std::logic_error("a FHIRPath variable was added twice");
    names_.push_back(std::move(name));
    types_.push_back(std::move(types));
    return place->second;
}

const Environment::Slot* Environment::find(std::string_view name) const {
    const auto found = slots_.find(name);
    return found == slots_.end() ? nullptr : &found->second;
}

Scope::Scope(const Environment& environment, std::pmr::memory_resource& arena, const Now& now)
    : environment_(environment), arena_(arena), now_(now), values_(environment.size(), &arena) {}

void Scope::set(Environment::Slot slot, Collection value) {
    values_.at(slot) =
        new (arena_.allocate(sizeof(Collection), alignof(Collection))) Collection(std::move(value));
}

const Collection& Scope::computed(Environment::Slot slot) {
    const auto fail = [&](const char* what) {
        throw Error(Error::Kind::execution, "%" + std::string(environment_.name(slot)) + what);
    };
    if (slot >= definitions_.size() || !definitions_[slot]) fail(" has no value");
    // A circle ends here too, though none gets past the loader.
    if (depth >= max_depth) fail(" is the last of too long a chain of variables");
    struct Deeper {
        std::size_t& depth;
        explicit Deeper(std::size_t& level) : depth(level) { ++depth; }
        ~Deeper() { --depth; }
        Deeper(const Deeper&) = delete;
        Deeper& operator=(const Deeper&) = delete;
    };
    const Deeper deeper(depth);
    void* room = arena_.allocate(sizeof(Collection), alignof(Collection));
    return *(values_[slot] =
                 new (room) Collection(definitions_[slot]->evaluate(*this)));  // made in its place
}

std::string_view Scope::keep(std::string_view text) const {
    if (text.empty()) return {};
    char* copy = static_cast<char*>(arena_.allocate(text.size(), 1));
    text.copy(copy, text.size());
    return {copy, text.size()};
}

const Quantity* Scope::keep(const Quantity& quantity) const {
    return new (arena_.allocate(sizeof(Quantity), alignof(Quantity))) Quantity(quantity);
}

const fhir::Membership* Scope::membership(const fhir::Node& coding) {
    // Nodes stand side by side and codings every few nodes: the product spreads them.
    const std::uint64_t place = reinterpret_cast<std::uintptr_t>(&coding) / sizeof(fhir::Node);
    KnownCoding& known = known_codings_.data()[place * 0x9E3779B97F4A7C15 >> 56];
    if (known.coding != &coding) {
        const fhir::CodeKey key(text_of(coding, Names::r4().system), text_of(coding, Names::r4().code));
        known = {&coding, environment_.value_sets ? environment_.value_sets->membership(key) : nullptr};
    }
    return known.membership;
}

void Scope::fail_of_steps() { throw Error(Error::Kind::execution, "the evaluation takes too many steps"); }

Expression::Expression(std::string text, std::unique_ptr<const Expr> tree)
    : text_(std::move(text)), tree_(std::move(tree)) {}
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;
Expression::~Expression() = default;

Expression Expression::compile(std::string_view text, const Environment& environment) {
    std::vector<Error> faults;
    Expression result = compile(text, environment, faults);
    if (!faults.empty()) throw Error(faults.front());
    return result;
}

Expression Expression::compile(std::string_view text, const Environment& environment,
                               std::vector<Error>& faults) {
    std::unique_ptr<Expr> tree = parse(text);
    std::vector<Environment::Slot> variables;
    bind(*tree, environment, variables, faults);
    Expression result(std::string(text), std::move(tree));
    result.variables_ = std::move(variables);
    return result;
}

namespace {

// %context, or null.
const Item* focus_of(const Scope& scope) {
    const Item& context = scope.context();
    const bool unset = context.tag == Item::Tag::boolean && context.type == 0;
    return unset ? nullptr : &context;
}

}  // namespace

Collection Expression::evaluate(Scope& scope, const Item* focus) const {
    return Evaluator(scope, focus).evaluate(*tree_, Context{focus, -1, nullptr});
}

Collection Expression::evaluate(Scope& scope) const { return evaluate(scope, focus_of(scope)); }

bool Expression::holds(Scope& scope) const {
    if (Evaluator::is_truth(*tree_)) {
        const Item* focus = focus_of(scope);
        return Evaluator(scope, focus).truth(*tree_, Context{focus, -1, nullptr}) == true;
    }
    const Collection result = evaluate(scope);
    if (result.size() != 1) return false;
    const auto value = system_value(result.front(), scope.arena());
    return value && value->tag == Item::Tag::boolean && value->boolean;
}

}  // namespace fhirpath
